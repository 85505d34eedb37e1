"""Dagster's plug for captured output: it is kept for what sensors say on their pages, and not for runs.

What a run says is in its events and in Fathom's log, line by line, and its bare output in the run server's log. A file
for each stream of each run, in two folders of its own, would say it once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData


class TickLogManager(LocalComputeLogManager):
    """Keeps in files what sensors log in their ticks; the output of a run goes where its process sends it."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The manager as dagster.yaml configures it."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """The output goes on as it is."""
        yield CapturedLogContext(log_key)

    def is_capture_complete(self, log_key: Sequence[str]) -> bool:
        """Subscribes nobody: there is no output of runs to wait for."""
        return True
