"""docs/glossary.md names objects that exist, each under a term of its own, explained in a single sentence."""

from __future__ import annotations

import importlib
import re

import pytest

from fathom.settings import PROJECT_ROOT

ROWS = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| `([\w.]+)` \|$", (PROJECT_ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.M
)


@pytest.mark.parametrize(("term", "path"), [(term, path) for term, _, path in ROWS])
def test_each_named_object_exists(term: str, path: str) -> None:
    module, _, name = path.rpartition(".")
    assert hasattr(importlib.import_module(module), name), f"{term}: {path}"


def test_terms_are_unique_and_their_meanings_are_single_sentences() -> None:
    assert len(ROWS) >= 40
    terms = [term for term, _, _ in ROWS]
    assert len(set(terms)) == len(terms)
    assert [term for term, meaning, _ in ROWS if ". " in meaning] == []
