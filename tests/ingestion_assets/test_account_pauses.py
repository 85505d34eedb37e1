"""Documents whose model's account is refused wait as `paused: account` and go on by themselves; others name their cause."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fathom import settings as settings_module
from fathom.database import open_database
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.document_rows import documents_by_id
from fathom.settings import Settings
from fathom.status.document_status import status_of
from fathom.uploads import provider_accounts
from fathom.uploads.intake import Intake, open_intake
from fathom.uploads.provider_accounts import account_of, account_pause, probe_now
from tests.fathom.llm.scripted_server import Asked, Reply, ScriptedServer, completion, error
from tests.ingestion_assets.conftest import Deployment, configured, on_both_graphs, small_model

pytestmark = [pytest.mark.integration, on_both_graphs]

QUOTA = error(429, "You exceeded your current quota.", type="insufficient_quota", code="insufficient_quota")
KEY = error(401, "Incorrect API key provided")
BOUND = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
WAIT_S = 600.0  # until the account is tried again: longer than a test


def text_of(name: str, parts: int = 8) -> bytes:
    """A text of so many parts, of which no answer is kept from another test."""
    said = [
        f"## Part {number} of {name}\n\nAda Moreno designed the Tamar Bridge in {1900 + number}, says {name}. "
        + " ".join(f"Sentence {number}-{one} says nothing at all." for one in range(8))
        for number in range(parts)
    ]
    return "\n\n".join(said).encode()


@pytest.fixture
def server(deployment: Deployment) -> Iterator[ScriptedServer]:
    """A server of chat completions that the deployment asks while the test runs."""
    running = ScriptedServer()
    with configured(**small_model(f"{running.url}/v1", "sk-test")):
        yield running
    running.stop()


def own(deployment: Deployment) -> Settings:
    """The deployment's settings, with the model of the test."""
    found = settings_module.settings()
    assert found.home == deployment.settings.home
    return found


def planned(intake: Intake, now: float) -> set[str]:
    """The documents for which runs would start."""
    return {document for run in intake.plan_runs(0, now) for document in run.documents}


@pytest.mark.case(34, 55, 57)
@pytest.mark.parametrize(("refusal", "name"), [(QUOTA, "CreditSpent"), (KEY, "KeyRefused")], ids=["quota", "key"])
def test_an_account_refused_in_the_middle_pauses_documents_until_it_works(
    deployment: Deployment, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, refusal: Reply, name: str
) -> None:
    monkeypatch.setattr(provider_accounts, "FIRST_PROBE_S", WAIT_S)

    def script(asked: Asked) -> Reply:
        return completion(asked) if asked.number <= 3 else refusal

    server.script = script
    collection = f"account-{name.lower()}"
    one, other = deployment.drop(collection, a_md=text_of(name), b_md=text_of(f"{name} again"))
    settings = own(deployment)
    assert not deployment.ingest(one).success
    assert not deployment.ingest(other).success
    asked = len(server.requests)
    assert asked <= 3 + settings.llm_concurrency
    for row in documents_by_id(settings, [one, other]):
        assert (row.state, row.reason, row.attempts) == ("paused: account", name, 0)
    status = status_of(settings, one)
    assert status is not None
    assert "paused: account" in status.model_dump_json()
    ledger = Ledger(open_database(settings.operational_url))
    states = [row.state for row in ledger.rows(one)]
    assert set(states) == {"written", "planned"}
    assert states.count("written") == 3

    intake, now = open_intake(settings), time.time()
    assert planned(intake, now) == set()
    pause = account_pause(intake.engine, account_of(settings))
    assert pause is not None
    server.script = completion
    later = now + WAIT_S + 1
    assert planned(intake, later) == {one}  # it alone tries the account
    assert probe_now(intake.engine)
    assert deployment.ingest(one).success
    assert account_pause(intake.engine, account_of(settings)) is None
    assert planned(intake, later) == {other}
    assert deployment.ingest(other).success
    assert {deployment.upload(document).state for document in (one, other)} == {"done"}
    assert {row.state for row in ledger.rows(one)} == {"written"}


@pytest.mark.case(27)
def test_a_server_that_wants_the_newer_bound_ingests_a_document(deployment: Deployment, server: ScriptedServer) -> None:
    server.script = lambda asked: error(400, BOUND) if "max_tokens" in asked.body else completion(asked)
    [document] = deployment.drop("bound", a_md=text_of("bound", 2))
    assert deployment.ingest(document).success
    assert deployment.upload(document).state == "done"
    assert sum("max_tokens" in one.body for one in server.requests) == 1


def test_a_document_whose_chunks_all_fail_says_why(deployment: Deployment, server: ScriptedServer) -> None:
    filtered = error(400, "The response was filtered: content management policy.", code="content_filter")
    server.script = lambda asked: filtered
    [document] = deployment.drop("filtered", a_md=b"# Note\n\nAda Moreno designed the Tamar Bridge.")
    assert not deployment.ingest(document).success
    row = deployment.upload(document)
    assert (row.state, row.reason) == ("failed", "AnswerRefused")
    assert "content management policy" in (row.detail or "")


def test_a_server_that_takes_no_request_stops_a_document_by_name_and_no_chunk_is_set_aside(
    deployment: Deployment, server: ScriptedServer
) -> None:
    server.script = lambda asked: error(400, "I am a teapot")
    [document] = deployment.drop("teapot", a_md=text_of("teapot", 2))
    assert not deployment.ingest(document).success
    row = deployment.upload(document)
    assert (row.state, row.reason) == ("failed", "RequestRefused")
    assert "teapot" in (row.detail or "")
    ledger = Ledger(open_database(own(deployment).operational_url))
    assert {one.state for one in ledger.rows(document)} == {"planned"}


@pytest.mark.case(41)
def test_a_document_whose_answers_are_not_counted_waits_for_its_budget(
    deployment: Deployment, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting, value in (("LLM_USD_PER_MTOK_IN", "3"), ("LLM_USD_PER_MTOK_OUT", "15"), ("BUDGET_USD_PER_DOCUMENT", "0.04")):
        monkeypatch.setenv(f"FATHOM_{setting}", value)
    settings_module.settings.cache_clear()
    server.script = lambda asked: completion(asked, usage=None)
    [document] = deployment.drop("uncounted", a_md=text_of("uncounted"))
    assert not deployment.ingest(document).success
    (row,) = documents_by_id(own(deployment), [document])
    assert row.state == "paused: budget"
    assert 0 < row.cost_usd <= 0.04
