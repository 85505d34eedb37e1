"""Finds the JSON in an answer of a language model."""

from __future__ import annotations

import json
from typing import Any


class NotAsAsked(ValueError):
    """The answer is not what was asked for."""


def parsed(answer: str) -> Any:
    """Returns the value that the answer's JSON has. Raises NotAsAsked where it has none."""
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        raise NotAsAsked("it is no JSON") from None
