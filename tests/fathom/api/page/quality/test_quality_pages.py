"""The pages of quality: for whom they open, what they show, and that a key of a collection sees only its checks and metrics."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from html import unescape

import pytest

from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.operations.component_reports import deployment_report
from fathom.settings import Settings
from fathom.tables import check_results
from tests.fathom.api.conftest import Api

PAGES = (
    "/quality",
    "/quality/metrics",
    "/quality/metrics/stage_seconds",
    "/quality/plots/stage_seconds",
    "/quality/components",
)


def got(api: Api, path: str, role: str = "reader", collection: str | None = None) -> tuple[int, str]:
    answer = api.client.get(path, headers=api.key(role, collection), follow_redirects=False)  # type: ignore[arg-type]
    return answer.status_code, unescape(answer.text)


def checked(settings: Settings, document: str, passed: bool, **other: object) -> None:
    row = {
        "asset": "documents",
        "check_name": "conversion_keeps_text",
        "collection": document.partition("/")[0],
        "document": document,
        "passed": passed,
        "severity": "block",
        "measured": 0.5,
        "threshold": 0.9,
        "detail": "" if passed else f"Words of {document} are lost; see `fathom convert`.",
        "run_id": "run-1",
        "checked_at": time.time() - 3600,
    }
    with open_database(settings.operational_url).begin() as connection:
        connection.execute(check_results.insert(), [{**row, **other}])


@pytest.fixture
def measured(api: Api) -> Api:
    """The application with checks and metrics of the collections mine and other."""
    now = time.time()
    samples = [
        MetricSample("documents_done", 1.0, now - 600, {"collection": collection}) for collection in ("mine", "other", "other")
    ]
    samples += [
        MetricSample("stage_seconds", value, now - 600, {"collection": collection, "stage": "docling"})
        for collection, value in (("mine", 2.0), ("other", 7.0))
    ]
    samples += [MetricSample("llm_calls", 1.0, now - 600, {"model": "of-other", "collection": "other"})]
    samples += [MetricSample("component_up", value, now - 600, {"component": "api"}) for value in (1.0, 1.0, 0.0, 1.0)]
    samples += [
        MetricSample("documents_failed", 1.0, now - 600, {"collection": "other", "stage": "docling", "error": "NotAPdf"})
    ]
    MetricHistory(open_database(api.settings.operational_url)).record(samples)
    checked(api.settings, "mine/a b.pdf", passed=False)
    checked(api.settings, "other/secret.pdf", passed=False)
    checked(api.settings, "other/fine.pdf", passed=True)
    return api


def test_each_page_asks_a_visitor_to_sign_in_and_is_open_to_readers(api: Api) -> None:
    for path in PAGES:
        answer = api.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].startswith("/sign-in?to=%2Fquality")) == (303, True)
        assert got(api, path)[0] == 200


def test_the_overview_has_the_score_and_what_to_do_and_since_when(measured: Api) -> None:
    html = got(measured, "/quality")[1]
    assert re.search(r'aria-label="Health \d+ of 100: critical"', html)
    assert re.search(r"graph is stopped\.\s*</th>", html)
    assert "Run <code>fathom up</code>" in re.sub(r"\s+", " ", html)
    assert "just now" in html


def test_failed_checks_are_listed_by_document_with_their_page_and_run(measured: Api) -> None:
    html = got(measured, "/quality")[1]
    assert "2 of 3 results failed" in html
    assert '<a href="/documents/mine%2Fa%20b.pdf">mine/a b.pdf</a>' in html
    assert "measured 0.5, threshold 0.9" in html
    assert re.search(r'href="[^"]*/runs/run-1"[^>]*>run in Dagster', html)
    assert "fine.pdf" not in html


def test_a_check_of_no_document_is_named_by_its_asset(measured: Api) -> None:
    checked(measured.settings, "", passed=False, asset="graph_backup", check_name="backup_is_recent_and_proven", collection="")
    html = got(measured, "/quality")[1]
    assert re.search(r"<h3>graph_backup</h3>.*?backup is recent and proven", html, re.DOTALL)


def test_key_metrics_are_of_the_last_day_with_a_plot_in_words(measured: Api) -> None:
    html = got(measured, "/quality")[1]
    assert re.search(r">Documents done</a></h3>\s*<p><b>3</b>", html)
    assert 'alt="stage_seconds of the last 1 day: from 4.5 s to 4.5 s, last 4.5 s."' in html
    assert "Spent on models" not in html


def test_a_key_of_a_collection_sees_its_own_checks_and_metrics_alone(measured: Api) -> None:
    html = got(measured, "/quality", "reader", "mine")[1]
    assert ("mine/a b.pdf" in html, "secret.pdf" in html, "Health" in html, "1 of 1 result failed" in html) == (
        True,
        False,
        False,
        True,
    )
    assert re.search(r">Documents done</a></h3>\s*<p><b>1</b>", html)
    assert "/quality/components" not in html
    html = got(measured, "/quality/metrics", "reader", "mine")[1]
    assert ("/quality/metrics/stage_seconds" in html, "llm_calls" in html.split("Without values")[0]) == (True, False)
    assert ("component_up" in html, "health_score" in html) == (False, False)
    html = got(measured, "/quality/metrics/stage_seconds?by=collection", "reader", "mine")[1]
    assert (
        "other" in html,
        re.search(r'<th scope="row">mine</th>\s*<td class="n">1</td>\s*<td class="n">2 s</td>', html) is not None,
    ) == (False, True)
    assert "of-other" not in got(measured, "/quality/metrics/llm_calls", "reader", "mine")[1]


def test_a_key_of_a_collection_opens_nothing_of_another_or_of_all(measured: Api) -> None:
    for path in ("/quality", "/quality/metrics", "/quality/metrics/stage_seconds", "/quality/plots/stage_seconds"):
        assert got(measured, f"{path}?collection=other", "admin", "mine")[0] == 403, path
    for path in ("/quality/components", "/quality/metrics/component_up", "/quality/plots/component_up"):
        status, html = got(measured, path, "admin", "mine")
        assert (status, "this concerns all collections" in html) == (403, True), path


def test_a_metric_is_shown_by_label_with_its_figures_and_its_points_as_tables(measured: Api) -> None:
    html = got(measured, "/quality/metrics/stage_seconds?by=collection&range=7d")[1]
    assert re.findall(r'<option value="(\w*)" selected>', html) == ["collection", "", "", ""]
    assert re.search(r'<a href="[^"]*range=7d[^"]*" aria-current="true">7 days</a>', html)
    rows = re.findall(r'<th scope="row">(\w+)</th>\s*<td class="n">1</td>\s*<td class="n">(\d s)</td>', html)
    assert rows == [("other", "7 s"), ("mine", "2 s")]
    points = html.split('<details id="table">')[1]
    assert re.search(r':00 UTC</th><td class="n">7 s</td><td class="n">2 s</td></tr>', points)
    of_mine = got(measured, "/quality/metrics/stage_seconds?collection=mine")[1]
    assert '<option value="mine" selected>' in of_mine
    assert "from 2 s to 2 s, last 2 s." in of_mine


def test_the_form_keeps_a_chosen_value_that_has_no_series(measured: Api) -> None:
    html = got(measured, "/quality/metrics/stage_seconds?stage=gone")[1]
    assert '<option value="gone" selected>gone</option>' in html
    assert "It has no values in this time." in html


def test_a_picture_is_an_svg_for_each_window_and_shade(measured: Api) -> None:
    html = got(measured, "/quality/metrics/stage_seconds?by=collection")[1]
    found = re.findall(r'(?:srcset|src)="(/quality/plots/[^"]+)"', html)
    assert [tuple(re.findall(r"(?:size|shade)=(\w+)", address)) for address in found] == [
        ("narrow", "dark"),
        ("narrow", "light"),
        ("wide", "dark"),
        ("wide", "light"),
    ]
    for address in found:
        answer = measured.client.get(address, headers=measured.key("reader"))
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert {"mine", "other"} <= {text.text for text in ET.fromstring(answer.text).iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/quality/metrics/nonsense", 404),
        ("/quality/plots/nonsense", 404),
        ("/quality/metrics/stage_seconds?by=nonsense", 400),
        ("/quality/metrics/stage_seconds?range=2d", 422),
        ("/quality/metrics?range=2d", 422),
        ("/quality/plots/stage_seconds?size=huge", 422),
        ("/quality/plots/stage_seconds?until=nan", 422),
        ("/quality/plots/stage_seconds?until=1e300", 422),
        ("/quality/plots/stage_seconds?until=86400&range=1y", 200),
        ("/quality/plots/stage_seconds?until=4102444800&range=1y", 200),
        (f"/quality/metrics/stage_seconds?collection={'x' * 5000}", 200),
        ("/quality/metrics/stage_seconds?collection=%ff%00", 400),
    ],
)
def test_a_wrong_address_is_told_and_no_error_of_the_server(measured: Api, path: str, status: int) -> None:
    assert got(measured, path)[0] == status


def test_components_have_their_healthy_share_and_stages_their_failures(measured: Api) -> None:
    html = got(measured, "/quality/components")[1]
    row = re.search(r'<th scope="row">api</th>.*?</tr>', html, re.DOTALL)
    assert row is not None
    assert '<td class="n" data-name="healthy">75.0 %</td>' in row[0]
    stage = re.search(r'<span class="dot partial">Conversion</span>.*?</tr>', html, re.DOTALL)
    assert stage is not None
    assert re.findall(r'data-name="(\w+)">([^<]+)<', stage[0])[:3] == [("done", "2"), ("failed", "1"), ("success", "66.7 %")]
    found = deployment_report(measured.settings)
    assert [(one.name, one.done, one.failed, one.median_s) for one in found.models] == [("of-other", 1, 0, None)]
