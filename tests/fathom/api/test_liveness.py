"""Each state of a document made true with real processes: the status route says it by its right word in less than 5 s."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fathom.deployment.components import start_all, status_all, stop_all
from fathom.orchestration.run_submission import open_instance
from fathom.orchestration.warm_runs.worker_tags import PID_TAG
from fathom.processes.process import kill, processes_of_home
from tests.fathom.api.test_live import Live
from tests.fathom.llm.messages_server import Fault, MessagesServer, throttled
from tests.fathom.observability.otlp_receiver import OtlpReceiver, attributes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SEEN_WITHIN_S = 5.0
SENTENCE = "Ada Moreno designed Tamar Bridge number {} in 1901. Moreno Works was based in Plymouth."
Making = Callable[[], Any]


class Scene(Live):
    """A deployment whose language model does as the test says."""

    model: MessagesServer
    spans: OtlpReceiver
    rows: list[dict[str, Any]]  # of the table of docs/watching.md

    def put(self, name: str, *, paragraphs: int = 12, collection: str = "live") -> dict[str, Any]:
        text = "\n\n".join(f"# {name} {n}\n\n" + SENTENCE.format(f"{name}{n}") * 12 for n in range(paragraphs))
        return self.upload(f"{name}.md", text.encode(), collection)

    def asked(self, uploaded: dict[str, Any]) -> dict[str, Any]:
        """Its status once the language model has one of its questions."""
        name = uploaded["upload_id"].rpartition("/")[2].removesuffix(".md")
        deadline = time.monotonic() + 60
        while not any(f"number {name}" in str(one["body"]) for one in self.model.requests):
            assert time.monotonic() < deadline, self.status(uploaded)
            time.sleep(0.02)
        return self.status(uploaded)

    def worker(self, uploaded: dict[str, Any]) -> int:
        run = open_instance(self.settings).get_run_by_id(self.status(uploaded)["run"])
        assert run is not None
        return int(run.tags[PID_TAG])

    def pid(self, part: str) -> int:
        found = {one.name: one.pid for one in status_all(self.settings)}[part]
        assert found is not None
        return found

    def seen(self, what: str, uploaded: dict[str, Any], state: str, words: str = "") -> dict[str, Any]:
        """The status as soon as it says so, in time; how long that took is a row of the table."""
        began = time.monotonic()
        found = self.until(uploaded, state, within_s=SEEN_WITHIN_S)
        taken = time.monotonic() - began
        self.rows.append({"what": what, "state": state, "seconds": round(taken, 2), "words": found["detail"]})
        print(f"{what:<46} {state:<10} {taken:5.2f} s   {found['detail']}")
        assert words in found["detail"]
        return found

    def ended_in_dagster(self, run: str) -> float:
        """Seconds until Dagster knows that the run failed."""
        began = time.monotonic()
        while (record := open_instance(self.settings).get_run_by_id(run)) is None or not record.is_finished:
            assert time.monotonic() - began < SEEN_WITHIN_S, record
            time.sleep(0.05)
        assert record.status.value == "FAILURE"
        self.rows[-1]["ended"] = round(time.monotonic() - began, 2)
        return time.monotonic() - began

    def over(self, *uploaded: dict[str, Any]) -> list[dict[str, Any]]:
        return [self.until(one, "complete", within_s=180) for one in uploaded]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    model = MessagesServer()
    model.key = ""
    asked = {"llm": "openai", "llm_base_url": model.url, "llm_model": "m", "llm_usd_per_mtok_in": 0, "llm_usd_per_mtok_out": 0}
    spans = OtlpReceiver()
    made = Scene(tmp_path_factory.mktemp("l") / "home", **asked, otlp_endpoint=spans.url)
    made.model, made.spans, made.rows = model, spans, []
    try:
        assert {one.error for one in start_all(made.settings)} == {None}
        yield made
        if kept := os.environ.get("FAULT_TABLE"):
            Path(kept).write_text(json.dumps(made.rows))
    finally:
        stop_all(made.settings)
        kill(processes_of_home(made.settings.home))
        model.stop()
        spans.stop()


@pytest.fixture(autouse=True)
def model_answers(scene: Scene) -> Iterator[None]:
    yield
    scene.model.latency_s = 0.0
    scene.model.faulty = lambda text: None
    start_all(scene.settings)


def test_what_waits_says_its_place_and_what_is_before_it(scene: Scene) -> None:
    scene.model.latency_s = 0.5
    first, second = scene.put("first", collection="a"), scene.put("second", collection="b")
    for one in (first, second):
        scene.until(one, "running")
    third, fourth = scene.put("third", collection="a"), scene.put("fourth", collection="a")
    found = scene.seen("two runs at work, a third document", third, "queued", "It is next, 2 being worked on.")
    assert found["queue"] == {"position": 1, "waiting_before": 0, "in_hand": 2, "runs_at_once": 2}
    assert scene.seen("one more behind it", fourth, "queued", "1 before it")["queue"]["position"] == 2
    scene.model.latency_s = 0.0
    scene.over(first, second, third, fourth)


def test_what_is_paused_says_by_whom_and_goes_on(scene: Scene) -> None:
    assert scene.call("POST", "/api/collections/held/pause?reason=the archive moves").status_code == 200
    uploaded = scene.put("held", paragraphs=1, collection="held")
    scene.seen("its collection is paused", uploaded, "paused", "the archive moves")
    scene.call("POST", "/api/collections/held/resume")
    scene.over(uploaded)


def test_a_provider_that_asks_to_wait_is_throttled_until_then(scene: Scene) -> None:
    scene.model.faulty = lambda text: throttled("12")
    uploaded = scene.put("throttled", paragraphs=1)
    scene.asked(uploaded)
    found = scene.seen("429 with Retry-After: 12", uploaded, "throttled", "s more")
    left = datetime.fromisoformat(found["waits_until"]) - datetime.now(UTC)
    assert 5 < left.total_seconds() < 13
    scene.model.faulty = lambda text: None
    scene.over(uploaded)


def test_a_model_that_gives_no_answer_is_stalled_and_then_goes_on(scene: Scene) -> None:
    scene.model.faulty = lambda text: Fault("status", 500)
    uploaded = scene.put("mute", paragraphs=1)
    scene.asked(uploaded)
    scene.seen("the model answers 500", uploaded, "stalled", "gives no answer")
    scene.model.faulty = lambda text: None
    scene.over(uploaded)


def test_a_model_whose_connection_breaks_is_stalled_and_then_goes_on(scene: Scene) -> None:
    scene.model.faulty = lambda text: Fault("cut")
    uploaded = scene.put("cut", paragraphs=1)
    scene.asked(uploaded)
    scene.seen("the model is down: connections break", uploaded, "stalled", "gives no answer")
    scene.model.faulty = lambda text: None
    scene.over(uploaded)


def test_a_converter_that_is_killed_is_started_again_and_asked_once_more(scene: Scene) -> None:
    uploaded = scene.put("converter", paragraphs=400)
    scene.until(uploaded, "running")
    os.kill(scene.pid("converter"), signal.SIGKILL)
    scene.seen("the converter is gone (kill -9)", uploaded, "running")
    scene.call("POST", "/api/documents/" + uploaded["status_url"].rsplit("/", 1)[1] + "/cancel")
    scene.over(scene.put("after", paragraphs=1))


def test_a_model_that_hangs_is_stalled_after_thrice_the_longest_answer_that_was_usual(scene: Scene) -> None:
    scene.over(*(scene.put(f"usual{number}", paragraphs=1) for number in range(6)))
    scene.model.faulty = lambda text: Fault("slow", seconds=100.0)
    uploaded = scene.put("hangs", paragraphs=1)
    scene.asked(uploaded)
    began = time.monotonic()
    while scene.status(uploaded)["state"] == "running" and time.monotonic() - began < 75:
        time.sleep(0.1)
    silent = time.monotonic() - began
    scene.seen("the model hangs", uploaded, "stalled", "The language model has not answered for")
    scene.rows[-1]["seconds"] = round(silent, 1)
    print(f"silent for {silent:.1f} s by then")
    scene.call("POST", "/api/documents/" + uploaded["status_url"].rsplit("/", 1)[1] + "/cancel")


def test_while_it_works_no_five_seconds_pass_without_a_line(scene: Scene) -> None:
    scene.model.latency_s = 11.0
    uploaded = scene.put("silent", paragraphs=1)
    scene.over(uploaded)
    lines = scene.call("GET", uploaded["status_url"].replace("/status", "") + "/logs?limit=1000").json()["lines"]
    begun = next(at for at, line in enumerate(lines) if line["event"] == "docling.begun")
    times = [(datetime.fromisoformat(line["timestamp"]).timestamp(), line["event"]) for line in lines[begun:]]
    longest = max((later[0] - earlier[0], earlier[1], later[1]) for earlier, later in pairwise(sorted(times)))
    print(f"the longest silence of {len(times)} lines in {times[-1][0] - times[0][0]:.0f} s: {longest}")
    assert longest[0] <= 5.0


def test_a_process_that_is_stopped_is_stalled_and_then_goes_on(scene: Scene) -> None:
    scene.model.latency_s = 0.2
    uploaded = scene.put("stopped")
    scene.asked(uploaded)
    worker = scene.worker(uploaded)
    os.kill(worker, signal.SIGSTOP)
    try:
        scene.seen("its process is stopped (SIGSTOP)", uploaded, "stalled", "is stopped")
    finally:
        os.kill(worker, signal.SIGCONT)
    scene.seen("it goes on (SIGCONT)", uploaded, "running")
    scene.over(uploaded)


def test_a_graph_that_is_away_is_named_and_comes_back(scene: Scene) -> None:
    scene.model.latency_s = 8.0
    uploaded = scene.put("graph", paragraphs=1)
    scene.asked(uploaded)
    os.kill(scene.pid("graph"), signal.SIGKILL)
    scene.seen("the graph is gone (kill -9)", uploaded, "stalled", "graph")
    scene.model.latency_s = 0.0
    scene.over(uploaded)


def test_what_is_done_is_a_trace_at_the_receiver_of_spans(scene: Scene) -> None:
    uploaded = scene.put("traced", paragraphs=1)
    done = scene.over(uploaded)[0]
    deadline = time.monotonic() + 20
    while not (mine := [one for one in scene.spans.spans if attributes(one)["fathom.run"] == done["run"]]) or (
        "ingest" not in {one.name for one in mine}
    ):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert {one.name for one in mine} == {"ingest", "validation", "docling", "chunking", "graphiti", "chat m"}
    root = next(one for one in mine if one.name == "ingest")
    assert {one.trace_id for one in mine} == {root.trace_id}
    assert attributes(next(one for one in mine if one.name == "chat m"))["gen_ai.usage.input_tokens"] > 0


def test_a_killed_run_is_dead_ended_in_dagster_and_tried_again(scene: Scene) -> None:
    scene.model.latency_s = 0.3
    uploaded = scene.put("killed")
    found = scene.asked(uploaded)
    os.kill(scene.worker(uploaded), signal.SIGKILL)
    scene.seen("its process is gone (kill -9)", uploaded, "dead", "is gone")
    print(f"ended in Dagster after {scene.ended_in_dagster(found['run']):.2f} s more")
    scene.model.latency_s = 0.0
    [done] = scene.over(uploaded)
    assert (done["run"] != found["run"], done["attempts"]) == (True, 0)


def test_without_the_daemon_and_the_run_server_a_dead_run_is_ended_and_tried_again_all_the_same(scene: Scene) -> None:
    scene.model.latency_s = 0.3
    before = scene.put("before")
    scene.asked(before)
    for part in ("dagster-daemon", "runs"):
        os.kill(scene.pid(part), signal.SIGKILL)
    scene.seen("the run server and the daemon are gone (kill -9)", before, "running")
    scene.over(before)
    uploaded = scene.put("alone")
    found = scene.asked(uploaded)
    os.kill(scene.worker(uploaded), signal.SIGKILL)
    scene.seen("and a run of Dagster's own launcher (kill -9)", uploaded, "dead", "is gone")
    print(f"ended in Dagster after {scene.ended_in_dagster(found['run']):.2f} s more")
    scene.model.latency_s = 0.0
    _, done = scene.over(before, uploaded)
    assert (done["run"] != found["run"], done["attempts"]) == (True, 0)
