"""Starts runs of waiting documents and ends dead runs in background tasks."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi.concurrency import run_in_threadpool

from fathom.deployment.supervision.supervisor import LOOK_EVERY_S as SUPERVISION_LOOK_EVERY_S
from fathom.deployment.supervision.supervisor import supervisor_of_supervisor
from fathom.errors import FathomError
from fathom.observability.structured_logging import get_logger
from fathom.orchestration.run_reconciliation import DeadRunWatch
from fathom.orchestration.run_submission import launch_waiting
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState

AGAIN_AFTER_S = 1.0  # until the next try without a free run slot; the sensor also looks, every 5 s
MAX_PAUSE_S = 60.0
LOOK_EVERY_S = 1.0  # interval of looks for dead runs

log = get_logger(__name__)


class RunStarter:
    """Starts waiting runs on request, and repeats while documents wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asked = asyncio.Event()
        self._request: str | None = None

    def kick(self, request: str | None) -> None:
        """Requests an immediate look at waiting documents."""
        self._request = request
        self._asked.set()

    async def run(self) -> None:
        """Starts runs until cancelled."""
        pause = AGAIN_AFTER_S
        while True:
            await self._asked.wait()
            self._asked.clear()
            request, self._request = self._request, None
            try:
                started = await run_in_threadpool(launch_waiting, self._settings, request=request)
                waiting = await run_in_threadpool(self._waiting)
                pause = AGAIN_AFTER_S if started else min(MAX_PAUSE_S, 1.5 * pause)
            except FathomError as error:
                log.warning("No run could be started; the sensor will", error=error.name, reason=error.message)
                continue
            if waiting:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), pause)
                self._asked.set()

    async def watch(self) -> None:
        """Ends runs whose process is gone, so that their documents are retried; runs until cancelled."""
        dead_runs = DeadRunWatch(self._settings)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                if await run_in_threadpool(dead_runs.look):
                    self.kick(None)
            except FathomError as error:
                log.debug("Runs could not be looked after; the sensor does", error=error.name)

    async def keep_supervisor(self) -> None:
        """Restarts the supervisor if it ended or hangs; runs until cancelled."""
        keeper = await run_in_threadpool(supervisor_of_supervisor, self._settings)
        while True:
            await asyncio.sleep(SUPERVISION_LOOK_EVERY_S)
            try:
                if await run_in_threadpool(keeper.wanted):
                    await run_in_threadpool(keeper.look)
            except (FathomError, OSError) as error:  # such as no memory for another process; the next look may succeed
                log.warning("The supervisor could not be looked at", error=type(error).__name__, reason=str(error))

    def _waiting(self) -> bool:
        return open_intake(self._settings).counts().get(UploadState.ACCEPTED, 0) > 0
