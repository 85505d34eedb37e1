"""JSON is read as it stands, whatever stands around it; what is cut off is never whole, and nothing takes long."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.extraction.response.json_extraction import MAX_ANSWER, MalformedResponse, TruncatedResponse, record_of
from fathom.extraction.response.lenient_json import MAX_NESTING, UnreadableJson, read_value

NAMES = {"entities": "entities", "facts": "facts", "relations": "facts"}
TEXTS = st.text(max_size=20) | st.text(alphabet="\"'{}[]:,\\`“”/#*\n a<>", max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", min_size=1, max_size=5), inner, max_size=4),
    max_leaves=12,
)
ENTITIES = st.lists(st.fixed_dictionaries({"name": TEXTS, "type": TEXTS}), min_size=1, max_size=3)
RECORDS = st.fixed_dictionaries({"entities": ENTITIES, "facts": st.lists(st.fixed_dictionaries({"fact": TEXTS}), min_size=1)})
PLAIN = st.text("abc ABC 東京é.,;!-1", max_size=12)
PLAIN_ENTITIES = st.lists(st.fixed_dictionaries({"name": PLAIN, "type": PLAIN}), min_size=1, max_size=3)
PLAIN_RECORDS = st.fixed_dictionaries(
    {"entities": PLAIN_ENTITIES, "facts": st.lists(st.fixed_dictionaries({"fact": PLAIN}), min_size=1, max_size=3)}
)


def read_or_why(text: str) -> dict[str, Any] | str:
    """The record, or why there is none."""
    try:
        return record_of(text, NAMES)
    except MalformedResponse as error:
        return str(error)


@given(RECORDS, st.sampled_from([None, 2]), st.booleans())
def test_strict_json_is_read_as_it_stands(record: dict[str, Any], indent: int | None, escaped: bool) -> None:
    assert record_of(json.dumps(record, indent=indent, ensure_ascii=escaped), NAMES) == record


@given(PLAIN_RECORDS, st.sampled_from([None, 2]))
def test_strict_json_is_read_leniently_as_strictly(record: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(record, indent=indent, ensure_ascii=False)
    read = read_value(f"so: {text} and", 4)
    assert (read.value, read.end, read.unclosed, read.cut) == (record, 4 + len(text), [], False)


@given(PLAIN_RECORDS)
def test_what_python_writes_is_read(record: dict[str, Any]) -> None:
    assert record_of(f"```python\n{record!r}\n```", NAMES) == record


@given(RECORDS, st.data())
def test_an_answer_cut_off_anywhere_is_never_whole_but_for_its_last_brace(record: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(record)
    kept = text[: data.draw(st.integers(0, len(text) - 1))]
    try:
        read = record_of(kept, NAMES)
    except MalformedResponse:
        return
    assert read == record
    assert kept == text[:-1]


def test_an_answer_that_is_cut_off_is_not_unescaped_because_a_string_in_it_looks_so() -> None:
    record = {"entities": [{"name": '"', "type": "a"}, {"name": 'b"}', "type": "c"}], "facts": [{"fact": "[\n"}]}
    text = json.dumps(record)
    for end in range(len(text) - 1):
        with pytest.raises(MalformedResponse):
            record_of(f"```json\n{text[:end]}", NAMES)


@given(RECORDS, st.data(), st.sampled_from(["```json\n", "Here it is: ", "<think>So {it} is.</think>\n", "\ufeff"]))
def test_nor_is_one_with_something_before_it(record: dict[str, Any], data: st.DataObject, before: str) -> None:
    text = json.dumps(record)
    kept = text[: data.draw(st.integers(0, len(text) - 2))]
    with pytest.raises(MalformedResponse):
        record_of(before + kept, NAMES)


@given(VALUES)
@settings(max_examples=300)
def test_any_json_is_a_record_or_none_and_nothing_else_is_raised(value: Any) -> None:
    for text in (json.dumps(value), repr(value), f"So: {value!r}", json.dumps(value)[:-1], f"<think>{value!r}"):
        read = read_or_why(text)
        assert read
        assert isinstance(read, str) or set(read) <= {"entities", "facts"}


@given(st.text(alphabet="{}[]\"':,abf \\\n/*#`<>", max_size=60))
@settings(max_examples=500)
def test_any_signs_are_a_record_or_none(text: str) -> None:
    assert read_or_why(text + '{"facts')
    for start, sign in enumerate(text):
        if sign in "{[":
            try:
                read = read_value(text, start)
            except UnreadableJson:
                continue
            assert start < read.end <= len(text)


HALF = MAX_ANSWER // 2
HOSTILE = {
    "lists": "[" * HALF,
    "objects": '{"a":' * (HALF // 5),
    "braces": "{ " * (HALF // 2),
    "open strings": '{"a' * (HALF // 3),
    "comments": "[1 /*," * (HALF // 6),
    "quotes before comments": '{"x": "' + '"// ' * (HALF // 4),
    "stars": '{"x": "' + '"/* ' * (HALF // 4),
    "records": '{"facts":[1]}' * (HALF // 13),
    "a record many times over": '{"facts":[1],' + '"facts":[1],' * (HALF // 13) + '"facts":[]}',
    "records in a list": "[" + '{"facts":[1]},' * (HALF // 14) + "]",
    "escapes": '\\"{' * (HALF // 3),
    "records in text": '{"facts": "' * (HALF // 11),
    "text in text": '{"facts":"{\'facts\':' * (HALF // 19),
    "openings": "<think>" * (HALF // 7),
    "endings": "</think>" * (HALF // 8),
    "endings before braces": "</think>{" * (HALF // 9),
    "quotes": '"' * HALF,
    "single quotes": "{'" * (HALF // 2),
    "white space": '{"facts":' + " " * HALF,
    "digits": '{"facts":[' + "9" * HALF,
    "backslashes": '{"facts":["' + "\\" * HALF,
    "entities": "{&quot;" * (HALF // 7),
    "ten million": "x" * 10_000_000,
    "ten million brackets": "[" * 10_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_answer_takes_long_to_read(text: str) -> None:
    began = time.process_time()
    read = read_or_why(text)
    assert not isinstance(read, str) or len(read) < 200
    assert time.process_time() - began < 6


def test_the_nesting_of_an_answer_is_bounded_and_named() -> None:
    deep = '{"facts": ' + "[" * (MAX_NESTING - 1) + "]" * (MAX_NESTING - 1) + "}"
    assert "facts" in record_of(deep, NAMES)
    with pytest.raises(MalformedResponse, match=f"deeper than {MAX_NESTING}"):
        record_of("so: " + '{"a": ' * 50_000, NAMES)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ('{"facts": [1,, 2,]}', {"facts": [1, 2]}),
        ('{"facts": [1 2]}', {"facts": [1, 2]}),
        ('{"facts": ["a" "b"]}', {"facts": ["a", "b"]}),
        ('{"facts": ["a"\n"b"]}', {"facts": ["a", "b"]}),
        ('{"facts": [{"a": 1} {"a": 2}]}', {"facts": [{"a": 1}, {"a": 2}]}),
        ('{"facts": [{"a": "x" "b": "y"}]}', {"facts": [{"a": "x", "b": "y"}]}),
        ('{"facts": [{"a": , "b": 1}]}', {"facts": [{"a": None, "b": 1}]}),
        ('{"facts": [NaN, Infinity, None, True, undefined]} so', None),
        ("{'facts': ['it\\'s', 'Levi's']}", {"facts": ["it's", "Levi's"]}),
        ('{"facts": ["C:\\Users\\ada"]}', {"facts": ["C:\\Users\\ada"]}),
        ('{"facts": ["\\ud83d\\ude80 \\u00e9"],}', {"facts": ["🚀 é"]}),
        ('{"facts": [0x1F, 1e3, .5, 1_000, +2, 007]}', None),
        ('{"facts": ["a // b", "/* c */", "# d"],}', {"facts": ["a // b", "/* c */", "# d"]}),
        ('{"facts": [1], "facts": [2]}', {"facts": [1, 2]}),
        ('{"facts": [1], "relations": []}', {"facts": [1]}),
        ('{"result": {"entities": [1]}, "facts": [2]}', {"entities": [1], "facts": [2]}),
        ('{"entities": [1], "graph": {"relations": [2]}}', {"entities": [1], "facts": [2]}),
        ('{"entities": [1], "facts": [2], "before": {"facts": [3]}}', {"entities": [1], "facts": [2]}),
        ('{"entities": [], "facts": [1]}}}', {"entities": [], "facts": [1]}),
        ('{"entities": [1]}\n\n{"facts": [2]}', {"entities": [1], "facts": [2]}),
        ('{"facts": [1]} No, rather: {"facts": [2]}', {"facts": [2]}),
        ('{"facts": [1]} An empty one would be {"facts": []}', {"facts": [1]}),
    ],
)
def test_what_writers_of_json_get_wrong_is_read_as_it_is_meant(text: str, record: dict[str, Any] | None) -> None:
    read = record_of(text, NAMES)
    assert record is None or read == record


def test_what_comes_behind_a_whole_record_must_be_the_same_again_where_it_is_cut_off() -> None:
    whole = '{"entities": [], "facts": [{"fact": "a"}]}'
    assert record_of(f"{whole}\n{whole[:20]}", NAMES)["facts"] == [{"fact": "a"}]
    with pytest.raises(TruncatedResponse):
        record_of(whole + '\n{"entities": [{"name": "B', NAMES)
