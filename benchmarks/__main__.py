"""Runs the benchmarks, each in a process of its own, prints one table and keeps the figures as JSON beside it.

python -m benchmarks                 all of them
python -m benchmarks import_time     only those named
python -m benchmarks crashes 20      a number goes to the case before it
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

CASES = (
    "import_time",
    "inbox_tick",
    "anomalies",
    "metrics",
    "drift",
    "conversion",
    "pdf_speed",
    "ocr",
    "chunking",
    "large_documents",
    "episodes",
    "graph_time",
    "graph_stats",
    "graph_export",
    "model_calls",
    "restated",
    "backlog",
    "backlog_memory",
    "drop_latency",
    "launcher",
    "eta",
    "load",
    "growth",
    "idle",
    "crashes",
    "deployment_crashes",
    "converter_kills",
    "observability",
    "graph_backups",
)
RESULTS = Path(__file__).with_name("results")
SECONDS_PER_CASE = 2700


def main() -> int:
    """Exit code 0 when every case gave its figures, and none of them says that something is broken."""
    chosen: dict[str, list[str]] = {}
    for word in sys.argv[1:] or CASES:
        if word.isdecimal() and chosen:
            chosen[list(chosen)[-1]].append(word)
        else:
            chosen[word] = []
    if unknown := sorted(set(chosen) - set(CASES)):
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(CASES)}.", file=sys.stderr)
        return 2
    runs = {case: _run(case, arguments) for case, arguments in chosen.items()}
    figures = {case: found for case, (found, _) in runs.items()}
    _print(figures)
    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    kept.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n")
    print(f"Kept as {kept.relative_to(Path.cwd()) if kept.is_relative_to(Path.cwd()) else kept}")
    return 0 if all(found and fine for found, fine in runs.values()) else 1


def _run(case: str, arguments: list[str]) -> tuple[list[dict[str, object]], bool]:
    """The case's figures, none where it broke off, and whether it ended with success."""
    print(f"… {case}", file=sys.stderr)
    call = [sys.executable, "-m", f"benchmarks.{case}", *arguments]
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, timeout=SECONDS_PER_CASE, check=False)
    if done.returncode != 0:
        print(f"{case} failed with exit code {done.returncode}", file=sys.stderr)
    last = done.stdout.strip().rpartition("\n")[2]
    figures: list[dict[str, object]] = json.loads(last) if last.startswith("[") else []
    return figures, done.returncode == 0


def _print(figures: dict[str, list[dict[str, object]]]) -> None:
    table = Table("figure", "ours", "unit", "peer", "peer's", "ratio", "goal", "note")
    for rows in figures.values():
        for row in rows:
            numbers = [row["value"], row["peer_value"], row["ratio"]]
            value, peer_value, ratio = (f"{number:,.3g}" if isinstance(number, float | int) else "" for number in numbers)
            if isinstance(row["value"], float | int) and abs(row["value"]) >= 1000:
                value = f"{row['value']:,.0f}"
            words = [str(row[name] or "") for name in ("peer", "goal", "note")]
            table.add_row(str(row["name"]), value, str(row["unit"]), words[0], peer_value, ratio, words[1], words[2])
    Console(width=180).print(table)


if __name__ == "__main__":
    sys.exit(main())
