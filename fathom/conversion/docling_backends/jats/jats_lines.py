"""Reads the inline content of an article: text with its formatting, links, note marks, formulas.

Docling 2.142.1 takes `element.text` for a title, strips each run and joins runs by blanks ("10 3 pointsa"); not needed once
its JATS reader keeps the white space of runs and reads titles, notes and definition lists whole.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace

from fathom.conversion.docling_backends.jats.jats_elements import (
    BLOCKS,
    UNSEEN,
    XLINK_HREF,
    Element,
    below,
    child,
    children,
    name_of,
    text_of,
)
from fathom.conversion.docling_backends.jats.jats_notes import JatsNoteMarks
from fathom.conversion.docling_backends.jats.mathml import tex_of
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, PLAIN, InlineStyle, Run

_STYLES: dict[str, dict[str, bool | str]] = {
    "bold": {"bold": True},
    "italic": {"italic": True},
    "strike": {"struck": True},
    "sub": {"script": "sub"},
    "sup": {"script": "super"},
    "monospace": {"code": True},
}
# Parts of names, addresses and citations; adjacent parts without text between are separated by a blank.
_PARTS = frozenset(
    """
    addr-line city collab conf-loc conf-name country degrees edition email fax given-names institution institution-wrap
    lpage name person-group phone postal-code prefix publisher-loc publisher-name role season source state string-name
    suffix surname trans-source volume year month day article-title chapter-title fpage issue pub-id data-title part-title
    trans-title collab-name etal comment
    """.split()  # noqa: SIM905
)
_TEX_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.S)
_NUMBERS = re.compile(r"[\d,;\s–—-]+")
_BRACKETS = str.maketrans("", "", "[]()")


class LineReader:
    """Reads lines; `aside` receives each block within a line, such as a figure, and `marks` holds the note marks."""

    def __init__(self, marks: JatsNoteMarks, entities: dict[str, str]) -> None:
        self.marks = marks
        self._entities = entities

    def runs(
        self, element: Element, style: InlineStyle = PLAIN, aside: Callable[[Element, list[Run]], None] | None = None
    ) -> list[Run]:
        """Returns the runs of the element's content.

        `aside` is called for each block element inside, with the runs before it; these then begin anew. Without it the
        text of such blocks stands in the line.
        """
        runs: list[Run] = []
        if element.text:
            runs.append(Run(element.text, style))
        before: Element | None = None
        for inner in element:
            name = name_of(inner)
            if name and name not in UNSEEN:
                if before is not None and _touch(before, inner) and not _ends_apart(runs):
                    runs.append(Run(" ", style))
                if aside is not None and name in BLOCKS:
                    aside(inner, runs)
                    runs = []
                else:
                    self._inner(inner, name, style, runs, aside)
                before = inner
            elif not isinstance(inner.tag, str) and (shown := self._entity(inner)):
                runs.append(Run(shown, style))
            if inner.tail:
                runs.append(Run(inner.tail, style))
        return runs

    def _inner(
        self,
        element: Element,
        name: str,
        style: InlineStyle,
        runs: list[Run],
        aside: Callable[[Element, list[Run]], None] | None,
    ) -> None:
        if name == "sup" and self._holds_references(element):
            runs += self._bracketed(element, style)
        elif name in _STYLES:
            runs += self.runs(element, replace(style, **_STYLES[name]), aside)  # type: ignore[arg-type]
        elif name == "xref":
            runs += self._reference(element, style, runs)
        elif name in ("ext-link", "uri", "email", "self-uri"):
            runs += self._link(element, name, style, aside)
        elif name in ("inline-formula", "tex-math", "math"):
            runs += self.formula(element, style)
        elif name == "break":
            runs.append(Run(LINE_BREAK, style))
        elif name == "fn":
            runs.append(Run(self.marks.inline_note(element)))
        elif name in ("inline-graphic", "graphic", "media", "inline-media"):
            alt = text_of(child(element, "alt-text"))
            runs += [Run(alt, style)] if alt else []
        elif name == "alternatives":
            chosen = child(element, "tex-math", "textual-form", "math")
            chosen = chosen if chosen is not None else next(children(element), None)
            if chosen is not None:
                self._inner(chosen, name_of(chosen), style, runs, aside)
        elif name == "label" and name_of(element.getparent()) in ("fn", "ref"):
            return
        elif name == "abbrev" and (meaning := child(element, "def")) is not None:
            runs += [Run(part, style) for part in (element.text or "", " (", text_of(meaning), ")", meaning.tail or "")]
        elif name == "rt":
            runs += [Run("(", style), *self.runs(element, style), Run(")", style)]
        elif name == "q":
            runs += [Run("“", style), *self.runs(element, style, aside), Run("”", style)]
        else:
            gap = [Run(" ", style)] if name in ("p", "title", "label", "list-item", "td", "th", "def", "term") else []
            runs += [*gap, *self.runs(element, style, aside), *gap]

    def formula(self, element: Element, style: InlineStyle = PLAIN) -> list[Run]:
        """Returns the formula of the element as TeX, with the plain text beside it."""
        name = name_of(element)
        if name == "math":
            tex = tex_of(element)
            return [Run(tex, replace(style, formula=True, script="", code=False))] if tex else []
        if name == "tex-math":
            tex = tex_body("".join(element.itertext()))
            return [Run(tex, replace(style, formula=True, script="", code=False))] if tex else []
        chosen = next(below(element, "tex-math"), None)
        if chosen is None:
            chosen = next((found for found in element.iterdescendants() if name_of(found) == "math"), None)
        if chosen is None or name_of(chosen.getparent()) not in ("alternatives", "inline-formula", "disp-formula"):
            return self.runs(element, style) if chosen is None else self._mixed(element, style)
        return self._mixed(element, style)

    def _mixed(self, element: Element, style: InlineStyle) -> list[Run]:
        """Returns text and formulas of a formula element; of alternatives the TeX."""
        runs = [Run(element.text, style)] if element.text else []
        has_tex = child(element, "tex-math") is not None
        for inner in element:
            name = name_of(inner)
            if name == "alternatives":
                chosen = child(inner, "tex-math") if child(inner, "tex-math") is not None else child(inner, "math")
                if chosen is None:
                    chosen = child(inner, "textual-form")
                runs += self.formula(chosen, style) if chosen is not None else []
            elif name == "tex-math" or (name == "math" and not has_tex):
                runs += self.formula(inner, style)
            elif name and name not in UNSEEN and name not in ("math", "label"):
                self._inner(inner, name, style, runs, None)
            if inner.tail:
                runs.append(Run(inner.tail, style))
        return runs

    def _reference(self, element: Element, style: InlineStyle, before: list[Run]) -> list[Run]:
        kind, text = element.get("ref-type", ""), text_of(element)
        if kind in ("fn", "table-fn") or self.marks.is_note(element.get("rid", "")):
            mark = self.marks.mark_for(element.get("rid", ""), text)
            return [Run(f"[^{mark}]", replace(style, script=""))] if mark else []
        shown = self.runs(element, style)
        raised = style.script == "super" or (
            len(element) == 1 and not (element.text or "").strip() and name_of(element[0]) == "sup"
        )
        if kind == "bibr" and (raised or _glues(before, text)):
            return [Run(f"[{text.translate(_BRACKETS)}]", replace(style, script=""))] if text else []
        return shown

    def _bracketed(self, element: Element, style: InlineStyle) -> list[Run]:
        """Returns superscript references as `[1,2]`, since a number behind a word would read as part of it."""
        inner = self.runs(element, style)
        if any("[^" in run.text for run in inner):
            return inner
        return [Run(f"[{text_of(element).translate(_BRACKETS)}]", replace(style, script=""))]

    def _holds_references(self, element: Element) -> bool:
        references = list(below(element, "xref"))
        return bool(references) and all(found.get("ref-type") in ("bibr", "fn", "table-fn") for found in references)

    def _link(
        self, element: Element, name: str, style: InlineStyle, aside: Callable[[Element, list[Run]], None] | None
    ) -> list[Run]:
        text = text_of(element)
        href = (element.get(XLINK_HREF) or text).strip()
        if name == "email" and "@" in href:
            href = href if href.startswith("mailto:") else f"mailto:{href}"
        elif element.get("ext-link-type") == "doi" and href.startswith("10."):
            href = f"https://doi.org/{href}"
        elif href.startswith("www."):
            href = f"https://{href}"
        if ":" not in href or any(sign.isspace() for sign in href):
            href = ""
        return self.runs(element, replace(style, link=href), aside) or ([Run(href, replace(style, link=href))] if href else [])

    def _entity(self, node: Element) -> str:
        """Returns the character for an entity reference, declared in the file or by HTML."""
        text = getattr(node, "text", None) or ""
        if not (text.startswith("&") and text.endswith(";")):
            return ""
        return self._entities.get(text[1:-1], html.unescape(text))


def tex_body(text: str) -> str:
    """Returns the formula of a tex-math element, which may be a whole LaTeX document, without dollar signs around it."""
    whole = _TEX_DOCUMENT.search(text)
    tex = " ".join((whole[1] if whole else text).split())
    for sign in ("$$", "$"):
        if len(tex) > 2 * len(sign) and tex.startswith(sign) and tex.endswith(sign):
            return tex[len(sign) : -len(sign)].strip()
    if tex.startswith("\\[") and tex.endswith("\\]"):
        return tex[2:-2].strip()
    return tex.strip("$ ") if tex in ("$", "$$") else tex


def _touch(before: Element, element: Element) -> bool:
    return not before.tail and name_of(before) in _PARTS and name_of(element) in _PARTS


def _ends_apart(runs: list[Run]) -> bool:
    return not runs or runs[-1].text[-1:].isspace()


def _glues(before: list[Run], text: str) -> bool:
    last = before[-1].text[-1:] if before else ""
    return bool(last) and (last.isalnum() or last in ".)”") and bool(_NUMBERS.fullmatch(text))
