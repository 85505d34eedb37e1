"""The HTTP server of the API and of Dagster's pages, which wakes up once a second while nobody asks it anything.

Uvicorn's own loop wakes ten times a second to see a signal, in each server.
"""

from __future__ import annotations

import asyncio
from types import FrameType

import uvicorn

TICK_S = 1.0
TICKS_COUNTED = 10  # by uvicorn for each of these: its `on_tick` writes the date of responses at every tenth


class CalmServer(uvicorn.Server):
    """A server with a slower loop that a signal still ends at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    async def main_loop(self) -> None:
        """Ticks until a signal, or until `should_exit` is set."""
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += TICKS_COUNTED
            try:
                async with asyncio.timeout(TICK_S):
                    await self._told.wait()
            except TimeoutError:
                continue

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends the server, as uvicorn does, and wakes its loop."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)
