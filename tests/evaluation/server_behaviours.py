"""Ways in which servers of language models behave, by name: styles of answers, counts, abilities, faults of all kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fathom.llm.scripted_server import Asked, Reply, page

Text = Callable[[str], str]
Usage = Callable[[int, int], Any]
Answers = Callable[[Asked], Reply]
CHAT, MESSAGES = "openai", "anthropic"
CONTEXT, OUTPUT, REASONING = 3000, 600, 3500  # tokens of the small window, the short answer and the long reasoning


def wire_of(asked: Asked) -> str:
    """Returns the provider whose wire format a request has."""
    return MESSAGES if asked.path.endswith("/messages") else CHAT


def tokens_of(text: str) -> int:
    """Returns how many tokens the server counts for a text."""
    return len(text) // 4 + 1


def failed(asked: Asked, status: int, said: str, kind: str = "invalid_request_error", **more: Any) -> Reply:
    """An error in the shape of the request's provider; `wait` is a retry-after."""
    headers = {"retry-after": more.pop("wait")} if "wait" in more else {}
    if wire_of(asked) == MESSAGES:
        return Reply(status, {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"}, headers)
    return Reply(status, {"error": {"message": said, "type": kind, **more}}, headers)


def _fails(status: int, said: str, kind: str = "invalid_request_error", **more: Any) -> Answers:
    return lambda asked: failed(asked, status, said, kind, **more)


def _replies(*reply: Any) -> Answers:
    return lambda asked: Reply(*reply)


def _record(change: Callable[[dict[str, Any]], Any]) -> Text:
    return lambda good: json.dumps(change(json.loads(good)), ensure_ascii=False)


def _types(change: Callable[[str], Any]) -> Text:
    def changed(record: dict[str, Any]) -> dict[str, Any]:
        found = [{**one, "type": change(one["type"])} for one in record.get("entities", ())]
        return {**record, **({"entities": found} if found else {})}

    return _record(changed)


# The text of an answer, made of the JSON of a good one; each can be read.
STYLES: Mapping[str, Text] = {
    "plain": str,
    "indented": lambda good: json.dumps(json.loads(good), indent=2),
    "fence": lambda good: f"```json\n{good}\n```",
    "fence without language": lambda good: f"```\n{good}\n```\n",
    "prose, fence, prose": lambda good: f"Here is the record:\n\n```json\n{good}\n```\nLet me know if you need more.",
    "prose before": lambda good: f"Sure! The passage says this:\n{good}",
    "think": lambda good: f"<think>It names {{two}} things.</think>\n{good}",
    "think without its beginning": lambda good: f"The passage names two things.\n</think>\n\n{good}",
    "byte order mark": lambda good: f"\ufeff{good}",
    "trailing comma": lambda good: f"{good[:-1]},}}",
    "comment": lambda good: "{ // the record\n" + good[1:],
    "twice": lambda good: f"{good}\n{good}",
    "in a list": lambda good: f"[{good}]",
    "in an envelope": lambda good: f'{{"record": {good}}}',
    "as a string": json.dumps,
    "literals of Python": lambda good: repr(json.loads(good)),
    "types in small letters": _types(str.lower),
    "types in capitals": _types(str.upper),
    "types in lists": _types(lambda kind: [kind]),
    "more than asked for": _record(lambda record: {"thought": "Two things are named.", **record, "language": "en"}),
    "closing bracket is missing": lambda good: good[:-1],
}
# Members of a chat completion's message.
CHAT_FORMS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "content": lambda said: {"content": said, "refusal": None, "annotations": []},
    "list of parts": lambda said: {"content": [{"type": "text", "text": said}]},
    "thinking and text parts": lambda said: {"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": said}]},
    "reasoning beside": lambda said: {"content": said, "reasoning_content": "Let me see."},
    "answer in the reasoning": lambda said: {"content": None, "reasoning_content": said},
    "arguments of a tool": lambda said: {
        "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "record", "arguments": said}}]
    },
}  # fmt: skip
# Blocks of a message of Anthropic's API, and its stop_reason.
BLOCKS: Mapping[str, Callable[[str], tuple[list[dict[str, Any]], str]]] = {
    "text": lambda said: ([{"type": "text", "text": said}], "end_turn"),
    "thinking and text": lambda said: (
        [{"type": "thinking", "thinking": "So.", "signature": "s"}, {"type": "text", "text": said}], "end_turn"
    ),
    "redacted thinking": lambda said: (
        [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": said}], "end_turn"
    ),
    "two texts": lambda said: ([{"type": "text", "text": "I'll record it. "}, {"type": "text", "text": said}], "end_turn"),
    "unknown stop_reason": lambda said: ([{"type": "text", "text": said}], "tired"),
    "stop_sequence": lambda said: ([{"type": "text", "text": said}], "stop_sequence"),
}  # fmt: skip
CHAT_COUNTS: Mapping[str, Usage] = {
    "counted": lambda into, out: {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out},
    "no usage": lambda into, out: None,
    "empty usage": lambda into, out: {},
    "zeros": lambda into, out: {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "total and out": lambda into, out: {"completion_tokens": out, "total_tokens": into + out},
    "other names": lambda into, out: {"input_tokens": into, "output_tokens": out},
    "as text": lambda into, out: {"prompt_tokens": str(into), "completion_tokens": str(out)},
    "cache named": lambda into, out: {
        "prompt_tokens": into, "completion_tokens": out, "prompt_tokens_details": {"cached_tokens": into // 2}
    },
}  # fmt: skip
MESSAGE_COUNTS: Mapping[str, Usage] = {
    "counted": lambda into, out: {"input_tokens": into, "output_tokens": out},
    "no usage": lambda into, out: None,
    "empty usage": lambda into, out: {},
    "zeros": lambda into, out: {"input_tokens": 0, "output_tokens": 0},
    "cache written": lambda into, out: {
        "input_tokens": into - into // 2, "cache_creation_input_tokens": into // 2, "output_tokens": out
    },
    "cache read": lambda into, out: {
        "input_tokens": into - into // 2, "cache_read_input_tokens": into // 2, "output_tokens": out
    },
}  # fmt: skip
UNCOUNTED = frozenset({"no usage", "empty usage", "zeros"})
# No answer, and nothing counted: another try brings one.
PASSING: Mapping[str, Answers] = {
    "500": _fails(500, "Internal server error", "api_error"),
    "502": _fails(502, "upstream", "api_error"),
    "502 page": lambda asked: page(502, "502 Bad Gateway"),
    "504 page": lambda asked: page(504, "504 Gateway Time-out"),
    "503 loading": _fails(503, "Loading model", "unavailable_error"),
    "529": _fails(529, "Overloaded", "overloaded_error"),
    "429 requests": _fails(429, "Rate limit reached on requests per min. Try again in 20ms.", "rate_limit_error"),
    "429 retry-after": _fails(429, "slow down", "rate_limit_error", wait="0.05"),
    "429 text": _replies(429, "Too Many Requests", {"content-type": "text/plain"}),
    "408": _replies(408, {"detail": "timeout"}),
    "425": _replies(425, {"detail": "too early"}),
    "409": _fails(409, "conflict"),
    "200 with an error": _replies(200, {"error": {"message": "Provider returned error", "code": 502}}),
    "200 with an error as text": _replies(200, {"error": "upstream timed out"}),
    "200 overloaded": _replies(200, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    "200 page": lambda asked: page(200, "Maintenance"),
    "200 broken JSON": _replies(200, "{not json", {"content-type": "application/json"}),
    "200 list": _replies(200, []),
    "connection cut": _replies(200, '{"id": "c', {"content-length": "5000", "connection": "close"}),
}
# A text in place of the answer, once: it is paid for, and the question is asked again.
SPOILED: Mapping[str, Text] = {
    "empty": lambda good: "",
    "prose": lambda good: "I have recorded two things for you.",
    "schema": lambda good: '{"type": "object", "properties": {"entities": {"type": "array"}, "facts": {"type": "array"}}}',
    "other object": lambda good: '{"people": ["Ada"], "answer": 42}',
    "half": lambda good: good[: len(good) // 2],
}


@dataclass(frozen=True)
class NamedFault:
    """A fault that lasts, and the name of the error that it is."""

    error: str
    reply: Answers | None = None
    text: Text | None = None
    ending: str | None = None  # a finish_reason or stop_reason


# Of a text, for as long as it is asked about.
OF_TEXTS: Mapping[str, NamedFault] = {
    "content filter": NamedFault(
        "AnswerRefused", _fails(400, "The response was filtered: content management policy.", code="content_filter")
    ),
    "flagged": NamedFault("AnswerRefused", _fails(403, "Your input was flagged by our moderation.")),
    "inspection": NamedFault("AnswerRefused", _fails(400, "Input data may contain inappropriate content.")),
    "refused in the end": NamedFault("AnswerRefused", text=lambda good: "I can't help with that.", ending="refusal"),
    "unknown reason": NamedFault("AnswerRefused", _fails(400, "Could not finish this one.")),
    "never JSON": NamedFault("AnswerUnusable", text=lambda good: "I am sorry, I can't help with that."),
    "always cut off": NamedFault("AnswerTruncated", text=lambda good: good[: len(good) // 2], ending="length"),
    "cut off unsaid": NamedFault("AnswerTruncated", text=lambda good: good[: len(good) // 3]),
}
# Of the account, until it is mended: documents are paused and go on by themselves.
OF_ACCOUNTS: Mapping[str, NamedFault] = {
    "quota": NamedFault(
        "CreditSpent", _fails(429, "You exceeded your current quota.", "insufficient_quota", code="insufficient_quota")
    ),
    "402": NamedFault("CreditSpent", _fails(402, "Insufficient Balance", "billing_error")),
    "credit": NamedFault("CreditSpent", _fails(400, "Your credit balance is too low to access the API.")),
    "usage limit": NamedFault("CreditSpent", _fails(400, "You have reached your specified API usage limits.")),
    "daily limit": NamedFault("CreditSpent", _fails(429, "Rate limit exceeded: free-models-per-day", "rate_limit_error")),
    "key": NamedFault("KeyRefused", _fails(401, "Incorrect API key provided", "authentication_error")),
    "no auth": NamedFault("KeyRefused", _replies(200, {"error": {"message": "No auth credentials found", "code": 401}})),
    "key as text": NamedFault("KeyRefused", _replies(401, {"detail": "Could not validate credentials"})),
    "permission": NamedFault("PermissionMissing", _fails(403, "The key has no access to this.", "permission_error")),
    "organisation": NamedFault("PermissionMissing", _fails(400, "This organization has been disabled.")),
}
# Of the settings or the server, until somebody mends them: documents fail by name and are tried again by hand.
OF_SETTINGS: Mapping[str, NamedFault] = {
    "model retired": NamedFault("ModelUnknown", _fails(404, "The model was retired.", "not_found_error")),
    "no such page": NamedFault("AddressWrong", _replies(404, "404 page not found", {"content-type": "text/plain"})),
    "firewall": NamedFault("ProxyRefused", lambda asked: page(403, "Access denied", "Blocked by the web filter")),
    "outage": NamedFault("LanguageModelUnreachable", lambda asked: page(503, "Service Unavailable")),
    "proxy login": NamedFault("ProxyRefused", lambda asked: page(407, "Proxy Authentication Required")),
}


def _unless(condition: Callable[[Asked], bool], status: int, said: str, **more: Any) -> Callable[[Asked], Reply | None]:
    return lambda asked: failed(asked, status, said, **more) if condition(asked) else None


def _of_window(asked: Asked) -> Reply | None:
    into, out = tokens_of(json.dumps(asked.body)), asked.max_tokens or 0
    said = f"This model's maximum context length is {CONTEXT} tokens. However, you requested {into + out} tokens"
    return failed(asked, 400, f"{said} ({into} in the messages, {out} in the completion).") if into + out > CONTEXT else None


def _of_length(asked: Asked) -> Reply | None:
    out = asked.max_tokens or 0
    said = f"max_tokens: {out} > {OUTPUT}, which is the maximum allowed number of output tokens"
    return failed(asked, 400, said) if out > OUTPUT else None


def _has(name: str) -> Callable[[Asked], bool]:
    return lambda asked: name in json.dumps({key: one for key, one in asked.body.items() if key != "messages"})


CHAT_ABILITIES: Mapping[str, Callable[[Asked], Reply | None]] = {
    "all": lambda asked: None,
    "max_completion_tokens alone": _unless(
        _has('"max_tokens"'), 400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    ),
    "no response_format": _unless(_has("response_format"), 400, "Unrecognized request argument supplied: response_format"),
    "json_object alone": lambda asked: (
        Reply(400, {"error": "'response_format.type' must be 'json_object'"}) if asked.format == "json_schema" else None
    ),
    "vLLM without schema": lambda asked: (
        Reply(400, {"object": "error", "message": "response_format json_schema is not supported", "code": 400})
        if asked.format == "json_schema"
        else None
    ),
    "no grammar": _unless(lambda asked: asked.format == "json_schema", 500, "failed to parse grammar"),
    "no unions": _unless(
        _has('["string", "null"]'), 400, "Invalid JSON payload: 'type' must be a string, got ['string', 'null']"
    ),
    "no system message": _unless(
        lambda asked: asked.body["messages"][0]["role"] == "system", 400, "System role not supported by the template"
    ),
    "small window": _of_window,
    "short answers": _of_length,
}
MESSAGE_ABILITIES: Mapping[str, Callable[[Asked], Reply | None]] = {
    "all": lambda asked: None,
    "no effort": _unless(_has('"effort"'), 400, "This model does not support the effort parameter."),
    "no thinking": _unless(_has('"thinking"'), 400, "thinking: Extra inputs are not permitted"),
    "no output_config": _unless(_has('"output_config"'), 400, "output_config: Extra inputs are not permitted"),
    "short answers": _of_length,
}
REASONS_AT_LENGTH = "reasoning at length"  # an ability of either wire: short answers hold nothing but reasoning


def all_behaviours() -> set[str]:
    """Returns the name of every behaviour, of whichever kind."""
    kinds: dict[str, Mapping[str, Any]] = {
        "style": STYLES, "chat form": CHAT_FORMS, "blocks": BLOCKS, "chat count": CHAT_COUNTS, "message count": MESSAGE_COUNTS,
        "passing": PASSING, "spoiled": SPOILED, "text": OF_TEXTS, "account": OF_ACCOUNTS, "settings": OF_SETTINGS,
        "chat ability": {**CHAT_ABILITIES, REASONS_AT_LENGTH: None}, "message ability": MESSAGE_ABILITIES,
    }  # fmt: skip
    return {f"{kind}: {name}" for kind, named in kinds.items() for name in named}
