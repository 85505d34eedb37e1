"""Relations between the subject of a table row and its other cells, by the column headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from fathom.extraction.model import Fact
from fathom.extraction.rules.facts import property_of
from fathom.extraction.rules.names.countries import country_of
from fathom.extraction.rules.names.name_cleaning import is_name
from fathom.extraction.rules.names.span_merging import NameSpan
from fathom.extraction.rules.relations.relation_vocabulary import Reading, relation_of_column, relations, word_set
from fathom.extraction.rules.text.dates import DateReader
from fathom.extraction.rules.text.text_blocks import LineSpan, TextBlock, table_rows

# Column headers that give the entity type of their cells.
_KINDS = {
    "Person": word_set(
        "name player person employee author artist member officer director chairman chair president mayor ceo founder "
        "owner student engineer composer coach manager architect trustee speaker candidate contact captain auteur autrice "
        "nom"
    ),
    "Organization": word_set(
        "company firm organisation organization school club supplier university college employer manufacturer publisher "
        "operator team agency bank party institution vendor contractor department ministry society trust museum "
        "fournisseur société entreprise"
    ),
    "Location": word_set(
        "city town river lake station county country district region village island port place harbour bridge mountain "
        "airport venue location state province municipality headquarters capital ville pays gare"
    ),
    "Work": word_set("film book title song album work novel play series painting single œuvre titre livre"),
    "Product": word_set("product model ship vessel aircraft device locomotive engine ferry boat produit navire"),
    "Event": word_set("event match conference festival race battle tournament"),
}
_SINCE = word_set("since from start started joined appointed depuis")
_UNTIL = word_set("until to end ended left jusqu'à")
_EMPTY = word_set("none unknown vacant tbd tba n/a yes no total various other others same n.a. nil open")
SOURCE = "table"
_CONFIDENCE = 0.85
MAX_CELL_WORDS = 8
_EXCLUDED_CHARACTERS = re.compile(r"[|;/\n=<>{}]|\d{4}-\d\d|^\W|https?:")


class _Cell(NamedTuple):
    text: str
    span: LineSpan


class TableFact(NamedTuple):
    """A fact of a row, with the spans of its source and target and the types that the columns give them."""

    fact: Fact
    places: tuple[NameSpan, NameSpan]


def table_facts(text: str, block: TextBlock, dates: DateReader) -> Iterator[TableFact]:
    """Yields the facts of the table's rows; none where no column header identifies the subject of the rows."""
    table = [[_Cell(text[start:end].strip(), (start, end)) for start, end in row] for row in table_rows(text, block)]
    if len(table) < 2 or len(table[0]) < 2:
        return
    header = [_header(cell.text) for cell in table[0]]
    key = _key_column(header)
    if key is None:
        return
    for row in table[1:]:
        if len(row) == len(header) and _is_named(row[key].text):
            yield from _row_facts(header, row, key, dates)


def _row_facts(header: Sequence[str], row: Sequence[_Cell], key: int, dates: DateReader) -> Iterator[TableFact]:
    kind = _kind(header[key]) or "Entity"
    row_text = ", ".join(f"{head}: {cell.text}" for head, cell in zip(header, row, strict=True) if cell.text)
    span = (row[0].span[0], row[-1].span[1])
    since, until = (_date(header, row, words, dates) for words in (_SINCE, _UNTIL))
    for column, cell in enumerate(row):
        if column == key or not _is_named(cell.text):
            continue
        cell_kind = _kind(header[column])
        reading = relation_of_column(header[column], kind, cell_kind)
        if reading is None:
            continue
        places = (
            NameSpan(*row[key].span, kind, source=SOURCE),
            NameSpan(*cell.span, cell_kind or _target_kind(reading), source=SOURCE),
        )
        thing, other = row[key].text, cell.text
        source, target = (other, thing) if reading.backwards else (thing, other)
        relation = relations()[reading.name]
        yield TableFact(
            Fact(
                source=source,
                target=target,
                relation=reading.name,
                fact=row_text,
                span=span,
                valid_at=None if relation.lasting else since,
                invalid_at=None if relation.lasting else until,
                one_at_a_time=relation.one_at_a_time,
                property=property_of(reading.name, relation.property, country_of(target) is not None),
                confidence=_CONFIDENCE,
            ),
            places[::-1] if reading.backwards else places,
        )


def _key_column(header: Sequence[str]) -> int | None:
    """Returns the index of the subject column: the first typed column whose header names no relation."""
    things = [column for column, head in enumerate(header) if _kind(head)]
    named = [column for column in things if header[column] in ("name", "title", "nom", "titre")]
    plain = [
        column
        for column in things
        if not any(header[column] in relation.headers + relation.back_headers for relation in relations().values())
    ]
    return next(iter([*named, *plain, *(column for column in things if column == 0)]), None)


def _kind(head: str) -> str | None:
    last = head.split()[-1:] if head else []
    return next((kind for kind, words in _KINDS.items() if head in words or (last and last[0] in words)), None)


def _target_kind(reading: Reading) -> str:
    relation = relations()[reading.name]
    types = relation.source if reading.backwards else relation.target
    return min(types) if len(types) == 1 else "Entity"


def _header(cell: str) -> str:
    return " ".join(cell.strip(" *_:#").casefold().split())


def _is_named(cell: str) -> bool:
    words = cell.split()
    if (
        not words
        or len(words) > MAX_CELL_WORDS
        or _EXCLUDED_CHARACTERS.search(cell)
        or cell.casefold() in _EMPTY
        or "," in cell
    ):
        return False
    return is_name(cell) and words[0][0].isupper() and not any(char.isdigit() for char in words[0])


def _date(header: Sequence[str], row: Sequence[_Cell], heads: frozenset[str], dates: DateReader) -> datetime | None:
    for head, cell in zip(header, row, strict=True):
        if head in heads:
            since, until = dates.validity(f"in {cell.text}")
            return since or until
    return None
