"""Reads the front matter of an article: title, authors with their affiliations, journal, abstracts, keywords."""

from __future__ import annotations

import calendar
from collections.abc import Callable

from fathom.conversion.docling_backends.jats.jats_elements import Element, below, child, children, name_of, text_of
from fathom.conversion.docling_backends.jats.jats_lines import LineReader
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, MarkupBlock, MarkupHeading, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import Run, plain, tidy

ReadJatsBlocks = Callable[[Element, int], list[MarkupBlock]]
_ENDS = (":", "?", "!", ".", "—")
_ABOUT = ("on-behalf-of", "author-comment", "bio", "address", "uri", "ext-link")
_MONTHS = tuple(calendar.month_name)


class FrontReader:
    """Reads `front` and `front-stub`; `blocks` reads the content of an element at a level of headings, `block` the element."""

    def __init__(self, lines: LineReader, blocks: ReadJatsBlocks, block: ReadJatsBlocks) -> None:
        self._lines, self._blocks, self._block = lines, blocks, block

    def read(self, front: Element | None, level: int = 0) -> list[MarkupBlock]:
        """Returns title, authors, affiliations, journal, abstracts, keywords, notes and permissions, in this order."""
        meta = child(front, "article-meta", "book-part-meta") if front is not None else None
        meta = meta if meta is not None else front
        if meta is None:
            return []
        found: list[MarkupBlock] = self._titles(meta, level)
        found += self._people(meta)
        found += self._about_people(meta)
        found += self._author_notes(meta)
        found += self._contributions(meta)
        found += self._imprint(front, meta)
        for conference in children(meta, "conference"):
            found.append(Paragraph([run for part in children(conference) for run in [Run(" "), *self._lines.runs(part)]]))
        for abstract in children(meta, "abstract", "trans-abstract"):
            found += self._abstract(abstract, level + 1)
        for group in children(meta, "kwd-group"):
            found += self._keywords(group)
        for funding in children(meta, "funding-group"):
            found += self._funding(funding)
        for product in children(meta, "product", "related-article", "related-object"):
            found.append(Paragraph(self._lines.runs(product)))
        for part in children(meta, "supplementary-material"):
            found += self._block(part, level)
        permissions = child(meta, "permissions")
        if permissions is not None:
            found += self._permissions(permissions)
        for notes in children(front, "notes"):
            title = child(notes, "title")
            found += [MarkupHeading(self._lines.runs(title), level + 1)] if title is not None else []
            found += self._blocks(notes, level + 1)
        return found

    def _titles(self, meta: Element, level: int) -> list[MarkupBlock]:
        group = child(meta, "title-group")
        holder = group if group is not None else meta
        runs: list[Run] = []
        for title in children(holder, "article-title", "title", "subtitle"):
            shown = tidy(self._lines.runs(title))
            if runs and shown:
                runs.append(Run(" " if runs[-1].text.endswith(_ENDS) else ": "))
            runs += shown
        found: list[MarkupBlock] = [MarkupHeading(runs, level)] if runs else []
        for translated in children(holder, "trans-title-group"):
            for title in children(translated, "trans-title", "trans-subtitle"):
                found.append(Paragraph(self._lines.runs(title)))
        for notes in children(holder, "fn-group"):
            found += self._blocks(notes, level)
        return found

    def _people(self, meta: Element) -> list[MarkupBlock]:
        """Returns a paragraph of authors and a paragraph for each affiliation, with marks if there are several."""
        groups = list(children(meta, "contrib-group"))
        affiliations = [found for holder in (*groups, meta) for found in children(holder, "aff", "aff-alternatives")]
        labels = {found.get("id"): text_of(self._label(found)) or str(number) for number, found in enumerate(affiliations, 1)}
        several = len(affiliations) > 1
        by_role: dict[str, list[str]] = {}
        for group in groups:
            for contrib in below(group, "contrib"):
                kind = contrib.get("contrib-type") or group.get("content-type") or "author"
                person = self._person(contrib, labels if several else {})
                if person:
                    by_role.setdefault(kind, []).append(person)
        found: list[MarkupBlock] = []
        for kind, people in by_role.items():
            lead = "" if kind.startswith("author") else f"{kind[:1].upper()}{kind[1:].replace('-', ' ')}: "
            found.append(Paragraph([Run(lead + ", ".join(people))]))
        for number, affiliation in enumerate(affiliations, 1):
            shown = self._address(affiliation)
            mark = f"[{labels.get(affiliation.get('id')) or number}] " if several else ""
            if shown:
                found.append(Paragraph([Run(mark), *shown]))
        return found

    def _person(self, contrib: Element, labels: dict[str | None, str]) -> str:
        name = ""
        for part in children(contrib, "name", "string-name", "name-alternatives", "collab", "collab-alternatives", "anonymous"):
            name = self._name(part)
            if name:
                break
        extras = [text_of(part) for part in children(contrib, "degrees")]
        own = [plain(tidy(self._address(part))) for part in children(contrib, "aff")]
        own += [text_of(part) for part in children(contrib, "email")]
        kind = (contrib.get("contrib-type") or "").replace("-", " ").casefold()
        if kind != "author":
            own += [role for part in children(contrib, "role") if (role := text_of(part)).casefold() != kind]
        marks = [
            labels[rid]
            for reference in children(contrib, "xref")
            if reference.get("ref-type") == "aff"
            for rid in (reference.get("rid") or "").split()
            if rid in labels
        ]
        if not name:
            return ""
        shown = ", ".join([name, *(extra for extra in extras if extra)])
        shown += f" ({'; '.join(text for text in own if text)})" if any(own) else ""
        return f"{shown} [{', '.join(marks)}]" if marks else shown

    def _about_people(self, meta: Element) -> list[MarkupBlock]:
        """Returns the details of each person: on whose behalf they wrote, addresses, biographies."""
        found: list[MarkupBlock] = []
        for group in children(meta, "contrib-group"):
            for holder in (*below(group, "contrib"), *below(group, "collab"), group):
                for part in children(holder, *_ABOUT):
                    found += self._block(part, 0)
        return found

    def _name(self, part: Element) -> str:
        kind = name_of(part)
        if kind == "anonymous":
            return "Anonymous"
        if kind == "name":
            fields = [text_of(child(part, field)) for field in ("prefix", "given-names", "surname", "suffix")]
            if part.get("name-style") == "eastern":
                fields = [fields[0], fields[2], fields[1], fields[3]]
            return " ".join(field for field in fields if field) or text_of(part)
        if kind.endswith("alternatives"):
            return next((name for inner in children(part) if (name := self._name(inner))), "")
        if kind == "collab":
            return plain(tidy(run for run in self._without_groups(part)))
        return plain(tidy(self._lines.runs(part)))

    def _without_groups(self, collab: Element) -> list[Run]:
        runs = [Run(collab.text or "")]
        for inner in collab:
            if name_of(inner) and name_of(inner) not in ("contrib-group", "xref", "aff", "address"):
                runs += self._lines.runs(inner)
            runs.append(Run(inner.tail or ""))
        return runs

    def _label(self, affiliation: Element) -> Element | None:
        label = child(affiliation, "label")
        return label if label is not None else child(child(affiliation, "aff"), "label")

    def _address(self, affiliation: Element) -> list[Run]:
        """Returns an affiliation without its label; parts with nothing between them are separated by commas."""
        holder = affiliation if name_of(affiliation) == "aff" else next(children(affiliation, "aff"), affiliation)
        runs = [Run((holder.text or "").lstrip())]
        last = runs[0].text[-1:]
        for inner in holder:
            name = name_of(inner)
            if name and name not in ("label", "institution-id"):
                shown = self._lines.runs(inner)
                if shown and last and not last.isspace() and last not in ",;(":
                    runs.append(Run(", "))
                runs += shown
                last = shown[-1].text[-1:] if shown else last
            tail = inner.tail or ""
            runs.append(Run(tail if last else tail.lstrip()))
            last = runs[-1].text[-1:] or last
        return tidy(runs)

    def _author_notes(self, meta: Element) -> list[MarkupBlock]:
        found: list[MarkupBlock] = []
        for notes in children(meta, "author-notes"):
            for part in children(notes):
                if name_of(part) == "fn":
                    label = text_of(child(part, "label"))
                    lead = [Run(f"{label} ")] if label else []
                    runs = [
                        run
                        for inner in children(part)
                        if name_of(inner) != "label"
                        for run in [*self._lines.runs(inner), Run(" ")]
                    ]
                    found.append(Footnote([*lead, *runs]))
                else:
                    found.append(Paragraph(self._lines.runs(part)))
        return found

    def _contributions(self, meta: Element) -> list[MarkupBlock]:
        """Returns the contributions of each author, if given."""
        shown: list[str] = []
        for contrib in below(meta, "contrib"):
            roles = [text_of(role) for role in children(contrib, "role")]
            if roles and contrib.get("contrib-type") == "author":
                shown.append(f"{self._person(contrib, {}).partition(' (')[0]}: {', '.join(role for role in roles if role)}")
        return [Paragraph([Run(f"Contributions: {'; '.join(shown)}.")])] if shown else []

    def _funding(self, funding: Element) -> list[MarkupBlock]:
        """Returns the funding statements, and each award with its sponsor and recipient."""
        found: list[MarkupBlock] = [Paragraph(self._lines.runs(part)) for part in children(funding, "funding-statement")]
        awards: list[str] = []
        for award in children(funding, "award-group"):
            parts = [plain(tidy(self._lines.runs(part))) for part in children(award) if name_of(part) != "label"]
            awards.append(", ".join(part for part in parts if part))
        return [*found, *([Paragraph([Run(f"Funding: {'; '.join(awards)}.")])] if any(awards) else [])]

    def _imprint(self, front: Element, meta: Element) -> list[MarkupBlock]:
        """Returns journal, date, volume, pages and DOI as a paragraph."""
        journal = text_of(next(below(child(front, "journal-meta"), "journal-title"), None))
        volume, issue = text_of(child(meta, "volume")), text_of(child(meta, "issue"))
        first, last = text_of(child(meta, "fpage")), text_of(child(meta, "lpage"))
        pages = (f"{first}–{last}" if first and last else first) or text_of(child(meta, "elocation-id"))
        place = volume + (f"({issue})" if issue else "")
        place += f"{':' if place else ''}{pages}" if pages else ""
        doi = next((text_of(found) for found in children(meta, "article-id") if found.get("pub-id-type") == "doi"), "")
        publisher = text_of(next(below(child(front, "journal-meta"), "publisher-name"), None))
        published = _date(max(children(meta, "pub-date"), key=_exactness, default=None))
        history = [
            f"{(date.get('date-type') or 'dated').replace('-', ' ').replace('rev recd', 'revised').capitalize()} {_date(date)}"
            for date in children(child(meta, "history"), "date")
            if _date(date)
        ]
        printed = " ".join(part for part in (published, place) if part)
        parts = [journal, printed, f"DOI: {doi}" if doi else "", publisher, *history]
        text = ". ".join(part for part in parts if part)
        return [Paragraph([Run(f"{text}.")])] if text else []

    def _abstract(self, abstract: Element, level: int) -> list[MarkupBlock]:
        title = child(abstract, "title", "label")
        runs = self._lines.runs(title) if title is not None else [Run("Abstract")]
        content = self._blocks(abstract, level)
        return [MarkupHeading(runs, level), *content] if content else []

    def _keywords(self, group: Element) -> list[MarkupBlock]:
        title = text_of(child(group, "title")).rstrip(":") or "Keywords"
        words: list[str] = []
        for word in children(group, "kwd", "compound-kwd", "nested-kwd"):
            if name_of(word) == "compound-kwd":
                words.append(" ".join(text_of(part) for part in children(word)))
            else:
                words.append(plain(tidy(self._lines.runs(word))))
        words = [word for word in words if word]
        return [Paragraph([Run(f"{title}: {', '.join(words)}")])] if words else []

    def _permissions(self, permissions: Element) -> list[MarkupBlock]:
        found: list[MarkupBlock] = [Paragraph(self._lines.runs(part)) for part in children(permissions, "copyright-statement")]
        for licence in children(permissions, "license"):
            for part in children(licence):
                found.append(Paragraph(self._lines.runs(part)))
            if (licence.text or "").strip():
                found.append(Paragraph([Run(licence.text)]))
        return found


def _exactness(date: Element) -> int:
    return len(list(children(date, "year", "month", "day", "season")))


def _date(date: Element | None) -> str:
    month = text_of(child(date, "month"))
    month = _MONTHS[int(month)] if month.isdecimal() and 0 < int(month) < 13 else month
    parts = [text_of(child(date, "day")), month or text_of(child(date, "season")), text_of(child(date, "year"))]
    return " ".join(part for part in parts if part) or text_of(child(date, "string-date"))
