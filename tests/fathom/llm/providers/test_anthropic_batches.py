"""Message batches: half the price, one batch for a document, and nothing asked twice, whoever dies in between."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.errors import (
    BudgetSpent,
    CreditSpent,
    KeyRefused,
    LanguageModelUnreachable,
    ModelTooSmall,
    PermissionMissing,
    SettingsInvalid,
)
from fathom.extraction.factory import open_language_model
from fathom.extraction.llm_extractor import LLMExtractor
from fathom.extraction.model import DescribedName
from fathom.extraction.prompt import Prompt
from fathom.extraction.response_schema import Vocabulary
from fathom.llm.middleware import retry
from fathom.llm.providers import anthropic_batches
from fathom.settings import Settings
from fathom.tables import batched_requests
from tests.fathom.llm.messages_server import MessagesServer

TEXTS = [f"{number}. Ada Moreno designed the Tamar Bridge." for number in range(12)]
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gathers and looks in tenths of seconds."""
    monkeypatch.setattr(anthropic_batches.BatchProvider.__init__, "__kwdefaults__", {"gather_s": 0.1, "poll_s": 0.05})


@pytest.fixture
def model(settings_for: Any, opened: Callable[[Settings], LLMExtractor]) -> LLMExtractor:
    """One that asks in batches."""
    return opened(settings_for(llm_batch=True))


def sent(settings: Settings) -> list[tuple[str, str | None]]:
    """What is on record as sent."""
    with open_database(settings.operational_url).connect() as connection:
        return list(connection.execute(sa.select(batched_requests.c.key, batched_requests.c.batch)).tuples())


def test_a_documents_questions_are_one_batch_at_half_the_price(
    model: LLMExtractor, server: MessagesServer, settings_for: Any, opened: Any
) -> None:
    found = model.extract(TEXTS)
    assert len(server.batches.made) == 1
    assert [len(one.facts) for one in found] == [1] * len(TEXTS)
    single = opened(settings_for(home=settings_for().home.with_name("other"))).extract(TEXTS)
    ours, theirs = (min(one.usage.cost_usd for one in some) for some in (found, single))  # one of them wrote the cache
    assert ours == pytest.approx(theirs / 2)
    assert sent(settings_for()) == []


def test_an_answer_that_is_kept_is_in_no_batch(model: LLMExtractor, server: MessagesServer) -> None:
    model.extract(TEXTS[:3])
    model.extract(TEXTS[:4])
    assert len(server.batches.questions) == 4


PAIR = DescribedName("IBM", "Organization"), DescribedName("International Business Machines", "Organization")


def test_a_question_that_a_document_waits_for_alone_is_in_no_batch_and_has_its_full_price(
    model: LLMExtractor, server: MessagesServer, settings_for: Any, opened: Any
) -> None:
    server.answering = lambda text: {"same": [1]}
    home = settings_for().home
    opened(settings_for(home=home.with_name("first"))).same_things([PAIR])  # it has the provider keep what all questions share
    judged = model.same_things([PAIR])
    assert judged.same == [True]
    assert not server.batches.made
    single = opened(settings_for(home=home.with_name("other"))).same_things([PAIR])
    assert judged.usage.cost_usd == single.usage.cost_usd > 0


def test_a_budget_holds_the_full_price_of_what_is_in_no_batch_and_half_of_what_is(settings_for: Any, opened: Any) -> None:
    def may_cost(ask: Callable[[LLMExtractor], object], *, batch: bool) -> float:
        with pytest.raises(BudgetSpent) as refused:
            ask(opened(settings_for(llm_batch=batch, budget_usd_per_day=1e-9)))
        return float(refused.value.message.rpartition("$")[2].removesuffix("."))

    judging, reading = (lambda model: model.same_things([PAIR])), (lambda model: model.extract(TEXTS[:1]))
    assert may_cost(judging, batch=True) == may_cost(judging, batch=False) > 0
    assert may_cost(reading, batch=True) == pytest.approx(may_cost(reading, batch=False) / 2, rel=0.01)


def test_a_provider_that_is_away_while_it_works_loses_nothing(model: LLMExtractor, server: MessagesServer) -> None:
    server.batches.looks = 3
    server.batches.after_making = [(529, "overloaded_error", "Overloaded")] * 3
    found = model.extract(TEXTS[:2])
    assert len(found) == 2
    assert len(server.batches.questions) == 2


@pytest.mark.parametrize("result", [{"type": "expired"}, {"type": "canceled"}])
def test_what_its_batch_did_not_answer_is_asked_again_and_at_last_named(
    model: LLMExtractor, server: MessagesServer, result: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    server.batches.result_of = {"0. Ada": result}
    with pytest.raises(LanguageModelUnreachable, match=result["type"]):
        model.extract(TEXTS[:2])
    assert len(server.batches.questions) == 1 + retry.MAX_TRIES


@pytest.mark.parametrize(
    ("kind", "said", "name", "asked"),
    [
        ("billing_error", "Your credit balance is too low", CreditSpent, 2),
        ("permission_error", "This organization has been disabled.", PermissionMissing, 2),
        ("invalid_request_error", "prompt is too long: 9000 tokens > 4000 maximum", ModelTooSmall, 3),
        ("invalid_request_error", "prompt is too long: 9000 tokens > 1000 maximum", ModelTooSmall, 2),
    ],
)
def test_a_fault_in_a_batch_is_named_and_not_asked_again(
    model: LLMExtractor, server: MessagesServer, kind: str, said: str, name: type[Exception], asked: int
) -> None:
    error = {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"}
    server.batches.result_of = {"0. Ada": {"type": "errored", "error": error}}
    with pytest.raises(name):
        model.extract(TEXTS[:2])
    assert 2 <= len(server.batches.questions) <= asked  # the other answer may tell first how the server counts


def test_a_manner_that_is_refused_is_left_for_another(model: LLMExtractor, server: MessagesServer) -> None:
    server.refuses = lambda body: "thinking: not supported by this model" if "thinking" in body else None
    assert len(model.extract(TEXTS[:2])) == 2
    assert len(server.batches.made) >= 2


def test_a_wrong_key_is_named_at_once(model: LLMExtractor, server: MessagesServer, settings_for: Any) -> None:
    server.batches.troubles = [(401, "authentication_error", "invalid x-api-key")]
    with pytest.raises(KeyRefused):
        model.extract(TEXTS[:1])
    assert sent(settings_for()) == []


def test_a_batch_whose_maker_never_heard_of_it_is_found(model: LLMExtractor, server: MessagesServer) -> None:
    server.batches.looks, server.batches.lose_next = 0, True
    assert len(model.extract(TEXTS)) == len(TEXTS)
    assert len(server.batches.questions) == len(TEXTS)


def test_it_is_for_anthropic_alone(settings_for: Any) -> None:
    with pytest.raises(SettingsInvalid, match="FATHOM_LLM_BATCH"):
        open_language_model(settings_for("openai", llm_batch=True))


def test_a_batch_on_record_in_the_file_of_an_earlier_release_is_not_paid_for_again(
    server: MessagesServer, settings_for: Any, opened: Any
) -> None:
    settings = settings_for(llm_batch=True)
    requests = [Prompt(Vocabulary()).request(text) for text in TEXTS[:2]]
    body = {"model": "claude-sonnet-5-5", "system": "any"}
    sent_before = {one.key(body["model"]): {**body, "messages": [{"content": one.text}]} for one in requests}
    made = [{"custom_id": key, "params": parameters} for key, parameters in sent_before.items()]
    server.batches.made["msgbatch_1"] = {"requests": made, "looks": 0, "at": datetime.now(UTC)}
    file = settings.home / "language" / "batches.db"
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE sent (key TEXT PRIMARY KEY, batch TEXT, at REAL)")
        connection.executemany("INSERT INTO sent VALUES (?, 'msgbatch_1', ?)", [(key, time.time()) for key in sent_before])
        connection.commit()
    assert len(opened(settings).extract(TEXTS[:2])) == 2
    assert list(server.batches.made) == ["msgbatch_1"]
    assert not file.exists()
    assert sent(settings) == []


def _asks(settings: Settings) -> None:
    open_language_model(settings).extract(TEXTS)


@pytest.mark.integration
def test_a_process_killed_while_it_waits_has_left_its_batch_to_the_next(
    model: LLMExtractor, server: MessagesServer, settings_for: Any
) -> None:
    server.batches.looks = 10**6
    waiting = SPAWN.Process(target=_asks, args=(settings_for(llm_batch=True),))
    waiting.start()
    while not any(batch["looks"] for batch in server.batches.made.values()):
        waiting.join(0.05)
    waiting.kill()
    waiting.join()
    server.batches.looks = 0
    assert len(model.extract(TEXTS)) == len(TEXTS)
    assert len(server.batches.questions) == len(TEXTS)
