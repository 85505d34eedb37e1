"""Reads the inline marks of AsciiDoc into runs.

Closing marks are found once per text, so that a million opening marks take linear time.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace

from fathom.conversion.docling_backends.asciidoc.asciidoc_notes import Notes
from fathom.conversion.docling_backends.asciidoc.asciidoc_references import References
from fathom.conversion.docling_backends.asciidoc.attributes import LITERAL_SIGNS, Attributes
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, PLAIN, InlineStyle, Run

MAX_NESTING = 16  # nested spans; deeper marks are plain text

# The style of each mark, with the constrained mark's closing pattern; `#` has no style by itself.
_MARKS: dict[str, dict[str, bool | str]] = {
    "*": {"bold": True},
    "_": {"italic": True},
    "`": {"code": True},
    "#": {},
    "^": {"script": "super"},
    "~": {"script": "sub"},
}
_CLOSING = {
    mark: re.compile(rf"(?<=[^\s{sign}]){sign}(?![\w{sign}])" if mark != "`" else rf"(?<=[^\s{sign}]){sign}(?![\w{sign}\"'])")
    for mark, sign in ((mark, re.escape(mark)) for mark in "*_`#")
}
_SCRIPT = {"^": re.compile(r"\^([^\s^]+)\^"), "~": re.compile(r"~([^\s~]+)~")}
_STOPS = re.compile(
    r"[*_`#^~\"'\[<(+\\&@]|\.\.\.|(?<![\w/])(?:https?|ftp|irc)://|"
    r"(?:(?<!\w)(?:link|mailto|xref|image|icon|kbd|btn|menu|pass|stem|latexmath|asciimath|anchor|indexterm2?)|footnote(?:ref)?)"
    r":(?=[^\s:])|(?<!-)--(?!-)|[-=]>"
)
_URL = re.compile(r"(?:https?|ftp|irc)://[^\s\[\]<>\"]*")
_MACRO = re.compile(r"([a-z]+2?):([^\[\]\n]{0,400})\[")
_ROLE = re.compile(r"\[([\w.#% -]+)\](?=[#*_`])")
_LOCAL_PART = re.compile(r"[\w.%+-]+$")
_DOMAIN = re.compile(r"@[\w-]+(?:\.[\w-]+)+")
MAX_LOCAL_PART = 64
_ANCHOR = re.compile(r"\[\[\[([\w:.-]+)(?:,\s*([^\]]*))?\]\]\]|\[\[[\w:][\w:.-]*(?:,[^\]]*)?\]\]")
_CROSS = re.compile(r"<<([^<>\n]+?)(?:,\s*([^<>]*?))?>>")
_ANGLED = re.compile(r"<((?:https?|ftp|irc|mailto)://?[^\s<>]+)>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,20});")
_TAG = re.compile(r"<[^<>]{0,1000}>")
_TRAILING = ".,;:!?)'\""
_SIGNS = {"(C)": "©", "(R)": "®", "(TM)": "™", "->": "→", "=>": "⇒"}
_MACROS = frozenset(
    """
    link mailto xref image icon kbd btn menu pass stem latexmath asciimath footnote footnoteref anchor indexterm indexterm2
    """.split()  # noqa: SIM905
)


class AsciidocInlineReader:
    """Reads lines with the attributes in force there; notes and references are shared by the whole text."""

    def __init__(self, attributes: Attributes, references: References, notes: Notes) -> None:
        self.attributes, self.references, self.notes = attributes, references, notes
        self.quotes_title = False  # while the title that a reference leads to is read

    def runs(self, text: str, style: InlineStyle = PLAIN) -> list[Run]:
        """Returns the runs of a paragraph's text; ` +` at the end of a line breaks it."""
        shown = self.attributes.put_in(text)
        return _with_signs(_Scan(self, shown, style, 0).read())

    def inner(self, text: str, style: InlineStyle, depth: int) -> list[Run]:
        """Returns the runs of a text within a span, `depth` spans deep."""
        return [Run(text, style)] if depth > MAX_NESTING else _Scan(self, text, style, depth).read()


class _Scan:
    """Parses a text once, from its start to its end."""

    def __init__(self, reader: AsciidocInlineReader, text: str, style: InlineStyle, depth: int) -> None:
        self._reader, self._text, self._style, self._depth = reader, text, style, depth
        self._runs: list[Run] = []
        self._plain_from = 0
        self._missing: set[str] = set()
        self._closings: dict[str, list[int]] = {}
        self._brackets: dict[int, int] | None = None
        self._by_sign: dict[str, Callable[[int], int]] = {
            "[": self._bracket,
            "<": self._angle,
            "(": self._parenthesis,
            "+": self._plus,
            "\\": self._backslash,
            "&": self._entity,
            '"': self._quotes,
            "'": self._quotes,
            ".": self._dots,
            "@": self._mail,
            "-": self._dash,
            "=": self._dash,
        }

    def read(self) -> list[Run]:
        """Returns the runs of the text."""
        text, at = self._text, 0
        while (found := _STOPS.search(text, at)) is not None:
            start, before = found.start(), len(self._runs)
            read = self._by_sign.get(text[start])
            if read is not None:
                end = read(start)
            elif text[start] in _MARKS:
                end = self._mark(start, {})
            else:
                end = self._word(start, found[0])
            if end > start:
                self._plain(before, start)
                at = self._plain_from = end
            else:  # no mark: the text continues
                at = start + 1
        self._emit(text[self._plain_from :])
        return self._runs

    def _plain(self, index: int, until: int) -> None:
        """Inserts the unmarked text before the latest runs."""
        if self._plain_from < until:
            self._runs.insert(index, Run(self._text[self._plain_from : until], self._style))

    def _find(self, wanted: str, start: int) -> int:
        """Returns the next position of a closing sign, or -1; a sign that is missing is not searched for again."""
        if wanted in self._missing:
            return -1
        found = self._text.find(wanted, start)
        if found < 0:
            self._missing.add(wanted)
        return found

    def _emit(self, text: str, style: InlineStyle | None = None) -> None:
        if text:
            self._runs.append(Run(text, style or self._style))

    # Each of these methods reads the construct at `start` and returns its end, or `start` if there is none.

    def _mark(self, start: int, more: dict[str, bool | str]) -> int:
        """Reads a span between marks: doubled marks anywhere, single marks at word boundaries."""
        text, mark = self._text, self._text[start]
        style = replace(self._style, **{**_MARKS[mark], **more})  # type: ignore[arg-type]
        if mark in "*_`#" and text.startswith(mark * 2, start):
            end = self._find(mark * 2, start + 3)
            if end > 0:
                self._span(text[start + 2 : end], style)
                return end + 2
        if mark in _SCRIPT:
            found = _SCRIPT[mark].match(text, start)
            if found is not None:
                self._span(found[1], style)
            return found.end() if found is not None else start
        before = text[start - 1] if start else ""
        if before.isalnum() or before in ("_", ";", ":", "}", mark) or text[start + 1 : start + 2].strip() == "":
            return start
        end = self._closing(mark, start + 2)
        if end < 0:
            return start
        self._span(text[start + 1 : end], style)
        return end + 1

    def _closing(self, mark: str, least: int) -> int:
        if mark not in self._closings:
            self._closings[mark] = [found.start() for found in _CLOSING[mark].finditer(self._text)]
        places = self._closings[mark]
        index = bisect_left(places, least)
        return places[index] if index < len(places) else -1

    def _span(self, inner: str, style: InlineStyle) -> None:
        if style.code and not self._style.code:
            literal = inner[1:-1] if len(inner) > 2 and inner[0] == inner[-1] == "+" else inner
            self._emit(literal, style)
        else:
            self._runs += self._reader.inner(inner, style, self._depth + 1)

    def _bracket(self, start: int) -> int:
        text = self._text
        if (anchor := _ANCHOR.match(text, start)) is not None:
            self._emit(f"[{anchor[2] or anchor[1]}] " if anchor[1] else "")
            return anchor.end()
        role = _ROLE.match(text, start)
        if role is None:
            return start
        struck = "line-through" in role[1].replace(".", " ").split()
        end = self._mark(role.end(), {"struck": True} if struck else {})
        return end if end > role.end() else start

    def _angle(self, start: int) -> int:
        text = self._text
        if (cross := _CROSS.match(text, start)) is not None:
            self._cross(cross[1], cross[2] or "")
            return cross.end()
        if (angled := _ANGLED.match(text, start)) is not None:
            self._emit(angled[1], replace(self._style, link=angled[1]))
            return angled.end()
        return start

    def _parenthesis(self, start: int) -> int:
        """Reads a sign such as `(C)`, or an index term, which is shown unless it is in three parentheses."""
        text = self._text
        for sign in ("(C)", "(R)", "(TM)"):
            if text.startswith(sign, start):
                self._emit(_SIGNS[sign])
                return start + len(sign)
        if not text.startswith("((", start):
            return start
        hidden = text.startswith("(((", start)
        closing = ")))" if hidden else "))"
        end = self._find(closing, start + len(closing))
        if end < 0:
            return start
        if not hidden:
            self._runs += self._reader.inner(text[start + 2 : end], self._style, self._depth + 1)
        return end + len(closing)

    def _plus(self, start: int) -> int:
        """Reads a hard line break, or text between pluses, which stays literal."""
        text = self._text
        if start and text[start - 1] in " \t" and (start + 1 == len(text) or text[start + 1] == "\n"):
            self._emit(LINE_BREAK)
            return min(start + 2, len(text))
        for mark in ("+++", "++", "+"):
            if not text.startswith(mark, start):
                continue
            before = text[start - 1] if start else ""
            if mark == "+" and (before.isalnum() or text[start + 1 : start + 2].isspace()):
                return start
            end = self._find(mark, start + len(mark) + 1)
            if end < 0 or (mark == "+" and (text[end + 1 : end + 2].isalnum() or text[end - 1].isspace())):
                continue
            inner = text[start + len(mark) : end]
            self._emit(without_tags(inner) if mark == "+++" else inner)
            return end + len(mark)
        return start

    def _backslash(self, start: int) -> int:
        """Reads an escape: the mark behind the backslash stays literal."""
        text = self._text
        found = _STOPS.match(text, start + 1)
        if found is None or found[0] == "\\":
            return start
        end = start + 1
        while end < len(text) and text[end] == text[start + 1] and text[end] in "*_`#+<[":
            end += 1
        if end == start + 1:
            end = found.end()
            if len(found[0]) == 1 and text[start + 1] in ".&(\"'":
                return start
        self._emit(text[start + 1 : end])
        return end

    def _entity(self, start: int) -> int:
        found = _ENTITY.match(self._text, start)
        if found is None:
            return start
        self._emit(html.unescape(found[0]))
        return found.end()

    def _quotes(self, start: int) -> int:
        text, sign = self._text, self._text[start]
        if not text.startswith("`", start + 1):
            return start
        end = self._find("`" + sign, start + 3)
        if end < 0:
            return start
        opening, closing = ("“", "”") if sign == '"' else ("‘", "’")
        self._emit(opening)
        self._runs += self._reader.inner(text[start + 2 : end], self._style, self._depth + 1)
        self._emit(closing)
        return end + 2

    def _dots(self, start: int) -> int:
        if self._text[start - 1 : start] == "." or self._text.startswith("....", start):
            return start
        self._emit("…")
        return start + 3

    def _mail(self, start: int) -> int:
        """Reads a mail address, whose local part precedes the sign."""
        local = _LOCAL_PART.search(self._text[max(self._plain_from, start - MAX_LOCAL_PART) : start])
        domain = _DOMAIN.match(self._text, start)
        if local is None or domain is None:
            return start
        address = local[0] + domain[0]
        self._plain(len(self._runs), start - len(local[0]))
        self._plain_from = start
        self._emit(address, replace(self._style, link=f"mailto:{address}"))
        return domain.end()

    def _dash(self, start: int) -> int:
        """Reads arrows, and two hyphens between words or between blanks."""
        text = self._text
        if text.startswith(("->", "=>"), start):
            if start and not (text[start - 1].isspace() or text[start - 1].isalnum()):
                return start
            self._emit(_SIGNS[text[start : start + 2]])
            return start + 2
        before, after = text[start - 1 : start] if start else "", text[start + 2 : start + 3]
        if (before.isalnum() and after.isalnum()) or ((not before or before.isspace()) and (not after or after.isspace())):
            self._emit("—")
            return start + 2
        return start

    def _word(self, start: int, found: str) -> int:
        if "://" in found:
            return self._url(start)
        if found.endswith(":"):
            return self._macro(start)
        return self._dash(start)

    def _url(self, start: int) -> int:
        text = self._text
        found = _URL.match(text, start)
        if found is None:
            return start
        url = found[0]
        if text.startswith("[", found.end()):
            label, end = self._bracketed(found.end())
            if end:
                self._link(url, label)
                return end
        url = url.rstrip(_TRAILING) if not (url.endswith(")") and "(" in url) else url
        self._emit(url, replace(self._style, link=url))
        return start + len(url)

    def _bracketed(self, start: int) -> tuple[str, int]:
        """Returns the text in the brackets that open at `start`, and the index behind them; 0 if they do not close."""
        if self._brackets is None:
            self._brackets = _bracket_pairs(self._text)
        end = self._brackets.get(start, -1)
        return (self._text[start + 1 : end].replace("\\]", "]"), end + 1) if end > 0 else ("", 0)

    def _link(self, target: str, label: str) -> None:
        shown = _first_attribute(label).removesuffix("^")
        style = replace(self._style, link=target)
        if shown:
            self._runs += self._reader.inner(shown, style, self._depth + 1)
        else:
            self._emit(target.removeprefix("mailto:"), style)

    def _macro(self, start: int) -> int:
        found = _MACRO.match(self._text, start)
        if found is None or found[1] not in _MACROS:
            return start
        content, end = self._bracketed(found.end() - 1)
        if not end:
            return start
        self._emit_macro(found[1], found[2], content)
        return end

    def _emit_macro(self, name: str, target: str, content: str) -> None:
        match name:
            case "link":
                self._link(target.removeprefix("++").removesuffix("++"), content)
            case "mailto":
                self._link(f"mailto:{target}", content)
            case "xref":
                self._cross(target, content)
            case "image":
                label = _first_attribute(content)
                self._emit(label if content.strip().startswith('"') else label.partition(",")[0])  # width and height follow
            case "kbd" | "btn":
                self._emit(content)
            case "menu":
                self._emit(" > ".join(part for part in (target, content.replace("  ", " ")) if part))
            case "pass":
                marked = self._reader.inner(content, self._style, self._depth + 1) if set(target) & set("qn") else None
                self._runs += marked if marked is not None else [Run(without_tags(content), self._style)]
            case "stem" | "latexmath" | "asciimath":
                self._emit(content.strip("$ ").replace("\\]", "]"), replace(self._style, formula=True))
            case "footnote" | "footnoteref":
                self._note(name, target, content)
            case "indexterm2":
                self._runs += self._reader.inner(content, self._style, self._depth + 1)

    def _note(self, name: str, identity: str, content: str) -> None:
        if self._reader.quotes_title:
            return
        if name == "footnoteref":
            identity, _, content = content.partition(",")
        runs = self._reader.inner(content.strip().replace("\\]", "]"), PLAIN, self._depth + 1) if content.strip() else []
        mark = self._reader.notes.mark(identity.strip(), _with_signs(runs))
        self._emit(f"[^{mark}]", PLAIN)

    def _cross(self, target: str, label: str) -> None:
        """Adds the label of a reference, else its target's title without references and notes."""
        reader = self._reader
        if label.strip() or reader.quotes_title:
            self._runs += reader.inner(label.strip() or f"[{target}]", self._style, self._depth + 1)
            return
        reader.quotes_title = True
        self._runs += reader.inner(reader.references.text_of(target), self._style, self._depth + 1)
        reader.quotes_title = False


def without_tags(text: str) -> str:
    """Returns the text of a piece of HTML."""
    return html.unescape(_TAG.sub("", text))


def _with_signs(runs: list[Run]) -> list[Run]:
    """Returns the runs with the signs of attributes such as `{plus}` restored."""
    return [
        replace(run, text="".join(LITERAL_SIGNS.get(sign, sign) for sign in run.text))
        if any(sign in LITERAL_SIGNS for sign in run.text)
        else run
        for run in runs
    ]


def _bracket_pairs(text: str) -> dict[int, int]:
    """Returns the index of the closing bracket for each opening bracket; a backslash escapes a closing bracket."""
    pairs: dict[int, int] = {}
    open_places: list[int] = []
    for found in re.finditer(r"\\\]|[\[\]]", text):
        if found[0] == "[":
            open_places.append(found.start())
        elif found[0] == "]" and open_places:
            pairs[open_places.pop()] = found.start()
    return pairs


def _first_attribute(content: str) -> str:
    """Returns the text of a link or image, without attributes behind it such as `role=x` or `window=_blank`."""
    content = content.strip()
    if content.startswith('"') and (end := content.find('"', 1)) > 0:
        return content[1:end]
    parts = re.split(r",\s*(?=[\w-]+=)", content, maxsplit=1)
    first = parts[0].strip()
    return "" if re.fullmatch(r"[\w-]+=.*", first) else first
