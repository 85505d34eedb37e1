"""The words of texts: lines of plain text, cells of CSV, and the text of Markdown and AsciiDoc without their marks."""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Iterator

from fathom.conversion.docling_backends.text.timed_scripts import SCRIPT, TIMED_TEXT
from fathom.conversion.quality.source_words.source_block import SourceBlock

_DECLARED = re.compile(r"\s*\"?sep=.\"?\s*", re.I)
DELIMITERS = re.compile(r"[,;\t|\r\n]+")
_SUBTITLES = re.compile(r"\ufeff?WEBVTT[ \t]+(?:-\s*)?(\S.*)")
_TIMES = re.compile(r"[\d:]{4,8}[.,]\d{1,3},[\d:]{4,8}[.,]\d{1,3}")
# A speaker is named once for all that he says.
_SPEAKER = re.compile(r"^[\s>–—-]*[^\W\d_a-z][\w.'’ -]{0,40}:(?=\s)")
LIST_MARK = re.compile(r"^[\s>]*(?:(?:[-*+•]|\d{1,9}[.)])(?:\s+|$))?(?:\[[ xX]\]\s+)?")

_FENCE = re.compile(r"^[\s>]*(?:[-*+]\s+|\d+[.)]\s+)?(```+|~~~+)")
_IMAGE = re.compile(r"!\[[^\]\n]*\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\]\n]*\])?")
_TARGET = re.compile(r"\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|(?<=\])\[[^\]\n]*\]")
_DEFINITION = re.compile(r"^\s{0,3}\[(?!\^)[^\]\n]+\]:\s")
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u|var)(?:\s[^<>\n]*)?>",
    re.I,
)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]*>|<![^<>\n]*>|<\d[\d:.]*>|\{\\[^{}\n]*\}")
# Of a container and an admonition only the title is text; its kind is shown by its look or not at all.
_CONTAINER = re.compile(r"^[\s>]*:{3,}\s*(?:(\{[^{}]*\})|[^\s{]+)?(.*?)[\s:]*$")
_CALLOUT_TITLE = re.compile(r"callout-.*\btitle=(?:\"([^\"]*)\"|'([^']*)')")
_ADMONITION = re.compile(r"^[\s>]*(?:!!!|\?\?\?\+?)\s+[\w -]+?\s*\"([^\"]*)\"\s*$")
_CODE = re.compile(r"(`+)(.+?)\1")
_EMPHASIS = re.compile(r"[*`~]+")
_CELL = re.compile(r"(?<!\\)\|")

_ADOC_LEFT_OUT = re.compile(
    r"^(?::[\w!-]+:|//|\[[^\]]*\]\s*$|ifn?def::|endif::|include::|image::|toc::|\|={3,}|[=*_+.-]{4,}\s*$|\+\s*$)"
)
_ADOC_MACRO = re.compile(
    r"(?:link:|mailto:|xref:|footnote(?:ref)?:|kbd:|btn:|menu:|stem:|latexmath:|asciimath:|pass:|(?:https?|ftp)://)"
    r"[^\s\[\]]*\[([^\[\]\n]*)\]"
)
# Branches of conditions, roles of words, signs written in letters, and terms of an index that are not shown.
_ADOC_CONDITION = re.compile(
    r"^if(?:n?def|eval)::[^\[\n]*\[[^\n]*\][^\n]*(?:\n(?!endif::|ifn?def::|ifeval::)[^\n]*)*\nendif::", re.M
)
_ADOC_UNSEEN = re.compile(
    r"\[[.#%][\w.#% -]*\](?=[#*_`])|\[[\w-]+\](?=#)"
    r"|\((?:C|R|TM)\)|\(\(\([^()\n]*\)\)\)|\+\+\+<[^<>\n]*>|<[^<>\n]*>\+\+\+|^```\w*"
)
_ADOC_REVISION = re.compile(r"\Av[\d.]+(?=[,:]|$)")
_ADOC_REFERENCE = re.compile(
    r"<<[^,<>\n]*(?:,([^<>\n]*))?>>|\[\[[^\]\n]*\]\]|\{[\w-]+\}|(?:image|icon|anchor):[^\s\[\]]*\[[^\]\n]*\]"
)
# Pictures with their words, and the source of a quotation.
_ADOC_NAMED = re.compile(r"^(?:image::[^\[\n]*\[([^\]\n]*)\]|\[(?:quote|verse)\s*,([^\]\n]*)\])\s*$")
_ADOC_TITLE = re.compile(r"title=(\"[^\"]*\"|[^,]*)")
_ADOC_CELL = re.compile(r"(?:(?<=\s)|^)(?:[\d.]+[+*])?[<>^.]*[a-z]?\|")


# Title, author and revision are the first lines of a text.
MAX_REVISION_LINE = 5


def plain_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield SourceBlock(line, f"line {number}")


def table_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the cells between the signs that separate them, whichever of them the file uses."""
    for number, line in enumerate(text.splitlines(), start=1):
        if number == 1 and _DECLARED.fullmatch(line):
            continue
        for cell in DELIMITERS.split(line):
            if cell.strip():
                yield SourceBlock(cell, f"line {number}")


def markdown_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines, those of tables cell by cell, without marks, addresses, comments and the front matter."""
    fence = ""
    for number, line in _front_matter(text):
        yield SourceBlock(line, f"line {number}", group="front matter")
    for number, line in _lines(without(text, "<!--", "-->")):
        where = f"line {number}"
        found = _FENCE.match(line)
        if found is not None and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        elif fence:
            yield SourceBlock(line, where)
        elif not _DEFINITION.match(line):
            line = _title_of(line)
            line = _TARGET.sub("]", _IMAGE.sub(" ", LIST_MARK.sub("", line, count=1)))
            line = _CODE.sub(lambda code: html.escape(code[2], quote=False), line)
            line = html.unescape(_EMPHASIS.sub("", _TAG.sub(" ", _INLINE_TAG.sub("", line))))
            yield from (SourceBlock(cell, where) for cell in _CELL.split(line) if cell.strip())


def _title_of(line: str) -> str:
    """Returns the title that the first line of a container or an admonition has; of other lines the line."""
    if titled := _ADMONITION.match(line):
        return titled[1]
    found = _CONTAINER.match(line)
    if found is None:
        return line
    titled = _CALLOUT_TITLE.search(found[1] or "")
    return f"{(titled[1] or titled[2] or '') if titled else ''} {found[2]}"


def asciidoc_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines, those of tables cell by cell, without marks, attributes, addresses and comments."""
    text = _ADOC_CONDITION.sub(lambda found: "\n" * found[0].count("\n"), without(text, "\n////\n", "\n////\n"))
    for number, line in enumerate(text.splitlines(), start=1):
        if shown := _ADOC_NAMED.match(line):
            yield from (SourceBlock(part, f"line {number}") for part in _named_parts(shown))
            continue
        if _ADOC_LEFT_OUT.match(line):
            continue
        line = _ADOC_REVISION.sub("", line) if number <= MAX_REVISION_LINE else line
        line = _ADOC_UNSEEN.sub("", LIST_MARK.sub("", line, count=1))
        line = _ADOC_MACRO.sub(r"\1", _ADOC_MACRO.sub(r"\1", line))  # links stand in notes
        line = _ADOC_REFERENCE.sub(lambda found: found[1] or " ", line)
        for cell in _ADOC_CELL.split(line):
            if cell.strip():
                yield SourceBlock(html.unescape(_EMPHASIS.sub("", cell)), f"line {number}")


def _named_parts(found: re.Match[str]) -> Iterator[str]:
    parts = (found[1] or found[2] or "").split(",")
    yield from (part for part in (parts[:1] if found[2] is None else parts) if part.strip() and "=" not in part)
    if title := _ADOC_TITLE.search(found[1] or ""):
        yield title[1]


def subtitle_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines of subtitles without numbers, times, notes and tags; a line that rolls on once."""
    if SCRIPT.match(text) or TIMED_TEXT.match(text):
        yield from _script_blocks(text)
        return
    rolling: deque[str] = deque(maxlen=3)
    inside = False
    title = _SUBTITLES.match(text)
    if title is not None:
        yield SourceBlock(title[1], "line 1")
    for number, line in enumerate(text.splitlines(), start=1):
        said = _SPEAKER.sub("", _TAG.sub(" ", line)).strip()
        if "-->" in line or _TIMES.fullmatch(line.strip()):
            inside = True
        elif inside and said and not said.isdigit() and said not in rolling:
            yield SourceBlock(html.unescape(said), f"line {number}")
        inside = inside and bool(line.strip())
        if said and "-->" not in line:
            rolling.append(said)


def _script_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the speech in SubStation's scripts and in Timed Text, a line that is repeated at once only once."""
    before = ""
    if SCRIPT.match(text):
        said = (line.split(",", 9)[-1] for line in text.splitlines() if line.startswith("Dialogue:"))
        shown = (re.sub(r"\\[Nnh]", " ", re.sub(r"\{[^{}]*\\p[1-9].*|\{[^{}]*\}", "", line)) for line in said)
    else:
        lines = re.findall(r"<(?:\w+:)?(?:p|title)\b[^>]*>(.*?)</(?:\w+:)?(?:p|title)>", text, re.S)
        shown = (html.unescape(re.sub(r"<[^<>]*>", " ", line)) for line in lines)
    for line in shown:
        if line.strip() and line != before:
            yield SourceBlock(_SPEAKER.sub("", line), "a line that is said")
        before = line


def _front_matter(text: str) -> Iterator[tuple[int, str]]:
    """Yields the text between the two lines of dashes that a text may begin with."""
    lines = text.splitlines()
    if lines and lines[0].rstrip() == "---" and any(line.rstrip() in ("---", "...") for line in lines[1:]):
        for number, line in enumerate(lines[1:], start=2):
            if line.rstrip() in ("---", "..."):
                break
            yield number, line


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yields the lines with their numbers from 1, without the front matter."""
    lines = text.splitlines()
    first = 0
    if lines and lines[0].rstrip() == "---":
        first = next((number for number, line in enumerate(lines[1:], start=1) if line.rstrip() in ("---", "...")), -1) + 1
    yield from enumerate(lines[first:], start=first + 1)


def without(text: str, opening: str, closing: str) -> str:
    """Returns the text without the parts between the marks; an opening mark without its closing mark stays."""
    kept: list[str] = []
    at = 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start + len(opening))) >= 0:
        kept.append(text[at:start])
        kept.append("\n" * text.count("\n", start, end + len(closing)))
        at = end + len(closing)
    return "".join([*kept, text[at:]])
