"""Parts of exports on their own: ids in little memory, text in XML, kinds of values, statements of a script."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.errors import ValueNotWritable
from fathom.graph.export.cypher_script import MAX_CHARACTERS, MAX_ROWS, CypherBatches, write_cypher_script
from fathom.graph.export.cypher_values import column_expression
from fathom.graph.export.encoded_records import (
    EncodedNode,
    EncodedRelationship,
    RecordSource,
    SeenIds,
    exported_id,
)
from fathom.graph.export.value_kinds import kind_of, single_kind
from fathom.graph.export.xml_text import attribute_text, element_text, unescape_characters
from fathom.graphdb.property_values import encode_value
from tests.fathom.graph.export.cypher_splitter import statements

FEW = settings(max_examples=50, deadline=None)
_IDS = st.one_of(
    st.integers(0, 200_000).map(lambda number: f"4:0f0f-11:{number}"),
    st.tuples(st.integers(0, 30), st.integers(0, 10**7)).map(lambda pair: f"#{pair[0]}:{pair[1]}"),
    st.text(max_size=5),
)


class Records(RecordSource):
    """The records that it is given."""

    def __init__(self, *records: EncodedNode | EncodedRelationship) -> None:
        self._records = records

    def nodes(self) -> Any:
        return (record for record in self._records if isinstance(record, EncodedNode))

    def relationships(self) -> Any:
        return (record for record in self._records if isinstance(record, EncodedRelationship))


@FEW
@given(st.sets(_IDS, max_size=40), st.sets(_IDS, max_size=40))
def test_seen_ids_are_exactly_those_that_were_added(added: set[str], others: set[str]) -> None:
    seen = SeenIds()
    for identity in added:
        seen.add(identity)
    assert {identity for identity in added | others if identity in seen} == added


def test_ids_of_servers_are_shortened() -> None:
    assert exported_id("4:5d2d1f5e-0000-4000-8000-000000000000:17") == "17"
    assert exported_id("#12:3") == "12:3"


@FEW
@given(
    st.text(st.characters(exclude_categories=()), max_size=40) | st.from_regex(r"(_x[0-9A-F]{0,4}_?|\x00|_)*", fullmatch=True)
)
def test_text_in_xml_is_read_back_exactly(text: str) -> None:
    document = f'<a b="{attribute_text(text)}">{element_text(text)}</a>'
    found = ElementTree.fromstring(document.encode("utf-8"))
    assert unescape_characters(found.text or "") == text
    assert unescape_characters(found.attrib["b"]) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "boolean"),
        (1, "integer"),
        (1.5, "float"),
        (float("nan"), "float"),
        ("a", "string"),
        (datetime(2020, 1, 1, tzinfo=UTC), "datetime"),
        (b"a", "bytes"),
        ([1.5] * 20, "list<float>"),
        (["a"], "list<string>"),
        ([], "list<>"),
        ([1, "a"], "list<mixed>"),
        ({"a": 1}, "map"),
        ({"$a": 1}, "map"),
    ],
)
def test_encoded_values_have_the_kind_of_the_value(value: Any, kind: str) -> None:
    assert kind_of(encode_value(value)) == kind
    assert kind_of(encode_value(value, packed=True)) == kind


def test_a_column_of_several_kinds_is_mixed() -> None:
    assert single_kind(["integer", "string"]) == "mixed"
    assert single_kind(["list<>", "list<string>"]) == "list<string>"
    assert single_kind(["date"]) == "date"


def test_statements_are_bounded_and_hold_each_row_once() -> None:
    written: list[str] = []
    batches = CypherBatches(written.append)
    for number in range(2 * MAX_ROWS + 1):
        batches.add(("node", "A"), lambda columns: f"CREATE (:A {{{columns}}})", (str(number),), {"name": f"n{number}"})
    for _ in range(5):
        batches.add(("node", "B"), lambda columns: f"CREATE (:B {{{columns}}})", ("x",), {"text": "y" * (MAX_CHARACTERS // 2)})
    batches.finish()
    rows = [statement.count("\n", 0, statement.index("', '")) + 1 for statement in written if ":A" in statement]
    assert sorted(rows) == [1, MAX_ROWS, MAX_ROWS]
    assert sorted(re.findall(r"\bn\d+", "".join(written))) == sorted(f"n{number}" for number in range(2 * MAX_ROWS + 1))
    assert all(len(statement) < 1.1 * MAX_CHARACTERS for statement in written)


def test_values_with_every_separator_are_split_over_statements(tmp_path: Any) -> None:
    signs = "\t\n\u241f\u241e\u241d\u241c\u00a6\u2016\u29f8"
    nodes = [EncodedNode(str(place), ("A",), {"name": sign}) for place, sign in enumerate(signs)]
    write_cypher_script(tmp_path / "a.cypher", Records(*nodes), [])
    text = (tmp_path / "a.cypher").read_text(encoding="utf-8")
    created = [statement for statement in statements(text) if "CREATE (:" in statement]
    assert created
    for statement in created:
        cell = re.search(r"split\(line, '(.*?)'\)", statement, re.DOTALL)
        assert cell is not None
        assert cell[1] not in signs.replace("\t", "\\t")


def test_a_value_without_a_literal_is_named(tmp_path: Any) -> None:
    node = EncodedNode("1", ("Entity",), {"uuid": "u1", "picture": encode_value(b"\0\1"), "name": "A"})
    with pytest.raises(ValueNotWritable, match=r"node u1 \(:Entity\).*picture \(bytes\)"):
        write_cypher_script(tmp_path / "a.cypher", Records(node), [])


def test_missing_values_are_null_only_where_some_are_missing() -> None:
    from fathom.graph.export.cypher_values import CellSeparators

    signs = CellSeparators("\t", "\n", "|", "~")
    assert column_expression("date", "row[1]", signs, optional=False) == "date(row[1])"
    assert column_expression("date", "row[1]", signs, optional=True) == "CASE row[1] WHEN '~' THEN null ELSE date(row[1]) END"
