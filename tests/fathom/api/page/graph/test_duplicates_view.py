"""The queue of suspected duplicates: why a pair is in it, who may decide, and which decision can be taken back."""

from __future__ import annotations

import json

import pytest

from fathom.api.page.graph.duplicates_view import DuplicatesPage, duplicates_page
from fathom.operations.graph.curate import DecisionView
from fathom.operations.graph.duplicate_queue import DuplicateQueue
from fathom.security.api_keys import Caller, KeyRole
from tests.fathom.api.page.graph.hostile_graph_views import decision, pair


def page(role: KeyRole = "admin", decisions: tuple[DecisionView, ...] = (), **more: object) -> DuplicatesPage:
    suspected = pair("x").model_copy(update={"left": pair("left").left, "right": pair("right").right, **more})
    return duplicates_page(DuplicateQueue(total=7, pairs=[suspected]), decisions, None, Caller("k", "me", role, None))


def test_an_admin_decides_on_both_by_their_uuids_and_an_operator_looks() -> None:
    [shown] = page().pairs
    assert shown.same is not None
    assert shown.different is not None
    assert json.loads(shown.same.body) == {"left": "left", "right": "right"}
    assert json.loads(shown.different.body) == {"entity": "left", "other": "right"}
    [seen] = page("operator").pairs
    assert (seen.same, seen.different) == (None, None)
    assert [side.name for side in seen.sides] == ["left", "right"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"tentative": True, "cosine": None}, "the language model held them to be the same, and was not asked again"),
        ({"cosine": None}, "their names are the same"),
        ({"cosine": 0.876}, "their names are alike: 0.88"),
    ],
)
def test_a_pair_says_why_it_is_suspected(more: dict[str, object], why: str) -> None:
    assert page(**more).pairs[0].why == why


def test_the_last_decision_that_stands_can_be_taken_back() -> None:
    undone = decision("second").model_copy(update={"undone_at": 1.0, "undone_by": "me"})
    last = page(decisions=(undone, decision("first"))).last
    assert last is not None
    assert last.undo is not None
    assert json.loads(last.undo.body) == {"decision": "first", "collection": "first"}
    seen = page("operator", (decision("first"),)).last
    assert seen is not None
    assert seen.undo is None
    assert page(decisions=(undone,)).last is None


def test_what_is_beyond_the_page_is_counted() -> None:
    assert page().said == "7 pairs may be the same, the 1 most alike are shown"
