"""Reservations of the budget: longer than any request that is still under way, and over when its process is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.errors import LanguageModelUnreachable
from fathom.ledger.writer_lease import this_process
from fathom.llm.client import LLMCallFailed, LLMRequest, LLMResponse
from fathom.llm.middleware.budget import day_of, reservation_s
from fathom.llm.middleware.rate_limit import MAX_SLOT_WAIT_S
from fathom.llm.middleware.retry import MAX_RETRY_AFTER_S, RetryingClient, max_duration
from fathom.llm.providers.capability_negotiation import MAX_REFUSALS
from fathom.tables import llm_calls, llm_reservations

TEXT = "Ada Moreno designed the Tamar Bridge in 1998."
TIMEOUT_S = 120.0
ATTEMPT_S = MAX_SLOT_WAIT_S + MAX_REFUSALS * TIMEOUT_S
REQUEST = LLMRequest(system="s", schema={}, text="t", prompt="p", max_tokens=1)


class Trouble:
    """A provider whose attempts take as long as they may, and fail."""

    model = "m"

    def __init__(self, kinds: list[tuple[str, float | None]], attempt_s: float) -> None:
        self.now = 0.0
        self._kinds = cycle(kinds)
        self._attempt_s = attempt_s

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Fails after its time."""
        self.now += self._attempt_s
        kind, retry_after = next(self._kinds)
        raise LLMCallFailed(kind, "away", retry_after=retry_after)

    def sleep(self, seconds: float) -> None:
        """Lets the time pass."""
        self.now += seconds


@pytest.mark.parametrize("attempt_s", [0.1, TIMEOUT_S, ATTEMPT_S])
@pytest.mark.parametrize(
    "kinds",
    [
        [("timeout", None)],
        [("http_429", MAX_RETRY_AFTER_S - 8)],
        [("loading", None)],
        [("loading", 0.0)],
        [("loading", None), ("http_429", MAX_RETRY_AFTER_S - 8)],
    ],
)
@pytest.mark.parametrize("jitter", [lambda: 0.0, lambda: 1.0])
def test_no_request_outlasts_its_reservation(
    kinds: list[tuple[str, float | None]], attempt_s: float, jitter: Callable[[], float]
) -> None:
    provider = Trouble(kinds, attempt_s)
    client = RetryingClient(provider, sleep=provider.sleep, jitter=jitter, clock=lambda: provider.now)
    with pytest.raises(LanguageModelUnreachable):
        client.complete(REQUEST)
    assert provider.now <= max_duration(attempt_s)
    assert 2 * provider.now <= reservation_s(TIMEOUT_S)  # after another request that probed the account


def test_a_process_that_ended_holds_nothing_any_more(settings_for: Any, opened: Any) -> None:
    settings = settings_for(budget_usd_per_day=1)
    engine = open_database(settings.operational_url)
    ask = [sys.executable, "-c", "from fathom.ledger.writer_lease import this_process; print(this_process())"]
    ended = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    row = {"document": "c/a.md", "collection": "c", "model": "m", "prompt": "p", "usd": 0.1, "expected_usd": 0.03}
    now = 4_000_000_000.0
    with engine.begin() as connection:
        for name, holder in (("dead", ended), ("alive", this_process()), ("elsewhere", "host 1 1.0"), ("older", "")):
            connection.execute(llm_reservations.insert().values(id=name, day=day_of(now), holder=holder, expires_at=now, **row))
    opened(settings).extract([TEXT])
    with engine.connect() as connection:
        assert set(connection.scalars(sa.select(llm_reservations.c.id))) == {"alive", "elsewhere", "older"}
        lost = connection.scalars(sa.select(llm_calls.c.cost_usd).where(llm_calls.c.outcome == "lost")).all()
    assert lost == [0.03]
