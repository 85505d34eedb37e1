"""Gives the documents of a deployment as a pandas DataFrame, and writes it as CSV or Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, Literal

from fathom.operations.document_rows import DocumentRow, list_documents
from fathom.settings import Settings
from fathom.settings import settings as process_settings

if TYPE_CHECKING:
    import pandas as pd

FrameFormat = Literal["csv", "parquet"]

LIST_SEPARATOR = " | "  # between several values of a cell of CSV, as no id has it


def documents(
    *, collection: str | None = None, states: Iterable[str] | None = None, settings: Settings | None = None
) -> pd.DataFrame:
    """Returns a row for each document, with the columns of `fathom documents --json`; missing values are `pd.NA`.

    Args:
        collection: only of this collection.
        states: only in these states.
        settings: the settings of the deployment; by default those of the process.

    Raises:
        DatabaseUnreachable, DagsterUnreachable: where the deployment's storage cannot be read.
    """
    return frame_of(each_document(settings or process_settings(), collection=collection, states=states))


def each_document(
    settings: Settings, *, collection: str | None = None, states: Iterable[str] | None = None, limit: int | None = None
) -> Iterator[DocumentRow]:
    """Yields the rows of all documents that match, in the order of their ids, at most `limit`."""
    wanted, after, left = list(states or []) or None, None, limit
    while left is None or left > 0:
        page = list_documents(settings, collection=collection, states=wanted, after=after)
        rows = page.documents if left is None else page.documents[:left]
        yield from rows
        left, after = None if left is None else left - len(rows), page.next
        if after is None:
            return


def frame_of(rows: Iterable[DocumentRow]) -> pd.DataFrame:
    """Returns the rows as a DataFrame with a type for each column, also where there is no row."""
    import pandas as pd

    frame = pd.DataFrame([_values(row) for row in rows], columns=list(DocumentRow.model_fields))
    return frame.astype({name: _column_type(name) for name in frame.columns})


def write_frame(frame: pd.DataFrame, kind: FrameFormat, output: IO[bytes]) -> None:
    """Writes the table to a binary stream; CSV is UTF-8 with a head, and lists in a cell are parted by ` | `."""
    if kind == "parquet":
        frame.to_parquet(output, index=False)
        return
    lists = frame.assign(attachments=frame["attachments"].map(LIST_SEPARATOR.join))
    lists.to_csv(output, index=False, lineterminator="\n", encoding="utf-8", date_format="%Y-%m-%dT%H:%M:%S%z")


def _values(row: DocumentRow) -> dict[str, Any]:
    return row.model_dump() | {"by_hand": row.by_hand.sentence if row.by_hand else None}


def _column_type(name: str) -> str:
    """Returns the pandas type of a column by the type of the row's field."""
    if name == "by_hand":
        return "string"
    if name == "document_date":
        return "datetime64[us, UTC]"
    if name == "attachments":
        return "object"
    of_field = str(DocumentRow.model_fields[name].annotation)
    return next((kind for word, kind in _TYPES.items() if word in of_field), "string")


_TYPES = {"bool": "boolean", "int": "Int64", "float": "Float64"}
