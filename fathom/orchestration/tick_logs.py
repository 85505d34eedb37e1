"""Dagster's compute log manager, which captures the output of sensors and not of runs.

The lines of a run are in its events and in Fathom's log, and its raw output in the run server's log. Files for each stream of
each run would duplicate them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData


class TickLogManager(LocalComputeLogManager):
    """Stores the logs of sensor ticks in files; does not capture the output of runs."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Creates the manager from its configuration in dagster.yaml."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """Captures nothing."""
        yield CapturedLogContext(log_key)

    def is_capture_complete(self, log_key: Sequence[str]) -> bool:
        """Returns True: there is no output of runs to wait for."""
        return True
