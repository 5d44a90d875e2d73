"""Lists of a Kubernetes API server in protobuf, of what src/transport/kubernetes/objects.proto knows of them: an encoder for kube_api."""
import calendar
import os
import re
import time

TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\0"
PROTO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/transport/kubernetes/objects.proto")


def read_proto(path):
    """{message: [(JSON name, number, type)]}; a map's type is "map"."""
    messages = {}
    with open(path, encoding="utf-8") as file:
        for name, body in re.findall(r"^message (\w+) \{(.*?)^\}", file.read(), re.MULTILINE | re.DOTALL):
            fields = re.findall(r"(?:optional|repeated)? *(map|\w+)(?:<string, string>)? (\w+) = (\d+);", body)
            messages[name] = [(field.rstrip("_"), int(number), kind) for kind, field, number in fields]
    return messages


MESSAGES = read_proto(PROTO)


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def value(number, kind, thing):
    if kind in ("int32", "int64", "bool"):
        return varint(number << 3) + varint(int(thing))
    if kind == "string":
        return field(number, thing.encode())
    if kind == "map":
        return b"".join(field(number, field(1, key.encode()) + field(2, text.encode())) for key, text in thing.items())
    if kind == "Time":
        thing = {"seconds": calendar.timegm(time.strptime(thing, "%Y-%m-%dT%H:%M:%SZ"))}
    return field(number, encode(kind, thing))


def encode(message, thing):
    out = b""
    for name, number, kind in MESSAGES[message]:
        # A reference has its members in JSON where it is one itself in protobuf.
        inner = thing if kind == "LocalObjectReference" else thing.get(name)
        if inner is not None:
            out += b"".join(value(number, kind, each) for each in (inner if isinstance(inner, list) else [inner]))
    return out


def encode_list(document):
    """{"kind": "PodList", "metadata", "items"}"""
    kind = document["kind"]
    items = b"".join(field(2, encode(kind.removesuffix("List"), item)) for item in document["items"])
    content = field(1, encode("ListMeta", document["metadata"])) + items
    return MAGIC + field(1, encode("TypeMeta", document)) + field(2, content)
