"""Ways in which models and servers send an answer, of which each is a change to the body of a good one."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

Wire = Callable[[dict[str, Any]], Any]


def said(change: Callable[[str], Any]) -> Wire:
    """The content of a chat completion is `change(JSON of the answer)`."""

    def wire(body: dict[str, Any]) -> dict[str, Any]:
        changed = deepcopy(body)
        message = changed["choices"][0]["message"]
        message["content"] = change(message["content"])
        return changed

    return wire


def message_of(change: Callable[[str], dict[str, Any]], **choice: Any) -> Wire:
    """The message of a chat completion has these members, its choice those."""

    def wire(body: dict[str, Any]) -> dict[str, Any]:
        changed = deepcopy(body)
        message = changed["choices"][0]["message"]
        message.update(change(message["content"]))
        changed["choices"][0].update(choice)
        return changed

    return wire


def record(change: Callable[[dict[str, Any]], Any]) -> Wire:
    """The record of a chat completion is `change(record)`."""
    return said(lambda content: json.dumps(change(json.loads(content)), ensure_ascii=False))


def blocks(change: Callable[[str], list[dict[str, Any]]]) -> Wire:
    """The blocks of a message are `change(JSON of the answer)`."""

    def wire(body: dict[str, Any]) -> dict[str, Any]:
        (block,) = body["content"]
        good = block["text"] if block["type"] == "text" else json.dumps(block["input"])
        return {**body, "content": change(good)}

    return wire


def in_turn(*wires: Wire) -> Wire:
    """Each of these for one answer, then the last of them."""
    left = list(wires)
    return lambda body: (left.pop(0) if len(left) > 1 else left[0])(body)


def well(body: dict[str, Any]) -> dict[str, Any]:
    """As it is."""
    return body
