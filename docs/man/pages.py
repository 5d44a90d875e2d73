#!/usr/bin/python3
"""Makes the manual pages: of every public function from the headers' comments, and the overviews from *.in. What a header does not say is an error.

usage: pages.py --list SECTION          the names of a section's pages, one per line
       pages.py --write SECTION FOLDER  writes them there
"""
from __future__ import annotations

import os
import re
import sys
import textwrap

sys.dont_write_bytecode = True  # the tree stays as it is

from headers import Function, Group, Header, Incomplete, read_all, sentences

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
INCLUDE = os.path.join(ROOT, "include", "k7sandbox")
# What stands at the foot of each page; renewed with a release.
DATE = "2026-11-22"
# The overview that a header's functions belong to.
OVERVIEWS = {
    "library.h": "k7sandbox(3)", "error.h": "k7sandbox-errors(3)", "config.h": "k7sandbox-config(5)",
    "client.h": "k7sandbox-transports(3)", "call.h": "k7sandbox-threads(3)", "spec.h": "k7sandbox(3)",
    "sandbox.h": "k7sandbox(3)", "op.h": "k7sandbox-async(3)", "many.h": "k7sandbox-async(3)",
    "transport.h": "k7sandbox-transports(3)", "memory.h": "k7sandbox-transports(3)",
}
# Parameters that mean the same everywhere (k7sandbox.h's conventions).
PARAMETERS = {
    "err": "NULL, or where an error is put; on entry *err is set to NULL",
    "fn": "the callback",
    "user": "passed to the callback",
    "free_user": "NULL, or what frees user: it runs exactly once, also when the call fails",
    "code": "an error number, K7_ERR_*",
    "error_class": "a class of errors, K7_CLASS_*",
    "i": "an index, from 0",
    "len": "the length in bytes",
    "namespace_": "the namespace; NULL: the client's default",
    "name": "the name of the sandbox",
    "operation": "the name of an operation",
    "outcome": "what became of an item, K7_ITEM_*",
    "transport": "the name of a transport",
    "memory": "what is released; NULL is ignored",
    "text": "the text, of len bytes where a length is given",
}
# Which threads may use a handle, by what export.h says of its type.
THREADS = (
    ("any thread", "Any thread."),
    ("belongs to the thread of its loop", "The thread of the loop."),
    ("by one thread at a time", "One thread at a time."),
    ("builder", "One thread at a time, for each object; other objects may be used elsewhere meanwhile."),
    ("immutable", "Any thread: the object never changes."),
    ("reference counted", "Any thread: the object is shared by counted references."),
    ("valid during the callback", "Inside the callback that received the object."),
    ("what a token provider fills in", "Inside the callback that received the object."),
    ("static", "Any thread."),
)


def roff(text: str) -> str:
    """A line of text as roff: nothing in it is a request or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def folded(text: str) -> str:
    """Text that is roff already, on lines that are not too long."""
    lines = textwrap.wrap(text, 68, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def prose(text: str) -> str:
    """The same, each sentence on lines of its own, names of the library in bold."""
    said = (re.sub(r"\b((?:k7|K7)_\w+(?:\(\))?)", r"\\fB\1\\fR", roff(sentence)) for sentence in sentences(text))
    return "\n".join(folded(sentence) for sentence in said)


def opening(text: str, names: set[str]) -> str:
    """The text with a capital letter, unless it opens with the name of something."""
    word = re.match(r"[\w.]+", text)
    if not word or word.group() in names or "_" in word.group() or text[word.end():].startswith(":"):
        return text
    return text[:1].upper() + text[1:]


def title(name: str, section: str, version: str) -> str:
    return f'.TH {name.upper()} {section} "{DATE}" "libk7sandbox {version}" "libk7sandbox"\n'


def declaration(function: Function) -> str:
    """At most 78 columns, as C."""
    text = function.text + ";"
    if len(text) <= 78:
        return text
    head = function.text[: function.text.index("(", len(function.result)) + 1]
    parts = [f"{kind} {name}" if not kind.endswith("*") and "(" not in kind else kind if "(" in kind else f"{kind}{name}"
             for kind, name in function.parameters]
    lines, line = [], "    "
    for n, part in enumerate(parts):
        part += ", " if n + 1 < len(parts) else ");"
        if len(line) + len(part) > 79:
            lines.append(line.rstrip())
            line = "    "
        line += part
    return "\n".join([head, *lines, line.rstrip()])


def opaque(kind: str) -> str:
    match = re.match(r"(?:const )?(k7_\w+) \*+$", kind)
    return match.group(1) if match else ""


class Page:
    """The page of one group, its statements checked for completeness."""

    def __init__(self, group: Group, header: Header, types: dict[str, str], errors: dict[str, str]):
        self.group, self.header, self.types, self.errors = group, header, types, errors
        self.names = [function.name for function in group.functions]
        self.name = self.names[0]
        comment = group.comment
        prefix = re.match(r"((?:(?:k7)?_\w+|k7_op_take_…)(?:, (?:k7)?_\w+)*): ", comment)
        if prefix:
            comment = opening(comment[prefix.end():], {name for f in group.functions for _, name in f.parameters})
        said = sentences(comment)
        self.error_text = [s for s in said if re.match(r"Errors( of (its|their) own)?:", s)]
        self.since = [s for s in said if re.match(r"(All s|S)ince \d", s)]
        self.thread_text = [s for s in said if re.search(r"\bthreads?\b", s)]
        own = ("Any thread.", "The thread of the loop.")
        self.description = [s for s in said if s not in self.error_text and s not in self.since and s not in own]
        self.fallible = [f for f in group.functions if f.parameters and f.parameters[-1] == ("k7_error **", "err")]

    def fail(self, what: str) -> Incomplete:
        return Incomplete(f"{self.header.name}: {self.name}: {what}")

    def summary(self) -> str:
        if not self.description:
            raise self.fail("its comment does not say what it does")
        first = re.split(r"[.;](?: |$)", self.description[0])[0]
        clause = first.split(": ")[0]
        if len(clause.split()) > 2:
            first = clause
        if first.count("(") > first.count(")"):
            first = first[: first.rindex("(")].rstrip()
        if first[:2] not in ("K7", "W3"):
            first = first[:1].lower() + first[1:]
        return roff(first)

    def parameters(self) -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        said = " ".join([self.group.comment, *(f.note for f in self.group.functions)])
        for function in self.group.functions:
            for kind, name in function.parameters:
                kind_of = opaque(kind)
                meaning = PARAMETERS.get(name)
                if name.startswith("ret_"):
                    meaning = "where the result is put"
                elif kind_of and kind.count("*") == 1:
                    meaning = self.types[kind_of]
                elif meaning is None and re.search(rf"\b{re.escape(name)}\b", said):
                    meaning = "see below"
                elif meaning is None and re.search(r"_(set|add)_", function.name):
                    meaning = "the value; it is copied"
                if meaning is None:
                    raise self.fail(f"nothing is said of the parameter {name} of {function.name}()")
                found.setdefault(name, meaning)
        return list(found.items())

    def results(self) -> list[str]:
        found = []
        for function in self.group.functions:
            result = function.result
            if function in self.fallible and result == "int":
                text = "0, or a negative number, K7_ERR_*; then *err is the error, which is released with k7_error_unref()."
            elif result == "void":
                continue
            elif function.name.endswith("_unref"):
                text = "What unrefs returns NULL."
            elif function.name.endswith("_ref"):
                text = "What refs returns its argument."
            elif result.endswith("*"):
                text = "Pointers that are returned are borrowed: they are never freed."
            else:
                text = "Numbers that are returned: see above."
            if text not in found:
                found.append(text)
        return found

    def threads(self) -> list[str]:
        if self.thread_text:
            return self.thread_text
        general = [s for s in sentences(self.header.comment) if re.search(r"\bthreads?\b", s)]
        kind = next((opaque(kind) for f in self.group.functions for kind, _ in f.parameters if opaque(kind) not in ("", "k7_error")), "")
        kind = kind or next((opaque(k) for f in self.group.functions for k, _ in f.parameters if opaque(k)), "")
        for word, text in THREADS:
            if kind and word in self.types[kind]:
                return [text, *general]
        if general:
            return general
        raise self.fail("it does not say which threads may call it")

    def since_text(self) -> str:
        text = self.since or re.findall(r"All since [\d.]+\d\.?", self.header.comment)
        if not text:
            raise self.fail("it does not say since when it is there")
        return re.search(r"\d[\d.]*\d", text[0]).group()  # type: ignore[union-attr]

    def error_names(self) -> tuple[list[str], list[str]]:
        """What is said of errors, and the numbers named in it."""
        text = list(self.error_text)
        general = next((s for s in sentences(self.header.comment) if s.startswith("Errors of ")), "")
        covered = []
        for function in self.fallible:
            of_setters = "all setters" in general and re.search(r"_(set|add|unset)(_|$)", function.name)
            of_operations = "every operation" in general and any(kind == "const k7_call *" for kind, _ in function.parameters)
            if of_setters or of_operations:
                covered.append(function.name)
            elif not self.error_text:
                raise self.fail(f"the errors of {function.name}() are not told")
        if covered:
            text.insert(0, general)
        names = []
        for token in re.findall(r"\bK7_ERR_[A-Z_]+\b|\b[A-Z]+(?:_[A-Z]+)+\b|\b[A-Z]{4,}\b", " ".join(text)):
            full = token if token.startswith("K7_ERR_") else "K7_ERR_" + token
            if full in self.errors:
                names.append(full)
            elif token.startswith("K7_ERR_"):
                raise self.fail(f"names an error that is not there: {token}")
        return text, list(dict.fromkeys(names))

    def text(self, version: str, see_also: list[str]) -> str:
        out = [title(self.name, "3", version)]
        out.append(".SH NAME\n" + folded(f"{', '.join(self.names)} \\- {self.summary()}") + "\n")
        out.append(".SH SYNOPSIS\n.nf\n\\fB#include <k7sandbox/k7sandbox.h>\\fR\n\n")
        for number in self.group.numbers:
            out.append(f"\\fB#define {number.name} {roff(number.value)}\\fR\n")
        for function in self.group.functions:
            out += [f"\\fB{roff(line)}\\fR\n" for line in declaration(function).split("\n")]
        out.append(".fi\n.SH DESCRIPTION\n")
        out.append(prose(" ".join(self.description)) + "\n")
        for item in [*self.group.numbers, *self.group.functions]:
            if item.note:
                out.append(f".TP\n\\fB{item.name}\\fR\n{prose(item.note)}\n")
        parameters = self.parameters()
        if parameters:
            out.append(".SH PARAMETERS\n")
            out += [f".TP\n\\fI{name}\\fR\n{prose(meaning)}.\n" for name, meaning in parameters]
        results = self.results()
        if results:
            out.append(".SH RETURN VALUE\n" + prose(" ".join(results)) + "\n")
        if self.fallible:
            text, names = self.error_names()
            said = prose(" ".join(re.sub(r"^Errors: (also )?", "Also: " if len(text) > 1 and s is text[-1] else "", s) for s in text))
            out.append(".SH ERRORS\n" + said + "\n")
            out += [f".TP\n\\fB{name}\\fR\n{prose(self.errors[name])}\n" for name in names]
        out.append(left(self.group.functions))
        out.append(".SH THREADS\n" + prose(" ".join(self.threads())) + "\n")
        out.append(f".SH HISTORY\nSince libk7sandbox {self.since_text()}.\n")
        out.append(".SH SEE ALSO\n")
        out.append(",\n".join(reference(other) for other in see_also) + "\n")
        return "".join(out)


def plain(markdown: str) -> str:
    """A line of docs/ as text: without the marks of code, and of links only what they say."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown.replace("`", "")).replace("**", "").strip()


def left(functions: list[Function]) -> str:
    """What docs/OPERATIONS.md says of the failures of an operation, which has to say something of each."""
    operations = [function.name.removeprefix("k7_sandbox_") for function in functions
                  if any(kind == "const k7_call *" for kind, _ in function.parameters) and not function.name.endswith("_start")]
    if not operations:
        return ""
    with open(os.path.join(ROOT, "docs", "OPERATIONS.md"), encoding="utf-8") as file:
        sections = re.split(r"^## ", file.read(), flags=re.MULTILINE)[1:]
    out = [".SH WHAT A FAILURE LEAVES\n"]
    for operation in operations:
        said = [section for section in sections if operation in section.split("\n", 1)[0].split(", ")]
        if not said:
            raise Incomplete(f"docs/OPERATIONS.md does not say what the failures of {operation} leave")
        titles: list[str] = []
        for line in re.sub(r"\n(?=[^|\n])", " ", said[0].split("\n", 1)[1]).split("\n"):
            cells = [plain(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not cells and line.strip():
                out.append(".PP\n" * (len(out) > 1) + prose(plain(line)) + "\n")
            elif not cells or set(line) <= set("|- "):
                continue
            elif not titles:
                titles = cells
            else:
                told = [f"{title[:1].upper()}{title[1:]}: {cell}." for title, cell in list(zip(titles, cells))[1:] if cell]
                out.append(f".TP\n{prose(cells[0])}\n".replace("\n", " ").replace(".TP ", ".TP\n", 1).rstrip() + "\n")
                out.append("\n.br\n".join(prose(text) for text in told or ["Nothing."]) + "\n")
        if len(said[0].split("\n", 1)[0].split(", ")) > 1:
            break
    return "".join(out)


def reference(page: str) -> str:
    name, section = re.fullmatch(r"([\w.-]+)\((\d)\)", page).groups()  # type: ignore[union-attr]
    return f".BR {roff(name)} ({section})".replace(" (", " (", 1)


class Book:
    def __init__(self) -> None:
        self.headers, types, numbers = read_all(INCLUDE)
        with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as file:
            self.version = re.search(r"version: '([\d.]+)'", file.read()).group(1)  # type: ignore[union-attr]
        self.numbers = numbers
        errors = {number.name: number.note for number in numbers if number.name.startswith("K7_ERR_")}
        self.pages: list[Page] = []
        for header in self.headers:
            for group in header.groups:
                if header.name not in OVERVIEWS:
                    raise Incomplete(f"{header.name}: belongs to no overview (docs/man/pages.py)")
                self.pages.append(Page(group, header, types, errors))
        self.overviews = sorted(name.removesuffix(".in") for name in os.listdir(HERE) if name.endswith(".in"))

    def names(self, section: str) -> list[str]:
        found = [name for name in self.overviews if name.endswith("." + section)]
        if section == "3":
            found += [f"{name}.3" for page in self.pages for name in page.names]
        return sorted(found)

    def see_also(self, page: Page) -> list[str]:
        said = page.group.comment + " ".join(f.note for f in page.group.functions)
        of = {name: other for other in self.pages for name in other.names}
        others = [of[name].name for name in re.findall(r"\b(k7_\w+)", said) if name in of and of[name] is not page]
        found = {f"{name}(3)" for name in others} | {OVERVIEWS[page.header.name], "k7sandbox(3)"}
        if page.fallible:
            found.add("k7sandbox-errors(3)")
        return sorted(found, key=lambda name: (name.startswith("k7sandbox"), name))

    def contents(self, section: str) -> dict[str, str]:
        files = {}
        for name in self.overviews:
            if name.endswith("." + section):
                with open(os.path.join(HERE, name + ".in"), encoding="utf-8") as file:
                    files[name] = self.fill(name, file.read())
        if section == "3":
            for page in self.pages:
                files[f"{page.name}.3"] = page.text(self.version, self.see_also(page))
                for other in page.names[1:]:
                    files[f"{other}.3"] = f".so man3/{page.name}.3\n"
        return files

    def fill(self, name: str, text: str) -> str:
        page, section = name.rsplit(".", 1)

        def part(match: re.Match[str]) -> str:
            what, argument = match.group(1), match.group(2) or ""
            return getattr(self, "part_" + what)(argument.strip()).rstrip("\n")

        head = title(page, section, self.version)
        if "@part matrix@" in text:
            head = "'\\\" t\n" + head
        return head + re.sub(r"^@part (\w+)(?: ([^@]*))?@$", part, text, flags=re.MULTILINE)

    def part_functions(self, headers: str) -> str:
        """Every page of the named headers, with its summary."""
        out = []
        for page in self.pages:
            if page.header.name in headers.split():
                out.append(f".TP\n.BR {page.name} (3)\n{folded(page.summary())}\n")
        return "".join(out)

    def part_conventions(self, _: str) -> str:
        """The conventions of k7sandbox.h."""
        text = self.headers[0].comment.split("everywhere:", 1)[1].removesuffix("*/")
        items = re.split(r"\n \*  - ", text)[1:]
        return "".join(".IP \\(bu 2\n" + prose(re.sub(r"\s+", " ", item.replace("\n *", " ")).strip()) + "\n" for item in items)

    def part_header(self, name: str) -> str:
        """What a header's opening comment says."""
        header = next(header for header in self.headers if header.name == name)
        with open(os.path.join(INCLUDE, header.name), encoding="utf-8") as file:
            comment = file.read().split("*/", 1)[0].removeprefix(f"/* {name}: ")
        out, paragraph = [], []
        for line in [*comment.split("\n"), " *"]:
            text = line.removeprefix(" *")
            item = re.fullmatch(r"   (\w+) +(.*)", text)  # a row of a table; what is indented more goes on with it
            if item or not text.strip():
                out.append(prose(re.sub(r"\s+", " ", " ".join(paragraph)).strip()))
                paragraph = [item.group(2)] if item else []
                out.append(f".TP\n\\fB{item.group(1)}\\fR" if item else ".PP")
            elif paragraph and out[-1:] and out[-1].startswith(".TP") and not text.startswith("    "):
                out += [prose(re.sub(r"\s+", " ", " ".join(paragraph)).strip()), ".PP"]
                paragraph = [text]
            else:
                paragraph.append(text)
        out = [part for part in out if part]
        return "\n".join(out[:-1] if out[-1] == ".PP" else out)

    def part_program(self, name: str) -> str:
        """A whole program, which tests/meta/man takes out of the page, compiles and runs."""
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            return '.\\" program\n.nf\n' + "\n".join(roff(line) for line in file.read().rstrip("\n").split("\n")) + "\n.fi"

    def part_k7ctl(self, _: str) -> str:
        """The commands and options of k7ctl, from the table that its parser and its help have."""
        with open(os.path.join(ROOT, "examples", "k7ctl", "help.c"), encoding="utf-8") as file:
            text = re.sub(r'"\s*\n\s*"', "", file.read())
        string = r'"((?:[^"\\]|\\.)*)"|NULL'
        out = [".SH COMMANDS\n"]
        for match in re.finditer(rf"{{ COMMAND_\w+, (?:{string}),\s*(?:{string}), \d, \d,\s*(?:{string}),\s*(?:{string}) }}", text):
            name, arguments, summary, more = (part or "" for part in match.groups())
            more = more.replace("\\n", " ").replace('\\"', '"')
            out.append(f".TP\n\\fB{roff(name)}\\fR{roff(' ' + arguments if arguments else '')}\n{prose((summary[:1].upper() + summary[1:] + '. ' + more).strip())}\n")
        out.append(".SH OPTIONS\n")
        for match in re.finditer(rf"{{ ('.'|OPTION_\w+), (?:{string}),\s*(?:{string}),\s*([A-Z_ |]+),\s*(?:{string}) }}", text):
            letter, name, value, commands, said = (part or "" for part in match.groups())
            if not said:
                continue
            commands = ", ".join(c.strip().removeprefix("COMMAND_").lower().replace("_", "-") for c in commands.split("|"))
            shown = ("\\fB\\-" + letter[1] + "\\fR, " if letter[0] == "'" else "") + f"\\fB{roff('--' + name)}\\fR"
            where = "" if commands in ("operations", "all") else f" ({commands})"
            out.append(f".TP\n{shown}{' ' + roff(value) if value else ''}\n{prose(said[:1].upper() + said[1:] + where)}.\n")
        if len(out) < 20:
            raise Incomplete("examples/k7ctl/help.c: its tables are not understood")
        return "".join(out)

    def part_gateway(self, _: str) -> str:
        with open(os.path.join(ROOT, "examples", "gateway", "options.c"), encoding="utf-8") as file:
            rows = re.findall(r'^ *"  (--[\w-]+)( \S+)? +(.*?)\\n"$', file.read(), re.MULTILINE)
        if len(rows) < 10:
            raise Incomplete("examples/gateway/options.c: its help is not understood")
        return "".join(f".TP\n\\fB{roff(name)}\\fR{roff(value)}\n" + prose(said[:1].upper() + said[1:].replace('\\"', '"')) + ".\n"
                       for name, value, said in rows)

    def part_numbers(self, prefix: str) -> str:
        return "".join(f".TP\n\\fB{n.name}\\fR ({roff(n.value.strip('()'))})\n{prose(n.note) or 'See its name.'}\n"
                       for n in self.numbers if n.name.startswith(prefix))

    def rows(self, page: str, heading: str) -> list[list[str]]:
        """The rows of a table that tests/meta/doc_tables wrote into a page of docs/: what the library itself says."""
        with open(os.path.join(ROOT, "docs", page), encoding="utf-8") as file:
            text = file.read()
        found = []
        for line in text[text.index("\n|---", text.index(heading)) + 1:].split("\n")[1:]:
            if not line.startswith("|"):
                break
            found.append([re.sub(r"`", "", cell).strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        if not found:
            raise Incomplete(f"docs/{page}: no rows below {heading!r}")
        return found

    def part_errors(self, _: str) -> str:
        said = {number.name: number.note for number in self.numbers}
        out, last = [], ""
        for kind, name, number, _meaning in self.rows("ERRORS.md", "| class | error | number |"):
            if kind != last:
                out.append(f".SS Class {kind}\n")
                last = kind
            out.append(f".TP\n\\fB{name}\\fR ({roff(number)})\n{prose(said[name])}.\n")
        if len(out) < len([n for n in said if n.startswith("K7_ERR_")]):
            raise Incomplete("docs/ERRORS.md does not have all errors: tests/meta/doc_tables --write")
        return "".join(out)

    def part_keys(self, transport: str) -> str:
        with open(os.path.join(ROOT, "docs", "CONFIGURATION.md"), encoding="utf-8") as file:
            headings = re.findall(r"^### (For .*)$", file.read(), re.MULTILINE)
        out = []
        for heading in headings:
            out.append(f".SS {heading}\n")
            for key, kind, default, meaning in self.rows("CONFIGURATION.md", f"### {heading}\n"):
                out.append(f".TP\n\\fB{roff(key)}\\fR\n{prose(meaning[:1].upper() + meaning[1:])}.\n")
                shown = f"; default: {default.replace(',', ', ')}" if default else ""
                out.append(prose(f"({kind}{shown})") + "\n")
        return "".join(out)

    def part_matrix(self, _: str) -> str:
        rows = self.rows("OPERATIONS.md", "| operation |")
        with open(os.path.join(ROOT, "docs", "OPERATIONS.md"), encoding="utf-8") as file:
            head = re.search(r"^\| operation \|.*$", file.read(), re.MULTILINE).group()  # type: ignore[union-attr]
        titles = [cell.strip() for cell in head.split("|")[1:-1]]
        out = [".TS\n", "l" + " l" * (len(titles) - 1) + ".\n", "\t".join(titles) + "\n"]
        out += ["\t".join(roff(cell) for cell in row) + "\n" for row in rows]
        return "".join(out) + ".TE\n"


def main() -> int:
    book = Book()
    if sys.argv[1:2] == ["--list"] and len(sys.argv) == 3:
        print("\n".join(book.names(sys.argv[2])))
    elif sys.argv[1:2] == ["--write"] and len(sys.argv) == 4:
        for name, text in book.contents(sys.argv[2]).items():
            with open(os.path.join(sys.argv[3], name), "w", encoding="utf-8") as file:
                file.write(text)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Incomplete as why:
        sys.exit(f"pages.py: {why}")
