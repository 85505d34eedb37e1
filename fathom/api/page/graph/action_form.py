"""Forms that send a request to the API; graph.js asks for confirmation, shows progress, and reports the result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fathom.api.page.action_buttons import Confirmation


@dataclass(frozen=True)
class ActionForm:
    """A form with a single button; its inputs are added to `body`, which is JSON.

    `done` is the message afterwards, with values of the answer in braces; the page is then loaded again.
    """

    label: str
    method: str
    url: str
    confirmation: Confirmation
    done: str
    body: str = "{}"


def body(**given: str | bool | None) -> str:
    """Returns the values that are given as JSON."""
    present: Mapping[str, str | bool] = {name: value for name, value in given.items() if value is not None}
    return json.dumps(present)
