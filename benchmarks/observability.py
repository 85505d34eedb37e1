"""What being watched costs: CPU of a 1,000-document run with every line kept and collected, and with none, in turns.

The same process ingests batches of equal documents, one after the other with and without log files, the events table and
Dagster's log; which of a pair comes first changes. CPU is that of this process, the converter and the graph, all of it.
Two such batches differ by more than what is looked for, so the same run also counts it where it is spent: the CPU of the
thread inside every log call, Dagster's share of it included, and of the thread that collects.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import structlog
import yaml

from benchmarks.figure import Figure
from benchmarks.material import own_home, taken_in
from fathom.database import open_database
from fathom.deployment.components import stop_all
from fathom.deployment.graph_component import GraphComponent
from fathom.observability.event_collector import Collector, collect_until_stopped
from fathom.observability.event_store import Events
from fathom.observability.json_lines_handler import keep_logs
from fathom.orchestration.dagster_home import write_dagster_home
from fathom.processes.process import processes_of_home
from fathom.settings import Settings
from ingestion_assets.backlog import drain
from resources.artifacts import Artifacts
from resources.chunker import Chunker
from resources.converter import Converter
from resources.graph import GraphResource
from resources.uploads import Uploads

DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "1000"))  # half of them watched
BATCH = 100  # as many as a backlog run takes
WARM_UP = 10


@dataclass
class Counted:
    """Seconds of CPU inside log calls and in the thread that collects, and how many calls there were."""

    logging: float = 0.0
    collecting: float = 0.0
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def calls_counted(self) -> Iterator[None]:
        """Every log call of any thread of this process counts."""
        whole = structlog.BoundLoggerBase._proxy_to_logger

        def timed(*given: Any, **fields: Any) -> Any:
            began = time.thread_time()
            try:
                return whole(*given, **fields)
            finally:
                spent = time.thread_time() - began
                with self._lock:
                    self.logging += spent
                    self.calls += 1

        structlog.BoundLoggerBase._proxy_to_logger = timed  # type: ignore[method-assign]
        try:
            yield
        finally:
            structlog.BoundLoggerBase._proxy_to_logger = whole  # type: ignore[method-assign]

    def collect(self, collector: Collector, stop: threading.Event) -> None:
        """What the API's process does all the time, until told to stop."""
        for _ in collect_until_stopped(collector, stop, watched=lambda: False):
            pass
        self.collecting += time.thread_time()


@dg.job(
    executor_def=dg.in_process_executor,
    resource_defs={
        "uploads": Uploads(),
        "converter": Converter(),
        "chunker": Chunker(),
        "graph": GraphResource(),
        "artifacts": Artifacts(),
    },
)
def ingest() -> None:
    """The whole pipeline over one batch."""
    drain()


def measure() -> list[Figure]:
    """CPU watched over CPU unwatched; what a line costs; lines a document."""
    with own_home() as settings, ExitStack() as opened:
        write_dagster_home(settings)
        collector = Collector(open_database(settings.operational_url), settings.home)
        watched_instance = opened.enter_context(dg.DagsterInstance.from_config(str(settings.dagster_home)))
        unwatched_instance = opened.enter_context(dg.DagsterInstance.from_config(str(_without_logs(settings))))
        GraphComponent(settings).start()
        try:
            spent: dict[bool, list[float]] = {True: [], False: []}
            spent_here: dict[bool, list[float]] = {True: [], False: []}
            counted = Counted()
            _batch(unwatched_instance, settings, "warm", WARM_UP)
            for pair in range(DOCUMENTS // BATCH // 2):
                for watched in (True, False) if pair % 2 else (False, True):
                    own, before = _cpu_of_this(), _cpu(settings)
                    if watched:
                        with _kept(settings), _collected(counted, collector), counted.calls_counted():
                            _batch(watched_instance, settings, f"on{pair}", BATCH)
                    else:
                        _batch(unwatched_instance, settings, f"off{pair}", BATCH)
                    spent[watched].append(_cpu(settings) - before)
                    spent_here[watched].append(_cpu_of_this() - own)
            lines = Events(open_database(settings.operational_url)).end() / (BATCH * len(spent[True]))
        finally:
            stop_all(settings)
    more = [100 * (on / off - 1) for on, off in zip(spent[True], spent[False], strict=True)]
    each = 1000 * sum(spent[False]) / (BATCH * len(spent[False]))
    note = (
        f"{DOCUMENTS} documents, {each:.0f} ms of CPU each; {len(more)} pairs of {BATCH}, {min(more):.1f} to {max(more):.1f} %"
    )
    here = 100 * (sum(spent_here[True]) - sum(spent_here[False])) / sum(spent[False])
    inside = counted.logging + counted.collecting
    written, collected = (1e6 * seconds / counted.calls for seconds in (counted.logging, counted.collecting))
    line = f"{written:.0f} µs a line, {collected:.0f} µs to collect it"
    share = 100 * inside / (sum(spent[True]) - inside)
    return [
        Figure("observability, CPU counted inside it", share, "%", goal="< 1 %", note=f"{lines:.1f} events a document; {line}"),
        Figure("observability, more CPU", 100 * (sum(spent[True]) / sum(spent[False]) - 1), "%", goal="< 1 %", note=note),
        Figure("the same, of this process alone", here, "% of all", note="without the graph and the converter"),
    ]


def _batch(instance: dg.DagsterInstance, settings: Settings, collection: str, count: int) -> None:
    names = taken_in(settings, collection, count)
    result = ingest.execute_in_process(instance=instance, run_config={"ops": {drain.name: {"config": {"documents": names}}}})
    if not result.success:
        raise RuntimeError(f"{collection} failed")


@contextmanager
def _kept(settings: Settings) -> Iterator[None]:
    """Log files are written, as in a deployment."""
    handler = keep_logs(settings, "runs")
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


@contextmanager
def _collected(counted: Counted, collector: Collector) -> Iterator[None]:
    """The events table is filled meanwhile, as in a deployment."""
    stop = threading.Event()
    thread = threading.Thread(target=counted.collect, args=(collector, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _without_logs(settings: Settings) -> Path:
    """A folder of Dagster's with the same storage, to whose log no line of Fathom goes."""
    config = yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text())
    del config["python_logs"]
    folder = settings.home / "dagster-unwatched"
    folder.mkdir()
    (folder / "dagster.yaml").write_text(json.dumps(config))
    return folder


def _cpu_of_this() -> float:
    """Seconds of CPU of this process alone, where the lines are said and collected: the graph's own vary by far more."""
    times = psutil.Process().cpu_times()
    return times.user + times.system


def _cpu(settings: Settings) -> float:
    """Seconds of CPU of this process and of those of the home that live."""
    found = {process.pid: process for process in [psutil.Process(), *processes_of_home(settings.home)]}
    total = 0.0
    for process in found.values():
        times = process.cpu_times()
        total += times.user + times.system
    return total


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
