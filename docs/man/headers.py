"""What the public headers say: their functions in groups that share a comment, their numbers, their types. A header that says too little is an error.

A group is what stands between blank lines: a comment, then declarations. Inside it a comment that opens with a function's name, or says since when, begins a group of its own; every other
one belongs to the declaration before it (on its line) or after it.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass, field


class Incomplete(Exception):
    """What a header does not say, or says so that it cannot be understood."""


@dataclass
class Function:
    name: str
    text: str  # the declaration, on one line, without K7_API
    result: str
    parameters: list[tuple[str, str]]  # type, name; of a callback the type is the whole of it
    note: str = ""


@dataclass
class Number:
    name: str
    value: str
    note: str = ""


@dataclass
class Group:
    header: str
    comment: str
    functions: list[Function] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)


@dataclass
class Header:
    name: str
    comment: str
    groups: list[Group]


def words(comment: str) -> str:
    """A comment's text on one line."""
    return re.sub(r"\s+", " ", re.sub(r"\n \* ?", "\n", comment.removeprefix("/*").removesuffix("*/"))).strip()


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])(?<!e\.g\.) ", text) if text else []


def split_parameters(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip() not in ("", "void")]


def parse_function(header: str, text: str) -> Function:
    match = re.fullmatch(r"K7_API (.*?)\b(k7_\w+) ?\((.*)\)", text)
    if not match:
        raise Incomplete(f"{header}: not a function: {text}")
    parameters = []
    for part in split_parameters(match.group(3)):
        callback = re.search(r"\(\*(\w+)\)", part)
        plain = re.fullmatch(r"(.*?)(\w+)", part)
        if callback:
            parameters.append((part, callback.group(1)))
        elif plain:
            parameters.append((plain.group(1).strip(), plain.group(2)))
        else:
            raise Incomplete(f"{header}: not a parameter: {part}")
    return Function(match.group(2), text.removeprefix("K7_API "), match.group(1).strip(), parameters)


TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/)|(?P<number>\#define\s+(?P<key>K7_\w+)\s+(?:\\\n\s*)?(?P<value>[^\s/]+))"
    r"|(?P<function>K7_API[^;]*;)|(?P<blank>\n[ \t]*\n)|(?P<line>\n)|(?P<space>[ \t]+)", re.DOTALL)


def parse(name: str, text: str) -> Header:
    opening = re.match(r"/\*.*?\*/", text, re.DOTALL)
    if not opening or not words(opening.group()).startswith(f"{name}: "):
        raise Incomplete(f"{name}: does not open by saying what it is for")
    body = re.search(r'extern "C" \{\n#endif\n(.*)#ifdef __cplusplus\n\}', text, re.DOTALL)
    header = Header(name, words(opening.group()), [])
    if not body or name == "export.h":
        return header
    source, place = body.group(1), 0
    group: Group | None = None
    last: Function | Number | None = None  # what a comment on the same line belongs to
    waiting = ""  # what belongs to the next declaration
    while place < len(source):
        match = TOKEN.match(source, place)
        if not match:
            raise Incomplete(f"{name}: not understood: {source[place:place + 60]!r}")
        place = match.end()
        if match["comment"]:
            said = words(match["comment"])
            if last:
                last.note = said
            elif group is None or re.match(r"k7_\w+(, [k_]\w+)*[:…]", said) or "Since " in said:
                group = Group(name, said)
                header.groups.append(group)
            else:
                waiting = said
        elif match["key"]:
            if group is None:
                raise Incomplete(f"{name}: {match['key']} has no comment")
            last = Number(match["key"], match["value"], waiting)
            group.numbers.append(last)
            waiting = ""
        elif match["function"]:
            # A comment inside the declaration is about its parameter; it is in the note after it.
            function = parse_function(name, re.sub(r"\s+", " ", match["function"].removesuffix(";")))
            if group is None:
                raise Incomplete(f"{name}: {function.name} has no comment")
            function.note = waiting
            group.functions.append(function)
            last, waiting = function, ""
        elif match["blank"]:
            if waiting:
                raise Incomplete(f"{name}: belongs to nothing: {waiting}")
            group = last = None
        elif match["line"]:
            last = None
    return header


def attach_numbers(header: Header) -> None:
    """Numbers that stand alone belong to the functions after them."""
    kept: list[Group] = []
    pending: list[Group] = []
    for group in header.groups:
        if not group.functions:
            pending.append(group)
            continue
        for alone in pending:
            group.numbers = alone.numbers + group.numbers
            group.comment += " " + (alone.comment if alone.comment.endswith(".") else alone.comment + ".")
        pending = []
        kept.append(group)
    header.groups = kept + pending


def types(text: str) -> dict[str, str]:
    """The opaque types and what export.h says of each."""
    found = {}
    for name, said in re.findall(r"typedef struct \w+\s+(k7_\w+);\s*/\* (.*?) \*/", text, re.DOTALL):
        found[name] = re.sub(r"\s+", " ", said)
    missing = set(re.findall(r"typedef struct (k7_\w+)", text)) - set(found)
    if missing:
        raise Incomplete(f"export.h: says nothing of {', '.join(sorted(missing))}")
    return found


def read_all(folder: str) -> tuple[list[Header], dict[str, str], list[Number]]:
    """The headers in the order in which k7sandbox.h includes them, the types, and the error numbers."""
    def read(name: str) -> str:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()

    umbrella = read("k7sandbox.h")
    names = re.findall(r"#include <k7sandbox/(\w+\.h)>", umbrella)
    unknown = {name for name in os.listdir(folder) if name.endswith(".h")} - set(names) - {"k7sandbox.h"}
    if unknown:
        raise Incomplete(f"headers that k7sandbox.h does not include: {', '.join(sorted(unknown))}")
    headers = [parse(name, read(name)) for name in names]
    opening = re.match(r"/\*.*?\*/", umbrella, re.DOTALL)
    headers.insert(0, Header("k7sandbox.h", opening.group() if opening else "", []))
    numbers: list[Number] = []
    for header in headers:
        if header.name == "error.h":
            numbers = [number for group in header.groups if not group.functions for number in group.numbers]
            header.groups = [group for group in header.groups if group.functions]
        attach_numbers(header)
        if any(not group.functions for group in header.groups):
            raise Incomplete(f"{header.name}: numbers after the last function")
    for number in numbers:
        if number.name.startswith("K7_ERR_") and not number.note:
            raise Incomplete(f"error.h: {number.name} has no comment")
    return headers, types(read("export.h")), numbers
