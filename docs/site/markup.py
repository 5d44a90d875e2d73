"""Pages from Markdown and from source files: headings have anchors, links go to where the target is on the site, code is coloured and its functions are links."""
from __future__ import annotations

import html
import os
import posixpath
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import pygments
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments.formatter import Formatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String

# The languages of code blocks, by the word that opens the block or by a file's ending; None: not coloured.
LANGUAGES = {"c": "c", "cpp": "cpp", "python": "python", "go": "go", "sh": "bash", "yaml": "yaml", "json": "json", "toml": "toml", "output": None, "text": None,
             "h": "c", "hpp": "cpp", "py": "python"}


class Broken(Exception):
    """What a page refers to and is not there, or says in a way that cannot be shown."""


@dataclass
class Page:
    url: str
    source: str  # the file it is made from
    title: str
    body: str
    crumb: str = ""
    plain: bool = False  # without a list of its headings
    headings: list[tuple[str, str]] = field(default_factory=list)  # of the second level: anchor, text
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)  # to pages of the site, from its top


class Tree:
    """The project's files, and where on the site they are."""

    def __init__(self, root: str):
        self.root = root
        self.places: dict[str, str] = {}
        self.wanted: list[str] = []  # files that get a page because others refer to them
        self.functions: dict[str, str] = {}  # names of the interface, and where they are explained

    def path(self, name: str) -> str:
        return os.path.join(self.root, name)

    def has(self, name: str) -> bool:
        return os.path.isfile(self.path(name))

    def read(self, name: str) -> str:
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def names(self, folder: str, ending: str) -> list[str]:
        if not os.path.isdir(self.path(folder)):
            return []
        return sorted(f"{folder}/{name}" for name in os.listdir(self.path(folder)) if name.endswith(ending))

    def place(self, source: str, url: str) -> None:
        self.places[source] = url

    def title(self, name: str) -> str:
        """What a page's first line calls it."""
        first = self.read(name).split("\n", 1)[0]
        if not first.startswith("# "):
            raise Broken(f"{name}: has no title")
        return re.sub(r"[`*]", "", first.removeprefix("# "))

    def guides(self) -> list[tuple[str, str, str]]:
        """Those that docs/guides/README.md lists, in its order."""
        found = []
        for name in re.findall(r"\]\(([\w-]+)\.md\)", self.read("docs/guides/README.md")):
            source = f"docs/guides/{name}.md"
            if not self.has(source):
                raise Broken(f"docs/guides/README.md: {name}.md is not there")
            found.append((source, f"guides/{name}.html", self.title(source)))
        return found

    def find(self, source: str, href: str) -> str:
        """The place on the site of what a file refers to."""
        parts = urlsplit(href)
        if parts.scheme in ("http", "https") and parts.netloc:
            return href
        if parts.scheme or parts.netloc or parts.query:
            raise Broken(f"{source}: not a link: {href}")
        if not parts.path:
            return self.places[source] + "#" + parts.fragment
        name = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))
        if name not in self.places and f"{name}/README.md" in self.places:
            name = f"{name}/README.md"
        if name not in self.places:
            if name.startswith("..") or not self.has(name):
                raise Broken(f"{source}: {href} is not there")
            self.place(name, f"source/{name}.html")
            self.wanted.append(name)
        return self.places[name] + ("#" + parts.fragment if parts.fragment else "")

    def link(self, page: Page, href: str) -> str:
        """The same, as it stands on the page."""
        found = self.find(page.source, href)
        return found if urlsplit(found).scheme else self.go(page, found)

    def go(self, page: Page, found: str) -> str:
        """A place on the site, from the page."""
        page.links.append(found)
        url, _, fragment = found.partition("#")
        way = posixpath.relpath(url, posixpath.dirname(page.url) or ".") if url != page.url else ""
        return way + ("#" + fragment if fragment else "")

    def check(self, pages: list[Page]) -> None:
        anchors = {page.url: page.anchors for page in pages}
        if len(anchors) < len(pages):
            raise Broken("two pages have one place: " + ", ".join(sorted(page.url for page in pages)))
        for page in pages:
            for link in page.links:
                url, _, fragment = link.partition("#")
                if url not in anchors:
                    raise Broken(f"{page.source}: {url} is no page of the site")
                if fragment and fragment not in anchors[url]:
                    raise Broken(f"{page.source}: {url} has no anchor #{fragment}")


class Spans(Formatter):
    """Code in spans of five classes, which site.css colours for light and dark."""

    CLASSES = ((Comment.Preproc, "k"), (Comment, "c"), (Keyword, "k"), (String, "s"), (Number, "m"), (Name.Function, "n"), (Name.Class, "n"))

    def format(self, tokensource: Any, outfile: Any) -> None:
        for kind, text in tokensource:
            name = next((name for wanted, name in self.CLASSES if kind in wanted), "")
            said = html.escape(text, quote=False)
            outfile.write(f'<span class="{name}">{said}</span>' if name and text.strip() else said)


def coloured(tree: Tree, page: Page, text: str, language: str) -> str:
    """Code as HTML; names of the interface are links to where they are explained."""
    if language not in LANGUAGES:
        raise Broken(f"{page.source}: a block of code in an unknown language: {language!r}")
    lexer = LANGUAGES[language]
    if lexer is None:
        return html.escape(text, quote=False)
    shown = pygments.highlight(text, get_lexer_by_name(lexer, stripnl=False), Spans())
    if lexer not in ("c", "cpp"):
        return shown
    return re.sub(r"\bk7_\w+\b", lambda m: f'<a href="{tree.go(page, tree.functions[m.group()])}">{m.group()}</a>'
                  if m.group() in tree.functions and not tree.functions[m.group()].startswith(page.url) else m.group(), shown)


def slug(text: str, taken: set[str]) -> str:
    """A heading's anchor, as code hosts make it."""
    base = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
    name, n = base, 0
    while name in taken:
        n += 1
        name = f"{base}-{n}"
    taken.add(name)
    return name


def heading(level: int, anchor: str, inner: str) -> str:
    if level == 1:
        return f'<h1 id="{anchor}">{inner}</h1>\n'
    return f'<h{level} id="{anchor}">{inner} <a class="mark" href="#{anchor}" aria-label="Link to this part">#</a></h{level}>\n'


class Writer:
    """Markdown's tokens as HTML of one page."""

    def __init__(self, tree: Tree, page: Page):
        self.tree, self.page = tree, page
        self.parser = MarkdownIt("commonmark", {"html": True}).enable("table")
        self.linked = False  # inside a link or a heading
        self.parser.renderer.rules.update({  # type: ignore[attr-defined]
            "fence": self.fence, "code_block": self.block, "code_inline": self.inline_code, "html_block": self.comment, "html_inline": self.comment,
            "table_open": lambda *_: '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>\n',
            "table_close": lambda *_: "</table></div>\n"})

    def pre(self, text: str, language: str) -> str:
        kind = ' class="result"' if language == "output" else ""
        return f'<pre{kind} tabindex="0"><code>{coloured(self.tree, self.page, text, language)}</code></pre>\n'

    def fence(self, tokens: list[Token], i: int, *_: Any) -> str:
        words = [*tokens[i].info.split(), "text"]
        caption = f'<p class="file">{html.escape(words[1])}</p>\n' if len(words) > 2 else ""  # of a guide: what the file is called
        return caption + self.pre(tokens[i].content, words[0])

    def block(self, tokens: list[Token], i: int, *_: Any) -> str:
        return self.pre(tokens[i].content, "text")

    def comment(self, tokens: list[Token], i: int, *_: Any) -> str:
        if not re.fullmatch(r"<!--.*?-->\s*", tokens[i].content, re.DOTALL):
            raise Broken(f"{self.page.source}: HTML: {tokens[i].content.strip()}")
        return ""

    def inline_code(self, tokens: list[Token], i: int, *_: Any) -> str:
        text = tokens[i].content
        shown = f"<code>{html.escape(text, quote=False)}</code>"
        name = text.removesuffix("()")
        if self.linked:
            return shown
        if name in self.tree.functions:
            return f'<a href="{self.tree.go(self.page, self.tree.functions[name])}">{shown}</a>'
        if re.fullmatch(r"(include|examples|docs)/[\w./-]+\.(c|h|hpp|cpp|md|yaml)", text):
            return f'<a href="{self.tree.go(self.page, self.tree.find("README.md", text))}">{shown}</a>'
        return shown

    def prepare(self, tokens: list[Token]) -> None:
        """Anchors for headings, places for links."""
        for n, token in enumerate(tokens):
            for child in token.children or []:
                if child.type == "link_open":
                    child.attrSet("href", self.tree.link(self.page, str(child.attrGet("href"))))
                elif child.type == "image":
                    raise Broken(f"{self.page.source}: images are not carried over")
            if token.type == "heading_open":
                text = "".join(child.content for child in tokens[n + 1].children or [] if child.type in ("text", "code_inline"))
                token.meta["anchor"] = slug(text, self.page.anchors)
                if token.tag == "h1" and not self.page.title:
                    self.page.title = text
                elif token.tag == "h2":
                    self.page.headings.append((token.meta["anchor"], text))

    def write(self, text: str) -> str:
        tokens = self.parser.parse(text)
        self.prepare(tokens)
        out, n = [], 0
        renderer, options = self.parser.renderer, self.parser.options
        while n < len(tokens):
            token = tokens[n]
            if token.type == "heading_open":
                self.linked = True  # a heading is a link's target, not a link
                inner = renderer.renderInline(tokens[n + 1].children or [], options, {})
                self.linked = False
                out.append(heading(int(token.tag[1]), token.meta["anchor"], inner))
                n += 3
                continue
            if token.type == "inline":
                out.append(self.inline(token))
            else:
                out.append(renderer.render([token], options, {}))
            n += 1
        return "".join(out)

    def inline(self, token: Token) -> str:
        """Code inside a link is no link of its own."""
        out, run, depth = [], [], 0

        def flush() -> None:
            self.linked = depth > 0
            out.append(self.parser.renderer.renderInline(run, self.parser.options, {}))
            run.clear()

        for child in token.children or []:
            if child.type in ("link_open", "link_close"):
                flush()
                depth += child.nesting
            run.append(child)
        flush()
        self.linked = False
        return "".join(out)


def markdown(tree: Tree, source: str, url: str) -> Page:
    page = Page(url, source, "", "")
    page.body = Writer(tree, page).write(tree.read(source))
    if not page.title:
        raise Broken(f"{source}: has no title")
    return page


def code(tree: Tree, source: str) -> Page:
    """A file of the tree, whole."""
    page = Page(tree.places[source], source, source, "", crumb="A file of the source", plain=True)
    ending = source.rsplit(".", 1)[-1] if "." in posixpath.basename(source) else "text"
    if ending == "md":
        page.body = Writer(tree, page).write(tree.read(source))
        return page
    page.body = f'<h1>{source}</h1>\n<pre tabindex="0"><code>{coloured(tree, page, tree.read(source), ending if ending in LANGUAGES else "text")}</code></pre>\n'
    return page
