"""The ledger keeps every episode's state, and lets none be lost or come back by itself."""

from __future__ import annotations

import threading
from typing import get_args

import pytest

from fathom.ledger.episode import ALLOWED_FROM, EpisodeRow, EpisodeState, ExtractionOutcome, FailureOutcome, WriteOutcome
from fathom.ledger.episode_ledger import Ledger, PlannedEpisode, ProducerVersions

MAKERS = ProducerVersions(chunker="c1", prompt="p1", model="m1", embedder="e1")
DOCUMENT = "c/a.pdf"


def plan(ledger: Ledger, *uuids: str, version: str = "v1") -> None:
    ledger.plan(DOCUMENT, version, [PlannedEpisode(uuid, f"chunk-{uuid}", n) for n, uuid in enumerate(uuids)], MAKERS)


def row(ledger: Ledger, uuid: str) -> EpisodeRow:
    return next(row for row in ledger.rows() if row.uuid == uuid)


def test_a_planned_chunk_has_a_row_with_what_makes_it(ledger: Ledger) -> None:
    plan(ledger, "a")
    found = row(ledger, "a")
    assert (found.state, found.collection, found.document, found.chunk) == ("planned", "c", DOCUMENT, "chunk-a")
    assert (found.chunker, found.prompt, found.model, found.embedder) == ("c1", "p1", "m1", "e1")


def test_planning_again_leaves_what_is_written_written(ledger: Ledger) -> None:
    plan(ledger, "a", "b")
    ledger.mark_written("a", entities=3, facts=2)
    plan(ledger, "b", "a", version="v2")
    assert ledger.states(DOCUMENT) == {"a": "written", "b": "planned"}
    assert (row(ledger, "a").version, row(ledger, "a").position) == ("v2", 1)


def test_what_an_extraction_cost_adds_up_over_tries(ledger: Ledger) -> None:
    plan(ledger, "a")
    for _ in range(2):
        ledger.mark_extracted("a", tokens_in=10, tokens_out=5, cost_usd=0.5)
    found = row(ledger, "a")
    assert (found.state, found.tokens_in, found.tokens_out, found.cost_usd) == ("extracted", 20, 10, 1.0)


def test_a_failed_episode_says_why_and_can_be_planned_again(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_failed("a", "GraphUnreachable")
    assert (row(ledger, "a").state, row(ledger, "a").reason, row(ledger, "a").attempts) == ("failed", "GraphUnreachable", 1)
    plan(ledger, "a")
    assert ledger.states(DOCUMENT) == {"a": "planned"}


def test_a_late_failure_does_not_undo_what_is_written(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_written("a", entities=1, facts=0)
    ledger.mark_failed("a", "late")
    assert ledger.states(DOCUMENT) == {"a": "written"}


def test_a_removed_episode_comes_back_only_by_being_planned(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_written("a", entities=1, facts=0)
    ledger.mark_removed(["a"], "chunk is gone")
    ledger.mark_written("a", entities=1, facts=0)
    assert ledger.states(DOCUMENT) == {"a": "removed"}
    plan(ledger, "a")
    assert ledger.states(DOCUMENT) == {"a": "planned"}


def test_thousands_of_episodes_are_planned_and_removed_at_once(ledger: Ledger) -> None:
    uuids = [f"u{n}" for n in range(2500)]
    plan(ledger, *uuids)
    plan(ledger, *uuids)
    ledger.mark_removed(uuids, "gone")
    assert set(ledger.states(DOCUMENT).values()) == {"removed"}
    assert len(ledger.states(DOCUMENT)) == 2500


def test_an_episode_that_is_no_longer_wanted_can_be_planned_anew_by_other_makers(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_removed(["a"], "chunk is gone")
    ledger.plan(DOCUMENT, "v2", [PlannedEpisode("a", "chunk-a", 7)], ProducerVersions("c2", "p2", "m2", "e2"))
    found = row(ledger, "a")
    assert (found.state, found.version, found.position, found.reason) == ("planned", "v2", 7, None)
    assert (found.chunker, found.prompt, found.model, found.embedder) == ("c2", "p2", "m2", "e2")


def test_planning_what_is_written_keeps_the_makers_it_was_written_by(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_written("a", entities=1, facts=0)
    ledger.plan(DOCUMENT, "v2", [PlannedEpisode("a", "chunk-a", 0)], ProducerVersions("c2", "p2", "m2", "e2"))
    assert (row(ledger, "a").model, row(ledger, "a").version) == ("m1", "v2")


def test_a_quarantined_episode_is_not_planned_again_by_itself(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_quarantined(["a"], "always fails")
    plan(ledger, "a", version="v2")
    assert (row(ledger, "a").state, row(ledger, "a").reason) == ("quarantined", "always fails")


def test_saying_twice_that_an_episode_is_written_counts_one_try(ledger: Ledger) -> None:
    plan(ledger, "a")
    assert ledger.mark_written("a", entities=3, facts=2)
    first = row(ledger, "a")
    assert ledger.mark_written("a", entities=3, facts=2)
    assert row(ledger, "a") == first
    assert (first.attempts, first.entities, first.facts) == (1, 3, 2)


def test_an_answer_that_comes_too_late_is_refused_but_its_cost_is_counted(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_removed(["a"], "chunk is gone")
    assert not ledger.mark_extracted("a", tokens_in=10, tokens_out=5, cost_usd=0.5)
    assert (row(ledger, "a").state, row(ledger, "a").cost_usd) == ("removed", 0.5)


def test_many_outcomes_are_one_transaction_and_the_refused_are_named(ledger: Ledger) -> None:
    plan(ledger, "a", "b", "c")
    ledger.mark_removed(["c"], "gone")
    outcomes = [
        ExtractionOutcome("a", 10, 5, 0.5),
        WriteOutcome("a", 3, 2),
        FailureOutcome("b", "GraphUnreachable"),
        WriteOutcome("c", 1, 1),
    ]
    assert ledger.record([*outcomes, WriteOutcome("unknown", 1, 1)]) == ["c", "unknown"]
    assert ledger.states(DOCUMENT) == {"a": "written", "b": "failed", "c": "removed"}
    assert ledger.written(DOCUMENT) == {"a"}


@pytest.mark.parametrize("state", get_args(EpisodeState))
def test_an_episode_gets_into_written_only_from_the_states_that_allow_it(ledger: Ledger, state: EpisodeState) -> None:
    plan(ledger, "a")
    {
        "planned": lambda: None,
        "extracted": lambda: ledger.mark_extracted("a", tokens_in=0, tokens_out=0, cost_usd=0),
        "written": lambda: ledger.mark_written("a", entities=0, facts=0),
        "failed": lambda: ledger.mark_failed("a", "why"),
        "quarantined": lambda: ledger.mark_quarantined(["a"], "why"),
        "removed": lambda: ledger.mark_removed(["a"], "why"),
    }[state]()
    assert ledger.states(DOCUMENT) == {"a": state}
    assert ledger.mark_written("a", entities=1, facts=1) == (state in ALLOWED_FROM["written"])


def test_rows_are_chosen_by_document_collection_and_state_in_the_order_of_the_chunks(ledger: Ledger) -> None:
    plan(ledger, "b", "a")
    ledger.plan("other/b.pdf", "v1", [PlannedEpisode("z", "chunk-z", 0)], MAKERS)
    ledger.mark_written("a", entities=0, facts=0)
    assert [row.uuid for row in ledger.rows(DOCUMENT)] == ["b", "a"]
    assert [row.uuid for row in ledger.rows(collection="other")] == ["z"]
    assert [row.uuid for row in ledger.rows(DOCUMENT, state="written")] == ["a"]
    assert row(ledger, "a").written_at is not None
    assert row(ledger, "b").written_at is None


def test_the_sums_of_many_documents_count_states_tokens_and_cost(ledger: Ledger) -> None:
    plan(ledger, "a", "b", "c")
    ledger.record([ExtractionOutcome("a", 10, 5, 0.5), ExtractionOutcome("b", 1, 2, 0.25), WriteOutcome("a", 1, 1)])
    found = ledger.summaries([DOCUMENT, "c/none.pdf"])
    assert found[DOCUMENT].states == {"written": 1, "extracted": 1, "planned": 1}
    assert (found[DOCUMENT].tokens_in, found[DOCUMENT].tokens_out, found[DOCUMENT].cost_usd) == (11, 7, 0.75)
    assert (found["c/none.pdf"].tokens, found["c/none.pdf"].count("written")) == (0, 0)


def race_costs(ledger: Ledger) -> None:
    plan(ledger, "a")

    def pay() -> None:
        for _ in range(10):
            ledger.mark_extracted("a", tokens_in=1, tokens_out=0, cost_usd=0)

    payers = [threading.Thread(target=pay) for _ in range(4)]
    for payer in payers:
        payer.start()
    for payer in payers:
        payer.join()
    assert row(ledger, "a").tokens_in == 40


def test_costs_that_arrive_at_once_are_all_counted(ledger: Ledger) -> None:
    race_costs(ledger)


@pytest.mark.integration
def test_postgres_keeps_the_same_ledger(postgres_ledger: Ledger) -> None:
    ledger = postgres_ledger
    plan(ledger, "a", "b", "c")
    plan(ledger, "c", "a", "b", version="v2")
    assert ledger.record([ExtractionOutcome("a", 10, 5, 0.5), WriteOutcome("a", 3, 2), FailureOutcome("b", "why")]) == []
    ledger.mark_removed(["c"], "gone")
    assert not ledger.mark_written("c", entities=1, facts=1)
    assert ledger.states(DOCUMENT) == {"a": "written", "b": "failed", "c": "removed"}
    assert [(row.uuid, row.version) for row in ledger.rows(DOCUMENT)] == [("c", "v2"), ("a", "v2"), ("b", "v2")]
    assert ledger.summaries([DOCUMENT])[DOCUMENT].tokens == 15


@pytest.mark.integration
def test_on_postgres_two_may_plan_the_same_document_and_pay_at_once(postgres_ledger: Ledger) -> None:
    planners = [threading.Thread(target=plan, args=(postgres_ledger, *map(str, range(200)))) for _ in range(4)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join()
    assert list(postgres_ledger.states(DOCUMENT).values()) == ["planned"] * 200
    race_costs(postgres_ledger)


def test_what_an_answer_left_out_stays_on_its_episode_and_goes_with_a_new_answer(ledger: Ledger) -> None:
    plan(ledger, "a", "b")
    ledger.record([ExtractionOutcome("a", left_out={"entity not in the text": 2}), WriteOutcome("a", 1, 1)])
    assert row(ledger, "a").left_out == {"entity not in the text": 2}
    ledger.record([ExtractionOutcome("a", 10)])  # names that were asked about, for its account
    assert row(ledger, "a").left_out == {"entity not in the text": 2}
    ledger.mark_again(["a"], "lost")
    ledger.record([ExtractionOutcome("a", left_out={})])
    assert row(ledger, "a").left_out == {}
    assert row(ledger, "b").left_out == {}
