"""What a server does not take is learned from its refusal, once: formats, nulls, names of bounds, in every shape of error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fathom.errors import RequestRefused
from fathom.extraction.server_examination import learned_of_server
from tests.fathom.llm.scripted_server import Asked, Reply, completion, error

NAMES = {"Ada Moreno", "Tamar Bridge"}
Script = Callable[[Asked], Reply]
OTHER = "Moreno Works was based in Plymouth."


def takes(*formats: str | None, refusal: Reply) -> Script:
    """Answers requests of these formats and refuses others so."""
    return lambda asked: completion(asked) if asked.format in formats else refusal


def has_null_union(value: Any) -> bool:
    """Whether a schema has a list of types in it."""
    if isinstance(value, dict):
        return isinstance(value.get("type"), list) or any(map(has_null_union, value.values()))
    return isinstance(value, list) and any(map(has_null_union, value))


def without_unions(refusal: Reply) -> Script:
    """Refuses a schema with a list of types so."""
    return lambda asked: refusal if has_null_union(asked.body.get("response_format")) else completion(asked)


def without(parameter: str, refusal: Reply) -> Script:
    """Refuses a parameter so."""
    return lambda asked: refusal if parameter in asked.body else completion(asked)


def without_system(refusal: Reply) -> Script:
    """Refuses a system message so."""
    return lambda asked: refusal if asked.body["messages"][0]["role"] == "system" else completion(asked)


PLAIN = (None, "text")
LM_STUDIO = "'response_format.type' must be 'json_object'"
NO_SCHEMA = "json_schema is not supported"
NO_FORMAT = "Unrecognized request argument supplied: response_format"
BOUND = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
UNION = "Invalid value at 'response_schema.properties[0].value.type' (Type), \"string,null\""
NESTED = '{"error":{"message":"Invalid input","param":"response_format","code":"invalid_request_error"}}'
CASES: dict[str, tuple[Any, Script, int]] = {
    "lm-studio-string": (19, takes("json_object", refusal=Reply(400, {"error": LM_STUDIO})), 2),
    "lm-studio-text-alone": (19, takes(*PLAIN, refusal=Reply(400, {"error": "'response_format.type' must be 'text'"})), 2),
    "takes-schema": (18, takes("json_schema", *PLAIN, refusal=error(400, "no json_object here")), 1),
    "vllm-object": (21, takes("json_object", refusal=Reply(400, {"object": "error", "message": NO_SCHEMA})), 2),
    "groq-words": (22, takes("json_object", refusal=error(400, "It does not support response format `json_schema`.")), 2),
    "deepseek-unavailable": (22, takes("json_object", refusal=error(400, "This response_format type is unavailable now")), 2),
    "deepseek-reasoner": (23, takes(*PLAIN, refusal=error(400, "deepseek-reasoner does not support Json Output.")), 3),
    "no-format-at-all": (24, takes(*PLAIN, refusal=error(400, NO_FORMAT)), 3),
    "fastapi-detail": (24, takes(*PLAIN, refusal=Reply(422, {"detail": [
        {"type": "extra_forbidden", "loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]})), 3),
    "nested-json-string": (24, takes(*PLAIN, refusal=error(400, NESTED)), 3),
    "no-reason-given": (24, takes(*PLAIN, refusal=Reply(400, "Bad Request", {"content-type": "text/plain"})), 3),
    "gemini-union": (25, without_unions(error(400, UNION)), 2),
    "gemini-list-of-errors": (25, without_unions(Reply(400, [{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":
        "Unknown name \"type\" at 'response_schema': Proto field is not repeating, cannot start list."}}])), 2),
    "union-in-plain-words": (25, without_unions(error(400, "schema: 'type' must be a string, not an array")), 2),
    "llama-cpp-grammar": (26, takes("json_object", refusal=error(500, "failed to parse grammar", code=500)), 2),
    "vllm-unhashable": (26, without_unions(error(500, "unhashable type: 'list'")), 2),
    "xgrammar-400": (26, takes("json_object", refusal=Reply(400, {"message": "xgrammar: unsupported JSON schema"})), 2),
    "azure-bound": (27, without("max_tokens", error(400, BOUND, param="max_tokens", code="unsupported_parameter")), 2),
    "bound-extra-input": (27, without("max_tokens", Reply(422, {"detail": "max_tokens: extra fields not permitted"})), 2),
    "no-bound-at-all": (27, lambda asked: error(400, "Unknown parameter: 'max_tokens' or 'max_completion_tokens'")
        if asked.max_tokens else completion(asked), 3),
    "no-system-o1": (22, without_system(error(400, "'messages[0].role' does not support 'system' with this model.")), 2),
    "no-system-gemma": (22, without_system(error(500, "System role not supported")), 2),
}  # fmt: skip


@pytest.mark.parametrize(
    ("script", "asked"), [pytest.param(one, n, id=name, marks=pytest.mark.case(c)) for name, (c, one, n) in CASES.items()]
)
def test_what_a_server_does_not_take_is_learned_once_and_kept(played: Any, script: Script, asked: int) -> None:
    assert played.by(script).found() == NAMES
    assert len(played.requests) == asked
    assert played.found(OTHER) == {"Moreno Works", "Plymouth"}
    assert played.again().found("Ada Moreno founded Moreno Works.") == {"Ada Moreno", "Moreno Works"}
    assert len(played.requests) == asked + 2  # neither this process nor the next asks for it again


@pytest.mark.case(28)
def test_a_server_that_knows_the_older_bound_alone_is_asked_with_it(played: Any) -> None:
    played.by(without("max_completion_tokens", error(400, "Unknown parameter: max_completion_tokens")))
    assert played.found() == NAMES
    assert played.requests[0].max_tokens is not None
    assert len(played.requests) == 1


def test_questions_at_once_of_a_server_that_is_not_known_are_refused_once(played: Any) -> None:
    played.by(takes(*PLAIN, refusal=error(400, NO_FORMAT)), llm_concurrency=8)
    found = played.model.extract([f"{number}. Ada Moreno designed the Tamar Bridge." for number in range(8)])
    assert all(len(one.entities) == 2 for one in found)
    assert len(played.requests) == 8 + 2


def test_a_server_that_takes_nothing_known_is_named_and_what_was_tried_is_forgotten(played: Any) -> None:
    with pytest.raises(RequestRefused, match="teapot"):
        played.by(lambda asked: error(400, "I am a teapot")).found()
    assert len(played.requests) <= 5
    played.server.script = completion
    assert played.found(OTHER) == {"Moreno Works", "Plymouth"}
    assert played.requests[-1].format == "json_schema"


def test_a_server_that_became_another_is_learned_anew(played: Any) -> None:
    played.by(takes(*PLAIN, refusal=error(400, NO_FORMAT))).found()
    played.server.script = takes("json_schema", refusal=error(400, "a schema or nothing"))
    assert played.again().found(OTHER) == {"Moreno Works", "Plymouth"}
    assert played.requests[-1].format == "json_schema"


def test_what_was_learned_is_shown(played: Any, settings_for: Any) -> None:
    played.by(takes("json_object", refusal=error(400, "json_schema is not supported"))).found()
    settings = settings_for("openai", llm_base_url=f"{played.server.url}/v1", llm_model="local")
    assert learned_of_server(settings).startswith("answers as any JSON object; bound by max_tokens")
    assert learned_of_server(settings_for("openai", llm_model="other")) == "nothing was learned of it yet"


def test_words_of_the_text_are_not_taken_for_the_servers(played: Any) -> None:
    refused = [{"loc": ["body"], "msg": "refused", "input": "response_format json_schema is not supported"}]
    played.by(completion).found()
    played.server.script = lambda asked: Reply(422, {"detail": refused})
    with pytest.raises(Exception, match="refused"):
        played.found(OTHER)
    assert len(played.requests) == 2
