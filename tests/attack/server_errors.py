"""Sends a deployment of its own many odd requests, and counts the answers: none may be a server error.

python -m tests.attack.server_errors --requests 20000 --seed 16

Prints a table of the answers; exits with 1 where one was 5xx, none came, or a refusal of the API was no problem document.
"""

from __future__ import annotations

import argparse
import http.client
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from fathom.api.app import create_app
from fathom.deployment.components import start_all, stop_all
from fathom.processes.process import kill, processes_of_home
from fathom.security.api_keys import admin_key, open_keys
from fathom.settings import Settings
from tests.attack.odd_requests import Known, OddRequest, odd_requests, operations

ANSWER_WITHIN_S = 10.0
RENEW_EVERY = 100  # requests
SHOWN = 20  # broken promises that are printed


@dataclass(frozen=True, slots=True)
class Answer:
    """Holds an answer: a status of 0 stands for a connection that ended without an answer."""

    status: int
    kind: str = ""
    text: str = ""


Send = Callable[[OddRequest], Answer]


@dataclass
class Found:
    """Counts of the answers by status, the slowest, and the requests whose answers break a promise."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    errors: int = 0  # 5xx and no answer at all, but for a part that is away and said to be
    slowest_s: float = 0.0
    broken: list[str] = field(default_factory=list[str])

    def judge(self, request: OddRequest, answer: Answer, took_s: float, *, away: bool = False) -> None:
        """Counts an answer; 503 is right where parts are `away`, and where it is asked whether one is."""
        self.statuses[answer.status] += 1
        self.slowest_s = max(self.slowest_s, took_s)
        wrong = None
        ours = "operational database" in answer.text  # which is never away here
        told = answer.status == 503 and ((away and not ours) or request.target.startswith(b"/health/ready"))
        if answer.status == 0 or (answer.status >= 500 and not told):
            self.errors += 1
            wrong = f"answered {answer.status}"
        elif took_s > ANSWER_WITHIN_S:
            wrong = f"took {took_s:.1f} s"
        elif answer.status >= 400 and request.target.startswith(b"/api/") and answer.text and "json" not in answer.kind:
            wrong = f"answered {answer.status} with {answer.kind or 'no content type'}"
        if "Traceback" in answer.text or "x-evil" in answer.kind.lower():
            wrong = "shows a trace, or a header of the request"
        if wrong is not None:
            self.broken.append(f"{wrong}: {request} -> {answer.text[:200]!r}")


def attack(known: Known, send: Send, requests: int, seeded: int, *, away: bool = False) -> Found:
    """Sends so many odd requests; the same for the same seed. The document that is known comes back when it was removed."""
    found = Found()

    @seed(seeded)
    @settings(
        max_examples=requests, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(odd_requests(operations(create_app(Settings())), known))
    def sent(request: OddRequest) -> None:
        if found.statuses.total() % RENEW_EVERY == 0:
            send(_upload(known))
        began = time.monotonic()
        answer = send(request)
        found.judge(request, answer, time.monotonic() - began, away=away)

    with suppress(KeyboardInterrupt):  # Ctrl+C: what came so far is shown
        sent()
    return found


def _upload(known: Known) -> OddRequest:
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n# A\n\nIngrid Solberg.\r\n--b--\r\n'
    name = known.document.partition("/")[2].encode()
    target, kind = b"/api/upload?collection=" + known.collection.encode(), b"multipart/form-data; boundary=b"
    return OddRequest("POST", target, (known.keys[0], (b"Content-Type", kind)), form % name)


def send_to(port: int, request: OddRequest) -> Answer:
    """Sends the bytes as they are to a server on this host, and reads the answer; of a stream its head alone."""
    names = {name.lower() for name, _ in request.headers}
    headers = [(b"Host", b"localhost")] if b"host" not in names else []
    headers += [*request.headers, (b"Connection", b"close")]
    if b"content-length" not in names and (request.body or request.method == "POST"):
        headers.append((b"Content-Length", str(len(request.body)).encode()))
    lines = [request.method.encode() + b" " + request.target + b" HTTP/1.1", *(b": ".join(one) for one in headers), b"", b""]
    with socket.create_connection(("127.0.0.1", port), timeout=2 * ANSWER_WITHIN_S) as connection:
        with suppress(OSError):  # it answered before it had everything
            connection.sendall(b"\r\n".join(lines) + request.body)
        answer = http.client.HTTPResponse(connection, method=request.method)
        try:
            answer.begin()
            kind = answer.headers.get("content-type", "")
            text = "" if kind.startswith("text/event-stream") else answer.read(100_000).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, text=repr(error))
    return Answer(answer.status, kind + ("x-evil" if "x-evil" in answer.headers else ""), text)


@contextmanager
def deployment() -> Iterator[tuple[int, Known]]:
    """A deployment with all its parts, and what there is in it: keys of an admin and a reader, and a document that comes."""
    with tempfile.TemporaryDirectory(prefix="fathom-odd-") as folder:
        of = Settings(
            home=Path(folder) / "home",
            dagster_port=_free_port(),
            api_port=_free_port(),
            graph_heap_mb=256,
            convert_workers=1,
            api_requests_per_minute=1_000_000,
        )
        try:
            if errors := [one.error for one in start_all(of) if one.error]:
                raise SystemExit(f"The deployment did not start: {errors}")
            reader = open_keys(of).create("reader", name="reader", collection="c").key
            keys = ((b"X-API-Key", (admin_key(of) or "").encode()), (b"Authorization", b"Bearer " + reader.encode()))
            yield of.api_port, Known(keys, "c/a.md", "c")
        finally:
            stop_all(of)
            kill(processes_of_home(of.home))


def table(found: Found) -> str:
    """Returns the counts as a Markdown table."""
    rows = [f"| {status or 'none'} | {number:,} |" for status, number in sorted(found.statuses.items())]
    return "\n".join(
        [
            "| answer | requests |",
            "|---|---|",
            *rows,
            f"\n{found.statuses.total():,} requests, {found.errors} server errors, slowest {found.slowest_s:.2f} s",
        ]
    )


def main() -> None:
    """Attacks a deployment of its own and prints what came of it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--requests", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=16)
    chosen = options.parse_args()
    with deployment() as (port, known):
        found = attack(known, partial(send_to, port), chosen.requests, chosen.seed)
    print(table(found))
    for one in found.broken[:SHOWN]:
        print(one)
    sys.exit(1 if found.broken else 0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
