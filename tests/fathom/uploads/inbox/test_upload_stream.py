"""Bytes from a network: in the inbox whole, within bounds, under a safe name, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fathom.errors import DocumentTooLarge, UnsafePath
from fathom.uploads.inbox.upload_stream import UploadStream
from tests.fathom.uploads.conftest import Desk


def left(inbox: Path) -> list[str]:
    return sorted(str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file())


def test_pieces_become_a_file_that_is_accepted_at_once_and_once(desk: Desk) -> None:
    for expected in (["c/a.md"], []):
        arrival = UploadStream(desk.settings)
        arrival.write(b"one ")
        arrival.write(b"two")
        placed = arrival.finish("c", "a.md")
        arrival.close()
        assert (placed.document, placed.size, placed.version) == ("c/a.md", 7, hashlib.sha256(b"one two").hexdigest())
        assert desk.intake().take(placed).accepted == expected
    assert left(desk.inbox) == ["c/a.md"]
    assert desk.waits == []
    assert desk.intake().counts() == {"accepted": 1}


def test_what_is_not_finished_leaves_nothing(desk: Desk) -> None:
    arrival = UploadStream(desk.settings)
    arrival.write(b"one")
    assert desk.intake().look().accepted == []
    arrival.close()
    assert left(desk.inbox) == []


def test_more_than_the_limit_is_refused_on_the_way(desk: Desk) -> None:
    arrival = UploadStream(desk.settings.model_copy(update={"max_file_mb": 1}))
    arrival.write(b"x" * 1024 * 1024)
    with pytest.raises(DocumentTooLarge):
        arrival.write(b"x")
    arrival.close()
    assert left(desk.inbox) == []


@pytest.mark.parametrize(
    ("collection", "name"), [("c", "../a.md"), ("c", "/etc/a"), ("..", "a.md"), ("c", ".a"), ("c", ""), ("c", "x/../../a")]
)
def test_a_name_that_would_lead_elsewhere_is_refused(desk: Desk, collection: str, name: str) -> None:
    arrival = UploadStream(desk.settings)
    arrival.write(b"x")
    with pytest.raises(UnsafePath):
        arrival.finish(collection, name)
    arrival.close()
    assert left(desk.inbox) == []
