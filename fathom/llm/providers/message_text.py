"""Extracts the answer's text from a provider's message: content parts, reasoning, tool calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fathom.llm.providers.token_usage import part

UNENDED = "<think>"  # marks reasoning, which `fathom.extraction.response.reasoning_text` searches
_MAX_DEPTH = 4  # of parts within parts
_REASONING = {"thinking", "reasoning", "redacted_thinking", "reasoning_text", "reasoning.text", "thought", "summary_text"}


def message_text(message: Any) -> str:
    """Returns the text of a chat completion's message: its content, else a function call's arguments, else its reasoning.

    Args:
        message: of the SDK or a mapping; `content` is text, a list of parts (Mistral), a mapping or missing (vLLM may put the
            answer into `reasoning_content`). Reasoning is marked by UNENDED, since it may hold drafts.
    """
    if (text := content_text(part(message, "content"))).strip():
        return text
    calls = [part(call, "function") for call in _list(part(message, "tool_calls"))]
    for call in (*calls, part(message, "function_call")):
        if (text := input_text(part(call, "arguments"))).strip():
            return text
    for name in ("reasoning_content", "reasoning", "thinking"):
        if (text := content_text(part(message, name), reasoning=True)).strip():
            return UNENDED + text
    return ""


def content_text(content: object, *, reasoning: bool = False) -> str:
    """Returns the text of a message's content, its parts joined; reasoning parts only if requested."""
    if isinstance(content, Mapping) and "type" not in content and "text" not in content:
        return json.dumps(content, ensure_ascii=False, default=str)  # a server that has read the JSON itself
    return "".join(_texts(content, reasoning, _MAX_DEPTH))


def blocks_text(blocks: Sequence[Any]) -> str:
    """Returns the answer in the blocks of a Messages API message: the input of a tool call, else its text."""
    for block in blocks:
        if part(block, "type") == "tool_use" and (text := input_text(part(block, "input"))).strip():
            return text
    return "".join(_texts(list(blocks), False, _MAX_DEPTH))


def input_text(given: object) -> str:
    """Returns the input of a tool as JSON; text is taken as JSON already, an empty input as missing."""
    if isinstance(given, str):
        return given
    return json.dumps(given, ensure_ascii=False, default=str) if given else ""


def failed_generation(body: object) -> str | None:
    """Returns the model's text that its server refused as invalid JSON (Groq's `json_validate_failed`); None otherwise.

    The text may be empty: not every server sends it. The model is at fault, so the request may be repeated.
    """
    error = body.get("error", body) if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping) or error.get("code") not in ("json_validate_failed", "tool_use_failed"):
        return None
    text = error.get("failed_generation")
    return text if isinstance(text, str) else ""


def ended_in_error(choice: Any) -> str | None:
    """Returns the error of a choice of a completion (`finish_reason: error`); None if it is an answer."""
    error = part(choice, "error")
    if error is None and part(choice, "finish_reason") != "error":
        return None
    text = error if isinstance(error, str) else part(error, "message")
    return " ".join(str(text).split())[:200] if text else "no reason given"


def _texts(content: object, reasoning: bool, depth: int) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, (list, tuple)):
        for block in content if depth else ():
            yield from _texts(block, reasoning, depth - 1)
    elif content is not None and (reasoning or part(content, "type") not in _REASONING):
        for name in ("text", "content", "thinking", "summary") if reasoning else ("text", "content"):
            if (inner := part(content, name)) is not None:
                yield from _texts(inner, reasoning, depth - 1) if depth else ()
                break


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()
