"""The loops of Dagster's daemon rest while nothing happens, and go on as soon as something does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.controller import create_daemons_from_instance
from dagster._daemon.daemon import DagsterDaemon, SpanMarker

from fathom.database import open_database
from fathom.orchestration.daemon_rest import UploadNews, add_rest, begin_tick, end_quiet_tick
from fathom.orchestration.dagster_daemon import fathoms_daemons
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.settings import Settings
from fathom.tables import priorities

RESTING = ("SENSOR", "QUEUED_RUN_COORDINATOR")
QUEUE = {"run_coordinator": {"module": "dagster", "class": "QueuedRunCoordinator"}}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[WorkspaceProcessContext]:
    """An instance without a code location."""
    with (
        dg.DagsterInstance.local_temp(str(tmp_path), overrides=QUEUE) as instance,
        WorkspaceProcessContext(instance, workspace_load_target=None) as made,
    ):
        yield made


def daemon_of(context: WorkspaceProcessContext, kind: str) -> DagsterDaemon[Any]:
    return next(one for one in create_daemons_from_instance(context.instance) if one.daemon_type() == kind)


class Loop:
    """A daemon's loop in a thread, which counts iterations and steps until it is stopped."""

    def __init__(self, daemon: DagsterDaemon[Any], context: WorkspaceProcessContext) -> None:
        self.begun: list[float] = []
        self.steps = 0
        self.shutdown = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(daemon, context), daemon=True)
        self._thread.start()

    def _run(self, daemon: DagsterDaemon[Any], context: WorkspaceProcessContext) -> None:
        for step in daemon.core_loop(context, self.shutdown):
            self.steps += 1
            if step is SpanMarker.START_SPAN:
                self.begun.append(time.monotonic())
            if self.shutdown.is_set():
                return

    def stop(self) -> float:
        """Stops it and returns how long that took."""
        began = time.monotonic()
        self.shutdown.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        return time.monotonic() - began


@pytest.mark.parametrize("kind", RESTING)
def test_a_loop_rests_until_there_is_news(context: WorkspaceProcessContext, kind: str) -> None:
    daemon, news = daemon_of(context, kind), threading.Event()
    add_rest(daemon, news.is_set, at_most_s=60.0)
    loop = Loop(daemon, context)
    time.sleep(6.5)  # longer than Dagster's own pause
    assert len(loop.begun) == 1
    steps = loop.steps
    assert steps >= 6, "it goes on to beat while it rests"
    told = time.monotonic()
    news.set()
    while len(loop.begun) == 1:
        assert time.monotonic() - told < 2.0
        time.sleep(0.01)
    assert loop.stop() < 1.0


@pytest.mark.parametrize("kind", RESTING)
def test_a_rest_ends_by_itself_and_at_once_when_the_daemon_does(context: WorkspaceProcessContext, kind: str) -> None:
    daemon = daemon_of(context, kind)
    add_rest(daemon, lambda: False, at_most_s=5.5)
    loop = Loop(daemon, context)
    time.sleep(7.0)
    assert len(loop.begun) == 2
    assert loop.stop() < 1.0


@pytest.mark.integration
def test_the_daemons_of_an_idle_deployment_are_all_that_dagster_wants_and_rest(home: Settings) -> None:
    write_dagster_home(home)
    prepare_storage(home)
    with (
        dg.DagsterInstance.from_config(str(home.dagster_home)) as instance,
        WorkspaceProcessContext(instance, workspace_load_target=None) as context,
    ):
        end_quiet_tick(home, begin_tick(home))
        made = {one.daemon_type(): one for one in fathoms_daemons(home)(instance)}
        assert list(made) == list(instance.get_required_daemon_types())
        loops = {kind: Loop(made[kind], context) for kind in RESTING}
        time.sleep(8.0)
        iterations = {kind: len(loop.begun) for kind, loop in loops.items()}
        assert max(loop.stop() for loop in loops.values()) < 1.0
    # the second is for what was committed before the first rest
    assert max(iterations.values()) <= 2


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home")
    (made.inbox_path / "law").mkdir(parents=True)
    open_database(made.operational_url)
    return made


def test_after_a_quiet_tick_only_a_change_is_news(home: Settings) -> None:
    news = UploadNews(home)
    assert news.any(), "there was no tick yet"
    end_quiet_tick(home, begin_tick(home))
    assert [news.any(), news.any()] == [False, False]
    begin_tick(home)
    assert news.any(), "a tick that has begun may leave work"


@pytest.mark.parametrize("path", ["new.txt", "law/new.txt", "law/below/new.txt", "link"])
def test_a_new_entry_of_the_inbox_is_news(home: Settings, path: str) -> None:
    news = quiet(home)
    place = home.inbox_path / path
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(home.home) if path == "link" else place.write_text("text")
    assert soon(news)


def test_a_file_that_is_rewritten_in_its_place_is_news(home: Settings) -> None:
    (home.inbox_path / "a.txt").write_text("first")
    news = quiet(home)
    (home.inbox_path / "a.txt").write_text("other")
    assert soon(news)


def test_a_file_that_has_come_since_the_tick_began_is_news(home: Settings) -> None:
    news = UploadNews(home)
    news.any()
    state = begin_tick(home)
    (home.inbox_path / "a.txt").write_text("text")
    end_quiet_tick(home, state)
    assert soon(news)


def test_a_commit_in_the_operational_database_is_news(home: Settings) -> None:
    news = quiet(home)
    with open_database(home.operational_url).begin() as connection:
        connection.execute(priorities.insert().values(document="law/a.txt", priority=1, set_at=0.0))
    assert news.any()


def test_unfinished_files_are_no_news(home: Settings) -> None:
    (home.inbox_path / "a.txt.part").write_text("first")
    news = quiet(home)
    (home.inbox_path / "a.txt.part").write_text("first and more")
    time.sleep(0.1)
    assert not news.any()


def quiet(home: Settings) -> UploadNews:
    """The news after a quiet tick."""
    news = UploadNews(home)
    news.any()
    end_quiet_tick(home, begin_tick(home))
    assert not news.any()
    return news


def soon(news: UploadNews) -> bool:
    """Whether there is news within the pause after a look."""
    deadline = time.monotonic() + 2.0
    while not news.any():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
