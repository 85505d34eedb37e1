"""Represents a line of text as styled runs, with white space as displayed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fathom.conversion.docling_backends.formatted_runs import join_runs, superscript

# Stands for a line break that the author set; other white space becomes a single blank.
LINE_BREAK = "\u2028"
_GAPS = f" {LINE_BREAK}"
_WHITE_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0\u2028]+")


@dataclass(frozen=True, slots=True)
class InlineStyle:
    """Formatting of a run. `script` is "", "sub" or "super"; `link` is the target, or empty."""

    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    formula: bool = False
    script: str = ""
    link: str = ""


PLAIN = InlineStyle()


@dataclass(frozen=True, slots=True)
class Run:
    """A text with its style."""

    text: str
    style: InlineStyle = PLAIN


Runs = Sequence[Run]


def tidy(runs: Iterable[Run]) -> list[Run]:
    """Returns the runs with neighbours of the same style joined and white space collapsed, also across runs.

    White space with a LINE_BREAK in it becomes a LINE_BREAK, other white space a blank; both ends are stripped. The text of
    code and formulas is unchanged.
    """
    kept: list[Run] = []
    gap = ""  # white space that is due before the next character
    for run in _merge(runs):
        if run.style.code or run.style.formula:
            _append(kept, gap, run)
            gap = ""
            continue
        text = _WHITE_SPACE.sub(_collapse, run.text)
        body = text.strip(_GAPS)
        lead = text[: len(text) - len(text.lstrip(_GAPS))]
        gap = _wider(gap, lead)
        if not body:
            continue
        _append(kept, gap, replace(run, text=body))
        gap = text[len(text.rstrip(_GAPS)) :]
    return kept


def plain(runs: Iterable[Run]) -> str:
    """Returns the runs as a plain line: superscript numbers behind digits as `10^6`, formulas between dollar signs."""
    line = ""
    for run in runs:
        if run.style.formula:
            line += f"${run.text}$"
        elif run.style.script == "super":
            line += superscript(run.text, line)
        else:
            line += run.text
    return join_runs([line.replace("\n", " ").replace(LINE_BREAK, " ")])


def is_blank(runs: Iterable[Run]) -> bool:
    """Returns whether the runs show nothing."""
    return not any(run.text.strip() for run in runs)


def _merge(runs: Iterable[Run]) -> list[Run]:
    groups: list[tuple[InlineStyle, list[str]]] = []
    for run in runs:
        if not run.text:
            continue
        if groups and groups[-1][0] == run.style and not run.style.formula:
            groups[-1][1].append(run.text)
        else:
            groups.append((run.style, [run.text]))
    return [Run("".join(texts), style) for style, texts in groups]


def _append(kept: list[Run], gap: str, run: Run) -> None:
    """Appends the run; white space between two runs goes to the unformatted run, else to neither."""
    if not kept or not gap:
        kept.append(run)
    elif run.style == PLAIN:
        kept.append(replace(run, text=gap + run.text))
    elif kept[-1].style == PLAIN:
        kept[-1] = replace(kept[-1], text=kept[-1].text + gap)
        kept.append(run)
    else:
        kept += [Run(gap), run]


def _collapse(found: re.Match[str]) -> str:
    return LINE_BREAK if LINE_BREAK in found[0] else " "


def _wider(gap: str, more: str) -> str:
    return LINE_BREAK if LINE_BREAK in gap + more else (gap or more)
