"""What a program that uses k7-sdk does and sees: k7_scenario.py MODULE URL KEY SILENT-URL, where the last accepts connections and never answers. Prints what came of each
call, one line each, so that two modules can be compared."""
import asyncio
import importlib
import json
import sys

import httpx
import requests

GOOD = {"name": "demo", "image": "alpine:latest", "limits": {"cpu": "500m", "memory": "512Mi"}, "egress_whitelist": [], "container_non_root": True,
        "cap_add": ["CHOWN"], "backend": "k7d", "ingress_ports": [8000]}
# What the server, or the library before it, refuses.
BAD = ({}, {"name": "x"}, {"name": "A_", "image": "y"}, {"name": "x", "image": 5}, {"name": "x", "image": "y", "unknown": 1}, {"name": "demo", "image": "y"},
       {"name": "x", "image": "y", "before_script": "exit 3"}, {"name": "x", "image": "y", "limits": {"cpu": "zz"}}, {"name": "x", "image": "y", "namespace": "Bad_"},
       {"name": "x", "image": "y", "ingress_ports": [99999]}, {"name": "x", "image": "y", "env_file": "none"}, {"name": "x", "image": "y", "cap_drop": "ALL"})


def comparable(value):
    """Without what differs from one run to the next."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items() if key != "age"}
    if isinstance(value, list):
        return sorted((comparable(item) for item in value), key=json.dumps)
    return value if value is None or isinstance(value, (str, int)) else {"name": value.name, "namespace": value.namespace}


def told(what, value):
    print(json.dumps([what, comparable(value)], sort_keys=True))


def failed(what, error):
    """A refusal by its status and the server's text."""
    if isinstance(error, (requests.HTTPError, httpx.HTTPStatusError)):
        told(what, [type(error).__name__, str(error.response.status_code), error.response.json()["error"]["message"], error.response.text[:1]])
    else:
        kinds = (requests.ConnectionError, httpx.ConnectError, httpx.TimeoutException, ValueError)
        told(what, [kind.__name__ for kind in kinds if isinstance(error, kind)] or repr(error))


def blocking(module, url, key):
    def call(what, function, *arguments, **named):
        try:
            told(what, function(*arguments, **named))
        except (OSError, ValueError) as error:
            failed(what, error)

    client = module.Client(url, key)
    call("attributes", lambda: {"base_url": client.base_url, "api_key": client.api_key})
    call("create", client.create, GOOD)
    call("list", client.list)
    call("list of a namespace", client.list, "default")
    for config in BAD:
        call(f"create {config}", client.create, config)
    call("delete", client.delete, "demo")
    call("delete again", client.delete, "demo", namespace="default")
    call("delete a wrong name", client.delete, "A_")
    proxy = client.create({"name": "proxy", "image": "a", "namespace": "team"})
    told("proxy", proxy)
    call("delete by proxy", proxy.delete)
    for name in ("a", "b", "c"):
        client.create({"name": name, "image": "a", "namespace": "team"})
    call("delete all", client.delete_all, "team")
    call("delete all of none", client.delete_all, namespace="team")
    call("wrong key", module.Client(url + "/", "wrong").list)
    call("wrong key, create", module.Client(url, "wrong").create, GOOD)
    call("nobody listens", module.Client("http://127.0.0.1:9", key).list)
    call("no verification", module.Client, "https://127.0.0.1:9", key, False)


async def asynchronous(module, url, key, silent):
    async def call(what, function, *arguments, **named):
        try:
            told("async " + what, await function(*arguments, **named))
        except (OSError, ValueError, httpx.HTTPError) as error:
            failed("async " + what, error)

    client = module.AsyncClient(url, key)
    await call("create", client.create, GOOD)
    await call("list", client.list)
    for config in BAD:
        await call(f"create {config}", client.create, config)
    await call("many", lambda: asyncio.gather(*(client.create({"name": f"s{i}", "image": "a", "namespace": "team"}) for i in range(8))))
    await call("list of a namespace", client.list, namespace="team")
    await call("delete", client.delete, "s3", "team")
    await call("delete again", client.delete, "s3", "team")
    await call("delete all", client.delete_all, "team")
    await call("delete all", client.delete_all)
    await client.aclose()
    for what, other in (("wrong key", module.AsyncClient(url, "wrong")), ("nobody listens", module.AsyncClient("http://127.0.0.1:9", key)),
                        ("no answer", module.AsyncClient(silent, key, timeout=0.2))):
        await call(what, other.list)
        await other.aclose()


if __name__ == "__main__":
    MODULE = importlib.import_module(sys.argv[1])
    blocking(MODULE, *sys.argv[2:4])
    asyncio.run(asynchronous(MODULE, *sys.argv[2:5]))
