"""CPU and memory of a deployment without work: seconds that the kernel counted for its processes, those that ended included.

python -m benchmarks.idle [SECONDS]    by component, on the standard error
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.figure import Figure
from benchmarks.material import deployment
from fathom.deployment.components import component_named, process_folder
from fathom.processes.process import family_of, processes_of_home
from fathom.settings import Settings

SETTLED_AFTER_S = 90.0  # imports, first ticks and the first reload of the workspace are over
WATCHED_S = 300.0
CONVERTER = "converter"


def measure(watched_s: float = WATCHED_S) -> list[Figure]:
    """Percent of a core, and the memory of all processes, once nothing has happened for a while."""
    with deployment() as of:
        time.sleep(SETTLED_AFTER_S)
        before, began = _seconds_by_component(of), time.monotonic()
        time.sleep(watched_s)
        after, passed = _seconds_by_component(of), time.monotonic() - began
        memory = _memory(of)
    shares = {name: 100 * (after[name] - before.get(name, 0.0)) / passed for name in after}
    for name, share in sorted(shares.items(), key=lambda item: -item[1]):
        print(f"{name:20} {share:6.2f} %", file=sys.stderr)
    largest = max(shares, key=lambda name: shares[name])
    note = f"{len(shares)} components for {passed:.0f} s; most: {largest} {shares[largest]:.1f} %"
    return [
        Figure("idle deployment", sum(shares.values()), "% of a core", goal="≤ 2 %", note=note),
        Figure("its memory, each shared page once", memory / 1e6, "MB"),
    ]


def _seconds_by_component(of: Settings) -> dict[str, float]:
    """CPU seconds of each component with all its descendants, also of those that ended and were waited for."""
    roots = {json.loads(file.read_text())["pid"]: file.stem for file in process_folder(of).glob("*.json")}
    roots[component_named(of, CONVERTER).probe().pid] = CONVERTER
    seconds: dict[str, float] = defaultdict(float)
    for process in _processes(of):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            spent = times.user + times.system + times.children_user + times.children_system
            seconds[_component(process, roots)] += spent
    return dict(seconds)


def _processes(of: Settings) -> list[psutil.Process]:
    """All processes of the home, with the converter's, which whoever first needs one starts for all."""
    pid = component_named(of, CONVERTER).probe().pid
    found = [*processes_of_home(of.home), *(family_of(pid) if pid else [])]
    return list({process.pid: process for process in found}.values())


def _component(process: psutil.Process, roots: dict[int, str]) -> str:
    for ancestor in (process, *process.parents()):
        if ancestor.pid in roots:
            return roots[ancestor.pid]
    return "others"


def _memory(of: Settings) -> int:
    """Bytes of all processes, each page divided by the number of processes that share it (PSS)."""
    total = 0
    for process in _processes(of):
        with suppress(psutil.NoSuchProcess, OSError, StopIteration):
            lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
            total += 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure(*map(float, sys.argv[1:2]))]))
