"""The page about the pages of quality: it names each of them and each metric that is judged, as the code has them."""

from __future__ import annotations

from fathom.api.page.quality import alerts_page, components_page, metric_page, metrics_page, quality_overview_page
from fathom.metrics.metric_definitions import METRICS
from fathom.quality.metric_anomalies import WATCHED
from fathom.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "quality.md").read_text()
PICTURES = {"/quality/alerts/plot"}


def rows_below(head: str) -> list[list[str]]:
    """The cells of the table with this head."""
    lines = TEXT.split(head)[1].split("\n\n")[0].strip().splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_each_page_is_named() -> None:
    modules = (quality_overview_page, metrics_page, metric_page, components_page, alerts_page)
    paths = {route.path for module in modules for route in module.router.routes} - PICTURES  # type: ignore[attr-defined]
    assert {row[0].strip("`").replace("NAME", "{name}") for row in rows_below("| page | shows |")} == paths


def test_each_judged_metric_has_its_side_and_its_least_deviation() -> None:
    rows = {row[0]: row[1:] for row in rows_below("| check | metric | side | from |")}
    assert rows == {
        f"`no_anomaly_of_{name}`": [
            f"`{watched.metric}`" + "".join(f" of {value}" for value in watched.labels.values()),
            watched.side,
            f"{watched.least:g} {METRICS[watched.metric].unit}".strip(),
        ]
        for name, watched in WATCHED.items()
    }
