"""A refused account stops every question of the host and is tried again now and then; what is kept is answered meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.errors import AccountRefused, CreditSpent, KeyRefused
from fathom.llm.client import LLMCallFailed, LLMRequest, LLMResponse, billed_to
from fathom.llm.middleware.account_pause import AccountGate
from fathom.uploads.provider_accounts import FIRST_PROBE_S, MAX_PROBE_S, account_of, account_pause, probe_now
from tests.fathom.llm.scripted_server import Asked, Reply, ScriptedServer, completion, error

QUOTA = error(429, "You exceeded your current quota.", code="insufficient_quota")
TEXT = "Ada Moreno designed the Tamar Bridge."
QUESTION = LLMRequest("system", {}, "text", "p", 100)


class Account:
    """An asker whose account works or not."""

    model = "m"

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.asked = 0

    def complete(self, request: LLMRequest) -> LLMResponse:
        """An answer, or the fault."""
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return LLMResponse("{}", "complete", "m")


@pytest.fixture
def now() -> list[float]:
    """The time."""
    return [1000.0]


@pytest.fixture
def watch(tmp_path: Path, now: list[float]) -> AccountGate:
    """A watch over an account of its own."""
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    return AccountGate(Account(), engine, "account", clock=lambda: now[0])


def refused(watch: AccountGate) -> AccountRefused:
    """What is raised for a document's question."""
    with billed_to("c/a.md"), pytest.raises(AccountRefused) as caught:
        watch.complete(QUESTION)
    return caught.value


def test_it_is_asked_once_and_then_tried_ever_more_seldom(watch: AccountGate, now: list[float]) -> None:
    account: Any = watch._inner
    account.fault = CreditSpent("No credit.")
    moments = []
    for _ in range(4000):
        before = account.asked
        error = refused(watch)
        assert (error.name, error.message, error.account, error.document) == ("CreditSpent", "No credit.", "account", "c/a.md")
        if account.asked > before:
            moments.append(now[0])
        now[0] += 1
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps == sorted(gaps)
    assert gaps[0] == FIRST_PROBE_S
    assert gaps[-1] == MAX_PROBE_S
    assert account.asked < 12


def test_it_goes_on_when_the_account_works(watch: AccountGate, now: list[float]) -> None:
    account: Any = watch._inner
    account.fault = KeyRefused("Wrong.")
    refused(watch)
    account.fault = None
    refused(watch)
    now[0] += FIRST_PROBE_S
    with billed_to("c/a.md"):
        assert watch.complete(QUESTION).text == "{}"
        assert watch.complete(QUESTION).text == "{}"
    assert account.asked == 3


def test_a_try_that_brings_no_answer_leaves_the_pause(watch: AccountGate, now: list[float]) -> None:
    account: Any = watch._inner
    account.fault = KeyRefused("Wrong.")
    refused(watch)
    account.fault = LLMCallFailed("http_500", "HTTP 500")
    now[0] += FIRST_PROBE_S
    with billed_to("c/a.md"), pytest.raises(LLMCallFailed):
        watch.complete(QUESTION)
    assert refused(watch).name == "KeyRefused"


def test_resuming_tries_it_at_once(watch: AccountGate, now: list[float]) -> None:
    account: Any = watch._inner
    account.fault = KeyRefused("Wrong.")
    refused(watch)
    account.fault = None
    assert probe_now(watch._engine)
    with billed_to("c/a.md"):
        watch.complete(QUESTION)
    assert account_pause(watch._engine, "account") is None


def test_a_question_by_hand_tries_it_once_a_process(watch: AccountGate) -> None:
    account: Any = watch._inner
    account.fault = KeyRefused("Wrong.")
    for _ in range(5):
        with pytest.raises(KeyRefused):
            watch.complete(QUESTION)
    assert account.asked == 2


@pytest.fixture
def quota() -> Iterator[ScriptedServer]:
    """A server whose account has no quota left."""
    running = ScriptedServer(lambda asked: QUOTA)
    yield running
    running.stop()


@pytest.mark.case(34)
def test_many_questions_of_two_models_of_a_host_are_one_request(settings_for: Any, opened: Any, quota: ScriptedServer) -> None:
    settings = settings_for("openai", llm_base_url=f"{quota.url}/v1", llm_model="m", llm_concurrency=16)
    texts = [f"{number}. {TEXT}" for number in range(40)]
    for _ in range(3):
        with billed_to("c/a.md"), pytest.raises(CreditSpent):
            opened(settings).extract(texts)
    assert len(quota.requests) == 1


@pytest.mark.case(34)
def test_another_key_or_model_is_another_account(settings_for: Any, opened: Any, quota: ScriptedServer) -> None:
    address = {"llm_base_url": f"{quota.url}/v1"}
    with billed_to("c/a.md"), pytest.raises(CreditSpent):
        opened(settings_for("openai", llm_model="m", **address)).extract([TEXT])
    quota.script = completion
    with billed_to("c/a.md"):
        found = opened(settings_for("openai", llm_model="m", openai_api_key="sk-other", **address)).extract([TEXT])
    assert len(found[0].entities) == 2
    keys = [settings_for("openai", openai_api_key=key, **address) for key in ("a", "b", None)]
    assert len({account_of(one) for one in keys}) == 3


@pytest.mark.case(55)
def test_an_account_that_is_spent_in_the_middle_keeps_what_was_answered(
    settings_for: Any, opened: Any, quota: ScriptedServer
) -> None:
    def script(asked: Asked) -> Reply:
        return completion(asked) if asked.number <= 3 else QUOTA

    quota.script = script
    settings = settings_for("openai", llm_base_url=f"{quota.url}/v1", llm_model="m", llm_concurrency=1)
    texts = [f"{number}. {TEXT}" for number in range(8)]
    with billed_to("c/a.md"), pytest.raises(CreditSpent):
        opened(settings).extract(texts)
    with billed_to("c/a.md"):
        assert len(opened(settings).extract(texts[:3])) == 3  # kept answers need no account
    assert len(quota.requests) == 4


def test_questions_to_a_server_that_is_not_met_wait_for_the_first_and_are_refused_with_it(tmp_path: Path) -> None:
    account = Account()
    account.fault = CreditSpent("There is no credit left.")
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    watch = AccountGate(account, engine, "account", is_met=lambda: False)

    def refuse(_: int) -> str:
        with billed_to("c/a.md"), pytest.raises(AccountRefused) as caught:
            watch.complete(QUESTION)
        return caught.value.name

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(refuse, range(64))) == {"CreditSpent"}
    assert account.asked == 1
