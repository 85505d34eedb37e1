"""The queue: the place of each document that waits is the one it has in the order by urgency and age."""

from __future__ import annotations

import random

import pytest

from fathom.status.queue_position import queue_position
from fathom.uploads.intake import open_intake
from fathom.uploads.priorities import prioritize
from tests.fathom.status.conftest import Record


@pytest.mark.parametrize("seed", range(4))
def test_the_place_of_each_is_that_in_the_order_by_priority_then_age_then_name(record: Record, seed: int) -> None:
    chosen = random.Random(seed)
    waiting = {f"c/{number}.md": (chosen.choice([0, 0, 0, 0, -5, 3, 10]), chosen.randrange(1, 5)) for number in range(25)}
    for document, (priority, ago) in waiting.items():
        record.upload(document, chosen.choice(["accepted", "submitted"]), ago=float(ago))
        if priority or chosen.random() < 0.5:
            prioritize(record.engine, [document], priority, by="test", now=record.now)
    for number in range(5):
        record.upload(f"c/done-{number}.md", "done", ago=50.0)
        prioritize(record.engine, [f"c/done-{number}.md"], 10, by="test", now=record.now)
    record.upload("c/running.md", "running", ago=50.0)
    order = sorted(waiting, key=lambda one: (-waiting[one][0], -waiting[one][1], one))
    intake = open_intake(record.settings)
    for position, document in enumerate(order, start=1):
        upload = intake.state_of(document)
        assert upload is not None
        place = queue_position(record.engine, upload, 2)
        assert place is not None
        assert (document, place.position, place.waiting_before, place.in_hand) == (document, position, position - 1, 1)


def test_what_does_not_wait_has_no_place(record: Record) -> None:
    record.upload("c/a.md", "done")
    upload = open_intake(record.settings).state_of("c/a.md")
    assert upload is not None
    assert queue_position(record.engine, upload, 2) is None
