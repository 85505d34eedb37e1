"""Log handlers of the test's own: what a test attaches is gone after it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _handlers_of_their_own() -> Iterator[None]:
    root, fathom = logging.getLogger(), logging.getLogger("fathom")
    before, level = list(root.handlers), fathom.level
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    fathom.setLevel(level)
