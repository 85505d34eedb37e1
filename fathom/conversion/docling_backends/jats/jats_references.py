"""Writes the entries of a reference list as displayed."""

from __future__ import annotations

from fathom.conversion.docling_backends.jats.jats_elements import Element, child, children, name_of, text_of
from fathom.conversion.docling_backends.jats.jats_lines import LineReader
from fathom.conversion.docling_backends.markup.markup_inline import PLAIN, InlineStyle, Run, tidy

_CITATIONS = ("mixed-citation", "element-citation", "citation", "nlm-citation", "product", "related-article", "related-object")
_TITLES = ("article-title", "chapter-title", "data-title", "part-title", "trans-title", "issue-title")
# Elements with a fixed place; all others follow at the end of a citation.
_PLACED = frozenset(
    {
        *_TITLES, "person-group", "name", "string-name", "collab", "etal", "anonymous", "source", "edition", "volume", "issue",
        "fpage", "lpage", "elocation-id", "page-range", "year", "publisher-name", "publisher-loc", "pub-id", "label", "season",
        "month", "day", "ext-link", "uri", "object-id", "name-alternatives", "string-date", "date",
    }
)  # fmt: skip


def reference_runs(reference: Element, lines: LineReader) -> list[Run]:
    """Returns the text of a `ref`: its citations in sequence, and notes."""
    runs: list[Run] = []
    for part in children(reference):
        name = name_of(part)
        if name == "label":
            continue
        if name == "citation-alternatives":
            mixed = child(part, "mixed-citation")
            part = mixed if mixed is not None else next(children(part), part)
        shown = citation_runs(part, lines) if name_of(part) in _CITATIONS else lines.runs(part)
        runs += [Run(" "), *shown] if runs and shown else shown
    return runs or lines.runs(reference)


def citation_runs(citation: Element, lines: LineReader) -> list[Run]:
    """Returns a citation as typeset; a data-only citation is written out: authors, title, source, volume, pages, year."""
    loose = (citation.text or "").strip() + "".join((inner.tail or "").strip() for inner in citation)
    if any(sign.isalnum() or sign in ".,;:" for sign in loose) or not len(citation):
        return lines.runs(citation)
    return _Composition(citation, lines).runs


class _Composition:
    """The runs of a data-only citation."""

    def __init__(self, citation: Element, lines: LineReader) -> None:
        self._citation, self._lines = citation, lines
        self.runs: list[Run] = []
        self._sentence([Run(", ".join(self._people(citation)))])
        for title in children(citation, *_TITLES):
            self._sentence(lines.runs(title))
        self._sentence(self._where_printed())
        self._sentence(self._publisher())
        self._dates()
        for inner in children(citation):
            if name_of(inner) not in _PLACED:
                self._sentence(lines.runs(inner))
        self._identities()

    def _people(self, holder: Element) -> list[str]:
        found: list[str] = []
        for inner in children(holder):
            name = name_of(inner)
            if name in ("person-group", "name-alternatives"):
                people = self._people(inner)
                if inner.get("person-group-type") in ("editor", "editors") and people:
                    people[-1] += " (ed.)" if len(people) == 1 else " (eds.)"
                found += people[:1] if name == "name-alternatives" else people
            elif name == "name":
                parts = [text_of(child(inner, part)) for part in ("surname", "given-names", "suffix")]
                found.append(" ".join(part for part in parts if part) or text_of(inner))
            elif name in ("string-name", "collab"):
                found.append(" ".join("".join(run.text for run in self._lines.runs(inner)).split()))
            elif name == "etal":
                found.append(text_of(inner) or "et al.")
            elif name == "anonymous":
                found.append("Anonymous")
        return [name for name in found if name]

    def _where_printed(self) -> list[Run]:
        runs = [run for source in children(self._citation, "source") for run in [Run(" "), *self._lines.runs(source)]]
        edition, volume, issue = self._field("edition"), self._field("volume"), self._field("issue")
        text = f" {edition}" if edition else ""
        text += f" {volume}" if volume else ""
        text += f"({issue})" if issue else ""
        first, last = self._field("fpage"), self._field("lpage")
        pages = self._field("page-range") or (f"{first}–{last}" if first and last else first) or self._field("elocation-id")
        text += f"{':' if volume or issue else ' '}{pages}" if pages else ""
        return [*runs, Run(text)]

    def _publisher(self) -> list[Run]:
        place, name = self._field("publisher-loc"), self._field("publisher-name")
        return [Run(": ".join(part for part in (place, name) if part))]

    def _dates(self) -> None:
        date = child(self._citation, "date")
        parts = [
            text_of(child(date if date is not None else self._citation, part)) for part in ("day", "season", "month", "year")
        ]
        text = " ".join(part for part in parts if part) or self._field("string-date")
        if text:
            self.runs += [Run(f" ({text}).")]

    def _identities(self) -> None:
        for identity in children(self._citation, "pub-id", "object-id"):
            kind = (identity.get("pub-id-type") or identity.get("assigning-authority") or "").strip()
            text = text_of(identity)
            link = f"https://doi.org/{text}" if kind == "doi" and text.startswith("10.") else ""
            if text:
                self.runs += [Run(f" {kind.upper()}: " if kind else " "), Run(text, InlineStyle(link=link))]
        for link in children(self._citation, "ext-link", "uri"):
            holder = self._lines.runs(link)
            href = link.get("{http://www.w3.org/1999/xlink}href") or text_of(link)
            self.runs += [Run(" "), *(Run(run.text, InlineStyle(link=href if ":" in href else "")) for run in holder)]

    def _field(self, name: str) -> str:
        return text_of(child(self._citation, name))

    def _sentence(self, runs: list[Run]) -> None:
        clean = tidy(runs)
        if not clean:
            return
        stop = "" if clean[-1].text.endswith((".", "?", "!")) else "."
        self.runs += [*([Run(" ")] if self.runs else []), *clean, Run(stop, PLAIN)]
