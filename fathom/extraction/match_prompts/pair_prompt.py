"""Builds pairwise match requests (which pairs are the same?) and parses their answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fathom.extraction.response.json_extraction import MalformedResponse, record_of
from fathom.llm.client import LLMRequest

MAX_PAIRS = 80  # per request: some 4,000 tokens
_OUT = 64  # tokens of an answer without pairs

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"same": {"type": "array", "items": {"type": "integer"}}},
    "required": ["same"],
    "additionalProperties": False,
}


class PairPrompt:
    """The system prompt of a kind of pairs, with its version."""

    def __init__(self, version: str, system: str) -> None:
        self._system = system
        self.version = f"{version}/{hashlib.sha256(json.dumps([system, SCHEMA], sort_keys=True).encode()).hexdigest()[:8]}"

    def request(self, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> LLMRequest:
        """Returns the request about these pairs, numbered from 1; at most MAX_PAIRS."""
        rows = [{"pair": number, "a": first, "b": second} for number, (first, second) in enumerate(pairs, 1)]
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).replace("</pairs", "< /pairs")
        clean = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in lines)
        return LLMRequest(self._system, SCHEMA, f"<pairs>\n{clean}\n</pairs>", self.version, _OUT + 6 * len(pairs), urgent=True)


def parse_matches(answer: str, pairs: int) -> list[bool]:
    """Returns for each of `pairs` pairs whether the answer lists it as a match. Raises MalformedResponse."""
    numbers = record_of(answer, {"same": "same"})["same"]
    if numbers is None:
        numbers = []
    if not isinstance(numbers, list):
        raise MalformedResponse("it has no list of pairs")
    same = {_number(item) for item in numbers}
    return [number in same for number in range(1, pairs + 1)]


def _number(value: object) -> int:
    """Returns the number of a pair: given as a number, in digits, or as the pair itself. Raises MalformedResponse."""
    if isinstance(value, dict) and value.keys() <= {"pair", "a", "b"}:
        value = value.get("pair")
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        return int(value)
    if type(value) is not int:
        raise MalformedResponse("its pairs are no numbers")
    return value
