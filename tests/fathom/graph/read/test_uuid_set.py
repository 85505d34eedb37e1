"""The set of uuids tells what was added, and goes on to take more after it was asked."""

from __future__ import annotations

import uuid

from fathom.graph.read.uuid_set import UuidSet


def test_it_knows_what_was_added_before_and_between_questions() -> None:
    uuids = [str(uuid.UUID(int=number)) for number in range(2000)]
    known = UuidSet()
    assert known.contains(uuids[:2]) == [False, False]
    known.add(uuids[:1000])
    known.add(["any text, also é and \ud800"])
    assert known.contains([*uuids, "any text, also é and \ud800", ""]) == [*[True] * 1000, *[False] * 1000, True, False]
    known.add(uuids[1000:])
    assert all(known.contains(uuids))
    assert known.contains([]) == []
