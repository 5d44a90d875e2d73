"""The manual pages as pages of the site, by mandoc; the list of all functions; the index."""
from __future__ import annotations

import html
import os
import re
import subprocess
import sys

from markup import Broken, Page, Tree, coloured, slug

SECTIONS = {"1": "Programs", "3": "Functions and overviews", "5": "Files", "8": "Servers"}


class Reference:
    def __init__(self, root: str):
        sys.path.insert(0, os.path.join(root, "docs", "man"))
        import pages as manual  # the generator of the manual pages

        self.manual = manual
        manual.ROOT = root
        manual.HERE = os.path.join(root, "docs", "man")
        manual.INCLUDE = os.path.join(root, "include", "k7sandbox")
        try:
            self.book = manual.Book()
            self.texts: dict[str, str] = {}
            for section in sorted({name[-1] for name in self.book.overviews} | {"3"}):
                self.texts.update(self.book.contents(section))
        except manual.Incomplete as why:
            raise Broken(str(why)) from why
        self.version = self.book.version
        self.made: list[Page] = []

    def contents(self) -> list[tuple[str, str, str]]:
        rows = [("docs/man/pages.py", "man/index.html", "All functions")]
        for name in sorted(self.book.overviews, key=lambda name: (name != "k7sandbox.3", name)):
            title, section = name.rsplit(".", 1)
            rows.append((f"docs/man/{name}.in", f"man/{name}.html", f"{title}({section})"))
        return rows + [("include/k7sandbox/", "az.html", "Index, A to Z")]

    def places(self) -> dict[str, str]:
        """Where each name of the interface is explained."""
        found = {name: f"man/{page.name}.3.html" for page in self.book.pages for name in page.names}
        for page in self.book.pages:
            for number in page.group.numbers:
                found[number.name] = f"man/{page.name}.3.html"
        for number in self.book.numbers:
            found[number.name] = f"man/k7sandbox-errors.3.html#{number.name}"
        return found

    def pages(self, tree: Tree) -> list[Page]:
        whole = {name: text for name, text in self.texts.items() if not text.startswith(".so ")}
        made = [self.page(tree, name, text) for name, text in sorted(whole.items())]
        return [*made, self.functions(tree), self.index(tree, made)]

    def target(self, source: str, name: str, section: str) -> str:
        """The page of a manual page, also of one that stands on another's."""
        text = self.texts.get(f"{name}.{section}")
        if text is None:
            raise Broken(f"{source}: there is no {name}({section})")
        place = text[len(".so man3/"):].strip() if text.startswith(".so ") else f"{name}.{section}"
        return f"man/{place}.html"

    def page(self, tree: Tree, name: str, text: str) -> Page:
        title, section = name.rsplit(".", 1)
        source = f"docs/man/{name}.in"
        described = next((page for page in self.book.pages if f"{page.name}.3" == name), None)
        if described:
            source = f"include/k7sandbox/{described.header.name}"
        page = Page(f"man/{name}.html", source, f"{title}({section})", "", crumb=SECTIONS[section], plain=True)
        run = subprocess.run(["mandoc", "-Thtml", "-Ofragment", "-Wwarning"], input=text, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
        if run.returncode or run.stderr:
            raise Broken(f"{name}: mandoc: {run.stderr.strip()}")
        body = re.sub(r'<table class="(head|foot)">.*?</table>\n?', "", run.stdout, flags=re.DOTALL)
        body = re.sub(r'<p class="Pp"></p>\n', "", body)
        body = re.sub(r' class="(manual-text|Sh|Ss|Pp|Bl-\w+|tbl)"', "", body)
        body = re.sub(r"<(/?)section>\n?|<(/?)div>\n?", "", body)
        body = body.replace('class="permalink"', 'class="here"')
        body = re.sub(r"<(/?)h2\b", r"<\1h3", body)
        body = re.sub(r"<(/?)h1\b", r"<\1h2", body)
        body = re.sub(r"(<h[23] .*?</h[23]>)", lambda m: self.calm(m.group(1)), body, flags=re.DOTALL)
        body = body.replace("<table>", '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>').replace("</table>", "</table></div>")
        body = re.sub(r"<pre>(.*?)</pre>", lambda m: self.block(tree, page, m.group(1)), body, flags=re.DOTALL)
        body = re.sub(r"<b>([\w.-]+)(\(\))?</b>(?:\((\d)\))?", lambda m: self.reference(tree, page, m), body)
        # A link of its own inside the link that a term is to itself.
        body = re.sub(r'(<dt id="[^"]*">)<a class="here" href="[^"]*">((?:(?!</dt>).)*<a .*?)</a>(</dt>)', r"\1\2\3", body, flags=re.DOTALL)
        page.anchors = set(re.findall(r' id="([^"]*)"', body))
        page.body = f"<h1>{page.title}</h1>\n{body}"
        return page

    @staticmethod
    def calm(heading: str) -> str:
        """SEE ALSO as See also."""
        return re.sub(r">([A-Z][A-Z\s]+)<", lambda m: ">" + re.sub(r"\s+", " ", m.group(1)).capitalize() + "<", heading)

    @staticmethod
    def block(tree: Tree, page: Page, inner: str) -> str:
        text = html.unescape(re.sub(r"<[^>]*>", "", inner)).strip("\n")
        language = "c" if "#include" in text else "text"
        return f'<pre tabindex="0"><code>{coloured(tree, page, text, language)}</code></pre>'

    def reference(self, tree: Tree, page: Page, match: re.Match[str]) -> str:
        """A name in bold: of a manual page, when its section follows; else of the interface, or of nothing."""
        name, section = html.unescape(match.group(1)), match.group(3)
        if section and name.startswith("k7"):
            place = self.target(page.source, name, section)
        else:
            place = tree.functions.get(name, "")
        if not place or place.split("#")[0] == page.url:
            return match.group()
        return f'<a href="{tree.go(page, place)}">{match.group()}</a>'

    def functions(self, tree: Tree) -> Page:
        page = Page("man/index.html", "the comments of include/k7sandbox", "All functions", "")
        out = ["<h1>All functions</h1>\n<p>By header, in the order of the headers. A page explains functions that belong together. Installed, the same pages are read with <code>man</code>.</p>\n"]
        for header in self.book.headers:
            mine = [p for p in self.book.pages if p.header is header]
            if not mine:
                continue
            anchor = slug(header.name, page.anchors)
            page.headings.append((anchor, header.name))
            said = header.comment.removeprefix(header.name + ": ")
            place = tree.go(page, tree.find("README.md", f"include/k7sandbox/{header.name}"))
            out.append(f'<h2 id="{anchor}"><a href="{place}">{header.name}</a></h2>\n<p>{html.escape(self.manual.sentences(said)[0], quote=False)}</p>\n<dl class="names">\n')
            for described in mine:
                names = ", ".join(f'<a href="{tree.go(page, f"man/{described.name}.3.html")}">{name}</a>' for name in described.names)
                summary = re.sub(r"\\(.)", lambda m: {"e": "\\", "&": ""}.get(m.group(1), m.group(1)), described.summary())
                out.append(f"<dt>{names}</dt>\n<dd>{html.escape(summary, quote=False)}</dd>\n")
            out.append("</dl>\n")
        page.body = "".join(out)
        return page

    def index(self, tree: Tree, made: list[Page]) -> Page:
        """Functions, numbers, configuration keys, commands and options: everything that has a name."""
        page = Page("az.html", "the manual pages", "Index, A to Z", "")
        entries: dict[str, tuple[str, str]] = {}
        for name, place in tree.functions.items():
            entries[name] = (name, place)
        for other in made:
            shown = other.title
            if shown.split("(")[0] not in entries:
                entries[shown] = (shown, other.url)
            if shown in ("k7sandbox-config(5)", "k7ctl(1)", "k7-gateway(8)"):
                for anchor, term in re.findall(r'<dt id="([^"]*)">(.*?)</dt>', other.body, re.DOTALL):
                    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", term))).strip()
                    entries.setdefault(f"{text} {shown}", (f"{text} – {shown}", f"{other.url}#{anchor}"))
        letters: dict[str, list[tuple[str, str]]] = {}
        for key in sorted(entries, key=lambda k: (re.sub(r"^(k7_|K7_|-+)", "", k).lower(), k)):
            letter = re.sub(r"^(k7_|K7_|-+)", "", key)[0].upper()
            letters.setdefault(letter, []).append(entries[key])
        out = ["<h1>Index, A to Z</h1>\n<p>Functions, numbers, configuration keys, commands and options. Prefixes (<code>k7_</code>, <code>K7_</code>, <code>--</code>) do not count.</p>\n<p>"]
        out.append(" ".join(f'<a href="#{letter}">{letter}</a>' for letter in letters) + "</p>\n")
        for letter, rows in letters.items():
            page.anchors.add(letter)
            out.append(f'<h2 id="{letter}">{letter}</h2>\n<ul class="az">\n')
            out += [f'<li><a href="{html.escape(tree.go(page, place))}">{html.escape(text, quote=False)}</a></li>\n' for text, place in rows]
            out.append("</ul>\n")
        page.body = "".join(out)
        page.plain = True
        return page
