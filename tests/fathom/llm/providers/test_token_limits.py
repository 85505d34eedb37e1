"""What a model's window and answers hold is learned from refusals: texts are halved, answers bounded, reasoning has room."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fathom.errors import AnswerTruncated, ModelTooSmall, PassageTooLong
from fathom.llm.client import LLMRequest
from fathom.llm.providers.context_limits import TokenLimits, context_limit, is_too_long, output_limit
from fathom.llm.providers.error_response import refused_call
from tests.fathom.llm.conftest import TEXT
from tests.fathom.llm.scripted_server import Asked, Reply, completion, error, message, page

LONG = " ".join(["Ada Moreno designed the Tamar Bridge."] * 60 + ["Moreno Works was based in Plymouth."] * 60)
ALL = {"Ada Moreno", "Tamar Bridge", "Moreno Works", "Plymouth"}
OUTPUT = {
    "openai": ("max_tokens is too large: 8192. This model supports at most 4096 completion tokens.", 4096),
    "deepseek": ("Invalid max_tokens value, the valid range of max_tokens is [1, 4096]", 4096),
    "alibaba": ("Range of max_tokens should be [1, 2000]", 2000),
    "anthropic": ("max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-opus", 4096),
    "groq": ("`max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens` is less than it", 4096),
    "bedrock": ("The maximum tokens you requested exceeds the model limit of 4096. Try a lower one.", 4096),
    "plain": ("max_tokens too large, must be <= 4096", 4096),
    "no number": ("max_tokens is too high", 4096),
}  # fmt: skip
CONTEXT = {
    "openai": ("This model's maximum context length is 4096 tokens. However, you requested 8256 tokens (64 in messages, 8192 "
               "in the completion). Please reduce the length of the messages or completion.", 4096),
    "vllm": ("'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens "
             "and your request has 2423 input tokens (8192 > 4096 - 2423).", 4096),
    "lm studio": ("Trying to keep the first 15857 tokens when context the overflows. However, the model is loaded with context "
                  "length of only 4096 tokens, which is not enough.", 4096),
    "llama.cpp": ("the request exceeds the available context size (4096 tokens), try increasing it", 4096),
    "anthropic": ("prompt is too long: 210000 tokens > 200000 maximum", 200_000),
    "anthropic both": ("input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease", 200_000),
    "gemini": ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048575).", 1_048_575),
    "mistral": ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
                32_768),
    "tgi": ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3900 `inputs` tokens and 888 `max_new_tokens`", 4096),
    "cohere": ("too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.", 4081),
    "fireworks": ("The prompt is too long: 5000, model maximum context length: 4096", 4096),
    "xai": ("This model's maximum prompt length is 131072 but the request contains 140000 tokens.", 131_072),
    "cerebras": ("Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192", 8192),
    "sglang": ("The input (5000 tokens) is longer than the model's context length (4096 tokens).", 4096),
    "named model": ("The maximum context length of llama-3 is 4096 tokens", 4096),
    "no number": ("Your input exceeds the context window of this model. Please adjust your input and try again.", None),
}  # fmt: skip


@pytest.mark.parametrize(("said", "limit"), OUTPUT.values(), ids=OUTPUT)
def test_the_longest_answer_is_read_from_a_refusal(said: str, limit: int) -> None:
    refused = refused_call(400, json.dumps({"error": {"message": said}}), {})
    assert output_limit(refused, 8192) == limit
    assert not is_too_long(refused)


@pytest.mark.parametrize(("said", "limit"), CONTEXT.values(), ids=CONTEXT)
def test_the_context_window_is_read_from_a_refusal(said: str, limit: int | None) -> None:
    refused = refused_call(400, json.dumps({"error": {"message": said}}), {})
    assert is_too_long(refused)
    assert context_limit(refused) == limit
    assert output_limit(refused, 8192) is None


@pytest.mark.parametrize(
    "said",
    [
        "Rate limit reached on tokens per min. Limit: 10000",
        "model is overloaded",
        "context is required",
        "max_tokens not supported",
    ],
)
def test_other_refusals_are_not_about_length(said: str) -> None:
    refused = refused_call(400, json.dumps({"error": {"message": said}}), {})
    assert not is_too_long(refused)
    assert output_limit(refused, 8192) is None


def test_an_answer_is_bounded_by_what_the_window_leaves() -> None:
    question = LLMRequest("system", {}, "x" * 3500, "p", 2000)
    into = question.estimated_tokens_in
    assert TokenLimits().answer_tokens(question) == 2000
    assert TokenLimits(context=into + 900).answer_tokens(question) == 900
    with pytest.raises(PassageTooLong):
        TokenLimits(context=into + 300).answer_tokens(question)
    with pytest.raises(ModelTooSmall, match="512"):
        TokenLimits(context=512).answer_tokens(question)


def window(context: int, said: str = "This model's maximum context length is {} tokens. However, you requested more.") -> Any:
    """Refuses what is more than the window, by four characters a token."""

    def script(asked: Asked) -> Reply:
        if asked.words // 4 + (asked.max_tokens or 0) > context:
            return error(400, said.format(context), code="context_length_exceeded")
        return completion(asked)

    return script


@pytest.mark.case(31)
@pytest.mark.parametrize("context", [4096, 3000])
def test_a_small_window_bounds_the_answer_and_then_halves_the_text(played: Any, context: int) -> None:
    assert played.by(window(context)).found(LONG) == ALL
    asked = len(played.requests)
    refused = [one for one in played.requests if one.words // 4 + (one.max_tokens or 0) > context]
    assert len(refused) <= 4
    assert played.again().found(LONG.replace("1998", "")) == ALL
    assert len(played.requests) - asked <= asked


@pytest.mark.case(32)
@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "too long", code="context_length_exceeded"),
        error(400, "Your input exceeds the context window of this model."),
        Reply(400, {"error": "Trying to keep the first 9000 tokens when context the overflows."}),
        Reply(500, {"error": {"code": 500, "type": "exceed_context_size_error", "message": "the request exceeds it"}}),
        error(429, "Request too large for model in organization on tokens per min (TPM): Limit 6000, Requested 9000"),
        Reply(413, {"error": {"message": "Request too large", "code": "rate_limit_exceeded"}}),
        pytest.param(page(413, "413 Request Entity Too Large"), marks=pytest.mark.case(40)),
    ],
    ids=["code", "words", "lm-studio", "llama.cpp", "groq-429", "groq-413", "nginx-413"],
)
def test_a_text_that_is_too_long_is_asked_about_in_halves(played: Any, refusal: Reply) -> None:
    played.by(lambda asked: refusal if len(asked.text) > 1500 else completion(asked))
    assert played.found(LONG) == ALL


@pytest.mark.case(53)
@pytest.mark.parametrize("said", ["prompt is too long", "prompt is too long: 4500 tokens > 4000 maximum"])
def test_a_prompt_too_long_for_claude_is_halved(played: Any, said: str) -> None:
    played.by(lambda asked: error(400, said) if len(asked.text) > 2500 else message(asked), provider="anthropic")
    assert played.found(LONG) == ALL


def test_a_model_that_takes_not_even_a_short_text_is_named(played: Any) -> None:
    with pytest.raises(ModelTooSmall):
        played.by(window(1200)).found(LONG)
    assert len(played.requests) < 4
    with pytest.raises(ModelTooSmall):
        played.by(lambda asked: error(400, "context_length_exceeded")).found(LONG)


def test_a_text_that_was_taken_is_not_too_long_when_only_a_longer_answer_is_refused(played: Any) -> None:
    def script(asked: Asked) -> Reply:
        if (asked.max_tokens or 0) > 2000:
            return error(400, "Your input exceeds the context window of this model.")
        reply = completion(asked)
        reply.body["choices"][0].update(finish_reason="length", message={"role": "assistant", "content": '{"entities": ['})
        return reply

    with pytest.raises(AnswerTruncated):
        played.by(script).found(TEXT)


@pytest.mark.case(33)
def test_a_model_that_writes_no_more_than_so_much_is_asked_for_no_more(played: Any) -> None:
    said = "max_tokens is too large: {}. This model supports at most 4096 completion tokens, whereas you provided {}."

    def script(asked: Asked) -> Reply:
        tokens = asked.max_tokens or 0
        if tokens > 4096:
            return error(400, said.format(tokens, tokens), param="max_tokens")
        return completion(asked, '{"entities": [', finish="length") if len(asked.text) > 1500 else completion(asked)

    assert played.by(script).found(LONG) == ALL
    assert sum((one.max_tokens or 0) > 4096 for one in played.requests) <= 1


def reasons(needed: int, **more: Any) -> Any:
    """Answers when it has so many tokens to think with; its thoughts are cut off before."""

    def script(asked: Asked) -> Reply:
        tokens = asked.max_tokens or 0
        usage = {"prompt_tokens": 1500, "completion_tokens": tokens, "total_tokens": 1500 + tokens}
        if tokens < needed:
            return completion(asked, usage=usage, finish="length", **{"said": "", **more})
        return completion(asked)

    return script


@pytest.mark.case(16)
@pytest.mark.parametrize(
    "more",
    [
        {"reasoning_content": "Let me think of Ada"},
        {"reasoning": "Let me think"},
        {"said": "<think>Let me think of Ada"},
        {},
    ],
    ids=["deepseek", "openrouter", "think-tag", "hidden"],
)
@pytest.mark.parametrize("needed", [3500, 9000, pytest.param(1500, marks=pytest.mark.case(17))])
def test_reasoning_that_eats_the_answer_has_more_room(played: Any, needed: int, more: dict[str, str]) -> None:
    assert played.by(reasons(needed, **more)).found() == {"Ada Moreno", "Tamar Bridge"}
    asked = len(played.requests)
    assert asked <= 4
    assert played.again().found("Moreno Works was based in Plymouth.") == {"Moreno Works", "Plymouth"}
    assert len(played.requests) == asked + 1


def test_room_to_reason_stays_within_the_limits(played: Any) -> None:
    thinking = reasons(30_000, reasoning_content="Hm")

    def script(asked: Asked) -> Reply:
        return error(400, "max_tokens must be at most 8192") if (asked.max_tokens or 0) > 8192 else thinking(asked)

    with pytest.raises(Exception, match="cut off"):
        played.by(script).found()
    assert len(played.requests) <= 6


@pytest.mark.case(52)
def test_an_answer_that_fills_claudes_window_is_asked_for_in_halves(played: Any) -> None:
    def script(asked: Asked) -> Reply:
        cut = [{"type": "text", "text": '{"entities": ['}]
        return message(asked, cut, stop="model_context_window_exceeded") if len(asked.text) > 2500 else message(asked)

    assert played.by(script, provider="anthropic").found(LONG) == ALL
