"""The page docs/watching.md: what was seen of real faults and how soon, who may call what, and figures of benchmarks.

python -m tests.evaluation.watching_table                      who may call what, from the routes as they are
python -m tests.evaluation.watching_table --faults             the same, and every fault made anew, in some minutes
python -m tests.evaluation.watching_table --figures FILE …     the same, and figures of these results of `python -m benchmarks`
python -m tests.evaluation.watching_table --replay FILE …      the same, and what the present code forecasts of recorded runs

A part that is not asked for stays as it is on the page.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fathom.settings import PROJECT_ROOT, Settings

PAGE = PROJECT_ROOT / "docs" / "watching.md"
FAULTS = "tests/fathom/api/test_liveness.py"
ROLES = ("reader", "operator", "admin")
# The part of the page that a benchmark's figures belong to.
PARTS = {
    "drop_latency": "soon",
    "launcher": "soon",
    "eta": "eta",
    "load": "load",
    "observability": "load",
}


def roles() -> str:
    """Every route with who may call it, as the routes themselves say."""
    from fathom.api.app import create_app
    from fathom.api.reference import routes_in_words

    lines = [f"| method | path | no key | {' | '.join(ROLES)} |", "|---|---|---|---|---|---|"]
    for one in routes_in_words(create_app(Settings())):
        least = -1 if one.role is None else ROLES.index(one.role)
        may = ["yes" if least <= number else "–" for number in range(-1, len(ROLES))]
        lines.append(f"| {one.method} | `{one.path}` | {' | '.join(may)} |")
    return "\n".join(lines)


def faults() -> str:
    """Every fault is made on a deployment of its own; how long until the status said so by its right word."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows.json"
        call = [sys.executable, "-m", "pytest", "-q", FAULTS]
        subprocess.run(call, cwd=PROJECT_ROOT, env={**os.environ, "FAULT_TABLE": str(kept)}, check=True)
        return fault_rows(json.loads(kept.read_text()))


def fault_rows(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    lines = ["| what happens | state | seen after | ended in Dagster after | in words |", "|---|---|---|---|---|"]
    for row in rows:
        ended = f"{row['seconds'] + row['ended']:.1f} s" if "ended" in row else ""
        words = re.sub(r"process \d+ on \S+", "another process", row["words"]).replace("|", "/")
        lines.append(f"| {row['what']} | {row['state']} | {row['seconds']:.1f} s | {ended} | {words} |")
    return "\n".join(lines)


def figures(results: list[Path]) -> dict[str, str]:
    """The parts of the page that these results have figures of; of a case measured twice, the later ones."""
    cases: dict[str, list[dict[str, Any]]] = {}
    for file in results:
        for case, found in json.loads(file.read_text())["figures"].items():
            if case in PARTS and found:
                cases[case] = found
    rows: dict[str, list[str]] = {}
    for case, found in cases.items():
        rows.setdefault(PARTS[case], []).extend(_row(one) for one in found)
    head = ["| figure | measured | goal | beside | how |", "|---|---|---|---|---|"]
    return {part: "\n".join([*head, *lines]) for part, lines in rows.items()}


def replays(records: list[Path]) -> str:
    """How documents of runs that `BENCH_RECORD=FILE python -m benchmarks eta` recorded would be forecast by this code."""
    from benchmarks.eta_replay import figures as judged
    from benchmarks.eta_replay import replayed

    goals = {"ETA error, as work begins": "≤ 20 %", "done by the p90, as work begins": "85-95 %"}
    lines = ["| figure | measured | goal | how |", "|---|---|---|---|"]
    for number, record in enumerate(records, start=1):
        for one in judged(replayed(record)):
            how = f"recorded run {number}, forecast again; {one.note}"
            lines.append(f"| {one.name} | {_number(one.value)} {one.unit} | {goals.get(one.name, '')} | {how} |")
    return "\n".join(lines)


def _row(one: Mapping[str, Any]) -> str:
    value, peer = (_number(one[name]) for name in ("value", "peer_value"))
    beside = f"{one['peer']}: {peer}" if one["peer"] else ""
    return f"| {one['name']} | {value} {one['unit']} | {one['goal'] or ''} | {beside} | {one['note'] or ''} |"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return (
        f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2g}" if abs(value) < 10 else f"{value:.1f}"
    )


def part_of(page: str, name: str) -> str:
    """What stands between the marks of that name."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- end -->", page, re.DOTALL)
    return found.group(1) if found else ""


def page(parts: Mapping[str, str], before: str) -> str:
    """The text of the page: these parts, and the others as they were before."""

    def filled(found: re.Match[str]) -> str:
        text = parts.get(found.group(1)) or part_of(before, found.group(1)) or "Not measured yet."
        return f"<!-- {found.group(1)} -->\n{text}\n<!-- end -->"

    return re.sub(r"<!-- (\w+) -->", filled, _PAGE)


_PAGE = """# What those who wait can see

Generated by `python -m tests.evaluation.watching_table`; its first lines say how each part is made anew.

![Documents on their way](images/middle.png)

## Faults, and how soon the status says so

Each is made with real processes on a deployment of its own; the time is from the fault, or for the language model from its
first question, to the first status that has the right word. The goal is less than 5 s. A model that hangs is nothing
but slow until an answer takes three times the longest it took of late, four seconds at least: then the document is stalled.
While a document is worked on, no five seconds pass without a line in its log.

<!-- faults -->

![A document that failed](images/error.png)

## Who may do what

A key of one collection may do the same there, and what concerns every collection not at all. `tests/fathom/api/test_access.py`
tries every route with every role, on the key's own collection and on another one.

<!-- roles -->

## From file to first step

<!-- soon -->

## Forecasts

<!-- eta -->

## Under load

<!-- load -->
"""


def main() -> int:
    """The page is written."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--faults", action="store_true")
    options.add_argument("--figures", nargs="*", type=Path, default=[])
    options.add_argument("--replay", nargs="*", type=Path, default=[])
    given = options.parse_args()
    parts = {"roles": roles(), **figures(given.figures)}
    if given.replay:
        parts["eta"] = replays(given.replay)
    if given.faults:
        parts["faults"] = faults()
    PAGE.write_text(page(parts, PAGE.read_text() if PAGE.exists() else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
