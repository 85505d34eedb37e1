"""Represents a line of text as runs of one style each, with white space as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fathom.conversion.docling_backends.runs import joined_runs, superscript

# Stands for a line break that the author set; other white space is one blank.
LINE_BREAK = "\u2028"
_WHITE_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0\u2028]+")


@dataclass(frozen=True, slots=True)
class Style:
    """Formatting of a run. `script` is "", "sub" or "super"; `link` is the target, or empty."""

    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    formula: bool = False
    script: str = ""
    link: str = ""


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style."""

    text: str
    style: Style = PLAIN


Runs = Sequence[Run]


def tidy(runs: Iterable[Run]) -> list[Run]:
    """Returns the runs with neighbours of one style joined and white space collapsed, also where two runs meet.

    White space with a LINE_BREAK in it becomes a newline, other white space one blank; none stays at either end. The text of
    code and formulas stays as it is.
    """
    kept: list[Run] = []
    gap = ""  # white space that is due before the next character
    for run in _merged(runs):
        if run.style.code or run.style.formula:
            _append(kept, gap, run)
            gap = ""
            continue
        text = _WHITE_SPACE.sub(_collapsed, run.text)
        body = text.strip(" \n")
        lead = text[: len(text) - len(text.lstrip(" \n"))]
        gap = _wider(gap, lead)
        if not body:
            continue
        _append(kept, gap, replace(run, text=body))
        gap = text[len(text.rstrip(" \n")) :]
    return kept


def plain(runs: Iterable[Run]) -> str:
    """Returns the runs as one plain line: raised numbers behind digits as `10^6`, formulas between dollar signs."""
    line = ""
    for run in runs:
        if run.style.formula:
            line += f"${run.text}$"
        elif run.style.script == "super":
            line += superscript(run.text, line)
        else:
            line += run.text
    return joined_runs([line.replace("\n", " ").replace(LINE_BREAK, " ")])


def is_blank(runs: Iterable[Run]) -> bool:
    """Tells whether the runs show nothing."""
    return not any(run.text.strip() for run in runs)


def _merged(runs: Iterable[Run]) -> list[Run]:
    groups: list[tuple[Style, list[str]]] = []
    for run in runs:
        if not run.text:
            continue
        if groups and groups[-1][0] == run.style and not run.style.formula:
            groups[-1][1].append(run.text)
        else:
            groups.append((run.style, [run.text]))
    return [Run("".join(texts), style) for style, texts in groups]


def _append(kept: list[Run], gap: str, run: Run) -> None:
    """Appends the run; white space between two runs belongs to the one without formatting, else to the one before."""
    if not kept or not gap:
        kept.append(run)
    elif run.style == PLAIN or kept[-1].style.code or kept[-1].style.formula or kept[-1].style.script or kept[-1].style.link:
        if run.style.code or run.style.formula or run.style.link:
            kept += [Run(gap), run]
        else:
            kept.append(replace(run, text=gap + run.text))
    else:
        kept[-1] = replace(kept[-1], text=kept[-1].text + gap)
        kept.append(run)


def _collapsed(found: re.Match[str]) -> str:
    return "\n" if LINE_BREAK in found[0] else " "


def _wider(gap: str, more: str) -> str:
    return "\n" if "\n" in gap + more else (gap or more)
