"""The documents of a deployment as a DataFrame, CSV and Parquet: every document, with a type for each column."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
import sqlalchemy as sa

import fathom
from fathom.database import open_database
from fathom.operations.document_frames import FrameFormat, frame_of, write_frame
from fathom.operations.document_rows import PAGE, DocumentRow
from fathom.settings import Settings
from fathom.tables import uploads

SPELLED = 'a/Übersicht, "neu"\n= 1.md'


@pytest.fixture
def deployed(home_settings: Settings) -> Settings:
    """One more document than a page has, one of them with a name that CSV has to quote."""
    names = [SPELLED, *(f"b/{number:04}.md" for number in range(PAGE))]
    rows = [
        {
            "document": name, "collection": name[0], "path": name[2:], "size": 7, "mtime_ns": 1, "version": "v",
            "state": "accepted", "attempts": 0, "accepted_at": 1.0, "updated_at": 1.0,
        }
        for name in names
    ]  # fmt: skip
    with open_database(home_settings.operational_url).begin() as connection:
        connection.execute(sa.insert(uploads), rows)
    return home_settings


def test_every_document_is_a_row_with_the_columns_of_the_listing(deployed: Settings) -> None:
    frame = fathom.documents(settings=deployed)
    assert list(frame.columns) == list(DocumentRow.model_fields)
    assert len(frame) == PAGE + 1
    assert frame["id"][0] == SPELLED
    assert frame["chunks"].isna().all()
    assert {name: str(frame[name].dtype) for name in ("size", "cost_usd", "state", "no_partition", "document_date")} == {
        "size": "Int64", "cost_usd": "Float64", "state": "string", "no_partition": "boolean",
        "document_date": "datetime64[us, UTC]",
    }  # fmt: skip


def test_a_collection_or_a_state_can_be_asked_for(deployed: Settings) -> None:
    assert fathom.documents(collection="a", settings=deployed)["id"].tolist() == [SPELLED]
    assert len(fathom.documents(states=["done"], settings=deployed)) == 0


def test_a_table_without_rows_has_the_same_columns_and_types(deployed: Settings) -> None:
    full, empty = fathom.documents(settings=deployed), frame_of([])
    assert dict(empty.dtypes) == dict(full.dtypes)


@pytest.mark.parametrize("kind", get_args(FrameFormat))
def test_what_was_written_reads_back(deployed: Settings, kind: FrameFormat) -> None:
    frame, stream = fathom.documents(settings=deployed), io.BytesIO()
    write_frame(frame, kind, stream)
    stream.seek(0)
    back = pd.read_parquet(stream) if kind == "parquet" else pd.read_csv(stream)
    assert back["id"].tolist() == frame["id"].tolist()
    assert back["size"].sum() == 7 * (PAGE + 1)


def test_the_command_writes_all_of_them_to_a_file(deployed: Settings, tmp_path: Path, call: Any) -> None:
    file = tmp_path / "documents.parquet"
    done = call("documents", "--format", "parquet", "--output", str(file))
    assert done.code == 0, done.err
    assert len(pd.read_parquet(file)) == PAGE + 1
    few = call("documents", "--format", "csv", "--limit", "2", "--output", str(tmp_path / "few.csv"))
    assert len(pd.read_csv(tmp_path / "few.csv")) == 2, few.err


def test_a_file_that_cannot_be_written_is_said(deployed: Settings, tmp_path: Path, call: Any) -> None:
    refused = call("documents", "--format", "csv", "--output", str(tmp_path / "none" / "x.csv"))
    assert refused.code != 0
    assert "cannot be written" in refused.err
    assert call("documents", "--output", str(tmp_path / "x.csv")).code == 2
