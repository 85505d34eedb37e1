"""Answers whose tokens the server does not count are estimated, marked, and counted against the budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.errors import BudgetSpent
from fathom.llm.client import LLMRequest
from fathom.llm.providers.token_usage import TokenFactors, chat_usage, message_usage
from fathom.operations.costs import costs
from fathom.settings import Settings
from fathom.tables import llm_calls
from tests.fathom.llm.scripted_server import COUNTED, Asked, Reply, ScriptedServer, completion, message

PRICES = {"llm_usd_per_mtok_in": 3, "llm_usd_per_mtok_out": 15}
TEXT = "Ada Moreno designed the Tamar Bridge."
Opens = Callable[..., Settings]


@pytest.fixture
def asked_of(settings_for: Any, opened: Any) -> Any:
    """`asked_of(script, n, provider)`: the settings and server after n questions."""
    servers = []

    def made(script: Any, number: int, provider: str = "openai", **more: Any) -> tuple[Settings, ScriptedServer, Any]:
        server = ScriptedServer(script)
        servers.append(server)
        address = {"llm_base_url": server.url if provider == "anthropic" else f"{server.url}/v1", "llm_model": "m"}
        settings = settings_for(provider, **{**address, **PRICES, **more})
        found = opened(settings).extract([f"{one}. {TEXT}" for one in range(number)])
        return settings, server, found

    yield made
    for server in servers:
        server.stop()


def rows(settings: Settings) -> list[Any]:
    """The calls on record."""
    with open_database(settings.operational_url).connect() as connection:
        return list(connection.execute(sa.select(llm_calls).order_by(llm_calls.c.id)))


@pytest.mark.case(41)
@pytest.mark.parametrize(
    "usage",
    [None, {}, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, {"prompt_tokens": None}],
    ids=["null", "empty", "zeros", "nulls"],
)
def test_tokens_that_are_not_counted_are_estimated_and_marked(asked_of: Any, usage: Any) -> None:
    settings, _, found = asked_of(lambda asked: completion(asked, usage=usage), 3)
    assert all(row.estimated and row.tokens_in > 1000 and row.tokens_out > 20 and row.cost_usd > 0 for row in rows(settings))
    assert sum(one.usage.cost_usd for one in found) == pytest.approx(sum(row.cost_usd for row in rows(settings)))
    total = costs(settings, "day").total
    assert (total.estimated, total.estimated_usd) == (3, pytest.approx(total.cost_usd))


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_an_answer_in_the_reasoning_is_estimated_once(asked_of: Any, name: str) -> None:
    def in_reasoning(asked: Asked) -> Reply:
        good = completion(asked).body["choices"][0]["message"]["content"]
        return completion(asked, "", usage=None, **{name: good})

    settings, _, found = asked_of(in_reasoning, 1)
    _, _, other = asked_of(lambda asked: completion(asked, usage=None), 1, llm_model="another")
    assert found[0].entities == other[0].entities
    reasoned, said = rows(settings)
    assert reasoned.tokens_out == said.tokens_out > 0


def test_thinking_that_is_not_counted_is_estimated(asked_of: Any) -> None:
    def thinking(asked: Asked) -> Reply:
        text = message(asked).body["content"]
        return message(asked, [{"type": "thinking", "thinking": "So. " * 700, "signature": "s"}, *text], usage=None)

    settings, _, _ = asked_of(thinking, 1, "anthropic")
    (row,) = rows(settings)
    assert row.estimated
    assert row.tokens_out > 800


def test_tokens_that_are_counted_are_not_marked(asked_of: Any) -> None:
    settings, _, _ = asked_of(completion, 2)
    assert [row.estimated for row in rows(settings)] == [False, False]
    assert costs(settings, "model").total.estimated_usd == 0


@pytest.mark.case(41)
def test_a_budget_stops_questions_whose_tokens_nobody_counts(settings_for: Any, opened: Any, asked_of: Any) -> None:
    with pytest.raises(BudgetSpent):
        asked_of(lambda asked: completion(asked, usage=None), 60, budget_usd_per_day=0.15, llm_concurrency=4)
    settings = settings_for("openai", llm_model="m", **PRICES)
    spent = sum(row.cost_usd for row in rows(settings))
    assert 0.12 < spent <= 0.15


@pytest.mark.case(41)
def test_what_a_server_counts_now_and_then_makes_the_estimate_right(asked_of: Any) -> None:
    counted = []

    def script(asked: Asked) -> Reply:
        good = completion(asked)
        counted.append(good.body["usage"])
        return good if asked.number % 5 == 1 else completion(asked, usage=None)

    settings, _, _ = asked_of(script, 50, llm_concurrency=1)
    billed = sum(3e-6 * one["prompt_tokens"] + 15e-6 * one["completion_tokens"] for one in counted)
    assert sum(row.cost_usd for row in rows(settings)) == pytest.approx(billed, rel=0.05)


@pytest.mark.case(59)
@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": None, "output_tokens": None}])
def test_a_good_answer_of_claude_without_usage_is_an_answer(asked_of: Any, usage: Any) -> None:
    settings, server, found = asked_of(lambda asked: message(asked, usage=usage), 1, "anthropic")
    assert len(found[0].entities) == 2
    assert len(server.requests) == 1
    assert [(row.estimated, row.cost_usd > 0) for row in rows(settings)] == [(True, True)]


@pytest.mark.parametrize(
    ("usage", "into", "out", "estimated"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 20}, 100, 20, False),
        ({"input_tokens": 100, "output_tokens": 20}, 100, 20, False),
        ({"prompt_tokens": "100", "completion_tokens": "20"}, 100, 20, False),
        ({"total_tokens": 120, "completion_tokens": 20}, 100, 20, False),
        ({"total_tokens": 120, "prompt_tokens": 100}, 100, 20, False),
        ({"prompt_eval_count": 100, "eval_count": 20}, 100, 20, False),
        ({"prompt_tokens": 100}, 100, 5, True),
        ({"prompt_tokens": -1, "completion_tokens": 20}, 1049, 20, True),
        (None, 1049, 5, True),
    ],
)
def test_usage_is_read_by_whichever_name(usage: Any, into: int, out: int, estimated: bool) -> None:
    question = LLMRequest("x" * 3489, {}, "", "p", 100)
    found = chat_usage(usage, question, "a" * 15, TokenFactors())
    assert (found.tokens.tokens_in, found.tokens.out, found.estimated) == (into, out, estimated)


def test_cached_tokens_are_told_apart() -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 60}}
    tokens = chat_usage(usage, LLMRequest("s", {}, "t", "p", 1), "x", TokenFactors()).tokens
    assert (tokens.fresh, tokens.cache_read) == (40, 60)
    usage = {"input_tokens": 4, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 6, "output_tokens": 2}
    read = message_usage(usage, None, "x", TokenFactors())
    assert (read.tokens.fresh, read.tokens.cache_read, read.tokens.cache_write, read.estimated) == (4, 90, 6, False)


def test_a_server_that_counts_is_believed(asked_of: Any) -> None:
    settings, _, _ = asked_of(lambda asked: completion(asked, usage=COUNTED), 1)
    assert rows(settings)[0].tokens_in > 1000
