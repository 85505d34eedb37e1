"""A whole deployment on a home and ports of its own, driven through the program that users have."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fathom.processes.process import kill, processes_of_home

PROGRAM = Path(sys.executable).with_name("fathom")


@dataclass(frozen=True)
class Deployment:
    """A home with ports of its own, and the program that works on it."""

    home: Path

    def __call__(self, *words: str, within_s: float = 300, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
        ports = json.loads((self.home.parent / "ports.json").read_text())
        environment |= {"FATHOM_HOME": str(self.home), **{f"FATHOM_{name}_PORT": str(port) for name, port in ports.items()}}
        environment |= {f"FATHOM_{name.upper()}": value for name, value in settings.items()}
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, env=environment, timeout=within_s, check=False)

    def json(self, *words: str) -> Any:
        """The one JSON document that the command answers, which must succeed."""
        done = self(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def documents(self, collection: str) -> dict[str, dict[str, Any]]:
        """The collection's documents by id."""
        return {row["id"]: row for row in self.json("documents", "--collection", collection)["documents"]}

    def pids(self) -> dict[str, int]:
        """The process of each part that runs; also of an unhealthy deployment."""
        parts = json.loads(self("status", "--json").stdout)["parts"]
        return {part["name"]: part["pid"] for part in parts if part["pid"]}


def wait_for(what: Callable[[], Any], within_s: float) -> Any:
    """The first true answer; a last look when the time is over, so that the assertion after it shows what was there."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.2)
    return what()


@contextmanager
def deployment(folder: Path) -> Iterator[Deployment]:
    """A deployment that nothing is started of yet; no process of it is left after."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        (folder / "ports.json").write_text(json.dumps({"DAGSTER": one.getsockname()[1], "API": other.getsockname()[1]}))
    made = Deployment(folder / "home")
    try:
        yield made
    finally:
        made("down")
        kill(processes_of_home(made.home))
