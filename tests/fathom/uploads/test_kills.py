"""Whatever moment the process dies at, every document is worked on once: none is lost, none is repeated.

The tick of the sensor is played against a small Dagster that starts a run only for a key it has not seen, and killed at
every database commit, every file that gets its name and every request, one kill a play.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from fathom.files import Files
from fathom.settings import PROJECT_ROOT
from fathom.tables import planned_runs, uploads
from fathom.uploads.intake import Intake
from fathom.uploads.transitions import RunState
from fathom.uploads.upload import PlannedRun
from tests.fathom.uploads.conftest import Desk


class Killed(BaseException):
    """The process died here."""


@dataclass
class Fuse:
    """Kills at the n-th point where a process can die with something half done."""

    left: int = -1

    def point(self, *_args: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


@dataclass
class LittleDagster:
    """Starts a run for a key it has not seen, as Dagster does, and works off what it started."""

    runs: dict[str, PlannedRun] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    worked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def submit(self, run: PlannedRun) -> None:
        self.runs.setdefault(run.run_key, run)

    def states(self, keys: list[str]) -> dict[str, RunState]:
        return {key: "missing" if key not in self.runs else "ended" if key in self.ended else "in_progress" for key in keys}

    def work(self, intake: Intake) -> None:
        for key, run in self.runs.items():
            if key in self.ended:
                continue
            for document, version in zip(run.documents, run.versions, strict=True):
                intake.mark_running(document, version, run_id=key)
                intake.mark_done(document, version, run_id=key)
                self.worked[document, version] += 1
            self.ended.add(key)


@pytest.fixture
def fuse(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fuse]:
    fuse = Fuse()
    publish = Files.publish

    def killed_around(self: Files, *args: object) -> str:
        fuse.point()
        name = publish(self, *args)  # type: ignore[arg-type]
        fuse.point()
        return name

    monkeypatch.setattr(Files, "publish", killed_around)
    engine = desk.intake().engine
    sa.event.listen(engine, "commit", fuse.point)
    yield fuse
    sa.event.remove(engine, "commit", fuse.point)


def _tick(intake: Intake, dagster: LittleDagster, fuse: Fuse) -> None:
    intake.look()
    found = intake.reconcile(dagster.states(intake.active_run_keys()))
    for run in [*found.again, *intake.plan_runs(found.in_flight)]:
        fuse.point()
        dagster.submit(run)
    fuse.point()


def _settle(desk: Desk, dagster: LittleDagster, fuse: Fuse) -> None:
    """Ticks until one changes nothing: those after it would find what it found, and do what it did."""
    fuse.left = -1
    found, after = None, _all_that_is_known(desk, dagster)
    for _ in range(20):
        _tick(desk.intake(batch_documents=3), dagster, fuse)
        dagster.work(desk.intake())
        found, after = after, _all_that_is_known(desk, dagster)
        if found == after:
            break
    assert found == after


def _all_that_is_known(desk: Desk, dagster: LittleDagster) -> tuple[object, ...]:
    with desk.intake().engine.connect() as connection:
        rows = [connection.execute(sa.select(table)).all() for table in (uploads, planned_runs)]
    return rows, set(dagster.runs), set(dagster.ended), dagster.worked.copy()


STORIES = {
    "first: a single file": [{"law/a.txt": "a"}],
    "first: a backlog of two collections": [{f"{c}/{n}.txt": f"{c}{n}" for c in ("law", "art") for n in range(4)}],
    "nothing new": [{"law/a.txt": "a"}, {}],
    "some new": [{"law/a.txt": "a"}, {"law/b.txt": "b"}],
    "all changed": [{f"law/{n}.txt": f"{n}" for n in range(6)}, {f"law/{n}.txt": f"{n} again" for n in range(6)}],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_a_kill_at_any_point_of_a_tick_loses_nothing_and_repeats_nothing(
    desk: Desk, fuse: Fuse, story: list[dict[str, str]]
) -> None:
    kills = 0
    for point in range(1, 1000):
        dagster = LittleDagster()
        wanted: set[tuple[str, str]] = set()
        for turn, files in enumerate(story):
            for path, content in files.items():
                text = f"{point} {content}"
                desk.drop(path, text, age=5000 - 20 * turn - point)
                wanted.add((path, hashlib.sha256(text.encode()).hexdigest()))
            if turn == len(story) - 1:
                fuse.left = point
                try:
                    _tick(desk.intake(batch_documents=3), dagster, fuse)
                except Killed:
                    kills += 1
                fired = fuse.left <= 0
            _settle(desk, dagster, fuse)
        assert dagster.worked == Counter(wanted), f"killed at point {point}"
        assert set(desk.intake().counts()) == {"done"}
        if not fired:
            break
    assert kills == point - 1 > 2


@pytest.mark.timeout(120)
@pytest.mark.integration
def test_a_process_killed_for_real_while_it_takes_in_a_thousand_files_is_finished_by_the_next(desk: Desk) -> None:
    for n in range(1000):
        desk.drop(f"law/{n}.txt", str(n))
    code = "from fathom.settings import settings; from fathom.uploads.intake import open_intake; open_intake(settings()).look()"
    intake = desk.intake()
    for accepted in (1, 400):
        child = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT_ROOT, env={**os.environ}, stdout=subprocess.DEVNULL)
        while intake.counts().get("accepted", 0) < accepted and child.poll() is None:
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert 400 <= intake.counts()["accepted"] <= 1000
    before = intake.counts()["accepted"]
    report = intake.look()
    assert len(report.accepted) == 1000 - before
    rows = intake.list()
    assert len({row.version for row in rows}) == len(rows) == 1000
    for row in rows:
        with intake.store.open_local(row.version or "") as path:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == row.version
