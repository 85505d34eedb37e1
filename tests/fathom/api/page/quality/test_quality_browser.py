"""The pages of quality in a real browser: by keyboard, on a phone, in the dark, brought up to date while somebody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from benchmarks.material import free_port
from fathom.alerts.incident import Incident
from fathom.alerts.incident_store import save_incident
from fathom.api.app import create_app
from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.security.api_keys import KeyRole, open_keys
from fathom.settings import Settings
from fathom.tables import check_results
from tests.conftest import RequireOrSkip
from tests.fathom.api.test_page_browser import CHROMIUM, PHONE, WIDE, contrast, no_sideways_scrolling

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make install-dev)")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

Browser, Page, expect = sync_api.Browser, sync_api.Page, sync_api.expect
Open = Callable[..., Page]
PATHS = (
    "/quality",
    "/quality/metrics",
    "/quality/metrics/stage_seconds?by=stage&range=7d",
    "/quality/metrics/documents_done?by=collection",
    "/quality/components",
    "/quality/alerts",
    "/quality/alerts/history?range=1d",
)
STAGES = {"validation": 0.05, "docling": 4.0, "chunking": 0.2, "graphiti": 9.0}


@dataclass(frozen=True)
class QualitySite:
    """The application over a home with metrics of a day and checks; no other part of a deployment runs."""

    settings: Settings
    base: str

    def record(self, *samples: MetricSample) -> None:
        MetricHistory(open_database(self.settings.operational_url)).record(samples)


def samples_of_a_day() -> Iterator[MetricSample]:
    now = time.time()
    for minutes in range(2, 1440, 10):
        for collection in ("reports", "letters"):
            at, labels = now - 60 * minutes, {"collection": collection, "file_type": "pdf"}
            yield MetricSample("documents_done", 1.0, at, labels)
            yield from (
                MetricSample("stage_seconds", of + minutes / 700, at, {**labels, "stage": one}) for one, of in STAGES.items()
            )
        yield MetricSample("memory_bytes", 4e8 + 1e5 * minutes, now - 60 * minutes, {"component": "converter"})


def incidents_of_a_day() -> Iterator[Incident]:
    """Incidents of rules about metrics, which nothing looks at here: they stay as they are."""
    now = time.time()
    about = {"severity": "warning", "cause": "The p95 of the answers was 12 s.", "state": "open", "seen_at": now}
    for number, rule in enumerate(("component_down", "high_latency", "disk_low", "tool_failure_rate_high")):
        at = now - 4000 * number
        kind = {"severity": "critical", "cause": "graph is stopped."} if rule == "component_down" else {}
        yield Incident(f"open{number}", rule, "x", **{**about, **kind}, began_at=at - 60, opened_at=at)  # type: ignore[arg-type]
    for number in range(8):
        at = now - 9000 * number - 3000
        ended = {**about, "state": "resolved", "resolved_at": at + 600}
        yield Incident(f"ended{number}", "high_latency", f"{number}", **ended, began_at=at - 60, opened_at=at)  # type: ignore[arg-type]


def results_of_checks() -> list[dict[str, object]]:
    about = {"asset": "documents", "collection": "reports", "severity": "block", "threshold": 0.9, "run_id": "run-1"}
    return [
        {
            **about,
            "check_name": "conversion_keeps_text",
            "document": f"reports/a-report-with-a-long-name-{number}.pdf",
            "passed": number > 2,
            "measured": 0.8,
            "detail": "Only 80 % of the words are in the document.",
            "checked_at": time.time() - 60 * number,
        }
        for number in range(6)
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, require_or_skip: RequireOrSkip) -> Iterator[QualitySite]:
    if CHROMIUM is None:
        require_or_skip("browser", "no chromium (Debian: apt-get install chromium)")
    port = free_port()
    home = tmp_path_factory.mktemp("quality") / "home"
    settings = Settings(home=home, graph_uri=None, api_port=port, api_requests_per_minute=100_000)
    made = QualitySite(settings, f"http://127.0.0.1:{port}")
    made.record(*samples_of_a_day())
    engine = open_database(settings.operational_url)
    with engine.begin() as connection:
        connection.execute(check_results.insert(), results_of_checks())
        for incident in incidents_of_a_day():
            save_incident(connection, engine, incident)
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield made
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def browser(site: QualitySite) -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(site: QualitySite, browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """`opened("/quality")`: a page of the site for a role; it must complain of nothing."""
    complaints: list[str] = []
    contexts = []

    def at(path: str, role: KeyRole = "reader", collection: str | None = None, **options: object) -> Page:
        context = browser.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        key = open_keys(site.settings).create(role, name=f"{role} in a browser", collection=collection).key
        page.goto(f"{site.base}/sign-in")
        page.get_by_label("Key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{site.base}/")
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(f"{site.base}{path}")
        return page

    yield at
    for number, context in enumerate(contexts):
        for page in context.pages:
            page.screenshot(path=tmp_path / f"end-{number}.png", full_page=True)
        context.close()
    assert complaints == []


def shown(page: Page, image: sync_api.Locator) -> str:
    """Loads a picture and returns the address that the browser chose for it."""
    image.scroll_into_view_if_needed()
    assert image.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") > 100
    return str(image.evaluate("(one) => one.currentSrc"))


def test_a_metric_is_found_parted_and_read_as_a_table_by_keyboard(opened: Open) -> None:
    page = opened("/")
    page.get_by_role("navigation", name="Fathom").get_by_role("link", name="Quality").press("Enter")
    expect(page.get_by_role("img", name="Health")).to_be_visible()
    page.get_by_role("link", name="Time of a stage").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("stage_seconds")
    expect(page.get_by_role("img", name="stage_seconds of the last 1 day")).to_be_visible()
    page.get_by_label("Lines by").focus()
    page.keyboard.type("stage")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.locator("#figures tbody th")).to_have_text(["graphiti", "docling", "chunking", "validation"])
    page.locator("#points summary").press("Enter")
    table = page.get_by_role("region", name="The plot as a table")
    expect(table.locator("thead th")).to_have_text(["From", "graphiti", "docling", "chunking", "validation"])
    table.focus()
    page.keyboard.press("End")
    expect(table.locator("tbody tr").last).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_is_that_of_the_window_and_its_colours(opened: Open, scheme: str) -> None:
    for size, name in ((WIDE, "wide"), (PHONE, "narrow")):
        page = opened(PATHS[2], color_scheme=scheme, viewport=size)
        address = shown(page, page.locator("#plot img"))
        assert f"size={name}&shade={scheme}" in address
        assert page.locator("#plot img").evaluate("(one) => one.clientWidth / one.naturalWidth") > 0.9


def test_the_page_is_brought_up_to_date_until_the_box_is_cleared(opened: Open, site: QualitySite) -> None:
    page = opened("/quality")
    page.clock.install()
    page.goto(f"{site.base}/quality/metrics/uploads_received")
    expect(page.locator("#figures")).to_contain_text("no values in this time")
    site.record(MetricSample("uploads_received", 1.0, time.time(), {"collection": "reports"}))
    page.clock.fast_forward(31_000)
    expect(page.locator("#figures tbody td.n").first).to_have_text("1")
    page.locator("#points summary").click()
    site.record(MetricSample("uploads_received", 1.0, time.time(), {"collection": "reports"}))
    page.clock.fast_forward(31_000)
    expect(page.locator("#figures tbody td.n").first).to_have_text("2")
    expect(page.locator("#points details")).to_have_attribute("open", "")
    page.get_by_label("every 30 s").uncheck()
    site.record(MetricSample("uploads_received", 1.0, time.time(), {"collection": "reports"}))
    page.clock.fast_forward(91_000)
    expect(page.locator("#figures tbody td.n").first).to_have_text("2")
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator("#figures tbody td.n").first).to_have_text("3")
    expect(page.get_by_label("every 30 s")).not_to_be_checked()


def test_a_failed_check_leads_to_its_document(opened: Open) -> None:
    page = opened("/quality")
    failed = page.locator(".subject").filter(has=page.get_by_role("link", name="reports/a-report-with-a-long-name-0.pdf"))
    expect(failed).to_contain_text("measured 0.8, threshold 0.9")
    expect(failed.get_by_role("link", name="run in Dagster")).to_have_attribute("href", "/dagster/runs/run-1")
    expect(page.locator(".subject")).to_have_count(3)


def test_a_reader_of_a_collection_sees_nothing_of_another(opened: Open, site: QualitySite) -> None:
    page = opened("/quality", collection="letters")
    for path in ("/quality", "/quality/metrics", "/quality/metrics/documents_done?by=collection"):
        page.goto(f"{site.base}{path}")
        expect(page.locator("main")).not_to_contain_text("reports")
        assert shown(page, page.locator("main img").first)
    tabs = page.get_by_role("navigation", name="Quality", exact=True).get_by_role("link").all_inner_texts()
    assert tabs == ["Overview", "Metrics"]


def test_an_incident_is_acknowledged_after_a_question_and_rules_are_silenced_for_a_time(opened: Open) -> None:
    page = opened("/quality", "operator")
    page.get_by_role("navigation", name="Quality", exact=True).get_by_role("link", name="Alerts").click()
    first = page.locator("#active li").first
    expect(first).to_contain_text("component down")
    for answer, count in (("Leave it", 0), ("I know of it", 1)):
        first.get_by_role("button", name="Acknowledge…").click()
        expect(page.get_by_role("dialog")).to_contain_text("graph is stopped.")
        page.get_by_role("dialog").get_by_role("button", name=answer, exact=True).click()
        expect(first.get_by_text("operator in a browser knows of it")).to_have_count(count)
    expect(first.get_by_role("button")).to_have_count(0)
    page.get_by_label("Rule, or a pattern").fill("disk_*")
    page.get_by_label("Why").fill("a new disk is on its way")
    page.get_by_role("button", name="Silence…").click()
    page.get_by_role("dialog").get_by_role("button", name="Silence", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Notices of disk_* are held back.")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    silence = page.locator("#silences tbody tr").filter(has_text="disk_*")
    expect(silence).to_contain_text("a new disk is on its way")
    expect(page.locator("#active li").filter(has_text="disk low")).to_contain_text("silenced")
    silence.get_by_role("button", name="End").click()
    expect(silence).to_have_count(0)
    expect(page.locator("#active li").filter(has_text="disk low")).not_to_contain_text("silenced")


def test_the_history_of_alerts_is_read_as_a_plot_and_as_a_table(opened: Open) -> None:
    page = opened("/quality/alerts")
    page.get_by_role("link", name="History", exact=True).first.click()
    page.get_by_role("navigation", name="Time").get_by_role("link", name="1 day").click()
    expect(page.get_by_role("img", name="Incidents that opened in the last 1 day: 1 critical, 11 warning.")).to_be_visible()
    page.locator("#points summary").press("Enter")
    expect(page.locator("#points thead th")).to_have_text(["From", "Critical", "Warning"])
    assert page.get_by_role("button").all_inner_texts() == ["Sign out"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_is_legible_fits_a_phone_and_names_what_can_be_used(
    opened: Open, site: QualitySite, scheme: str, tmp_path: Path
) -> None:
    page = opened("/quality", color_scheme=scheme)
    for number, path in enumerate(PATHS):
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            page.goto(f"{site.base}{path}")
            for image in page.locator("main img").all():
                shown(page, image)
            page.screenshot(path=tmp_path / f"{number}-{scheme}-{size['width']}.png", full_page=True)
            assert no_sideways_scrolling(page), (path, size)
            assert contrast(page) >= 4.5, (path, size)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary, img, svg")]
            .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.alt || one.textContent.trim()))
            .map((one) => one.outerHTML)"""
        )
        assert nameless == [], path
        assert page.locator("h1").count() == 1, path
