"""Joins the formatted runs of a paragraph as the page shows them, so that formatting never divides a word.

Docling 2.142.1 strips the white space of every run and joins runs by a blank ("CO 2"). The readers of this package keep
each run's own white space and mark the group; not needed once docling keeps the white space of inline groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Name of an inline group whose texts carry their own blanks; Markdown export and chunker join them with nothing between.
EXACT_RUNS = "exact_runs"

_BLANKS = re.compile(r"[ \t\u00a0]+")


def join_runs(texts: Iterable[str]) -> str:
    """Joins runs that carry their own blanks; two blanks at a boundary of runs become a single blank."""
    return _BLANKS.sub(" ", "".join(texts)).strip()


def superscript(text: str, before: str) -> str:
    """Marks a superscript number behind a digit, which would otherwise read as part of it: `10` and `6` as `10^6`.

    `text` is the superscript run, `before` the text before it in the line. Returns the text to write.
    """
    raised = text.strip()
    if raised and raised.lstrip("+-−").isdigit() and before[-1:].isdigit():
        return text.replace(raised, f"^{raised}", 1)
    return text
