"""What `fathom doctor` says of a language model's server, asking it nothing."""

from __future__ import annotations

from typing import Any

import pytest

from fathom.database import open_database
from fathom.errors import AddressWrong, CertificateMissing, CreditSpent, KeyRefused
from fathom.extraction.server_examination import described, examine_account, examine_connection, learned_of_server
from fathom.llm.providers.capability_store import CapabilityStore, KnownServer
from fathom.uploads.provider_accounts import account_of, pause_account
from tests.fathom.llm.scripted_server import Asked, Reply, completion, error


def test_a_connection_is_examined_without_a_question(settings_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for("openai", llm_model="m", llm_base_url="http://me:secret@models.example/v1")
    assert examine_connection(settings) == "openai/m at http://models.example/v1"
    with pytest.raises(AddressWrong):
        examine_connection(settings_for("openai", llm_base_url="models.example"))
    with pytest.raises(KeyRefused):
        examine_connection(settings_for("anthropic", anthropic_api_key="sk 1"))
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    with pytest.raises(CertificateMissing):
        examine_connection(settings_for("anthropic"))


def test_a_paused_account_is_told(settings_for: Any) -> None:
    settings = settings_for("openai")
    assert "no question" in examine_account(settings)
    pause_account(open_database(settings.operational_url), account_of(settings), CreditSpent("No credit."), 0.0)
    with pytest.raises(CreditSpent, match="No credit"):
        examine_account(settings)


def test_limits_and_abilities_are_told_in_words(played: Any, settings_for: Any) -> None:
    def script(asked: Asked) -> Reply:
        if asked.format:
            return error(400, "Unrecognized request argument supplied: response_format")
        if (asked.max_tokens or 0) > 700:
            return error(400, "max_tokens is too large. This model supports at most 700 completion tokens")
        return completion(asked)

    played.by(script).found()
    said = learned_of_server(settings_for("openai", llm_model="local", llm_base_url=f"{played.server.url}/v1"))
    assert said.startswith("answers as text; bound by max_tokens; answers of at most 700 tokens")


def test_what_is_usual_is_said_as_such() -> None:
    assert described(KnownServer("a", "m", {}, 1.0, 1.0)) == "it takes what it is asked by default"
    assert described(KnownServer("a", "m")) == "it has not answered yet"


def test_what_was_learned_is_forgotten_after_some_days(settings_for: Any) -> None:
    engine, now = open_database(settings_for("openai").operational_url), [0.0]

    def memory() -> CapabilityStore:
        return CapabilityStore(engine, "http://a", "m", clock=lambda: now[0])

    memory().answered()
    assert memory().has_answered
    now[0] += 8 * 86_400
    assert not memory().has_answered
