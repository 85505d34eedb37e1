"""A question about pairs of things, which of them are one and the same; and how its answer is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fathom.extraction.response.json_extraction import NotAsAsked, record_of
from fathom.llm.client import Question

MOST_PAIRS = 80  # a question: some 4,000 tokens
_OUT = 64  # tokens of an answer that names no pair

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"same": {"type": "array", "items": {"type": "integer"}}},
    "required": ["same"],
    "additionalProperties": False,
}


class PairPrompt:
    """What is said before all pairs of one kind, with its version."""

    def __init__(self, version: str, system: str) -> None:
        self._system = system
        self.version = f"{version}/{hashlib.sha256(json.dumps([system, SCHEMA], sort_keys=True).encode()).hexdigest()[:8]}"

    def question(self, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Question:
        """The question about these pairs, which are numbered from 1; at most MOST_PAIRS of them."""
        rows = [{"pair": number, "a": one, "b": other} for number, (one, other) in enumerate(pairs, 1)]
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).replace("</pairs", "< /pairs")
        clean = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in lines)
        return Question(self._system, SCHEMA, f"<pairs>\n{clean}\n</pairs>", self.version, _OUT + 6 * len(pairs), urgent=True)


def read_same(answer: str, pairs: int) -> list[bool]:
    """For each of so many pairs whether the answer calls it one thing. Raises NotAsAsked."""
    numbers = record_of(answer, {"same": "same"})["same"]
    if numbers is None:
        numbers = []
    if not isinstance(numbers, list):
        raise NotAsAsked("it has no list of pairs")
    same = {_number(one) for one in numbers}
    return [number in same for number in range(1, pairs + 1)]


def _number(said: object) -> int:
    """The number of a pair: as a number, in digits, or as the pair itself. Raises NotAsAsked."""
    if isinstance(said, dict) and said.keys() <= {"pair", "a", "b"}:
        said = said.get("pair")
    if isinstance(said, str) and said.strip().isdecimal() and len(said) < 10:
        return int(said)
    if type(said) is not int:
        raise NotAsAsked("its pairs are no numbers")
    return said
