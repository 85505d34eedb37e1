"""Values of a graph reach JSON and come back equal, also by way of each server."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import pytz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neo4j.spatial import CartesianPoint, WGS84Point
from neo4j.time import Date, DateTime, Duration, Time

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.property_values import canonical_value, decode_value, encode_value, readable_value

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=64)
COORDINATES = st.floats(-80, 80)
DAYS = st.dates(date(1, 1, 2), date(9999, 12, 30))
NANOSECONDS = st.integers(0, 999_999_999)
OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))])
ZONES = st.sampled_from([pytz.timezone("Europe/Paris"), pytz.timezone("America/St_Johns")])


def _time(second: int, nanosecond: int, zone: Any = None) -> Time:
    return Time(second // 3600, second // 60 % 60, second % 60, nanosecond, zone)


def _datetime(day: date, second: int, nanosecond: int, zone: Any = None) -> DateTime:
    at = DateTime(day.year, day.month, day.day, second // 3600, second // 60 % 60, second % 60, nanosecond)
    if zone is None:
        return at
    return zone.localize(at) if hasattr(zone, "localize") else at.replace(tzinfo=zone)


SECONDS = st.integers(0, 86_399)
MODERN = st.dates(date(1971, 1, 1), date(2099, 12, 30))  # a zone's offset is the same in every version of its database
TEMPORAL = st.one_of(
    DAYS.map(lambda day: Date(day.year, day.month, day.day)),
    st.builds(_time, SECONDS, NANOSECONDS),
    st.builds(_time, SECONDS, NANOSECONDS, OFFSETS),
    st.builds(_datetime, DAYS, SECONDS, NANOSECONDS),
    st.builds(_datetime, DAYS, SECONDS, NANOSECONDS, OFFSETS),
    st.builds(_datetime, MODERN, SECONDS, NANOSECONDS, ZONES),
    st.builds(
        lambda months, days, seconds, nanoseconds: Duration(months=months, days=days, seconds=seconds, nanoseconds=nanoseconds),
        st.integers(-600, 600), st.integers(-900, 900), st.integers(-99_999, 99_999), NANOSECONDS,
    ),
)  # fmt: skip
POINTS = st.one_of(
    st.tuples(COORDINATES, COORDINATES).map(WGS84Point),
    st.tuples(COORDINATES, COORDINATES, COORDINATES).map(CartesianPoint),
)
SCALARS = st.one_of(st.none(), st.booleans(), INTEGERS, FLOATS, TEXTS, st.binary(max_size=12), TEMPORAL, POINTS)
LISTS = st.one_of(st.lists(FLOATS, max_size=40), st.lists(st.floats(width=32), max_size=40), st.lists(SCALARS, max_size=5))
VALUES = st.recursive(SCALARS | LISTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.booleans())
def test_what_is_encoded_and_decoded_is_the_same_value(value: Any, packed: bool) -> None:
    sent = json.dumps(encode_value(value, packed=packed), allow_nan=False)
    back = decode_value(json.loads(sent))
    assert canonical_value(back) == canonical_value(value)
    assert encode_value(back) == encode_value(value)
    json.dumps(readable_value(value), allow_nan=False)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["$date", "$map", "$", "a"]), st.text("ab", max_size=3) | st.integers(), max_size=3))
def test_a_map_that_looks_like_a_tag_is_still_a_map(value: dict[str, Any]) -> None:
    assert decode_value(json.loads(json.dumps(encode_value(value)))) == value


def test_not_a_number_has_a_single_digest_whatever_its_bits() -> None:
    assert canonical_value([-math.nan] * 20) == canonical_value([math.nan] * 20)


def test_what_people_read_is_plain() -> None:
    at = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert readable_value({"at": at, "n": 2**63 - 1, "x": math.nan, "b": b"\0\1", "d": Duration(days=2)}) == {
        "at": "2020-01-02T03:04:05+00:00",
        "n": 9223372036854775807,
        "x": "NaN",
        "b": {"bytes": "AAE="},
        "d": "P2D",
    }
    assert readable_value(WGS84Point((1.0, 2.0))) == {"point": {"srid": 4326, "coordinates": [1.0, 2.0]}}


@pytest.mark.parametrize("damaged", [{"$nothing": 1}, {"$date": 5}, {"$date": "no day"}, {"$point": {}}, {"$float": "one"}])
def test_a_damaged_tag_is_refused(damaged: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_value(damaged)


@pytest.mark.parametrize("value", [object(), 1j, {"a": {object()}}])
def test_what_no_property_can_be_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode_value(value)


@pytest.mark.integration
def test_a_value_comes_back_from_the_server_as_it_went(graph: GraphConnection) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(SCALARS | st.lists(FLOATS, max_size=20) | st.lists(TEXTS, max_size=4), min_size=1, max_size=12))
    def round_trip(values: list[Any]) -> None:
        sent = decode_value(encode_value(values))  # as the driver's types: Python's own zones cannot be sent in each of them
        with graph.driver.session(database=graph.address.database) as session:
            back = session.run("RETURN $values AS values", values=sent).single(strict=True)["values"]
        for value, found in zip(values, back, strict=True):
            assert canonical_value(found) == canonical_value(value)

    round_trip()
