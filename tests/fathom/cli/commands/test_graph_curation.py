"""Undo and decisions on the command line: refused until somebody confirms them, and named when nothing is known."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_new_home_has_no_decisions(call: Any) -> None:
    shown = call("graph", "decisions", "--json")
    assert (shown.code, shown.json) == (0, {"decisions": []})


@pytest.mark.parametrize(
    "words",
    [
        ("undo",),
        ("undo", "--run", "x", "--document", "c/a.md"),
        ("undo", "--run", "x", "--dry-run"),
        ("decisions", "undo", "0123456789ab", "--yes"),
        ("entities", "split", "IBM", "--yes"),
        ("at", "yesterday or so"),
    ],
    ids=" ".join,
)
def test_what_names_nothing_is_wrong_usage(call: Any, words: tuple[str, ...]) -> None:
    shown = call("graph", *words)
    assert shown.code == 2
    assert "Traceback" not in shown.err


def test_a_document_that_was_not_removed_is_not_restored(call: Any) -> None:
    shown = call("documents", "restore", "c/a.md")
    assert shown.code == 2
    assert "No copy of c/a.md is kept" in shown.err
