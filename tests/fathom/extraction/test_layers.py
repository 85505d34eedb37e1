"""The layers above a provider: what is kept, what is spent, when a turn is, what is on record; across processes too."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.errors import AnswerUnusable, BudgetSpent, SettingsInvalid
from fathom.extraction.factory import open_language_model
from fathom.llm.client import LLMResponse, TokenUsage, billed_to
from fathom.llm.middleware.rate_limit import RateLimiter
from fathom.llm.middleware.rate_limit_slots import HostSlots
from fathom.llm.middleware.response_cache import ResponseCache
from fathom.settings import Settings
from fathom.tables import llm_calls, llm_reservations
from tests.fathom.llm.messages_server import Fault, MessagesServer, throttled

TEXT = "Ada Moreno designed the Tamar Bridge in 1998."
# What one question about such a text may cost at most, and costs, at the default model's price.
MOST, COSTS = 0.025, 0.008
SPAWN = multiprocessing.get_context("spawn")


def calls(settings: Settings) -> list[dict[str, Any]]:
    """What is on record, in order."""
    with open_database(settings.operational_url).connect() as connection:
        return [row._asdict() for row in connection.execute(sa.select(llm_calls).order_by(llm_calls.c.id))]


def test_what_was_answered_is_never_paid_for_again(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    settings = settings_for()
    first = opened(settings).extract([TEXT])[0]
    again = opened(settings).extract([TEXT])[0]
    assert len(server.requests) == 1
    assert (again.entities, again.facts) == (first.entities, first.facts)
    assert (again.usage.calls, again.usage.cost_usd) == (0, 0)
    assert [(row["outcome"], row["cost_usd"] > 0, row["saved_usd"] > 0) for row in calls(settings)] == [
        ("complete", True, False),
        ("remembered", False, True),
    ]


def test_another_model_is_another_question(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    opened(settings_for()).extract([TEXT])
    opened(settings_for(llm_model="claude-haiku-4-5")).extract([TEXT])
    assert len(server.requests) == 2


@pytest.mark.parametrize("kind", ["wrong_schema", "truncated", "garbage"])
def test_no_bad_answer_is_kept(settings_for: Any, opened: Any, server: MessagesServer, kind: str) -> None:
    settings = settings_for()
    server.faulty = lambda text: Fault(kind)
    with pytest.raises(Exception, match="answer"):
        opened(settings).extract([TEXT])
    assert ResponseCache(settings.home / "language" / "answers.db", max_mb=1).count() == 0
    server.faulty = lambda text: None
    assert len(opened(settings).extract([TEXT])[0].entities) == 2


def test_what_a_bad_answer_cost_is_on_record(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    settings = settings_for()
    server.faulty = lambda text: Fault("wrong_schema")
    with pytest.raises(AnswerUnusable), billed_to("a/b.md"):
        opened(settings).extract([TEXT])
    assert [(row["document"], row["collection"], row["cost_usd"] > 0) for row in calls(settings)] == [("a/b.md", "a", True)] * 2


def answer(text: str = "{}", cost: float = 0.0) -> LLMResponse:
    return LLMResponse(text, "complete", "m", TokenUsage(1, 2, 3, 4), cost)


def test_the_store_is_bounded_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    store = ResponseCache(tmp_path / "answers.db", max_mb=1)
    for number in range(120):
        store.put(f"key {number}", "p", answer("x" * 10_000))
    store.shrink()
    assert store.count() < 105
    assert store.get("key 119") is not None
    assert store.get("key 0") is None
    store.close()


def test_a_removed_document_leaves_no_answer_that_no_other_uses(tmp_path: Path) -> None:
    store = ResponseCache(tmp_path / "answers.db", max_mb=1)
    store.put("own", "p", answer(), "c/a.md")
    store.put("shared", "p", answer(), "c/a.md")
    assert store.get("shared", "c/b.md") is not None
    assert store.forget("c/a.md") == 1
    assert store.get("own") is None
    assert store.get("shared") is not None
    assert store.forget("c/b.md") == 1
    assert store.count() == 0
    store.close()


def _asks_until_killed(settings: Settings, texts: list[str]) -> None:
    for text in texts:
        open_language_model(settings).extract([text])
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.integration
def test_a_process_that_dies_after_an_answer_has_left_it_to_the_next(
    settings_for: Any, opened: Any, server: MessagesServer
) -> None:
    settings, texts = settings_for(), [f"{number}. {TEXT}" for number in range(3)]
    killed = SPAWN.Process(target=_asks_until_killed, args=(settings, texts))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    opened(settings).extract(texts)
    assert len(server.requests) == 3


def test_when_the_days_money_is_spent_nothing_more_is_asked(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    settings = settings_for(budget_usd_per_day=0.06, llm_concurrency=4)
    model = opened(settings)
    with pytest.raises(BudgetSpent):
        model.extract([f"{number}. {TEXT}" for number in range(40)])
    spent = sum(row["cost_usd"] for row in calls(settings))
    assert 0.06 - MOST < spent <= 0.06
    asked = len(server.requests)
    with pytest.raises(BudgetSpent):
        opened(settings).extract([f"99. {TEXT}"])  # as long as what was refused: what is left may pay for a shorter one
    assert len(server.requests) == asked
    assert opened(settings).extract([f"0. {TEXT}"])[0].usage.calls == 0  # what is known already costs nothing
    raised = settings_for(budget_usd_per_day=1)
    assert opened(raised).extract([f"99. {TEXT}"])[0].usage.calls == 1


def test_a_documents_money_is_its_own(settings_for: Any, opened: Any) -> None:
    model = opened(settings_for(budget_usd_per_document=0.04))
    with billed_to("c/a.md"), pytest.raises(BudgetSpent) as caught:
        model.extract([f"{number}. {TEXT}" for number in range(40)])
    assert caught.value.document == "c/a.md"
    with billed_to("c/b.md"):
        assert model.extract([TEXT])[0].usage.calls == 1


def _asks_all(settings: Settings, start: int, done: Any) -> None:
    model = open_language_model(settings)
    try:
        model.extract([f"{start + number}. {TEXT}" for number in range(60)])
    except BudgetSpent:
        done.put("spent")


@pytest.mark.integration
def test_processes_share_one_budget(settings_for: Any, server: MessagesServer) -> None:
    settings = settings_for(budget_usd_per_day=0.08, llm_concurrency=4)
    done: Any = SPAWN.Queue()
    workers = [SPAWN.Process(target=_asks_all, args=(settings, 100 * number, done)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [done.get(timeout=5) for _ in workers] == ["spent"] * 3
    assert 0.08 - MOST < sum(row["cost_usd"] for row in calls(settings)) <= 0.08


def test_what_a_dead_process_held_counts_as_spent_once_it_expired(settings_for: Any, opened: Any) -> None:
    settings = settings_for(budget_usd_per_day=1)
    model = opened(settings)
    held = {"id": "x", "day": time.strftime("%Y-%m-%d", time.gmtime()), "document": "c/a.md", "collection": "c", "model": "m"}
    with open_database(settings.operational_url).begin() as connection:
        figures = {"usd": 0.9, "expected_usd": 0.3, "expires_at": time.time() - 1}
        connection.execute(llm_reservations.insert().values(**held, **figures, prompt="p"))
    model.extract([TEXT])
    with open_database(settings.operational_url).connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(llm_reservations)) == 0
    assert next((row["outcome"], row["cost_usd"]) for row in calls(settings)) == ("lost", 0.3)


def test_a_budget_needs_a_price(settings_for: Any, opened: Any) -> None:
    with pytest.raises(SettingsInvalid, match="price of"):
        opened(settings_for("openai", llm_model="local", budget_usd_per_day=1))
    free = settings_for("openai", llm_model="local", budget_usd_per_day=1, llm_usd_per_mtok_in=0, llm_usd_per_mtok_out=0)
    assert opened(free).extract([TEXT])[0].usage.cost_usd == 0


def _most_in_a_window(moments: list[tuple[float, int]], window: float) -> tuple[int, int]:
    inside = [[one for one in moments if at - window < one[0] <= at] for at, _ in moments]
    return max(len(some) for some in inside), max(sum(tokens for _, tokens in some) for some in inside)


def test_no_minute_has_more_requests_or_tokens_than_it_may(tmp_path: Path) -> None:
    turns = RateLimiter(HostSlots(tmp_path / "turns.db"), requests=10, tokens=2000, clock=lambda: 1000.0)
    moments = []
    for number in range(60):
        tokens = 100 + 37 * (number % 9)
        moments.append((turns.reserve("m", tokens)[1], tokens))
    assert [at for at, _ in moments] == sorted(at for at, _ in moments)
    requests, tokens = _most_in_a_window(moments, 60)
    assert requests <= 10
    assert 1500 < tokens <= 2000
    assert moments[-1][0] < 1000 + 60 * 10
    turns.close()


def test_a_request_larger_than_a_minute_is_not_turned_away(tmp_path: Path) -> None:
    turns = RateLimiter(HostSlots(tmp_path / "turns.db"), requests=None, tokens=1000, clock=lambda: 0.0)
    assert [turns.reserve("m", 5000)[1], turns.reserve("m", 10)[1]] == [0, 60]
    turns.close()


def test_what_was_expected_and_not_used_is_given_back(tmp_path: Path) -> None:
    turns = RateLimiter(HostSlots(tmp_path / "turns.db"), requests=None, tokens=1000, clock=lambda: 0.0)
    turn, _ = turns.reserve("m", 900)
    turns.correct(turn, 100)
    assert turns.reserve("m", 900)[1] == 0
    turns.close()


def test_a_clock_set_back_stops_nobody(tmp_path: Path) -> None:
    now = [10_000.0]
    turns = RateLimiter(HostSlots(tmp_path / "turns.db"), requests=1, tokens=None, clock=lambda: now[0])
    turns.reserve("m", 1)
    now[0] = 1.0
    assert turns.reserve("m", 1)[1] == 1.0
    turns.close()


def _takes(file: Path, found: Any) -> None:
    turns = RateLimiter(HostSlots(file), requests=20, tokens=None, window_s=2)
    found.put([turns.reserve("m", 1)[1] for _ in range(30)])


@pytest.mark.integration
def test_processes_share_the_turns_of_a_host(tmp_path: Path) -> None:
    found: Any = SPAWN.Queue()
    workers = [SPAWN.Process(target=_takes, args=(tmp_path / "turns.db", found)) for _ in range(3)]
    for worker in workers:
        worker.start()
    moments = [(at, 1) for _ in workers for at in found.get(timeout=60)]
    for worker in workers:
        worker.join()
    assert len(moments) == 90
    assert _most_in_a_window(sorted(moments), 2)[0] <= 20


def test_when_one_is_told_to_wait_all_do(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    server.faults.append(throttled("1"))
    opened(settings_for(llm_concurrency=4)).extract([TEXT])
    before, after = server.arrived
    assert after - before >= 1
    with sqlite3.connect(settings_for().home / "language" / "turns.db") as connection:
        assert connection.execute("SELECT count(*) FROM holds").fetchone() == (1,)
    connection.close()


def test_requests_wait_for_their_turn(settings_for: Any, opened: Any, server: MessagesServer, monkeypatch: Any) -> None:
    opened(settings_for()).extract([TEXT])  # what the first question must load would make those after it late
    server.arrived.clear()
    limiter = partial(RateLimiter, window_s=1.0)
    monkeypatch.setattr("fathom.extraction.pipeline.RateLimiter", limiter)
    opened(settings_for(llm_requests_per_minute=4)).extract([f"{number}. {TEXT}" for number in range(12)])
    assert _most_in_a_window([(at, 1) for at in server.arrived], 0.7)[0] <= 5
    assert server.arrived[-1] - server.arrived[0] >= 1.4  # two windows, less what the first was held up on its way
