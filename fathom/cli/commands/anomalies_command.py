"""`fathom anomalies`: flags the points of series that do not follow from their past."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.json_lines_input import JsonLine, process_lines
from fathom.cli.output import AsJson

if TYPE_CHECKING:
    from fathom.quality.anomalies import FlaggedPoint, MeasuredSeries

MAX_NUMBER = 1e300  # beyond it, differences overflow


class AnomalyRule(StrEnum):
    """The rule that flags points."""

    SEASONAL = "seasonal"
    ZSCORE = "zscore"
    MAD = "mad"


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("anomalies", epilog="Example: fathom anomalies - < series.jsonl")(anomalies)


def anomalies(
    source: Annotated[str, typer.Argument(metavar="-", help="`-`: JSON lines from the standard input.")],
    rule: Annotated[
        AnomalyRule, typer.Option("--rule", help="seasonal learns the season and the tails; zscore and mad are plain.")
    ] = AnomalyRule.SEASONAL,
    as_json: AsJson = False,
) -> int:
    """Flag points of series: a line {"id", "series": [[unix_seconds, value], …]} in, a line {"id", "points"} out, in order.

    A point has its time, value, expected range (low, high) and kind: spike, shift, trend or variance. The first two weeks of a
    series, or the first half of a shorter one, are learned from and not judged.
    """
    from fathom.errors import UsageWrong

    if source != "-":
        raise UsageWrong("Series are read from the standard input.", hint="`fathom anomalies - < series.jsonl`")
    return process_lines(
        _series, lambda name, series: {"id": name, "points": [_shape(point) for point in _flagged(series, rule)]}
    )


def _series(line: JsonLine) -> MeasuredSeries:
    from fathom.errors import UsageWrong
    from fathom.quality.anomalies import MeasuredSeries

    wrong = UsageWrong(f'Line {line.number} of the standard input is not {{"id": …, "series": [[unix_seconds, value], …]}}.')
    points = line.given.get("series")
    if not isinstance(points, list):
        raise wrong
    for point in points:
        if not (isinstance(point, list) and len(point) == 2 and _is_number(point[0])):
            raise wrong
        if point[1] is not None and not _is_number(point[1]):
            raise wrong
    return MeasuredSeries.of((at, value) for at, value in points)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not abs(value) > MAX_NUMBER


def _flagged(series: MeasuredSeries, rule: AnomalyRule) -> list[FlaggedPoint]:
    from fathom.quality.anomalies import find_anomalies, flag_by_window

    match rule:
        case AnomalyRule.SEASONAL:
            return find_anomalies(series)
        case AnomalyRule.ZSCORE:
            return flag_by_window(series, "zscore")
        case AnomalyRule.MAD:
            return flag_by_window(series, "mad")


def _shape(point: FlaggedPoint) -> dict[str, Any]:
    return {"at": point.at, "value": point.value, "low": point.low, "high": point.high, "kind": point.kind}
