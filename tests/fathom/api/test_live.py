"""The API with all parts: a file goes in by HTTP and is followed to the graph; restarts, kills and cancelling in the middle."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from fathom.deployment.components import as_environment, start_all, stop_all
from fathom.operations.removal_verification import verify
from fathom.orchestration.run_submission import open_instance
from fathom.orchestration.warm_runs.worker_tags import PID_TAG
from fathom.processes.process import kill, processes_of_home
from fathom.security.api_keys import admin_key
from fathom.settings import PROJECT_ROOT, Settings
from tests.fathom.cli.deployments import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SAMPLES = PROJECT_ROOT / "samples"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Live:
    """A deployment and a caller with its admin key."""

    def __init__(self, home: Path, **more: Any) -> None:
        self.settings = Settings(
            home=home, dagster_port=free_port(), api_port=free_port(), graph_heap_mb=256, convert_workers=1, **more
        )
        self.base = f"127.0.0.1:{self.settings.api_port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": admin_key(self.settings) or ""}

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(method, f"http://{self.base}{path}", headers=self.headers, timeout=30, **options)

    def upload(self, name: str, data: bytes, collection: str = "live") -> dict[str, Any]:
        answer = self.call("POST", "/api/upload", data={"collection": collection}, files={"file": (name, data)})
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def follow(self, uploaded: dict[str, Any], cursor: int = 0) -> Iterator[dict[str, Any]]:
        url = f"ws://{self.base}{uploaded['stream_url']}?cursor={cursor}"
        with connect(url, additional_headers=self.headers, proxy=None) as stream:
            while True:
                message = json.loads(stream.recv(timeout=120))
                yield message
                if message["type"] == "complete":
                    return

    def status(self, uploaded: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", uploaded["status_url"]).json()
        return found

    def until(self, uploaded: dict[str, Any], *states: str, within_s: float = 120) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while (found := self.status(uploaded))["state"] not in states:
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    made = Live(tmp_path_factory.mktemp("a") / "home")
    try:
        assert {one.error for one in start_all(made.settings)} == {None}
        yield made
    finally:
        stop_all(made.settings)
        kill(processes_of_home(made.settings.home))


def until_answering(client: httpx.Client, ports: list[int]) -> None:
    for port in ports:
        deadline = time.monotonic() + 60
        while True:
            try:
                assert client.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)


def long_text(seed: str, paragraphs: int = 90) -> bytes:
    """A document whose work takes some seconds."""
    line = "Ingrid Solberg of {} Works met Thomas Okafor in Bergen and sold bridge number {} to Marlow University. "
    return "\n\n".join(f"# Part {n}\n\n" + line.format(seed, n) * 12 for n in range(paragraphs)).encode()


def test_a_sample_goes_in_by_http_and_is_followed_to_the_graph(live: Live) -> None:
    sample = SAMPLES / "harbour-history.pdf"
    uploaded = live.upload(sample.name, sample.read_bytes())
    messages = list(live.follow(uploaded))
    events = [one["event"] for one in messages if one["type"] == "log" and one["event"]]
    wanted = ["upload.received", "upload.stored", "validation.complete", "docling.started", "docling.page", "docling.complete"]
    wanted += ["chunking.created", "chunking.complete", "graphiti.started", "graphiti.extracted", "graphiti.written"]
    assert [name for name in dict.fromkeys(events) if name in wanted] == wanted
    assert len(events) >= 10
    end = messages[-1]
    assert (end["status"], end["error"]) == ("completed", None)
    assert end["metrics"]["chunks_processed"] == end["metrics"]["chunks_total"] > 0
    assert set(live.status(uploaded)["durations"].values()).isdisjoint({None})
    progress = [one["progress"] for one in messages if one["type"] == "status"]
    assert progress == sorted(progress)
    logs = [one for one in messages if one["type"] == "log"]
    assert len({one.get("request") for one in logs}) == 1  # the request's id is on what its run and the converter said, too
    assert len({one.get("run") for one in logs if one["stage"] in ("validation", "docling", "chunking", "graphiti")}) == 1


def test_the_api_is_restarted_in_mid_run_and_answers_the_same(live: Live) -> None:
    uploaded = live.upload("long.md", long_text("Restart"))
    seen = []
    try:
        for message in live.follow(uploaded):
            seen.append(message)
            if message.get("event") == "graphiti.started":
                process = next(one for one in processes_of_home(live.settings.home) if "fathom.api" in one.cmdline())
                process.kill()
                process.wait()
    except ConnectionClosed:
        pass
    assert seen[-1]["type"] != "complete"
    start_all(live.settings)
    rest = list(live.follow(uploaded, cursor=max(one.get("cursor", 0) for one in seen)))
    cursors = [one["cursor"] for one in [*seen, *rest] if one["type"] == "log"]
    assert cursors == sorted(set(cursors))
    assert rest[-1]["status"] == "completed"
    logs = live.call("GET", uploaded["status_url"].replace("/status", "") + "/logs?limit=1000").json()["lines"]
    assert [line["cursor"] for line in logs] == cursors


def test_three_processes_of_the_api_answer_the_same_while_a_document_is_on_its_way(live: Live) -> None:
    ports = [live.settings.api_port, free_port(), free_port()]
    environment = {**os.environ, **as_environment(live.settings)}
    more = [
        subprocess.Popen([sys.executable, "-m", "fathom.api", "--port", str(port)], cwd=PROJECT_ROOT, env=environment)
        for port in ports[1:]
    ]
    try:
        with httpx.Client(headers=live.headers, timeout=30) as client:
            until_answering(client, ports)
            uploaded = live.upload("three.md", long_text("Three", 60))
            compared: dict[str, int] = {}
            while True:
                answers = [client.get(f"http://127.0.0.1:{port}{uploaded['status_url']}").json() for port in ports]
                again = client.get(f"http://127.0.0.1:{ports[0]}{uploaded['status_url']}").json()
                moving = ("estimated_completion", "estimated_completion_p90", "metrics")  # which the ledger moves between lines
                if answers[0]["cursor"] == again["cursor"] and answers[0]["state"] == again["state"]:
                    said = [{name: value for name, value in one.items() if name not in moving} for one in answers]
                    assert said[0] == said[1] == said[2]
                    compared[answers[0]["stage"]] = compared.get(answers[0]["stage"], 0) + 1
                if again["state"] in ("complete", "failed"):
                    break
            assert again["state"] == "complete"
            assert compared["graphiti"] > 3
            logs = uploaded["status_url"].replace("/status", "") + "/logs?limit=1000"
            address = f"http://127.0.0.1:{ports[0]}{logs}"
            wait_for(lambda: "upload.done" in {line["event"] for line in client.get(address).json()["lines"]}, 10)
            listed = [client.get(f"http://127.0.0.1:{port}{logs}").json()["lines"] for port in ports]
            assert listed[0] == listed[1] == listed[2]
            assert len({line["cursor"] for line in listed[0]}) == len(listed[0])  # three collect, and each line is there once
    finally:
        for process in more:
            process.terminate()
        for process in more:
            process.wait(20)


def test_a_run_that_is_killed_is_seen_dead_and_tried_again(live: Live) -> None:
    uploaded = live.upload("killed.md", long_text("Kill"))
    found = live.until(uploaded, "running")
    run = open_instance(live.settings).get_run_by_id(found["run"])
    assert run is not None
    os.kill(int(run.tags[PID_TAG]), signal.SIGKILL)
    began = time.monotonic()
    # the sensor may already have taken it back
    live.until(uploaded, "dead", "queued", within_s=5)
    assert time.monotonic() - began < 5
    assert live.until(uploaded, "complete", within_s=180)["attempts"] == 0, "a success ends the count"


def test_a_cancelled_document_ends_within_two_seconds_and_goes_on_when_asked(live: Live) -> None:
    uploaded = live.upload("cancelled.md", long_text("Cancel"))
    found = live.until(uploaded, "running")
    run = open_instance(live.settings).get_run_by_id(found["run"])
    assert run is not None
    name = uploaded["status_url"].rsplit("/", 1)[1]
    began = time.monotonic()
    answer = live.call("POST", f"/api/documents/{name}/cancel")
    assert time.monotonic() - began < 4  # two of ours, on a loaded machine
    assert answer.json()["error"]["type"] == "RunCancelled"
    assert not psutil.pid_exists(int(run.tags[PID_TAG])) or psutil.Process(int(run.tags[PID_TAG])).status() == "zombie"
    ended = open_instance(live.settings).get_run_by_id(found["run"])
    assert ended is not None
    assert ended.status.value == "CANCELED"
    assert ended.tags["fathom/cancelled_by"]
    live.call("POST", f"/api/documents/{name}/retry")
    done = live.until(uploaded, "complete", within_s=180)
    assert done["metrics"]["chunks_processed"] == done["metrics"]["chunks_total"]


def test_a_removed_document_is_gone_everywhere_with_a_receipt(live: Live) -> None:
    uploaded = live.upload("gone.md", b"# Gone\n\nAda Lovelace met Charles Babbage in London.")
    live.until(uploaded, "complete")
    name = uploaded["status_url"].rsplit("/", 1)[1]
    receipt = live.call("DELETE", f"/api/documents/{name}")
    assert receipt.status_code == 200, receipt.text
    assert (receipt.json()["episodes_removed"], receipt.json()["file_removed"]) == (1, True)
    assert receipt.json()["graph"]["digest_before"] != receipt.json()["graph"]["digest_after"]
    assert verify(live.settings, receipt.json()["id"]).holds
    assert live.call("GET", uploaded["status_url"]).status_code == 404
    assert not (live.settings.inbox_path / "live" / "gone.md").exists()


def test_the_first_step_comes_soon_and_then_there_are_estimates(live: Live) -> None:
    waits = []
    for number in range(4):
        began = time.time()
        uploaded = live.upload(f"soon-{number}.md", f"# {number}\n\nIngrid Solberg lives in Bergen.".encode())
        answered = time.time() - began
        live.until(uploaded, "complete")
        logs = live.call("GET", uploaded["status_url"].replace("/status", "") + "/logs").json()["lines"]
        begun = next(line for line in logs if line["event"] == "docling.begun")
        waits.append((round(answered, 3), round(datetime.fromisoformat(begun["timestamp"]).timestamp() - began, 3)))
    print("answered, first step (s):", waits)
    assert min(wait for _, wait in waits) < 3.0
    uploaded = live.upload("estimated.md", long_text("Estimate", 20))
    estimates = [one["eta"] for one in live.follow(uploaded) if one["type"] == "status"]
    assert any(estimates)
