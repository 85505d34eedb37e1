"""Whose fault it is that a model gives no answer: each told apart by name, with what to do, and no more asked than helps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fathom import errors
from fathom.llm.client import LLMCallFailed
from fathom.llm.middleware import retry
from fathom.llm.providers.error_classification import classify_refusal
from fathom.llm.providers.error_response import refused_call, refused_inside
from tests.fathom.llm.scripted_server import Asked, Reply, completion, error, message, page

NAMES = {"Ada Moreno", "Tamar Bridge"}
QUOTA = "You exceeded your current quota, please check your plan and billing details."


def of_gemini(quota: str, delay: str) -> list[dict[str, Any]]:
    """A refusal in the shape of Gemini's, whose words are the same for a minute's quota and for a day's."""
    details = [{"quotaId": quota}, {"retryDelay": delay}]
    return [{"error": {"code": 429, "message": QUOTA, "status": "RESOURCE_EXHAUSTED", "details": details}}]


LIMITS = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
FILTER = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
TPD = "Rate limit reached on tokens per day (TPD): Limit 100000, Used 99999. Please try again in 7m12s."
UNVERIFIED = "Your organization must be verified to use the model `o3`."
DISABLED = "This organization has been disabled."
PULL = 'model "llama9" not found, try pulling it first'
MODERATED = "Your chosen model requires moderation and your input was flagged for violence"
ENGLISH_OF_1301 = "\u7cfb\u7edf\u68c0\u6d4b\u5230\u8f93\u5165\u5185\u5bb9\u53ef\u80fd\u5305\u542b\u654f\u611f\u5185\u5bb9"


def of(said: str, **more: Any) -> dict[str, Any]:
    """The body of an error in OpenAI's shape."""
    return {"error": {"message": said, **more}}


TABLE: dict[str, tuple[str, int, Any]] = {
    "openai quota": ("CreditSpent", 429, of(QUOTA, type="insufficient_quota", code="insufficient_quota")),
    "gemini a day": ("CreditSpent", 429, of_gemini("RequestsPerDayPerModel-FreeTier", "36000s")),
    "groq a day": ("CreditSpent", 429, of(TPD)),
    "anthropic usage limits": ("CreditSpent", 400, of(LIMITS, type="invalid_request_error")),
    "anthropic credit": ("CreditSpent", 400, of("Your credit balance is too low to access the Anthropic API.")),
    "deepseek": ("CreditSpent", 402, of("Insufficient Balance")),
    "openrouter": ("CreditSpent", 402, of("This request requires more credits, or fewer max_tokens.", code=402)),
    "alibaba": ("CreditSpent", 400, {"code": "Arrearage", "message": "Access denied, your account is not in good standing."}),
    "zhipu": ("CreditSpent", 429, of("\u60a8\u7684\u8d26\u6237\u5df2\u6b20\u8d39", code="1113")),
    "litellm": ("CreditSpent", 400, of("Budget has been exceeded! Current cost: 10, Max budget: 5", type="budget_exceeded")),
    "openai key": ("KeyRefused", 401, of("Incorrect API key provided: sk-abc")),
    "gemini key": ("KeyRefused", 400, [of("API key not valid. Please pass a valid API key.", code=400)]),
    "fastapi key": ("KeyRefused", 401, {"detail": "Unauthorized"}),
    "organisation disabled": ("PermissionMissing", 400, of(DISABLED)),
    "anthropic permission": ("PermissionMissing", 403, of("Your API key does not have permission.", type="permission_error")),
    "country": ("PermissionMissing", 403, of("Country, region, or territory not supported")),
    "project": ("PermissionMissing", 403, of("Project `proj` does not have access to model `gpt-4`", code="model_not_found")),
    "scopes": ("PermissionMissing", 401, of("You have insufficient permissions. Missing scopes: model.request")),
    "unverified": ("PermissionMissing", 400, of(UNVERIFIED)),
    "openai model": ("ModelUnknown", 404, of("The model `gpt-9` does not exist or you do not have access to it.")),
    "ollama model": ("ModelUnknown", 404, {"error": PULL}),
    "vllm model": ("ModelUnknown", 404, {"object": "error", "message": "The model `x` does not exist.", "code": 404}),
    "anthropic model": ("ModelUnknown", 404, of("model: claude-foo", type="not_found_error")),
    "openrouter model": ("ModelUnknown", 400, of("x is not a valid model ID")),
    "groq retired": ("ModelUnknown", 400, of("The model `m` has been decommissioned.", code="model_decommissioned")),
    "azure deployment": ("ModelUnknown", 404, of("The API deployment does not exist.", code="DeploymentNotFound")),
    "lm studio": ("ModelUnknown", 404, of("No models loaded. Please load a model in the developer page")),
    "no such page": ("AddressWrong", 404, "404 page not found"),
    "fastapi page": ("AddressWrong", 404, {"detail": "Not Found"}),
    "openai page": ("AddressWrong", 404, of("Invalid URL (POST /chat/completions)")),
    "method": ("AddressWrong", 405, {"detail": "Method Not Allowed"}),
    "lm studio page": ("AddressWrong", 404, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
    "azure content": ("AnswerRefused", 400, of(FILTER, code="content_filter")),
    "openrouter content": ("AnswerRefused", 403, of(MODERATED, code=403)),
    "deepseek content": ("AnswerRefused", 400, of("Content Exists Risk")),
    "alibaba content": ("AnswerRefused", 400, {"code": "data_inspection_failed", "message": "inappropriate content"}),
    "zhipu content": ("AnswerRefused", 400, of(ENGLISH_OF_1301, code="1301")),
    "llama.cpp loads": ("loading", 503, of("Loading model", type="unavailable_error")),
    "hugging face loads": ("loading", 503, {"error": "Model x is currently loading", "estimated_time": 20.0}),
    "gemini a minute": ("http_429", 429, of_gemini("RequestsPerMinutePerModel-FreeTier", "25s")),
    "openai a minute": ("http_429", 429, of("Rate limit reached on requests per min. Please try again in 20s.")),
    "too many": ("http_429", 429, "Too Many Requests"),
    "overloaded": ("http_529", 529, of("Overloaded", type="overloaded_error")),
    "unknown": ("RequestRefused", 400, of("Invalid value for 'foo'")),
}  # fmt: skip


@pytest.mark.parametrize(("name", "status", "body"), TABLE.values(), ids=TABLE)
def test_a_refusal_tells_whose_fault_it_is(name: str, status: int, body: Any) -> None:
    refused = refused_call(status, body if isinstance(body, str) else json.dumps(body), {})
    found = classify_refusal(refused, "m", has_answered=False)
    assert (found.kind if isinstance(found, LLMCallFailed) else type(found).__name__) == name


@pytest.mark.parametrize("title", ["Attention Required! | Cloudflare", "Access blocked by company policy", "403 Forbidden"])
def test_a_page_of_a_firewall_is_not_the_key(title: str) -> None:
    refused = refused_call(403, page(403, title).body, {"content-type": "text/html"})
    assert isinstance(classify_refusal(refused, "m"), errors.ProxyRefused)


def raised(played: Any, kind: type[errors.FathomError], *, asked: int = 1) -> errors.FathomError:
    """The error that the model raises, after so many requests."""
    with pytest.raises(kind) as caught:
        played.found()
    assert len(played.requests) == asked
    assert type(caught.value) is kind
    assert caught.value.what_to_do
    return caught.value


CASES: dict[str, tuple[Any, Reply, type[errors.FathomError], int]] = {
    "content": (30, error(400, FILTER, code="content_filter"), errors.AnswerRefused, 1),
    "quota": (34, error(429, QUOTA, type="insufficient_quota", code="insufficient_quota"), errors.CreditSpent, 1),
    "no v1": (35, Reply(404, "404 page not found", {"content-type": "text/plain"}), errors.AddressWrong, 1),
    "login": (35, Reply(302, "", {"location": "/login"}), errors.AddressWrong, 1),
    "model": (36, error(404, "The model `local` does not exist.", code="model_not_found"), errors.ModelUnknown, 1),
    "no auth under 200": (37, Reply(200, of("No auth credentials found", code=401)), errors.KeyRefused, 1),
    "no credit under 200": (37, Reply(200, of("Insufficient credits", code=402)), errors.CreditSpent, 1),
    "proxy": (40, page(407, "Proxy Authentication Required"), errors.ProxyRefused, 1),
    "firewall": (40, page(403, "Request blocked by the firewall"), errors.ProxyRefused, 1),
    "bad gateway": (39, page(502, "502 Bad Gateway"), errors.LanguageModelUnreachable, retry.MAX_TRIES),
}


@pytest.mark.parametrize(
    ("reply", "kind", "asked"), [pytest.param(*one[1:], id=name, marks=pytest.mark.case(one[0])) for name, one in CASES.items()]
)
def test_each_fault_of_a_compatible_server_has_its_name(
    played: Any, waits: list[float], reply: Reply, kind: type[errors.FathomError], asked: int
) -> None:
    raised(played.by(lambda _: reply), kind, asked=asked)


CLAUDE: dict[str, tuple[Any, Reply, type[errors.FathomError], int]] = {
    "refusal": (49, Reply(200, {"type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": "refusal",
                                "usage": {"input_tokens": 10, "output_tokens": 0}}), errors.AnswerRefused, 1),
    "credit": (55, error(400, "Your credit balance is too low to access the Anthropic API."), errors.CreditSpent, 1),
    "key": (57, error(401, "invalid x-api-key", type="authentication_error"), errors.KeyRefused, 1),
    "retired": (57, error(404, "model: claude-sonnet-5-5", type="not_found_error"), errors.ModelUnknown, 1),
    "overloaded": (57, error(529, "Overloaded", type="overloaded_error"), errors.LanguageModelUnreachable, retry.MAX_TRIES),
    "overloaded under 200": (58, Reply(200, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
                             errors.LanguageModelUnreachable, retry.MAX_TRIES),
    "page under 200": (58, page(200, "Welcome to nginx"), errors.AddressWrong, 1),
    "no permission": (60, error(403, "Your API key does not have permission to use it.", type="permission_error"),
                      errors.PermissionMissing, 1),
    "disabled": (60, error(403, DISABLED, type="permission_error"), errors.PermissionMissing, 1),
    "disabled 400": (60, error(400, DISABLED, type="invalid_request_error"), errors.PermissionMissing, 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "kind", "asked"),
    [pytest.param(*one[1:], id=name, marks=pytest.mark.case(one[0])) for name, one in CLAUDE.items()],
)
def test_each_fault_of_anthropic_has_its_name(
    played: Any, waits: list[float], reply: Reply, kind: type[errors.FathomError], asked: int
) -> None:
    raised(played.by(lambda _: reply, provider="anthropic"), kind, asked=asked)


@pytest.mark.case(58)
def test_a_page_of_a_server_that_has_answered_is_its_trouble_of_the_moment(played: Any, waits: list[float]) -> None:
    played.by(message, provider="anthropic").found()
    played.server.script = lambda asked: page(200, "Maintenance") if asked.number < 4 else message(asked)
    assert played.found("Moreno Works was based in Plymouth.") == {"Moreno Works", "Plymouth"}


@pytest.mark.case(29)
@pytest.mark.parametrize("said", ["", '{"entities": ['])
def test_json_that_a_server_finds_invalid_is_asked_for_once_more(played: Any, said: str) -> None:
    broken = error(400, "Failed to generate JSON.", code="json_validate_failed", failed_generation=said)
    played.by(lambda asked: broken if asked.number == 1 else completion(asked))
    assert played.found() == NAMES
    assert len(played.requests) == 2


@pytest.mark.case(37)
def test_an_error_under_200_is_asked_again_where_that_may_help(played: Any, waits: list[float]) -> None:
    shapes = [of("Provider returned error", code=502), {"error": "upstream timed out"}, of("Rate limited", code=429)]
    played.by(lambda asked: Reply(200, shapes[asked.number - 1]) if asked.number <= len(shapes) else completion(asked))
    assert played.found() == NAMES
    assert len(played.requests) == 4


def test_the_message_of_an_error_under_200_is_told(played: Any, waits: list[float]) -> None:
    with pytest.raises(errors.LanguageModelUnreachable, match="upstream is on fire"):
        played.by(lambda _: Reply(200, {"error": {"message": "upstream is on fire"}})).found()


@pytest.mark.parametrize("body", ['{"error": null, "choices": []}', '{"choices": [{"message": "an error"}]}', "[]", '"error"'])
def test_what_is_no_error_under_200_is_none(body: str) -> None:
    assert refused_inside(body, {}) is None


@pytest.mark.case(42)
def test_a_server_that_loads_its_model_is_waited_for(played: Any, waits: list[float]) -> None:
    loading = error(503, "Loading model", type="unavailable_error", code=503)
    played.by(lambda asked: completion(asked) if sum(waits) > 40 else loading)
    assert played.found() == NAMES
    assert sum(waits) > 40
    assert len(waits) < 40


@pytest.mark.case(42)
def test_a_server_that_loads_for_ever_is_away(played: Any, waits: list[float]) -> None:
    with pytest.raises(errors.LanguageModelUnreachable, match="Loading model"):
        played.by(lambda _: error(503, "Loading model")).found()
    assert sum(waits) < retry.MAX_LOADING_S + 100


HEADERS: dict[str, tuple[dict[str, str], float]] = {
    "date": ({"retry-after": "Sun, 29 Nov 2026 23:59:59 GMT", "date": "Sun, 29 Nov 2026 23:59:49 GMT"}, 10.0),
    "milliseconds": ({"retry-after-ms": "1500"}, 1.5),
    "openai duration": ({"x-ratelimit-reset-tokens": "1m2s", "x-ratelimit-remaining-tokens": "0"}, 62.0),
    "the spent limit counts": ({"x-ratelimit-reset-requests": "2s", "x-ratelimit-remaining-requests": "0",
                                "x-ratelimit-reset-tokens": "3m"}, 2.0),
    "anthropic moment": ({"anthropic-ratelimit-tokens-reset": "2026-11-30T00:00:00Z",
                          "date": "Sun, 29 Nov 2026 23:59:49 GMT"}, 11.0),
    "milliseconds duration": ({"x-ratelimit-reset-requests": "20ms"}, 0.02),
}  # fmt: skip


@pytest.mark.case(43)
@pytest.mark.parametrize(("headers", "seconds"), HEADERS.values(), ids=HEADERS)
def test_the_wait_that_a_server_asks_for_is_kept(
    played: Any, waits: list[float], headers: dict[str, str], seconds: float
) -> None:
    throttled = error(429, "Rate limit reached", headers=headers)
    played.by(lambda asked: throttled if asked.number == 1 else completion(asked))
    assert played.found() == NAMES
    assert seconds <= waits[0] <= seconds + 0.2


@pytest.mark.case(48)
def test_claudes_other_ways_to_stop_are_answers(played: Any) -> None:
    stops = iter(["stop_sequence", "pause_turn", "a_new_reason"])
    played.by(lambda asked: message(asked, stop=next(stops)), provider="anthropic")
    for number in range(3):
        assert played.found(f"{number}. Ada Moreno designed the Tamar Bridge.") == NAMES


@pytest.mark.case(50)
def test_claudes_thoughts_are_no_part_of_its_answer(played: Any) -> None:
    def script(asked: Asked) -> Reply:
        good = message(asked).body["content"]
        thoughts = [{"type": "thinking", "thinking": "Hm {", "signature": "s"}, {"type": "redacted_thinking", "data": "x"}]
        return message(asked, [*thoughts, *good])

    assert played.by(script, provider="anthropic").found() == NAMES


def test_the_same_unknown_refusal_three_times_is_the_requests_fault(played: Any) -> None:
    played.by(completion).found()
    played.server.script = lambda _: error(400, "no more today")
    for kind in (errors.AnswerRefused, errors.AnswerRefused, errors.RequestRefused):
        with pytest.raises(errors.FathomError) as caught:
            played.found(f"{len(played.requests)}. Moreno Works was based in Plymouth.")
        assert type(caught.value) is kind


def test_a_secret_in_a_refusal_is_not_shown() -> None:
    refused = refused_call(401, json.dumps(of("Incorrect API key provided: sk-proj-0123456789abcdef")), {})
    assert "0123456789" not in refused.message
