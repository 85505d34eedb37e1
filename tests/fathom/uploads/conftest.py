"""An intake over a home of the test's own, files dropped into its inbox with an age, and a clock that records its waits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.settings import Settings
from fathom.uploads.content_store import open_store
from fathom.uploads.intake import Intake

LONG_AGO = 3600.0


@dataclass
class Desk:
    """What a test works at; `drop` gives a file an age in seconds, so that no test waits for one to settle."""

    settings: Settings
    waits: list[float] = field(default_factory=list)
    while_waiting: Callable[[], object] = lambda: None

    @property
    def inbox(self) -> Path:
        return self.settings.inbox_path

    def intake(self, **changes: int) -> Intake:
        """A new intake over the same home, as after a restart."""
        settings = self.settings.model_copy(update=changes)
        return Intake(open_database(settings.operational_url), open_store(settings), settings, sleep=self._sleep)

    def drop(self, path: str | bytes, content: bytes | str = b"some text", *, age: float = LONG_AGO) -> Path:
        place = self.inbox / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        self.touch(place, age)
        return place

    def touch(self, place: Path, age: float) -> None:
        at = time.time_ns() - int(age * 1e9)
        os.utime(place, ns=(at, at))

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.while_waiting()


@pytest.fixture
def desk(home_settings: Settings) -> Desk:
    home_settings.inbox_path.mkdir(parents=True)
    return Desk(home_settings)
