"""Writes a graph as two Parquet files, of nodes and of relationships, with typed columns.

Both files have the columns of both, so that a reader of the folder gets everything as one table; `kind` tells them apart. A
property whose values have several kinds is a column of text with JSON. Integers that may be missing are pandas' `Int64`, which
keeps them exact.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fathom.graph.export.encoded_records import EncodedNode, EncodedRecord
from fathom.graph.export.export_spool import ExportSpool
from fathom.graph.export.value_kinds import (
    BOOLEAN,
    BYTES,
    DATE,
    DATETIME,
    FLOAT,
    FLOATS,
    INTEGER,
    LOCAL_DATETIME,
    STRING,
    TEMPORAL,
    GroupKinds,
    element_kind,
    json_text,
    merged_kinds,
    single_kind,
    text_of,
)
from fathom.graphdb.property_values import decode_value

NODES, RELATIONSHIPS = "nodes.parquet", "relationships.parquet"
_ROWS = 2_000  # a row group: with embeddings, 6 MB of floats
_OWN = ("kind", "id", "labels", "type", "source", "target")
_ISO = pa.string()
_UTC = datetime.UTC


@dataclass(frozen=True)
class ParquetColumn:
    """A column of a property: its type, and the conversion of an encoded value to a value of this type."""

    name: str
    kind: str
    type: pa.DataType
    value: Callable[[Any], Any]


def write_parquet(folder: Path, source: ExportSpool) -> None:
    """Writes both files into the folder."""
    folder.mkdir()
    groups = [*source.table.nodes.values(), *source.table.relationships.values()]
    columns = _columns(merged_kinds(groups))
    _write(folder / NODES, source.nodes(), columns)
    _write(folder / RELATIONSHIPS, source.relationships(), columns)


def _write(path: Path, records: Iterable[EncodedRecord], columns: Sequence[ParquetColumn]) -> None:
    schema = _schema(columns)
    rest = iter(records)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while rows := list(islice(rest, _ROWS)):
            writer.write_batch(_batch(rows, columns, schema), row_group_size=_ROWS)


def _batch(rows: Sequence[EncodedRecord], columns: Sequence[ParquetColumn], schema: pa.Schema) -> pa.RecordBatch:
    own = [_own(row) for row in rows]
    arrays = [pa.array([row[place] for row in own], schema.field(place).type) for place in range(len(_OWN))]
    for column in columns:
        values = (row.properties.get(column.name) for row in rows)
        converted = [None if value is None else column.value(value) for value in values]
        arrays.append(pa.array(converted, column.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _own(record: EncodedRecord) -> tuple[Any, ...]:
    if isinstance(record, EncodedNode):
        return "node", record.id, list(record.labels), None, None, None
    return "relationship", record.id, None, record.type, record.source, record.target


def _columns(kinds: GroupKinds) -> list[ParquetColumn]:
    return [_column(name, single_kind(found)) for name, found in kinds.items()]


def _column(name: str, kind: str) -> ParquetColumn:
    simple: Mapping[str, tuple[pa.DataType, Callable[[Any], Any]]] = {
        BOOLEAN: (pa.bool_(), _same),
        INTEGER: (pa.int64(), _same),
        FLOAT: (pa.float64(), lambda value: float(text_of(value))),
        STRING: (pa.string(), _same),
        BYTES: (pa.binary(), decode_value),
        DATE: (pa.date32(), lambda value: datetime.date.fromisoformat(text_of(value))),
        DATETIME: (pa.timestamp("us", tz="UTC"), _moment),
        LOCAL_DATETIME: (pa.timestamp("us"), _moment),
        FLOATS: (pa.list_(pa.float64()), _float_array),
    }
    if kind in simple:
        return ParquetColumn(name, kind, *simple[kind])
    if kind in TEMPORAL:
        return ParquetColumn(name, kind, _ISO, text_of)
    element = element_kind(kind)
    if element in (STRING, INTEGER, BOOLEAN):
        return ParquetColumn(name, kind, pa.list_(simple[element][0]), _same)
    if element in (DATE, DATETIME, LOCAL_DATETIME):
        convert = simple[element][1]
        return ParquetColumn(name, kind, pa.list_(simple[element][0]), lambda value: [convert(item) for item in value])
    return ParquetColumn(name, kind, pa.string(), json_text)


def _same(value: Any) -> Any:
    return value


def _float_array(value: Any) -> Any:
    """Returns an encoded list of floats as an array, which takes a quarter of the memory of a list."""
    packed = value if isinstance(value, dict) else {}
    for tag, kind in (("$floats32", "<f4"), ("$floats64", "<f8")):
        if tag in packed:
            return np.frombuffer(base64.b64decode(packed[tag]), kind).astype(np.float64)
    return np.array(decode_value(value), np.float64)


def _moment(value: Any) -> datetime.datetime:
    """Returns a datetime; digits beyond microseconds are cut."""
    text, _, _ = text_of(value).partition("[")
    at = datetime.datetime.fromisoformat(text)
    return at.astimezone(_UTC) if at.tzinfo else at


def _schema(columns: Sequence[ParquetColumn]) -> pa.Schema:
    """Returns the schema, with pandas' types of the columns that may lack values."""
    own = {"labels": pa.list_(pa.string())}
    names = set(_OWN)
    fields = [pa.field(name, own.get(name, pa.string())) for name in _OWN]
    for column in columns:
        shown = f"{column.name} (property)" if column.name in names else column.name
        fields.append(pa.field(shown, column.type, metadata={"fathom.kind": column.kind}))
    nullable = {pa.int64(): "Int64", pa.bool_(): "boolean"}
    frame = {field.name: pd.Series(dtype=nullable.get(field.type, "object")) for field in fields}
    described = pa.Schema.from_pandas(pd.DataFrame(frame), preserve_index=False).metadata
    return pa.schema(fields, metadata=described)
