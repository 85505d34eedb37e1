"""The pages of alerts: open incidents by severity with what operators can do about them, and the history with its plot."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from fathom.alerts.incident import Incident
from fathom.alerts.incident_store import Silence, add_silence, save_incident
from fathom.database import open_database
from fathom.operations.alert_timeline import alert_timeline
from fathom.operations.plotted_metrics import RANGES
from fathom.settings import Settings
from tests.fathom.api.conftest import Api
from tests.fathom.api.page.quality.test_quality_pages import got

PAGES = ("/quality/alerts", "/quality/alerts/history", "/quality/alerts/plot")
HOUR_S = 3600.0


def kept(settings: Settings, number: str, hours: float = 1.0, **other: Any) -> None:
    """Stores an incident that opened so many hours ago."""
    opened = time.time() - hours * HOUR_S
    about = {
        "rule": "document_failed",
        "key": number,
        "severity": "warning",
        "cause": f"The cause of {number}.",
        "state": "open",
    }
    incident = Incident(id=number, **{**about, "began_at": opened - 60, "opened_at": opened, "seen_at": time.time(), **other})
    engine = open_database(settings.operational_url)
    with engine.begin() as connection:
        save_incident(connection, engine, incident)


@pytest.fixture
def alerted(api: Api) -> Api:
    """The application with open and resolved incidents of each severity."""
    kept(api.settings, "w1", documents=("mine/a b.pdf", "other/b.pdf"), count=2, run="run-1")
    kept(api.settings, "c1", 5.0, severity="critical", rule="component_down", labels={"component": "graph"})
    kept(api.settings, "w2", 2.0, acknowledged_by="Ada", acknowledged_at=time.time())
    kept(api.settings, "i1", 30.0, severity="info", state="resolved", resolved_at=time.time() - 29 * HOUR_S)
    return api


def listed(html: str) -> list[str]:
    return re.findall(r'<li id="incident-(\w+)">', html)


def test_each_page_is_for_signed_in_readers_of_all_collections(alerted: Api) -> None:
    for path in PAGES:
        assert alerted.client.get(path, follow_redirects=False).status_code == 303
        assert got(alerted, path)[0] == 200
        status, html = got(alerted, path, "admin", "mine")
        assert (status, "this concerns all collections" in html) == (403, True)
    assert "/quality/alerts" not in got(alerted, "/quality", "admin", "mine")[1]


def test_open_incidents_are_listed_the_most_severe_first_with_documents_and_run(alerted: Api) -> None:
    html = got(alerted, "/quality/alerts")[1]
    assert listed(html) == ["c1", "w2", "w1"]
    assert re.findall(r"(All|Critical|Warning|Info) <b>(\d+)</b>", html) == [
        ("All", "3"),
        ("Critical", "1"),
        ("Warning", "2"),
        ("Info", "0"),
    ]
    assert '<a href="/documents/mine%2Fa%20b.pdf">mine/a b.pdf</a>' in html
    assert re.search(r'href="[^"]*/runs/run-1"[^>]*>run in Dagster', html)
    assert "Ada knows of it" in html
    assert "The cause of w1." in html


def test_incidents_can_be_chosen_by_severity(alerted: Api) -> None:
    assert listed(got(alerted, "/quality/alerts?severity=critical")[1]) == ["c1"]
    assert "No incident is open." in got(alerted, "/quality/alerts?severity=info")[1]
    assert got(alerted, "/quality/alerts?severity=terrible")[0] == 422


def test_operators_alone_can_acknowledge_and_silence(alerted: Api) -> None:
    html = got(alerted, "/quality/alerts", "operator")[1]
    assert re.findall(r'data-url="(/api/alerts/[^"]*)"', html) == ["/api/alerts/c1/ack", "/api/alerts/w1/ack"]
    assert 'data-url="/api/silences"' in html
    assert "data-url" not in got(alerted, "/quality/alerts")[1]


def test_silences_are_listed_until_they_end_and_named_at_their_incidents(alerted: Api) -> None:
    now = time.time()
    engine = open_database(alerted.settings.operational_url)
    add_silence(engine, Silence("s1", "component_*", "a new disk", "Bob", now, now + HOUR_S, {"component": "graph"}))
    add_silence(engine, Silence("s2", "over", "over", "Bob", now - 10, now - 5, {}))
    html = got(alerted, "/quality/alerts", "operator")[1]
    assert re.findall(r'<th scope="row">(component_\*|over)</th>\s*<td>([^<]*)</td>', html) == [
        ("component_*", "component=graph")
    ]
    assert 'data-url="/api/silences/s1"' in html
    assert re.search(r'id="incident-c1">.*? · silenced', html, re.DOTALL)


def test_the_overview_counts_the_open_incidents(alerted: Api) -> None:
    html = got(alerted, "/quality")[1]
    assert "<small>1 critical, 2 warning</small>" in html
    assert listed(html) == ["c1", "w2", "w1"]


def test_the_history_has_what_opened_in_its_time_with_the_mean_times(alerted: Api) -> None:
    html = got(alerted, "/quality/alerts/history?range=1d")[1]
    assert listed(html) == ["w1", "w2", "c1"]
    html = got(alerted, "/quality/alerts/history?range=7d")[1]
    assert listed(html) == ["w1", "w2", "c1", "i1"]
    figures = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", html))
    assert figures == {
        "Incidents": "4",
        "Critical": "1",
        "Warning": "2",
        "Info": "1",
        "Mean time to detect": "1 min",
        "Mean time to resolve": "1 h",
    }
    assert 'alt="Incidents that opened in the last 7 days: 1 critical, 2 warning, 1 info."' in html
    assert re.search(r'<thead><tr>\s*<th scope="col">From</th>\s*<th scope="col" class="n">Critical</th>', html)


def test_the_history_is_drawn_with_a_line_for_each_severity(alerted: Api) -> None:
    for address in re.findall(r'(?:srcset|src)="(/quality/alerts/plot[^"]+)"', got(alerted, "/quality/alerts/history")[1]):
        answer = alerted.client.get(address, headers=alerted.key("reader"))
        assert answer.headers["content-type"] == "image/svg+xml"
        texts = [text.text for text in ET.fromstring(answer.text).iter("{http://www.w3.org/2000/svg}text")]
        assert texts[:3] == ["critical", "warning", "info"]


@pytest.mark.parametrize("span", RANGES)
def test_a_deployment_without_incidents_has_a_history_of_each_range(api: Api, span: Any) -> None:
    assert "No incident opened in this time." in got(api, f"/quality/alerts/history?range={span}")[1]
    found = alert_timeline(api.settings, span, time.time())
    assert 12 <= len(found.spans) <= 60
