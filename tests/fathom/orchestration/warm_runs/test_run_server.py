"""The run server forks a process for every run, says which, and begins again when its sources change."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from fathom.orchestration.warm_runs.run_server import SourceWatch, serve
from fathom.orchestration.warm_runs.run_socket import ask
from fathom.orchestration.warm_runs.worker_tags import PID_TAG, worker_is_dead, worker_process


def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def serve_here(root: Path, out: Path) -> None:
    def execute(run: str) -> None:
        beside = out / f".{run}"
        beside.write_text(str(os.getpid()))
        beside.rename(out / run)
        if run == "long":
            time.sleep(60)
        if run == "broken":
            raise RuntimeError("a defect")

    again = serve(root / "s.sock", root, warm_up=lambda: None, execute=execute)
    (out / "ended").write_text(str(again))


@pytest.fixture
def served(tmp_path: Path):
    (tmp_path / "fathom").mkdir()
    (tmp_path / "definitions.py").write_text("")
    out = tmp_path / "out"
    out.mkdir()
    process = get_context("spawn").Process(target=serve_here, args=(tmp_path, out))
    process.start()
    until(lambda: (tmp_path / "s.sock").exists())
    yield tmp_path, out, process
    process.kill()
    process.join()


@pytest.mark.integration
def test_each_run_has_a_process_of_its_own_that_is_named(served) -> None:
    root, out, process = served
    first, second = ask(root / "s.sock", run="one"), ask(root / "s.sock", run="two")
    until(lambda: (out / "one").exists() and (out / "two").exists())
    assert {(out / "one").read_text(), (out / "two").read_text()} == {first[PID_TAG], second[PID_TAG]}
    assert str(process.pid) not in (first[PID_TAG], second[PID_TAG])
    until(lambda: worker_is_dead(first) and worker_is_dead(second))


@pytest.mark.integration
def test_a_run_that_is_asked_for_twice_has_one_process(served) -> None:
    root, out, _ = served
    first = ask(root / "s.sock", run="long")
    until(lambda: (out / "long").exists())
    assert ask(root / "s.sock", run="long") == first
    ask(root / "s.sock", run="one")
    until(lambda: (out / "one").exists())
    assert (out / "long").read_text() == first[PID_TAG]


@pytest.mark.integration
def test_a_run_that_breaks_or_is_killed_leaves_the_server_serving(served) -> None:
    root, out, _ = served
    ask(root / "s.sock", run="broken")
    long = ask(root / "s.sock", run="long")
    running = worker_process(long)
    assert running is not None
    running.kill()
    until(lambda: worker_is_dead(long))
    ask(root / "s.sock", run="after")
    until(lambda: (out / "after").exists())


@pytest.mark.integration
def test_changed_sources_make_it_begin_again(served) -> None:
    root, out, process = served
    sources = SourceWatch(root)
    assert not sources.changed()
    later = time.time() + 10
    os.utime(root / "definitions.py", (later, later))
    assert sources.changed()
    process.join(20)
    assert (out / "ended").read_text() == "True"


@pytest.mark.integration
def test_it_leaves_when_its_socket_is_taken_away(served) -> None:
    root, out, process = served
    (root / "s.sock").unlink()
    process.join(20)
    assert (out / "ended").read_text() == "False"


def test_a_server_with_a_second_thread_refuses_to_serve(tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, daemon=True)
    with pytest.raises(RuntimeError, match="one thread"):
        serve(tmp_path / "s.sock", tmp_path, warm_up=thread.start, execute=lambda run: None)
    stop.set()
    thread.join()
