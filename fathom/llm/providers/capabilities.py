"""Request styles of chat completion servers, adapted to their refusals.

A refused request costs nothing: the first request uses every feature, and each refusal removes the feature it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from fathom.llm.client import LLMRequest
from fathom.llm.providers.error_response import RefusedCall

ResponseFormat = Literal["json_schema", "json_object", "text"]
NullStyle = Literal["union", "any_of", "nullable", "text"]
LengthParameter = Literal["max_completion_tokens", "max_tokens", "none"]

_STATUSES = (400, 403, 404, 415, 422, 424, 500, 501, 503)
_OF_FORMAT = re.compile(
    r"response[_ ]format|json[_ ]?schema|json[_ ]?object|json[_ ]?mode|json output|structured[_ ]?output|guided|grammar"
    r"|xgrammar|outlines|response_schema|output format|schema for response|\bschema\b"
)
# In a server error (5xx): about grammars or schemas.
_OF_GRAMMAR = re.compile(
    r"grammar|json[_ ]?schema|response[_ ]format|structured[_ ]?output|guided|outlines|\bschema\b|unhashable type"
)
_OF_NULLS = re.compile(
    r"\[?['\"]string['\"], ?['\"]null['\"]|type.{0,40}(?:array|list|union|null|multiple|string, ?null)"
    r"|(?:array|list|union|multiple|null).{0,30}type|cannot start list|unhashable|nullable|any_?of|one_?of"
)
_UNKNOWN = (
    "not supported", "unsupported", "unrecognized", "unknown", "unexpected", "not permitted", "not allowed", "instead",
    "extra", "additional propert", "does not support", "not a valid", "invalid argument", "no such", "forbidden", "deprecated",
)  # fmt: skip
_OF_SYSTEM = re.compile(
    r"system role|role ['\"`]?system|['\"`]system['\"`]|only user and assistant|system (?:message|prompt|instruction)s?"
    r"|developer instruction|must alternate user"
)


@dataclass(frozen=True)
class ChatRequestStyle:
    """The format of the answer, the typing of nullable fields, the name of the length parameter, and optional parameters.

    `bound_refused` means that another name of the length parameter was refused before.
    """

    format: ResponseFormat = "json_schema"
    nulls: NullStyle = "union"
    length: LengthParameter = "max_completion_tokens"
    effort: bool = True
    system: bool = True
    bound_refused: bool = False

    def parameters(self, request: LLMRequest, max_tokens: int) -> dict[str, Any]:
        """Returns the parameters of a completion beside the model's name."""
        parameters: dict[str, Any] = {"messages": self._messages(request)}
        if self.format == "json_schema":
            schema = with_nulls(request.schema, self.nulls)
            parameters["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "record", "strict": True, "schema": schema},
            }
        elif self.format == "json_object":
            parameters["response_format"] = {"type": "json_object"}
        if self.length != "none":
            parameters[self.length] = max_tokens
        if self.effort:
            parameters["reasoning_effort"] = "low"
        return parameters

    def after(self, refused: RefusedCall) -> ChatRequestStyle | None:
        """Returns the style to try after this refusal; None if it is about no known feature."""
        if refused.status not in _STATUSES or refused.is_page:
            return None
        if refused.status >= 500:
            return self._without_format(refused) if _OF_GRAMMAR.search(refused.words) else self._without_system(refused)
        return (
            self._with_other_length(refused)
            or self._without_effort(refused)
            or (self._without_format(refused) if _OF_FORMAT.search(refused.words) else None)
            or self._without_nulls(refused)
            or self._without_system(refused)
        )

    def plainer(self) -> ChatRequestStyle | None:
        """Returns the next style with fewer features, for a refusal without a reason; None if none is left."""
        if self.effort:
            return replace(self, effort=False)
        if self.format != "text":
            return replace(self, format="json_object" if self.format == "json_schema" else "text")
        return replace(self, length="none") if self.length != "none" else None

    def _messages(self, request: LLMRequest) -> list[dict[str, str]]:
        system = request.system
        if self.format != "json_schema":
            schema = json.dumps(request.schema)
            system = f"{system}\n\nAnswer with one JSON object of this schema, and nothing else:\n{schema}"
        if self.system:
            return [{"role": "system", "content": system}, {"role": "user", "content": request.text}]
        return [{"role": "user", "content": f"{system}\n\n{request.text}"}]

    def _with_other_length(self, refused: RefusedCall) -> ChatRequestStyle | None:
        if self.length == "none" or not refused.says(self.length) or not refused.says(*_UNKNOWN):
            return None
        if self.bound_refused:
            return replace(self, length="none")
        other: LengthParameter = "max_tokens" if self.length == "max_completion_tokens" else "max_completion_tokens"
        return replace(self, length=other, bound_refused=True)

    def _without_effort(self, refused: RefusedCall) -> ChatRequestStyle | None:
        return replace(self, effort=False) if self.effort and refused.says("reasoning_effort", "reasoning.effort") else None

    def _without_nulls(self, refused: RefusedCall) -> ChatRequestStyle | None:
        if self.format != "json_schema" or not _OF_NULLS.search(refused.words):
            return None
        styles = get_args(NullStyle)
        after = styles.index(self.nulls) + 1
        return replace(self, nulls=styles[after]) if after < len(styles) else None

    def _without_format(self, refused: RefusedCall) -> ChatRequestStyle | None:
        """Returns another typing of nullable fields, else a format that the server names, else the next plainer format."""
        if (other := self._without_nulls(refused)) is not None and not _is_whole_format_refused(refused):
            return other
        if self.format == "text":
            return None
        named = {name for name in get_args(ResponseFormat)
                 if re.search(rf"(?:must be|support\w* values?|one of|expected|use|allowed)"
                 rf"[^.]{{0,80}}['\"`]{name}\b", refused.words)} - {self.format}  # fmt: skip
        plainer: ResponseFormat = "json_object" if self.format == "json_schema" else "text"
        if plainer not in named and "text" in named:
            plainer = "text"
        return replace(self, format=plainer)

    def _without_system(self, refused: RefusedCall) -> ChatRequestStyle | None:
        unwanted = (*_UNKNOWN, "only user", "must alternate", "not enabled")
        if not self.system or not refused.says(*unwanted):
            return None
        return replace(self, system=False) if _OF_SYSTEM.search(refused.words) else None


def with_nulls(schema: Mapping[str, Any], style: NullStyle) -> dict[str, Any]:
    """Returns the schema with each `type: [T, "null"]` written in another style."""
    found: Any = _with_nulls(schema, style)
    return dict(found)


def _with_nulls(value: Any, style: NullStyle) -> Any:
    if isinstance(value, list):
        return [_with_nulls(item, style) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = {name: _with_nulls(item, style) for name, item in value.items()}
    kinds = inner.get("type")
    if style == "union" or not isinstance(kinds, list):
        return inner
    plain = [kind for kind in kinds if kind != "null"]
    rest = {name: item for name, item in inner.items() if name != "type"}
    if style == "any_of":
        return {**rest, "anyOf": [{"type": kind} for kind in kinds]}
    if style == "nullable":
        return {"type": plain[0], "nullable": True, **rest}
    description = f"{rest.get('description', '')}; empty where there is none".lstrip("; ")
    return {"type": plain[0], **rest, "description": description}


def _is_whole_format_refused(refused: RefusedCall) -> bool:
    """Returns whether the format itself is refused, not a part of the schema."""
    return refused.has_code("response_format", "response_format.type") or re.search(
        r"(?:response[_ ]format|json_schema|structured outputs?)\b[^.:]{0,60}"
        r"(?:not supported|unsupported|unavailable|must be|does not)"
        r"|(?:not support|unsupported|unknown|unrecognized)[^.:]{0,60}(?:response[_ ]format|json[_ ]schema|structured output)",
        refused.words,
    ) is not None  # fmt: skip
