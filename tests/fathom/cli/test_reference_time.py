"""A date that is given with a file is that of its document, by the command line as by the API; what is no date is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.settings import Settings
from tests.fathom.cli.conftest import Call

pytestmark = pytest.mark.case(80)


@pytest.fixture
def notes(tmp_path: Path) -> str:
    (tmp_path / "notes.md").write_text("# Notes\n\nBert Hale is CEO of Acme Works.")
    return str(tmp_path / "notes.md")


def test_a_date_that_is_given_is_shown_with_the_document(call: Call, home_settings: Settings, notes: str) -> None:
    done = call("ingest", notes, "-c", "reports", "--reference-time", "May 2019", "--json")
    assert done.code == 0, done.err
    [row] = call("documents", "--collection", "reports", "--json").json["documents"]
    assert (row["document_date"], row["document_date_from"]) == ("2019-05-01T00:00:00Z", "given")


def test_without_one_there_is_none(call: Call, home_settings: Settings, notes: str) -> None:
    assert call("ingest", notes, "-c", "reports", "--json").code == 0
    [row] = call("documents", "--collection", "reports", "--json").json["documents"]
    assert (row["document_date"], row["document_date_from"]) == (None, None)


def test_what_is_no_date_is_refused_and_nothing_is_taken(call: Call, home_settings: Settings, notes: str) -> None:
    done = call("ingest", notes, "-c", "reports", "--reference-time", "soon", "--json")
    assert done.code == 2
    assert call("documents", "--collection", "reports", "--json").json["documents"] == []
