"""Both providers, by their real clients against a server that speaks their wire formats: what is asked, read and refused."""

from __future__ import annotations

import logging
import random
from typing import Any

import pytest

from fathom.errors import (
    AnswerRefused,
    AnswerTruncated,
    AnswerUnusable,
    ExtractionFailed,
    KeyRefused,
    LanguageModelUnreachable,
    SettingsInvalid,
)
from fathom.extraction.model import Extraction
from fathom.llm.middleware import retry
from tests.fathom.llm.messages_server import BROKEN, OVERLOADED, Fault, MessagesServer, throttled

TEXT = "Ada Moreno designed the Tamar Bridge in 1998."
PROVIDERS = ["anthropic", "openai"]


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that retries would have waited; they do not, here."""
    waited: list[float] = []
    made: Any = retry.RetryingClient.__init__

    def quick(self: Any, inner: Any, **_: Any) -> None:
        made(self, inner, sleep=waited.append, jitter=random.Random(1).random)

    monkeypatch.setattr(retry.RetryingClient, "__init__", quick)
    return waited


@pytest.fixture(params=PROVIDERS)
def extract(request: pytest.FixtureRequest, settings_for: Any, opened: Any) -> Any:
    """`extract(text)` by each provider in turn."""
    model = opened(settings_for(request.param, llm_usd_per_mtok_in=3, llm_usd_per_mtok_out=15))

    def asked(text: str = TEXT) -> Extraction:
        return model.extract([text])[0]

    return asked


def test_one_call_gives_entities_facts_and_dates_of_a_chunk(extract: Any, server: MessagesServer) -> None:
    found = extract()
    assert len(server.requests) == 1
    assert [(one.name, one.type, one.mentions) for one in found.entities] == [
        ("Ada Moreno", "Person", [(0, 10)]),
        ("Tamar Bridge", "Location", [(24, 36)]),
    ]
    (fact,) = found.facts
    assert (fact.source, fact.relation, fact.target, fact.span) == ("Ada Moreno", "DESIGNED", "Tamar Bridge", (0, len(TEXT)))
    assert fact.valid_at is not None
    assert (fact.valid_at.year, fact.invalid_at) == (1998, None)


def test_tokens_and_cost_are_those_the_provider_bills(extract: Any, server: MessagesServer) -> None:
    usage = extract().usage
    assert usage.calls == 1
    assert usage.tokens_in > 2000
    assert 0.001 < usage.cost_usd < 0.02


def test_anthropic_is_asked_with_the_shared_part_first_and_cached(
    settings_for: Any, opened: Any, server: MessagesServer
) -> None:
    model = opened(settings_for("anthropic"))
    first, second = model.extract([TEXT])[0], model.extract(["Moreno Works was based in Plymouth."])[0]
    one, other = bodies(server)
    assert (one["system"], one["output_config"]) == (other["system"], other["output_config"])
    assert one["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert one["output_config"]["format"]["type"] == "json_schema"
    assert second.usage.cost_usd < first.usage.cost_usd / 2
    assert second.usage.tokens_in > 2000


def _takes_no_effort(body: dict[str, Any]) -> str | None:
    return "output_config.effort: not supported" if "effort" in body.get("output_config", {}) else None


def _always_thinks(body: dict[str, Any]) -> str | None:
    return f"thinking.type.{body['thinking']['type']} is not supported by this model" if "thinking" in body else None


def _takes_tools_alone(body: dict[str, Any]) -> str | None:
    return "output_config: Extra inputs are not permitted" if "output_config" in body else None


def _takes_no_forced_tool(body: dict[str, Any]) -> str | None:
    return "tool_choice: forced tool use is not supported" if "tool_choice" in body else None


@pytest.mark.parametrize(
    ("model", "refuses", "refused"),
    [
        ("claude-sonnet-5-5", _takes_no_effort, 1),
        ("claude-sonnet-5", _always_thinks, 2),
        ("claude-haiku-4-5", _takes_tools_alone, 1),
        ("claude-opus-4-1", _takes_no_forced_tool, 1),
    ],
)
def test_what_a_model_does_not_take_is_learned_once(
    settings_for: Any, opened: Any, server: MessagesServer, model: str, refuses: Any, refused: int
) -> None:
    server.refuses = refuses
    asked = opened(settings_for("anthropic", llm_model=model))
    assert len(asked.extract([TEXT])[0].entities) == 2
    assert len(server.requests) == 1 + refused
    asked.extract(["Moreno Works was based in Plymouth."])
    assert len(server.requests) == 2 + refused


def test_a_model_that_always_thinks_has_room_for_it(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    for model in ("claude-haiku-4-5", "claude-opus-5-5"):
        opened(settings_for("anthropic", llm_model=model)).extract([TEXT])
    plain, thinking = (body["max_tokens"] for body in bodies(server))
    assert thinking == plain + 4096


@pytest.mark.parametrize("fault", [OVERLOADED, BROKEN, throttled("1"), Fault("cut")], ids=["529", "500", "429", "cut"])
def test_a_failing_server_is_asked_again(extract: Any, server: MessagesServer, fault: Fault) -> None:
    server.faults.extend([fault, fault])
    assert len(extract().entities) == 2
    assert len(server.requests) == 3


def test_the_wait_it_asks_for_is_kept_and_a_little_more(
    settings_for: Any, opened: Any, server: MessagesServer, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fathom.llm.middleware.rate_limit.RateLimiter.block", lambda *_: None)
    server.faults.append(throttled("7"))
    opened(settings_for()).extract([TEXT])
    assert len(slept) == 1
    assert 7 <= slept[0] <= 8


def test_waits_grow_and_are_bounded(extract: Any, server: MessagesServer, slept: list[float]) -> None:
    server.faults.extend([OVERLOADED] * 100)
    with pytest.raises(LanguageModelUnreachable, match="529"):
        extract()
    assert len(server.requests) == retry.MAX_TRIES
    assert slept == sorted(slept)
    assert slept[-1] <= retry.MAX_WAIT_S


def test_a_server_that_asks_for_an_hour_is_away(extract: Any, server: MessagesServer, slept: list[float]) -> None:
    server.faults.append(throttled("3600"))
    with pytest.raises(LanguageModelUnreachable):
        extract()
    assert slept == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_slow_answer_is_given_up_and_asked_for_again(
    provider: str, settings_for: Any, opened: Any, server: MessagesServer
) -> None:
    server.faults.append(Fault("slow", seconds=3))
    model = opened(settings_for(provider, llm_timeout_s=1))
    assert len(model.extract([TEXT])[0].entities) == 2
    assert len(server.requests) == 2


def test_no_server_is_named_as_such(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    model = opened(settings_for())
    server.stop()
    with pytest.raises(LanguageModelUnreachable, match="connection"):
        model.extract([TEXT])


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("wrong_schema", AnswerUnusable),
        ("empty", AnswerUnusable),
        ("garbage", AnswerUnusable),
        ("half_json", AnswerTruncated),  # it ends in the middle, though its server does not say so
    ],
)
def test_an_answer_that_is_not_as_asked_is_asked_for_once_more_then_named(
    extract: Any, server: MessagesServer, kind: str, error: type[ExtractionFailed]
) -> None:
    server.faults.append(Fault(kind))
    assert len(extract().entities) == 2
    server.faults.extend([Fault(kind)] * 10)
    with pytest.raises(error):
        extract("Moreno Works was based in Plymouth.")
    assert len(server.requests) == 4


def test_a_refusal_is_named_and_not_asked_again(extract: Any, server: MessagesServer) -> None:
    server.faults.append(Fault("refusal"))
    with pytest.raises(AnswerRefused):
        extract()
    assert len(server.requests) == 1


def test_a_text_that_a_server_refuses_is_named_and_not_asked_again(extract: Any, server: MessagesServer) -> None:
    extract("Moreno Works was based in Plymouth.")
    server.faults.append(Fault("status", 400, "invalid_request_error", "messages: the text is refused"))
    with pytest.raises(AnswerRefused, match="the text is refused"):
        extract()
    assert len(server.requests) == 2


def test_a_cut_off_answer_is_asked_for_again_with_more_room(extract: Any, server: MessagesServer) -> None:
    server.faults.append(Fault("truncated"))
    found = extract()
    assert (len(found.entities), found.usage.calls) == (2, 2)
    first, second = (body.get("max_tokens") or body.get("max_completion_tokens") for body in bodies(server))
    assert second > first


def test_a_text_whose_answer_is_too_long_is_asked_about_in_halves(extract: Any, server: MessagesServer) -> None:
    text = " ".join(["Ada Moreno designed the Tamar Bridge."] * 8 + ["Moreno Works was based in Plymouth."] * 8)
    server.faulty = lambda asked: Fault("truncated") if len(asked) > 500 else None
    found = extract(text)
    assert {one.name for one in found.entities} == {"Ada Moreno", "Tamar Bridge", "Moreno Works", "Plymouth"}
    for entity in found.entities:
        assert len(entity.mentions) == 8
        assert {text[start:end] for start, end in entity.mentions} == {entity.name}
    for fact in found.facts:
        assert text[slice(*fact.span)] in (fact.fact, f"{fact.fact}.")
    assert found.usage.calls == len(server.requests)


def test_an_answer_that_is_always_cut_off_is_named(extract: Any, server: MessagesServer) -> None:
    server.faulty = lambda asked: Fault("truncated")
    with pytest.raises(AnswerTruncated):
        extract()
    assert len(server.requests) == 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_key_is_one_clear_sentence_and_no_retry(
    provider: str, settings_for: Any, opened: Any, server: MessagesServer
) -> None:
    model = opened(settings_for(provider, anthropic_api_key="sk-wrong-key-1", openai_api_key="sk-wrong-key-1"))
    with pytest.raises(KeyRefused) as caught:
        model.extract([TEXT])
    assert len(server.requests) == 1
    assert "wrong-key" not in caught.value.message


@pytest.mark.parametrize(("provider", "name"), [("anthropic", "ANTHROPIC_API_KEY"), ("openai", "OPENAI_API_KEY")])
def test_a_missing_key_is_told_before_anything_is_asked(provider: str, name: str, settings_for: Any, opened: Any) -> None:
    settings = settings_for(provider, anthropic_api_key=None, openai_api_key=None, llm_base_url=None)
    with pytest.raises(SettingsInvalid, match=name):
        opened(settings)


def test_a_server_of_ones_own_needs_no_key(settings_for: Any, opened: Any, server: MessagesServer) -> None:
    server.key = ""
    model = opened(settings_for("openai", openai_api_key=None, llm_model="local"))
    assert len(model.extract([TEXT])[0].entities) == 2


def test_a_server_that_takes_no_schema_is_asked_for_json_from_then_on(
    settings_for: Any, opened: Any, server: MessagesServer
) -> None:
    server.takes_schema = False
    model = opened(settings_for("openai"))
    assert len(model.extract([TEXT])[0].entities) == 2
    model.extract(["Moreno Works was based in Plymouth."])
    assert [body["response_format"]["type"] for body in bodies(server)] == ["json_schema", "json_object", "json_object"]
    assert '"additionalProperties": false' in bodies(server)[-1]["messages"][0]["content"]


def test_many_texts_are_asked_about_at_one_time_and_answered_in_order(
    settings_for: Any, opened: Any, server: MessagesServer
) -> None:
    server.latency_s = 0.1
    model = opened(settings_for(llm_concurrency=8))
    texts = [f"{number}. {TEXT}" for number in range(24)]
    found = model.extract(texts)
    assert 2 <= server.most_at_once <= 8
    assert [text[slice(*one.entities[0].mentions[0])] for text, one in zip(texts, found, strict=True)] == ["Ada Moreno"] * 24


def test_neither_key_nor_text_is_ever_logged(extract: Any, server: MessagesServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.extend([OVERLOADED, Fault("wrong_schema"), Fault("cut")])
    extract()
    logging.getLogger("fathom").info("The end")
    said = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name.startswith("fathom"))
    assert "The end" in said
    assert server.key not in said
    assert "Tamar" not in said


def bodies(server: MessagesServer) -> list[dict[str, Any]]:
    """What was asked, in order."""
    return [request["body"] for request in server.requests]
