"""Kills of converter processes at random moments of each state, and what became of the documents: the kill table.

python -m benchmarks.converter_kills [N]    N kills of workers, and a tenth as many of the converter itself
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.conversion import make_pdf
from benchmarks.figure import Figure
from benchmarks.material import SAMPLES, own_home
from fathom.conversion.service.converter_client import ConverterClient
from fathom.conversion.service.converter_status import WorkerStatus
from fathom.errors import FathomError
from fathom.settings import PROJECT_ROOT, Settings

KILLS = 200
# States of a worker, with how often each comes: those that take longer to bring about come less often.
WORKER_STATES = {"idle": 3, "busy": 3, "warming": 3, "draining": 1}
CONVERTER = "converter"
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)
GOAL_NEXT_S = 5.0
# A document or a worker that has not come by then counts as lost or not replaced.
ANSWER_WITHIN_S = 180.0
REPLACED_WITHIN_S = 120.0
# A document that is long enough to be killed at work on, and to be still at work when another converter is warm.
LONG_S, LONG_WARM_UPS, PAGES_MEASURED, MOST_PAGES = 8.0, 3.0, 40, 2000
SMALL = ("oyster-field-notes.md", "new-director.html", "engineering-report.docx", "handover-letter.eml", "budget.xlsx")
# Documents that libraries warn of.
CASES = PROJECT_ROOT / "tests" / "fathom" / "conversion" / "cases" / "files"
WARNED_OF = ("42-ragged-preamble.csv", "95-workbook-that-warns.xlsx")
TRIES_TO_HIT = 20
SEED = 14


class Missed(Exception):
    """The process was no longer in the state it was to be killed in."""


@dataclass(frozen=True)
class Hit:
    """A killed process: whether it is replaced by now, and the long document if one was at work."""

    replaced: Callable[[], bool]
    at_work: Future[str] | None = None


@dataclass
class Row:
    """Counts the outcomes of the kills in a state."""

    kills: int = 0
    replaced: int = 0
    documents: int = 0
    lost: list[str] = field(default_factory=list[str])
    slowest_next_s: float = 0.0
    slowest_replacement_s: float = 0.0

    @property
    def fine(self) -> bool:
        """Whether each was replaced and nothing lost."""
        return self.replaced == self.kills and not self.lost


class ConverterKills:
    """Brings the converter into a state, kills a process, and looks at the documents at work and the next one."""

    def __init__(self, settings: Settings, chance: random.Random, threads: ThreadPoolExecutor) -> None:
        self._settings = settings
        self._chance = chance
        self._threads = threads
        self._client = ConverterClient(settings)
        # other settings, so that the other client's converter finishes its work and leaves
        self._draining = ConverterClient(settings.model_copy(update={"convert_workers": 1}))
        self._small = [SAMPLES / name for name in SMALL] + [CASES / name for name in WARNED_OF]
        self._long = settings.home / "long.pdf"
        self._wanted: dict[Path, str] = {}
        self._hits: dict[str, Callable[[], Hit]] = {
            "idle": self._hit_idle,
            "busy": self._hit_busy,
            "warming": self._hit_warming,
            "draining": self._hit_draining,
            CONVERTER: self._hit_converter,
        }
        self.rows = {state: Row() for state in (*WORKER_STATES, CONVERTER)}

    def prepare(self) -> None:
        """Every document is converted once undisturbed."""
        make_pdf(self._long, PAGES_MEASURED)
        self._client.ensure_started(warm=True)
        self._convert(self._client, self._long)
        _until(self._all_idle)
        began = time.monotonic()
        self._convert(self._client, self._long)
        seconds = max(LONG_S, LONG_WARM_UPS * (self._client.status().warm_up_s or 0.0))
        make_pdf(self._long, min(MOST_PAGES, int(PAGES_MEASURED * seconds / (time.monotonic() - began))))
        self._wanted = {path: self._convert(self._client, path) for path in (*self._small, self._long)}

    def kill(self, state: str) -> None:
        """Kills a process in that state. Raises Missed if it could not be hit."""
        for _ in range(TRIES_TO_HIT):
            self._settle()
            try:
                hit = self._hits[state]()
            except Missed:
                continue
            break
        else:
            raise Missed(f"No process could be killed while {state} in {TRIES_TO_HIT} tries.")
        row = self.rows[state]
        row.kills += 1
        began = time.monotonic()
        replaced = self._threads.submit(_seconds_until, hit.replaced)
        path = self._chance.choice(self._small)
        self._compare(row, self._threads.submit(self._convert, self._client, path), path)
        row.slowest_next_s = max(row.slowest_next_s, time.monotonic() - began)
        if hit.at_work:
            self._compare(row, hit.at_work, self._long)
        if (seconds := replaced.result()) is not None:
            row.replaced += 1
            row.slowest_replacement_s = max(row.slowest_replacement_s, seconds)

    def _hit_idle(self) -> Hit:
        worker = self._chance.choice(self._client.status().workers)
        self._wait_by_chance(0.5)
        return self._hit(worker.pid)

    def _hit_busy(self) -> Hit:
        document = self._begin(self._client)
        self._wait_by_chance(LONG_S / 2)
        return self._hit(self._worker_at("busy").pid, document)

    def _hit_warming(self) -> Hit:
        gone = self._chance.choice(self._client.status().workers).pid
        self._send(gone)
        _until(lambda: any(one.state == "starting" and one.pid not in (0, gone) for one in self._client.status().workers))
        self._wait_by_chance(2.0)
        return self._hit(self._worker_at("starting").pid)

    def _hit_draining(self) -> Hit:
        self._draining.ensure_started(warm=True)
        document = self._begin(self._draining)
        status = self._draining.status()
        victim = status.workers[0].pid
        self._client.ensure_started(warm=True)
        if document.done() or self._client.status().pid == status.pid:
            raise Missed
        self._send(victim)
        return Hit(lambda: _has_other_child(status.pid, victim) or document.done(), document)

    def _hit_converter(self) -> Hit:
        document = None
        match self._chance.choice(("idle", "busy", "warming")):
            case "busy":
                document = self._begin(self._client)
            case "warming":
                self._send(self._chance.choice(self._client.status().workers).pid)
        self._wait_by_chance(2.0)
        return self._hit(self._client.status().pid, document)

    def _hit(self, victim: int, at_work: Future[str] | None = None) -> Hit:
        self._send(victim)
        return Hit(lambda: not _alive(victim) and self._all_warm(), at_work)

    def _begin(self, client: ConverterClient) -> Future[str]:
        """The long document, with a worker at work on it."""
        document = self._threads.submit(self._convert, client, self._long)
        _until(lambda: any(one.state == "busy" for one in client.status().workers) or document.done())
        return document

    def _worker_at(self, state: str) -> WorkerStatus:
        for worker in self._client.status().workers:
            if worker.state == state and worker.pid:
                return worker
        raise Missed

    def _send(self, pid: int) -> None:
        try:
            os.kill(pid, self._chance.choice(SIGNALS))
        except ProcessLookupError as error:
            raise Missed from error

    def _settle(self) -> None:
        """A converter of the usual settings has all of its workers idle."""
        self._client.ensure_started(warm=True)
        _until(self._all_idle)

    def _all_idle(self) -> bool:
        return self._states() == ["idle"] * self._settings.convert_workers

    def _all_warm(self) -> bool:
        states = self._states()
        return len(states) == self._settings.convert_workers and set(states) <= {"idle", "busy"}

    def _states(self) -> list[str]:
        try:
            return [one.state for one in self._client.status().workers]
        except FathomError:
            return []

    def _compare(self, row: Row, document: Future[str], path: Path) -> None:
        row.documents += 1
        try:
            found = document.result(ANSWER_WITHIN_S)
        except NoAnswer:
            row.lost.append(f"{path.name}: no answer within {ANSWER_WITHIN_S:.0f} s")
        except FathomError as error:
            row.lost.append(f"{path.name}: {error.name}: {error.message}")
        else:
            if found != self._wanted[path]:
                row.lost.append(f"{path.name}: another text than undisturbed")

    def _convert(self, client: ConverterClient, path: Path) -> str:
        version = hashlib.sha256(path.read_bytes()).hexdigest()
        return client.convert(path, version=version, document=path.name).markdown

    def _wait_by_chance(self, most_s: float) -> None:
        time.sleep(self._chance.uniform(0, most_s))


def measure(kills: int = KILLS) -> dict[str, Row]:
    """Kills so many workers, at random over their states, and a tenth as many converters; returns the outcomes."""
    chance = random.Random(SEED)
    by_chance = chance.choices(list(WORKER_STATES), list(WORKER_STATES.values()), k=max(0, kills - len(WORKER_STATES)))
    states = [*list(WORKER_STATES)[:kills], *by_chance, *[CONVERTER] * max(1, kills // 10)]
    chance.shuffle(states)
    with own_home() as settings, ThreadPoolExecutor(8) as threads:
        killing = ConverterKills(settings, chance, threads)
        try:
            killing.prepare()
            for number, state in enumerate(states, start=1):
                killing.kill(state)
                print(f"{number} of {len(states)}: {state}", file=sys.stderr)
        finally:
            ConverterClient(settings).stop()
    return killing.rows


def figures(rows: dict[str, Row]) -> list[Figure]:
    """The rows as figures."""
    found = []
    for state, row in rows.items():
        what = "the converter killed" if state == CONVERTER else f"worker killed {state}"
        goal = None if state == CONVERTER else f"≤ {GOAL_NEXT_S:.0f} s"
        note = f"{row.kills} kills, {row.replaced} replaced, at the latest after {row.slowest_replacement_s:.1f} s"
        found.append(Figure(f"{what}: slowest next document", row.slowest_next_s, "s", goal=goal, note=note))
        found.append(Figure(f"{what}: lost", len(row.lost), "documents", goal="0", note=f"of {row.documents}"))
        found.append(Figure(f"{what}: not replaced", row.kills - row.replaced, "processes", goal="0"))
    return found


def _print(rows: dict[str, Row]) -> None:
    columns = ("killed", "kills", "replaced", "documents", "lost", "slowest next document, s", "slowest replacement, s")
    table = Table(*columns)
    for state, row in rows.items():
        numbers = (row.kills, row.replaced, row.documents, len(row.lost))
        table.add_row(state, *map(str, numbers), f"{row.slowest_next_s:.1f}", f"{row.slowest_replacement_s:.1f}")
    console = Console(stderr=True, width=140)
    console.print(table)
    for lost, times in Counter(lost for row in rows.values() for lost in row.lost).items():
        console.print(f"lost {times} x: {lost}")


def _has_other_child(parent: int, child: int) -> bool:
    try:
        return any(one.pid != child and _alive(one.pid) for one in psutil.Process(parent).children())
    except psutil.NoSuchProcess:
        return False


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _until(condition: Callable[[], object], within_s: float = REPLACED_WITHIN_S) -> None:
    """Returns when the condition holds. Raises TimeoutError if it does not in that time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not so within {within_s:.0f} s.")
        time.sleep(0.05)


def _seconds_until(condition: Callable[[], object]) -> float | None:
    """How long it took until the condition held; None if it did not within REPLACED_WITHIN_S."""
    began = time.monotonic()
    try:
        _until(condition)
    except TimeoutError:
        return None
    return time.monotonic() - began


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if sys.argv[1:] else KILLS)
    _print(found)
    print(json.dumps([figure.as_dict() for figure in figures(found)]))
    sys.exit(0 if all(row.fine for row in found.values()) else 1)
