"""The warm converter as a component, started by `fathom up` so that it is warm for the first document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from fathom.errors import FathomError
from fathom.processes.component import ComponentStatus, suspension
from fathom.processes.process import process_state
from fathom.settings import Settings

if TYPE_CHECKING:
    from fathom.conversion.service.converter_client import ConverterClient


class ConverterComponent:
    """The converter process of the home."""

    name = "converter"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start(self) -> str:
        """Starts it until it listens; its workers warm up in the background. Raises ConverterUnreachable."""
        from fathom.conversion.service.converter_client import ConverterClient

        client = ConverterClient(self._settings)
        before = _pid(client)
        client.ensure_started()
        after = _pid(client)
        if before is None:
            return "started"
        return "running" if before == after else "restarted"

    def stop(self) -> bool:
        """Stops it and cancels its conversions; returns whether it ran."""
        from fathom.conversion.service.converter_client import ConverterClient

        return ConverterClient(self._settings).stop()

    def status(self) -> ComponentStatus:
        """Returns its status."""
        from fathom.conversion.service.converter_address import ConverterAddress
        from fathom.conversion.service.converter_client import ConverterClient

        log = str(self._settings.logs_path / "converter.jsonl")
        client = ConverterClient(self._settings)
        if (pid := client.listening()) is None:
            return ComponentStatus(name=self.name, state="stopped", log=log)
        if pid and process_state(pid) == psutil.STATUS_STOPPED:  # it cannot respond; it checks its workers itself
            return ComponentStatus(name=self.name, state="unhealthy", pid=pid, detail=suspension(pid, [pid]), log=log)
        try:
            status = client.status()
        except FathomError as error:
            detail = f"{error.message} {error.what_to_do}"
            return ComponentStatus(name=self.name, state="unhealthy", pid=pid or None, detail=detail, log=log)
        return ComponentStatus(
            name=self.name,
            state="unhealthy" if status.problem else "healthy",
            pid=status.pid,
            address=str(ConverterAddress(self._settings.home).socket),
            version=status.version or None,
            uptime_s=round(status.uptime_s, 1),
            rss_mb=round(status.rss_bytes / 1024**2, 1),
            detail=f"{status.problem} Read {log}." if status.problem else None,
            log=log,
        )

    def probe(self) -> ComponentStatus:
        """Returns its status, which it tells over its socket at little cost."""
        return self.status()


def _pid(client: ConverterClient) -> int | None:
    try:
        return client.status().pid
    except FathomError:
        return None
