"""A page of measured parts: what was measured anew stands between its marks, the rest as it stood before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HEAD = ("| figure | measured | goal | beside | how |", "|---|---|---|---|---|")


def figures(results: Iterable[Path], parts: Mapping[str, str]) -> dict[str, str]:
    """The parts of a page that these results of `python -m benchmarks` have figures of, each case by the part it belongs to.

    Of a case measured twice, the later ones.
    """
    cases: dict[str, list[dict[str, Any]]] = {}
    for file in results:
        for case, found in json.loads(file.read_text())["figures"].items():
            if case in parts and found:
                cases[case] = found
    rows: dict[str, list[str]] = {}
    for case, found in cases.items():
        rows.setdefault(parts[case], []).extend(_row(one) for one in found)
    return {part: "\n".join([*HEAD, *lines]) for part, lines in rows.items()}


def number(value: float | None) -> str:
    """The number in as many digits as tell something."""
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def part_of(page: str, name: str) -> str:
    """What stands between the marks of that name."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- end -->", page, re.DOTALL)
    return found.group(1) if found else ""


def filled(page: str, parts: Mapping[str, str], before: str) -> str:
    """The text of the page: these parts, and the others as they were before."""

    def part(found: re.Match[str]) -> str:
        text = parts.get(found.group(1)) or part_of(before, found.group(1)) or "Not measured yet."
        return f"<!-- {found.group(1)} -->\n{text}\n<!-- end -->"

    return re.sub(r"<!-- (\w+) -->", part, page)


def _row(one: Mapping[str, Any]) -> str:
    value, peer = (number(one[name]) for name in ("value", "peer_value"))
    beside = f"{one['peer']}: {peer}" if one["peer"] else ""
    return f"| {one['name']} | {value} {one['unit']} | {one['goal'] or ''} | {beside} | {one['note'] or ''} |"
