"""Runs one by one, of three steps that do nothing: by our launcher and by Dagster's own, in turns.

Each of two Dagster homes has a webserver, which is asked to launch a run when the one before is over. They differ in one
thing: the launcher that their dagster.yaml names.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import httpx
import psutil

from benchmarks.figure import Figure
from benchmarks.material import free_port, own_home
from fathom.orchestration.dagster_home import dagster_config
from fathom.orchestration.run_submission import LAUNCH
from fathom.orchestration.warm_runs.run_socket import ask
from fathom.settings import PROJECT_ROOT, Settings

RUNS = int(os.environ.get("BENCH_RUNS", "10"))
READY_WITHIN_S = 120.0
STEPS = 3


@dataclass(frozen=True)
class Deployed:
    """A Dagster home with its webserver."""

    instance: dg.DagsterInstance
    port: int

    def run(self) -> float:
        """Seconds from the request to the end of the run."""
        selector = {"repositoryLocationName": "trivial", "repositoryName": "__repository__", "jobName": "trivial"}
        asked = {"query": LAUNCH, "variables": {"executionParams": {"selector": selector, "runConfigData": {}}}}
        start = time.perf_counter()
        answer = httpx.post(f"http://127.0.0.1:{self.port}/graphql", json=asked, timeout=60).json()
        run = answer["data"]["launchRun"]["run"]["runId"]
        while not (found := self.instance.get_run_by_id(run)) or not found.is_finished:
            time.sleep(0.02)
        if not found.is_success:
            raise RuntimeError(f"The run ended {found.status}.")
        return time.perf_counter() - start


def measure() -> list[Figure]:
    """The median time of a run by each launcher, and how many an hour that makes."""
    with own_home() as of, ExitStack() as opened:
        ours = opened.enter_context(_deployed(of, "warm"))
        theirs = opened.enter_context(_deployed(of, "default"))
        taken: dict[str, list[float]] = {"ours": [], "theirs": []}
        for number in range(RUNS + 1):
            for name, one in (("ours", ours), ("theirs", theirs)):
                seconds = one.run()
                if number:  # the first of each warms it up
                    taken[name].append(seconds)
    mine, peer = (statistics.median(taken[name]) for name in ("ours", "theirs"))
    ratio = peer / mine
    note = (
        f"{RUNS} runs each, {STEPS} steps; {ratio:.1f} times as fast; load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    )
    return [
        Figure("a run that does nothing", mine, "s", "Dagster's default launcher", peer, "≤ 0.33 times", note),
        Figure("such runs, one by one", 3600 / mine, "an hour", "Dagster's default launcher", 3600 / peer, "≥ 3 times"),
    ]


@contextmanager
def _deployed(of: Settings, name: str) -> Iterator[Deployed]:
    """A Dagster home below the benchmark's, its webserver, and for the warm launcher the run server."""
    home = of.home / name
    home.mkdir()
    config = dagster_config(of.model_copy(update={"home": home}))
    address = home / "runs.sock"
    if name == "warm":
        config["run_launcher"]["config"]["address"] = str(address)
    else:
        del config["run_launcher"]
    (home / "dagster.yaml").write_text(json.dumps(config))
    location = {"python_module": {"module_name": "benchmarks.trivial_job", "location_name": "trivial"}}
    (home / "workspace.yaml").write_text(json.dumps({"load_from": [location]}))
    environment = {**os.environ, "DAGSTER_HOME": str(home), "FATHOM_HOME": str(home)}
    port = free_port()
    commands = [["-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-w", str(home / "workspace.yaml")]]
    if name == "warm":
        commands.append(["-m", "benchmarks.trivial_job", str(address)])
    with dg.DagsterInstance.from_config(str(home)) as instance, ExitStack() as started:
        for command in commands:
            started.enter_context(_process(home, command, environment))
        _until_ready(port, address if name == "warm" else None)
        yield Deployed(instance, port)


@contextmanager
def _process(home: Path, command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    with (home / f"{command[1]}.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.terminate()
            process.wait(20)
            psutil.wait_procs(below, timeout=10)


def _until_ready(port: int, address: Path | None) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/server_info", timeout=5).raise_for_status()
            if address is not None:
                ask(address, run=None)
            return
        except (OSError, ValueError, httpx.HTTPError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
