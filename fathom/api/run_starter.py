"""Starts runs for what was just uploaded, retried or resumed, and sees those that died, without making anybody wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi.concurrency import run_in_threadpool

from fathom.deployment.supervision.supervisor import LOOK_EVERY_S as SUPERVISION_LOOK_EVERY_S
from fathom.deployment.supervision.supervisor import supervisor_of_supervisor
from fathom.errors import FathomError
from fathom.observability.structured_logging import get_logger
from fathom.orchestration.run_reconciliation import reconcile_dead_runs
from fathom.orchestration.run_submission import launch_waiting
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState

AGAIN_AFTER_S = 1.0  # what found no free place is tried so soon again; the sensor, every 5 s, would find it too
LONGEST_S = 60.0
LOOK_EVERY_S = 1.0  # for runs whose process is gone

log = get_logger(__name__)


class RunStarter:
    """One task that starts waiting runs whenever it is asked to, and again while some wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asked = asyncio.Event()
        self._request: str | None = None

    def kick(self, request: str | None) -> None:
        """Waiting documents are looked at now."""
        self._request = request
        self._asked.set()

    async def run(self) -> None:
        """Works until cancelled."""
        pause = AGAIN_AFTER_S
        while True:
            await self._asked.wait()
            self._asked.clear()
            request, self._request = self._request, None
            try:
                started = await run_in_threadpool(launch_waiting, self._settings, request=request)
                waiting = await run_in_threadpool(self._waiting)
                pause = AGAIN_AFTER_S if started else min(LONGEST_S, 1.5 * pause)
            except FathomError as error:
                log.warning("No run could be started; the sensor will", error=error.name, reason=error.message)
                continue
            if waiting:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), pause)
                self._asked.set()

    async def watch(self) -> None:
        """Runs whose process is gone are ended in Dagster too, and their documents tried again; works until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                if await run_in_threadpool(reconcile_dead_runs, self._settings):
                    self.kick(None)
            except FathomError as error:
                log.debug("Runs could not be looked after; the sensor does", error=error.name)

    async def keep_supervisor(self) -> None:
        """The supervisor, which keeps all other parts, is started again where it ended or hangs; works until cancelled."""
        keeper = await run_in_threadpool(supervisor_of_supervisor, self._settings)
        while True:
            await asyncio.sleep(SUPERVISION_LOOK_EVERY_S)
            try:
                if await run_in_threadpool(keeper.wanted):
                    await run_in_threadpool(keeper.look)
            except (FathomError, OSError) as error:  # such as no memory for another process: the next look may have it
                log.warning("The supervisor could not be looked at", error=type(error).__name__, reason=str(error))

    def _waiting(self) -> bool:
        return open_intake(self._settings).counts().get(UploadState.ACCEPTED, 0) > 0
