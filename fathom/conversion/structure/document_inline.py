"""Joins the runs of a line into its plain text and its Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from fathom.conversion.docling_backends.formatted_runs import superscript

_CLOSES = (".", ",", ";", ":", "!", "?", ")", "]", "}", "%", "’", "”")
_EMPHASIS = (("italic", "*"), ("bold", "**"))
_OPENS = ("(", "[", "{", "“", "‘")
_BLANKS = re.compile(r"[ \t\u00a0]+")
# The end of a run may become a mark by the beginning of the next run.
_NO_MARKS: frozenset[str] = frozenset()
_MARKS = re.compile(r"[\\`*_<&\]]")
_SPECIAL = re.compile(r"[\\`*]|(?<!\w)_|_(?!\w)|<(?=[A-Za-z/!?]|\Z)|&(?=#?\w*(?:;|\Z))|\](?=\()")
_LINE_START = re.compile(
    r"(?m)^([ \t]*)(#{1,6}(?=[ \t]|$)|>|[-+](?=[ \t]|$)|[-=]{3,}[ \t]*$|~~~|\||\d{1,9}(?=[.)](?:[ \t]|$)))"
)
_LINKED = re.compile(r"^(?:https?|ftp|mailto|tel|file):|^(?![a-zA-Z][a-zA-Z0-9+.-]*:)", re.I)


@dataclass(frozen=True, slots=True)
class Hyperlink:
    """A linked text and its target."""

    text: str
    url: str


class InlineText(NamedTuple):
    """A line of text: plain, as Markdown, and its links."""

    plain: str
    markdown: str
    links: tuple[Hyperlink, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """Text of one format; `gap` separates it from the run before."""

    text: str
    gap: str
    marks: frozenset[str]
    url: str | None


def own_text(node: Mapping[str, Any]) -> str:
    """Returns the text of an item itself, without the items below it."""
    text = str(node.get("text") or "")
    return text if text.strip() else str(node.get("orig") or "")


def inline_text(nodes: Iterable[Mapping[str, Any]], *, exact: bool = False) -> InlineText:
    """Joins the texts of the nodes into a line.

    `exact`: each text carries its own blanks. Otherwise a blank parts two runs, save before a closing and after an opening
    mark. Struck text is `~~marked~~` in the plain text, too, since its meaning is lost without.
    """
    runs: list[_Run] = []
    line = pending = ""
    for node in nodes:
        whole = own_text(node)
        text = _on_single_blanks(whole) if exact else whole.strip()
        if not text:
            continue
        if exact:
            gap, text = _split_lead(text, line)
            gap = gap or pending
        else:
            gap = " " if line and not text.startswith(_CLOSES) and not line.endswith(_OPENS) else ""
        if not text:
            pending = gap  # a blank run stands between its neighbours
            continue
        pending = ""
        formatting = node.get("formatting") or {}
        if formatting.get("script") == "super":
            text = superscript(text, line + gap)
        line += gap + text
        runs.append(_Run(text, gap, _marks(node, formatting), _target(node)))
    if len(runs) == 1 and not runs[0].marks and runs[0].url is None:
        return plain_text(runs[0].text.rstrip(" "))
    return _rendered(_merged(runs))


def _on_single_blanks(text: str) -> str:
    return _BLANKS.sub(" ", text) if "  " in text or "\t" in text or "\u00a0" in text else text


def plain_text(text: str) -> InlineText:
    """Returns an unformatted text as a line."""
    return InlineText(text, escaped(text))


def joined(lines: Sequence[InlineText], gap: str) -> InlineText:
    """Joins lines with `gap` between them."""
    kept = [line for line in lines if line.plain.strip()]
    links = tuple(link for line in kept for link in line.links)
    return InlineText(gap.join(line.plain for line in kept), gap.join(line.markdown for line in kept), links)


def on_one_line(line: InlineText) -> InlineText:
    """Returns the line with every white space as a single blank."""
    plain = " ".join(line.plain.split())
    if plain == line.plain and line.markdown is line.plain:
        return line
    markdown = plain if line.markdown is line.plain else " ".join(line.markdown.split())
    return InlineText(plain, markdown, line.links)


def escaped(text: str) -> str:
    """Escapes the characters that Markdown would take for marks within a line."""
    return _SPECIAL.sub(_with_backslash, text) if _MARKS.search(text) else text


def _with_backslash(mark: re.Match[str]) -> str:
    return f"\\{mark.group()}"


def escaped_line_starts(markdown: str) -> str:
    """Escapes the beginnings of lines that Markdown would take for headings, quotes, lists, rules or tables."""
    return _LINE_START.sub(lambda found: found[1] + (f"{found[2]}\\" if found[2].isdigit() else f"\\{found[2]}"), markdown)


def _split_lead(text: str, line: str) -> tuple[str, str]:
    """Returns (white space before the run, the run); no white space at the start of a line or doubled."""
    stripped = text.lstrip(" ")
    gap = " " if stripped != text and line and not line[-1:].isspace() else ""
    return gap, stripped


def _marks(node: Mapping[str, Any], formatting: Mapping[str, Any]) -> frozenset[str]:
    label = node.get("label")
    if not formatting and label not in ("code", "formula"):
        return _NO_MARKS
    found = {name for name in ("bold", "italic", "strikethrough") if formatting.get(name)}
    return frozenset(found | ({str(label)} if label in ("code", "formula") else set()))


def _target(node: Mapping[str, Any]) -> str | None:
    url = str(node.get("hyperlink") or "").strip()
    return url if url and _LINKED.match(url) else None


def _merged(runs: list[_Run]) -> list[_Run]:
    """Joins neighbours of one format and target, so that no mark closes and opens again within a word.

    Two pieces of code or two formulas with a blank between them stay separate.
    """
    merged: list[_Run] = []
    for run in runs:
        apart = run.gap and run.marks & {"code", "formula"}
        if merged and merged[-1].marks == run.marks and merged[-1].url == run.url and not apart:
            merged[-1] = replace(merged[-1], text=merged[-1].text + run.gap + run.text)
        else:
            merged.append(run)
    return merged


def _rendered(runs: Sequence[_Run]) -> InlineText:
    plain, markdown, links = "", "", []
    for index, run in enumerate(runs):
        tail = run.text[len(run.text.rstrip(" ")) :]
        text = run.text[: len(run.text) - len(tail)]
        before = (plain + run.gap)[-1:]
        after = tail or ((runs[index + 1].gap + runs[index + 1].text)[:1] if index + 1 < len(runs) else "")
        plain += run.gap + (f"~~{text}~~" if "strikethrough" in run.marks else text) + tail
        markdown += run.gap + _marked(text, run, within_word=before.isalnum() or after.isalnum()) + tail
        if run.url is not None:
            links.append(Hyperlink(text, run.url))
    return InlineText(plain.rstrip(" "), markdown.rstrip(" "), tuple(links))


def _marked(text: str, run: _Run, *, within_word: bool) -> str:
    """Returns the run with its marks; emphasis of a part of a word is left out, since marks there would part the word."""
    if "code" in run.marks:
        shown = _code_span(text)
    elif "formula" in run.marks:
        shown = f"${text}$"
    else:
        shown = escaped(text)
    for mark, sign in (("strikethrough", "~~"), *(() if within_word else _EMPHASIS)):
        if mark in run.marks and text.strip():
            shown = f"{sign}{shown}{sign}"
    return shown if run.url is None else f"[{shown}]({_destination(run.url)})"


def _code_span(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{'`' * (longest + 1)}{pad}{text}{pad}{'`' * (longest + 1)}"


def _destination(url: str) -> str:
    return f"<{url}>" if re.search(r"[\s()]", url) and "<" not in url and ">" not in url and "\n" not in url else url
