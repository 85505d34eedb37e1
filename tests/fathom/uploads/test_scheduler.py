"""Runs are few, bounded and fair; a document that takes its run down with it ends up alone."""

from __future__ import annotations

import pytest

from fathom.uploads.scheduler import (
    MAX_SINGLE_RUNS,
    CollectionLoad,
    Waiting,
    batch_size,
    next_run_key,
    retry_delay,
    run_key,
    schedule_runs,
)


def _waiting(collection: str, count: int, *, at: float = 0.0, attempts: int = 0) -> list[Waiting]:
    return [Waiting(f"{collection}/{n:04}", collection, f"{n:064}", attempts, None, at, at) for n in range(count)]


def _sizes(waiting: list[Waiting], served: dict[str, CollectionLoad] | None = None, *, slots: int = 2) -> list[tuple[str, int]]:
    chosen = schedule_runs(waiting, served or {}, slots=slots, batch=100, attempts=3)
    return [(choice.collection, len(choice.documents)) for choice in chosen]


@pytest.mark.parametrize(
    ("waiting", "runs"),
    [
        ([], []),
        (_waiting("a", 1), [("a", 1)]),
        (_waiting("a", 2), [("a", 1), ("a", 1)]),
        (_waiting("a", MAX_SINGLE_RUNS), [("a", 1), ("a", 1)]),
        (_waiting("a", MAX_SINGLE_RUNS + 1), [("a", MAX_SINGLE_RUNS + 1)]),
        (_waiting("a", 1000), [("a", 100), ("a", 100)]),
        (_waiting("a", 1000) + _waiting("b", 3, at=9.0), [("a", 100), ("b", 3)]),
    ],
)
def test_few_documents_get_a_run_each_and_a_backlog_shares_few(waiting: list[Waiting], runs: list[tuple[str, int]]) -> None:
    assert _sizes(waiting) == runs


def test_the_more_urgent_goes_first_whatever_its_collection_has_in_flight_and_with_its_equals_alone() -> None:
    urgent = [
        Waiting("a/urgent", "a", "v", 0, None, 99.0, 99.0, priority=5),
        Waiting("a/least", "a", "v", 0, None, 0.0, 0.0, -5),
    ]
    waiting = _waiting("a", 150) + _waiting("b", 150) + urgent
    chosen = schedule_runs(waiting, {"a": CollectionLoad(3, 9.0)}, slots=9, batch=100, attempts=3)
    assert [(one.collection, len(one.documents), one.documents[0].priority) for one in chosen] == [
        ("a", 1, 5),
        ("b", 100, 0),
        ("b", 50, 0),
        ("a", 100, 0),
        ("a", 50, 0),
        ("a", 1, -5),
    ]


def test_the_collection_with_fewer_runs_in_flight_goes_first() -> None:
    waiting = _waiting("a", 500) + _waiting("b", 500)
    assert _sizes(waiting, {"a": CollectionLoad(1, 5.0)}, slots=1) == [("b", 100)]
    assert _sizes(waiting, {"a": CollectionLoad(0, 5.0), "b": CollectionLoad(0, 9.0)}, slots=1) == [("a", 100)]


def test_a_small_collection_waits_for_one_run_of_a_huge_one_at_most() -> None:
    served: dict[str, CollectionLoad] = {}
    order = []
    waiting = _waiting("huge", 1000) + _waiting("small", 150, at=1.0)
    for turn in range(1, 5):
        [choice] = schedule_runs(waiting, served, slots=1, batch=100, attempts=3)
        gone = {one.document for one in choice.documents}
        waiting = [one for one in waiting if one.document not in gone]
        served[choice.collection] = CollectionLoad(0, float(turn))
        order.append(choice.collection)
    assert order == ["huge", "small", "huge", "small"]


@pytest.mark.parametrize(("tried", "attempts", "size"), [(0, 3, 100), (1, 3, 10), (2, 3, 1), (0, 1, 100), (1, 2, 1), (4, 9, 1)])
def test_each_try_takes_fewer_along_and_the_last_is_alone(tried: int, attempts: int, size: int) -> None:
    assert batch_size(tried, 100, attempts) == size


def test_documents_tried_before_do_not_travel_with_new_ones() -> None:
    waiting = [*_waiting("a", 50), Waiting("a/bad", "a", "f" * 64, 1, None, 0.0, 0.0)]
    chosen = schedule_runs(waiting, {}, slots=9, batch=100, attempts=3)
    assert sorted(len(choice.documents) for choice in chosen) == [1, 50]


def test_a_run_key_names_the_document_and_its_version() -> None:
    [one] = _waiting("a", 1)
    assert run_key([one]) == f"a/0000@{0:064}"
    [tried] = _waiting("a", 1, attempts=2)
    assert run_key([tried]) == f"a/0000@{0:064}#2"


def test_a_batch_key_changes_with_its_documents_versions_and_tries_but_not_their_order() -> None:
    batch = _waiting("a", 3)
    keys = {run_key(batch), run_key(batch[:2]), run_key(_waiting("a", 3, attempts=1)), run_key(_waiting("b", 3))}
    assert len(keys) == 4
    assert run_key(batch[::-1]) == run_key(batch)


@pytest.mark.parametrize(("key", "following"), [("a/b@1", "a/b@1#1"), ("a/b@1#1", "a/b@1#2"), ("a/b#c@1", "a/b#c@1#1")])
def test_work_that_had_its_key_used_gets_another(key: str, following: str) -> None:
    assert next_run_key(key) == following


def test_later_tries_wait_longer_and_longest_for_a_part_that_is_down() -> None:
    assert retry_delay(0, None) == 0
    assert retry_delay(1, "ConversionFailed") < retry_delay(2, "ConversionFailed")
    assert retry_delay(1, "GraphUnreachable") > retry_delay(1, "ConversionFailed")
