"""Converts values of the graph to JSON and back without loss, and to the canonical form that digests are computed from.

JSON has strings, integers of any size, finite floats, booleans, null, lists and maps. All other values are a map with a single
key that names the type: `{"$date": "2020-01-02"}`. Temporal values are ISO 8601, with nanoseconds where they have them.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import math
import re
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neo4j.spatial import Point

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_NANOSECONDS = 1_000_000_000
MIN_PACKED = 16  # floats: shorter lists are as short in plain JSON
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})(?::(\d{2}))?$")  # at the end of a time
_UNIX_EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()


def encode_value(value: Any, *, packed: bool = False) -> Any:
    """Returns the value as JSON with tagged types; `packed` stores long lists of floats in base64, exactly.

    Raises TypeError for a value that no property of a graph can have.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": _name_of(value)}
    if type(value) is datetime.datetime:  # before the slower checks: most values that are not of JSON are datetimes
        tag = "$localdatetime" if value.tzinfo is None else "$datetime"
        return {tag: value.isoformat() + _zone_name(value)}
    if isinstance(value, list):
        return _encode_list(value, packed=packed)
    if isinstance(value, bytes | bytearray):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        items = {str(name): encode_value(item, packed=packed) for name, item in value.items()}
        return {"$map": list(items.items())} if any(name.startswith("$") for name in items) else items
    if point := _as_point(value):
        return {"$point": {"srid": point.srid, "coordinates": list(point)}}
    if is_list(value):
        return _encode_list(list(value), packed=packed)
    return _encode_temporal(value)


def decode_value(value: Any) -> Any:
    """Returns the value that `encode_value` encoded, temporal values in the driver's types. Raises ValueError."""
    if isinstance(value, list):
        return [decode_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = next(iter(value), "")
    if not tag.startswith("$") or len(value) != 1:
        return {name: decode_value(item) for name, item in value.items()}
    content = value[tag]
    try:
        return _DECODERS[tag](content)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{tag} is not a type of value.") from error


def readable_value(value: Any) -> Any:
    """Returns the value for people's JSON: as `encode_value`, with temporal values as plain strings and no tags on NaN."""
    from neo4j.graph import Node, Path, Relationship

    if isinstance(value, Node):
        return {"id": value.element_id, "labels": sorted(value.labels), "properties": _readable_map(value)}
    if isinstance(value, Relationship):
        start, end = value.start_node, value.end_node
        ends = {"start": start.element_id if start else None, "end": end.element_id if end else None}
        return {"id": value.element_id, "type": value.type, **ends, "properties": _readable_map(value)}
    if isinstance(value, Path):
        edges = [readable_value(edge) for edge in value.relationships]
        return {"nodes": [readable_value(node) for node in value.nodes], "relationships": edges}
    if isinstance(value, Mapping):
        return _readable_map(value)
    if is_list(value):
        return [readable_value(item) for item in value]
    encoded = encode_value(value)
    if isinstance(encoded, dict) and (tag := next(iter(encoded))) not in ("$point", "$bytes"):
        return encoded[tag]
    return {tag[1:]: encoded[tag] for tag in encoded} if isinstance(encoded, dict) else encoded


def canonical_value(value: Any) -> Any:
    """Returns a form of the value that is equal on every server, for digests.

    Points in time are nanoseconds since 1970 in UTC, since a server may convert their zone; a local time counts as UTC, and
    numbers in a list with a float are floats, since servers store them so.
    """
    if isinstance(value, float):
        return ["float", "NaN" if math.isnan(value) else value.hex()]
    if isinstance(value, list) and len(value) >= MIN_PACKED and (floats := _as_floats(value)) is not None:
        if math.isnan(sum(floats)):  # a NaN may have other bits on another server
            floats = array("d", (math.nan if math.isnan(item) else item for item in floats))
        return ["floats", hashlib.sha256(_little_endian(floats)).hexdigest()]
    if isinstance(value, Mapping):
        return ["map", sorted([str(name), canonical_value(item)] for name, item in value.items() if item is not None)]
    if is_list(value):
        if any(isinstance(item, float) for item in value):
            value = [float(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in value]
        return [canonical_value(item) for item in value]
    if hasattr(value, "utcoffset") and hasattr(value, "year"):
        return ["datetime", _nanoseconds_utc(value)]
    return encode_value(value)


def _encode_list(values: list[Any], *, packed: bool) -> Any:
    if set(map(type, values)) == {float}:
        if packed and len(values) >= MIN_PACKED:
            return _pack(array("d", values))
        if math.isfinite(sum(values)):
            return values
    return [encode_value(item, packed=packed) for item in values]


def is_list(value: Any) -> bool:
    """Returns whether the value is a list for JSON; the driver's points and durations are tuples, and are none."""
    from neo4j.spatial import Point
    from neo4j.time import Duration

    return isinstance(value, list | tuple | set | frozenset) and not isinstance(value, Point | Duration)


def _as_floats(values: Sequence[Any]) -> array[float] | None:
    """Returns the values as an array where all are floats, else None."""
    return array("d", values) if set(map(type, values)) == {float} else None


def _pack(floats: array[float]) -> dict[str, str]:
    """Packs floats with four bytes each where that is exact, as for embeddings that were computed so."""
    import numpy as np

    exact = np.frombuffer(floats, dtype=np.float64)
    with np.errstate(over="ignore"):
        short = exact.astype("<f4")
    if np.array_equal(short, exact):
        return {"$floats32": base64.b64encode(short.tobytes()).decode()}
    return {"$floats64": base64.b64encode(exact.astype("<f8").tobytes()).decode()}


def _unpack(kind: str, content: str) -> list[float]:
    found = array(kind)
    found.frombytes(base64.b64decode(content))
    if sys.byteorder != "little":
        found.byteswap()
    return list(found)


def _little_endian(floats: array[float]) -> bytes:
    if sys.byteorder != "little":
        floats = floats[:]
        floats.byteswap()
    return floats.tobytes()


def _encode_temporal(value: Any) -> dict[str, str]:
    from neo4j.time import Date, DateTime, Duration, Time

    if isinstance(value, datetime.timedelta):
        value = Duration(days=value.days, seconds=value.seconds, microseconds=value.microseconds)
    if isinstance(value, Duration):
        return {"$duration": value.iso_format()}
    if isinstance(value, DateTime | datetime.datetime):
        tag = "$localdatetime" if value.tzinfo is None else "$datetime"
        return {tag: _iso(value) + _zone_name(value)}
    if isinstance(value, Time | datetime.time):
        return {"$localtime" if value.tzinfo is None else "$time": _iso(value)}
    if isinstance(value, Date | datetime.date):
        return {"$date": _iso(value)}
    raise TypeError(f"{type(value).__name__} is no type of a property.")


def _iso(value: Any) -> str:
    """Returns the ISO form; its offset is written here, since the driver's own form of -03:30 can be -04:30."""
    offset = value.utcoffset() if hasattr(value, "utcoffset") else None
    local = value if offset is None else value.replace(tzinfo=None)
    text = str(local.iso_format() if hasattr(local, "iso_format") else local.isoformat())
    if offset is None:
        return text
    minutes, seconds = divmod(abs(offset.days * 86400 + offset.seconds), 60)
    sign = "-" if offset < datetime.timedelta(0) else "+"
    return f"{text}{sign}{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _zone_name(value: Any) -> str:
    """Returns `[Europe/Paris]` for a zone with a name other than UTC; its offset is in the ISO form already."""
    name = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "zone", None)
    return f"[{name}]" if name and name != "UTC" else ""


def _decode_datetime(text: str) -> Any:
    import pytz  # the driver's own zones: zoneinfo reads the driver's class as Python's, and ends the process
    from neo4j.time import DateTime

    text, _, zone = text.rstrip("]").partition("[")
    at = _with_offset(DateTime, text)
    return at.astimezone(pytz.timezone(zone)) if zone else at


def _with_offset(kind: Any, text: str) -> Any:
    """Parses a time with an offset, which may have seconds; the driver's own parser ignores these."""
    found = _OFFSET.search(text)
    if found is None:
        return kind.from_iso_format(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    offset = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds) * (-1 if found[1] == "-" else 1)
    return kind.from_iso_format(text[: found.start()]).replace(tzinfo=_Offset(offset))


class _Offset(datetime.tzinfo):
    """An offset for the driver's times: Python's own refuses its class Time, pytz refuses seconds."""

    def __init__(self, offset: datetime.timedelta = datetime.timedelta(0)) -> None:
        self._offset = offset

    def utcoffset(self, _: object) -> datetime.timedelta:
        return self._offset

    def dst(self, _: object) -> datetime.timedelta:
        return datetime.timedelta(0)

    def tzname(self, _: object) -> str:
        return f"UTC{self._offset}"


def _decode_point(content: Mapping[str, Any]) -> Any:
    from neo4j.spatial import CartesianPoint, WGS84Point

    kind = {4326: WGS84Point, 4979: WGS84Point, 7203: CartesianPoint, 9157: CartesianPoint}[content["srid"]]
    return kind(content["coordinates"])


def _decode_with(name: str) -> Callable[[str], Any]:
    def decoded(text: str) -> Any:
        from neo4j import time

        return _with_offset(getattr(time, name), text) if name == "Time" else getattr(time, name).from_iso_format(text)

    return decoded


_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "$float": lambda content: _NOT_FINITE[content],
    "$floats32": lambda content: _unpack("f", content),
    "$floats64": lambda content: _unpack("d", content),
    "$bytes": base64.b64decode,
    "$map": lambda content: {name: decode_value(item) for name, item in content},
    "$point": _decode_point,
    "$datetime": _decode_datetime,
    "$localdatetime": _decode_with("DateTime"),
    "$date": _decode_with("Date"),
    "$time": _decode_with("Time"),
    "$localtime": _decode_with("Time"),
    "$duration": _decode_with("Duration"),
}


def _readable_map(value: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): readable_value(item) for name, item in value.items()}


def _as_point(value: Any) -> Point | None:
    from neo4j.spatial import Point

    return value if isinstance(value, Point) else None


def _name_of(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _nanoseconds_utc(value: Any) -> int:
    offset = value.utcoffset()
    seconds = (value.date().toordinal() - _UNIX_EPOCH_ORDINAL) * 86400
    seconds += value.hour * 3600 + value.minute * 60 + value.second
    if offset is not None:
        seconds -= offset.days * 86400 + offset.seconds
    fraction = value.nanosecond if hasattr(value, "nanosecond") else value.microsecond * 1000
    return int(seconds * _NANOSECONDS + fraction)
