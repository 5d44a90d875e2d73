#!/usr/bin/python3
"""Derives k7sandbox/_cdef.py, what cffi is to know of the library, from the public headers. usage: derive_cdef.py [--write | --check]

The headers are plain: opaque types, functions, numbers. So no compiler is needed for it, and what comes out is one declaration per line. A callback's type stands in
the function that takes it; it is taken from there.
"""
from __future__ import annotations

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(HERE, "..", "..", "include", "k7sandbox")
RECORD = os.path.join(HERE, "k7sandbox", "_cdef.py")


def headers(folder: str) -> list[str]:
    """The headers in the order in which k7sandbox.h includes them."""
    with open(os.path.join(folder, "k7sandbox.h"), encoding="utf-8") as umbrella:
        names = re.findall(r"#include <k7sandbox/(\w+\.h)>", umbrella.read())
    unknown = sorted({name for name in os.listdir(folder) if name.endswith(".h")} - set(names) - {"k7sandbox.h"})
    if not names or unknown:
        raise SystemExit(f"derive_cdef.py: headers that k7sandbox.h does not include: {unknown}")
    return names


def declarations(folder: str = INCLUDE) -> list[str]:
    """Numbers, types and functions, one per item, in the headers' order."""
    found = []
    for name in headers(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as header:
            text = re.sub(r"/\*.*?\*/", " ", header.read(), flags=re.DOTALL).replace("\\\n", " ")
        text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif\n", "", text, flags=re.DOTALL | re.MULTILINE)
        text = re.sub(r"^#define (K7_\w+)\s+\(?(-?\d+)\)?\s*$", r"number \1 \2;", text, flags=re.MULTILINE)
        text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
        for item in text.split(";"):
            item = re.sub(r"\s+", " ", item).strip()
            if item.startswith("number "):
                found.append("#define " + item[len("number "):])
            elif item.startswith("K7_API "):
                found.append(item[len("K7_API "):] + ";")
            elif item.startswith("typedef "):
                found.append(item + ";")
            elif item:
                raise SystemExit(f"derive_cdef.py: {name}: neither a number, nor a type, nor a function: {item}")
    return found


def callbacks(items: list[str]) -> dict[str, tuple[str, str]]:
    """The function that takes a callback -> the callback's result and its parameters."""
    found = {}
    for item in items:
        match = re.search(r"\b(k7_\w+)\(.*?\b(\w+) \(\*fn\)\(([^()]*)\)", item)
        if match:
            found[match.group(1)] = (match.group(2), match.group(3))
    return found


def module(folder: str = INCLUDE) -> str:
    items = declarations(folder)
    lines = ['"""Written by derive_cdef.py from include/k7sandbox/*.h: see there."""', 'CDEF = """', *items, '"""', "", "CALLBACKS = {"]
    lines += [f'    "{name}": ("{result}", "{parameters}"),' for name, (result, parameters) in callbacks(items).items()]
    return "\n".join(lines) + "\n}\n"


def main() -> int:
    text = module()
    mode = sys.argv[1] if len(sys.argv) == 2 else ""
    if mode == "--write":
        with open(RECORD, "w", encoding="utf-8") as record:
            record.write(text)
    elif mode == "--check":
        with open(RECORD, encoding="utf-8") as record:
            if record.read() != text:
                print(f"{os.path.relpath(RECORD)} differs from the headers: bindings/python/derive_cdef.py --write")
                return 1
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
