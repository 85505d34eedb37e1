"""A converter of its own for each test that wants one, and the proof that nothing of it is left."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from fathom.conversion.service.converter_client import ConverterClient
from fathom.conversion.service.converter_status import ConverterStatus
from fathom.errors import ConverterUnreachable
from fathom.settings import Settings

ENGINE = "scripted_engine"


def eventually(condition: Callable[[], object], within: float = 60.0) -> None:
    """The condition holds, at the latest after so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not true within {within} s: {condition}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Converters:
    """Makes clients of one home, whose workers run the scripted engine."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self._folder = folder
        self._pids: set[int] = set()

    def client(self, engine: str = ENGINE, **changes: Any) -> ConverterClient:
        """A client; `changes` are settings."""
        self.settings = self.settings.model_copy(update=changes)
        return ConverterClient(self.settings, engine=engine)

    def status(self, client: ConverterClient) -> ConverterStatus:
        """The client's status; its processes must be gone when the test ends."""
        status = client.status()
        self._pids |= {status.pid, *(worker.pid for worker in status.workers if worker.pid)}
        return status

    def text(self, content: str, name: str = "upload.txt") -> Path:
        """A text file."""
        path = self._folder / name
        path.write_text(content)
        return path

    def provide(self, module: str) -> None:
        """The scripted engine can be imported under that name as well."""
        (self._folder / f"{module}.py").write_text(Path(__file__).with_name(f"{ENGINE}.py").read_text())

    def close(self) -> None:
        """No process of the home is left."""
        client = ConverterClient(self.settings, engine=ENGINE)
        with contextlib.suppress(ConverterUnreachable):
            self.status(client)
        client.stop()
        eventually(lambda: not any(alive(pid) for pid in self._pids), within=5)
