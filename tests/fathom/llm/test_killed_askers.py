"""A process that asks is killed at random moments: answers that had arrived are there for the next, none is asked again."""

from __future__ import annotations

import multiprocessing
import random
import time
from typing import Any

import pytest

from fathom.extraction.factory import open_language_model
from fathom.extraction.prompt import Prompt
from fathom.extraction.response_schema import Vocabulary
from fathom.llm.middleware.response_cache import ResponseCache
from fathom.settings import Settings
from tests.fathom.llm.messages_server import MessagesServer

SPAWN = multiprocessing.get_context("spawn")
TEXTS = [f"{number}. Ada Moreno designed the Tamar Bridge." for number in range(60)]
KILLS, AT_ONCE = 5, 8


def _asks(settings: Settings, begun: Any) -> None:
    model = open_language_model(settings)
    begun.set()
    model.extract(TEXTS)


def kept(settings: Settings) -> set[str]:
    """The passages whose answers are kept."""
    store = ResponseCache(settings.home / "language" / "answers.db", max_mb=1)
    questions = [Prompt(Vocabulary()).request(text) for text in TEXTS]
    found = {one.text for one in questions if store.get(one.key("claude-sonnet-5-5")) is not None}
    store.close()
    return found


@pytest.mark.integration
def test_no_answer_that_had_arrived_is_asked_for_again(settings_for: Any, server: MessagesServer, opened: Any) -> None:
    settings, chance = settings_for(llm_concurrency=AT_ONCE, budget_usd_per_day=10), random.Random(7)
    server.latency_s = 0.1
    for _ in range(KILLS):
        before, asked = kept(settings), len(server.requests)
        begun = SPAWN.Event()
        worker = SPAWN.Process(target=_asks, args=(settings, begun))
        worker.start()
        assert begun.wait(60)
        until = time.monotonic() + 60
        while len(server.requests) == asked and len(before) < len(TEXTS) and time.monotonic() < until:
            time.sleep(0.01)
        worker.join(chance.uniform(0.05, 0.4))
        worker.kill()
        worker.join()
        again = {request["body"]["messages"][0]["content"] for request in server.requests[asked:]}
        assert again.isdisjoint(before)
    found = opened(settings).extract(TEXTS)
    assert [len(one.entities) for one in found] == [2] * len(TEXTS)
    assert len(kept(settings)) == len(TEXTS)
    assert len(server.requests) - len(TEXTS) <= KILLS * AT_ONCE, "only what was under way at a kill is asked twice"
