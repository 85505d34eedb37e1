"""A server that behaves in dozens of ways at random: every text is answered, and what it cost is what the server counted."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.llm.middleware.retry import MAX_TRIES
from fathom.tables import llm_calls
from tests.fathom.llm.scripted_server import Asked, Reply, completion, error, page

TEXTS = 120
SHARE = 0.4  # of requests that are answered badly
BAD: tuple[Callable[[Asked], Reply], ...] = (
    lambda asked: error(500, "Internal server error"),
    lambda asked: error(502, "upstream"),
    lambda asked: page(502, "502 Bad Gateway"),
    lambda asked: page(504, "504 Gateway Time-out"),
    lambda asked: error(503, "Loading model"),
    lambda asked: error(529, "Overloaded", type="overloaded_error"),
    lambda asked: error(429, "Rate limit reached on requests per min. Please try again in 20ms."),
    lambda asked: error(429, "slow down", headers={"retry-after": "1"}),
    lambda asked: error(429, "slow down", headers={"x-ratelimit-reset-tokens": "30ms"}),
    lambda asked: Reply(429, "Too Many Requests", {"content-type": "text/plain"}),
    lambda asked: Reply(200, {"error": {"message": "Provider returned error", "code": 502}}),
    lambda asked: Reply(200, {"error": "upstream timed out"}),
    lambda asked: page(200, "Maintenance"),
    lambda asked: Reply(200, "{not json", {"content-type": "application/json"}),
    lambda asked: Reply(200, {"choices": []}),
    lambda asked: Reply(200, []),
    lambda asked: Reply(408, {"detail": "timeout"}),
    lambda asked: Reply(425, {"detail": "too early"}),
)
ANSWERS: tuple[Callable[[Asked], Reply], ...] = (
    completion,
    lambda asked: completion(asked, usage=None),
    lambda asked: completion(asked, usage={}),
    lambda asked: completion(asked, usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
    lambda asked: completion(asked, reasoning_content="Let me see"),
    lambda asked: completion(asked, refusal=None, tool_calls=None, annotations=[]),
)
ABILITIES: tuple[Callable[[Asked], Reply | None], ...] = (
    lambda asked: None,
    lambda asked: (
        error(400, "Use 'max_completion_tokens' instead of 'max_tokens', which is not supported.")
        if "max_tokens" in asked.body
        else None
    ),
    lambda asked: error(400, "Unrecognized request argument supplied: response_format") if asked.format else None,
    lambda asked: (
        Reply(400, {"error": "'response_format.type' must be 'json_object'"}) if asked.format == "json_schema" else None
    ),
    lambda asked: error(500, "failed to parse grammar") if asked.format == "json_schema" else None,
)


@pytest.mark.parametrize("seed", range(4))
def test_every_text_is_answered_and_its_cost_is_the_servers_count(
    settings_for: Any, opened: Any, played: Any, waits: list[float], seed: int
) -> None:
    lock, counted, seen = threading.Lock(), [], Counter[str]()
    ability = ABILITIES[seed % len(ABILITIES)]

    def script(asked: Asked) -> Reply:
        question = str(asked.body["messages"])
        with lock:
            seen[question] += 1
        # by the question and its number of tries, so that the order in which threads ask decides nothing
        chance = random.Random(f"{seed} {seen[question]} {question}")
        bad = chance.random() < SHARE and asked.number > 1 and seen[question] < MAX_TRIES
        reply = chance.choice(BAD if bad else ANSWERS)
        if (refused := ability(asked)) is not None:
            return refused
        if not bad:
            usage = completion(asked).body["usage"]
            counted.append(3e-6 * usage["prompt_tokens"] + 15e-6 * usage["completion_tokens"])
        return reply(asked)

    prices = {"llm_usd_per_mtok_in": 3, "llm_usd_per_mtok_out": 15, "llm_concurrency": 8}
    played.by(script, **prices)
    done = 0
    for number in range(0, TEXTS, 8):
        texts = [f"{one}. Ada Moreno designed the Tamar Bridge." for one in range(number, number + 8)]
        done += len(played.model.extract(texts))
    assert done == TEXTS
    settings = settings_for("openai", **prices)
    with open_database(settings.operational_url).connect() as connection:
        spent = connection.scalar(sa.select(sa.func.sum(llm_calls.c.cost_usd)))
    assert spent == pytest.approx(sum(counted), rel=0.05)
