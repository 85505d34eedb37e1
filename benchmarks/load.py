"""The API under load: status among 100,000 documents and a million events, 50 uploads at once, 200 who follow one document.

One API process over a home without any other part, called over HTTP from here. Its CPU and its memory are the process's own.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import psutil
import sqlalchemy as sa
from websockets.asyncio.client import connect

from benchmarks.figure import Figure
from benchmarks.large_record import DOCUMENTS, EVENTS, RUNNING, document_name, fill
from benchmarks.material import free_port, own_home, trivial_document
from fathom.api.routes.document_paths import encoded
from fathom.database import open_database
from fathom.deployment.components import as_environment
from fathom.observability.json_lines_handler import keep_logs
from fathom.observability.structured_logging import emit, get_logger, stage
from fathom.security.api_keys import open_keys
from fathom.settings import PROJECT_ROOT, Settings
from fathom.tables import uploads

STATUS_CALLS, SMALL_UPLOADS, AT_ONCE, FOLLOWERS = 600, 40, 50, 200
UPLOAD_MB = 10
FOLLOWED_S, LINES_EVERY_S = 20.0, 0.5
EMITTED = 20_000

log = get_logger("fathom.bench")


@dataclass(frozen=True)
class Served:
    """An API process and a key for it."""

    settings: Settings
    port: int
    key: dict[str, str]
    process: psutil.Process

    def client(self) -> httpx.Client:
        """A caller with the key."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=self.key, timeout=120)

    def cpu(self) -> float:
        """Seconds of CPU of the process so far."""
        times = self.process.cpu_times()
        return times.user + times.system


def measure() -> list[Figure]:
    """Every figure of the API under load."""
    with own_home() as settings:
        emitting = _emitting(settings)
        fill(open_database(settings.operational_url))
        with _served(settings) as api:
            return [emitting, *_status(api), _small(api), *_at_once(api), *_followed(api)]


@contextmanager
def _served(settings: Settings) -> Iterator[Served]:
    port = free_port()
    key = open_keys(settings).create("admin", name="bench").key
    environment = {**os.environ, **as_environment(settings), "FATHOM_API_REQUESTS_PER_MINUTE": "1000000"}
    command = [sys.executable, "-m", "fathom.api", "--port", str(port)]
    with (settings.home / "api.log").open("wb") as output:
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield Served(settings, port, {"X-API-Key": key}, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def _emitting(settings: Settings) -> Figure:
    """What an event costs who says it, in CPU time of its thread."""
    handler = keep_logs(settings, "bench")
    try:
        with stage("graphiti", document="many/a.md", run="r"):
            began = time.thread_time()
            for number in range(EMITTED):
                emit("graphiti.written", "Episode written", chunk=number, chunks=EMITTED, entities=12, facts=9)
            spent = 1e6 * (time.thread_time() - began) / EMITTED
    finally:
        handler.close()
    for file in settings.logs_path.iterdir():
        file.unlink()
    return Figure(
        "an event emitted",
        spent,
        "µs of CPU",
        goal="≤ 20 µs",
        note=f"{EMITTED:,} events to the log file; load {os.getloadavg()[0]:.0f}",
    )


def _status(api: Served) -> list[Figure]:
    """Status calls one after another, of documents in every state."""
    chosen = random.Random(7)
    taken = []
    with api.client() as client:
        before = 0.0
        for number in range(STATUS_CALLS + 20):
            before = api.cpu() if number == 20 else before  # the first warm it up
            document = RUNNING if number % 10 == 0 else document_name(chosen.randrange(DOCUMENTS))
            began = time.perf_counter()
            answer = client.get(f"/api/upload/status/{encoded(document)}")
            if number >= 20:
                taken.append(1000 * (time.perf_counter() - began))
            answer.raise_for_status()
        each = 1000 * (api.cpu() - before) / STATUS_CALLS
    busy = f"{each:.0f} ms of CPU each, load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    note = f"{STATUS_CALLS} calls, {DOCUMENTS:,} documents, {EVENTS:,} events; slowest {max(taken):.0f} ms; {busy}"
    return [
        Figure("status of a document, median", statistics.median(taken), "ms", note=note),
        Figure("status of a document, p95", statistics.quantiles(taken, n=20)[-1], "ms", goal="≤ 50 ms", note=note),
    ]


def _small(api: Served) -> Figure:
    """Small files one after another: until each is on disk, in the register, and answered."""
    taken = []
    with api.client() as client:
        for number in range(SMALL_UPLOADS):
            file = {"file": (f"{number}.md", trivial_document(number).encode())}
            began = time.perf_counter()
            client.post("/api/upload", data={"collection": "small"}, files=file).raise_for_status()
            taken.append(1000 * (time.perf_counter() - began))
    note = f"{SMALL_UPLOADS} files, slowest {max(taken):.0f} ms"
    return Figure("a small file uploaded and answered", statistics.median(taken), "ms", goal="< 100 ms", note=note)


def _at_once(api: Served) -> list[Figure]:
    """Large files all at once, and each of them a second time at the same moment."""
    bodies = {f"large/{number}.txt": _text(number) for number in range(AT_ONCE)}
    before, peak, stop = api.process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            peak[0] = max(peak[0], api.process.memory_info().rss)

    def send(document: str) -> int:
        with api.client() as client:
            name = document.rpartition("/")[2]
            return client.post(
                "/api/upload", data={"collection": "large"}, files={"file": (name, bodies[document])}
            ).status_code

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.perf_counter()
    with ThreadPoolExecutor(2 * AT_ONCE) as pool:
        answers = list(pool.map(send, [document for document in bodies for _ in range(2)]))
    seconds = time.perf_counter() - began
    stop.set()
    watching.join()
    with open_database(api.settings.operational_url).connect() as connection:
        rows = connection.scalar(sa.select(sa.func.count()).where(uploads.c.collection == "large")) or 0
        versions = connection.scalar(
            sa.select(sa.func.count(uploads.c.version.distinct())).where(uploads.c.collection == "large")
        )
    lost, doubled = AT_ONCE - min(rows, versions or 0), max(0, rows - AT_ONCE)
    refused = sum(code != 202 for code in answers)
    note = f"{AT_ONCE} files of {UPLOAD_MB} MB, each sent twice at once; {seconds:.1f} s, {refused} refused"
    return [
        Figure("uploads at once, lost", lost, "documents", goal="0", note=note),
        Figure("uploads at once, doubled", doubled, "documents", goal="0", note=note),
        Figure("uploads at once, memory of the API grew by", (peak[0] - before) / 1024**2, "MB", note="of 1,000 MB sent"),
    ]


def _text(number: int) -> bytes:
    line = f"Line of file {number}, which is like no other file. ".encode()
    return line * (UPLOAD_MB * 1024**2 // len(line))


def _followed(api: Served) -> list[Figure]:
    """Clients who follow one document while it says something twice a second; the writer is this process."""
    handler = keep_logs(api.settings, "runs")
    try:
        spent, got, late = asyncio.run(_follow(api))
    finally:
        handler.close()
    wanted = int(FOLLOWED_S / LINES_EVERY_S)
    note = f"{FOLLOWED_S:.0f} s, {wanted} lines; {min(got)} to {max(got)} of them with each client"
    return [
        Figure(f"{FOLLOWERS} clients on one document", 100 * spent / FOLLOWED_S, "% of a core", goal="< 10 %", note=note),
        Figure("a line said → at the last client", 1000 * statistics.median(late), "ms", note="median over the lines"),
    ]


async def _follow(api: Served) -> tuple[float, list[int], list[float]]:
    said: dict[int, float] = {}
    heard: list[dict[int, float]] = [{} for _ in range(FOLLOWERS)]
    joined = asyncio.Semaphore(20)
    ready = [asyncio.Event() for _ in range(FOLLOWERS)]
    address = f"ws://127.0.0.1:{api.port}/api/upload/{encoded(RUNNING)}/stream"

    async def one(number: int) -> None:
        async with joined:
            stream = await connect(address, additional_headers=api.key, proxy=None, open_timeout=60)
        async with stream:
            async for message in stream:
                if '"type": "status"' in message[:20]:  # type: ignore[operator]
                    ready[number].set()
                elif '"chunks": 4321' in message:  # type: ignore[operator]
                    heard[number][json.loads(message)["metrics"]["chunk"]] = time.perf_counter()

    tasks = [asyncio.create_task(one(number)) for number in range(FOLLOWERS)]
    await asyncio.gather(*(event.wait() for event in ready))
    await asyncio.sleep(2.0)
    before, began = api.cpu(), time.perf_counter()
    with stage("graphiti", document=RUNNING, run="running"):
        for chunk in range(int(FOLLOWED_S / LINES_EVERY_S)):
            said[chunk] = time.perf_counter()
            metrics = {"chunk": chunk, "chunks": 4321, "entities": 3 * chunk, "facts": 2 * chunk}
            log.info(f"Episode {chunk} written", sub_stage="written", metrics=metrics)
            await asyncio.sleep(max(0.0, began + (chunk + 1) * LINES_EVERY_S - time.perf_counter()))
    spent = api.cpu() - before
    await asyncio.sleep(3.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    late = [max(one.get(chunk, float("inf")) for one in heard) - at for chunk, at in said.items()]
    return spent, [len(one) for one in heard], late


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
