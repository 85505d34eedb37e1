"""The page in a real browser on a real deployment: a file from drop to graph, failures in words, control, a lost server."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.material import locked_pdf
from fathom.deployment.components import start_all, stop_all
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.event_store import Events
from fathom.processes.process import kill, processes_of_home
from fathom.security.sign_in_links import new_ticket
from fathom.tables import episodes
from fathom.uploads.intake import open_intake
from tests.conftest import RequireOrSkip
from tests.fathom.api.test_live import SAMPLES, Live, long_text

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make install-dev)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
]

Browser, Page, expect = sync_api.Browser, sync_api.Page, sync_api.expect
LONG_MS = 120_000
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="module", autouse=True)
def _a_browser_is_here(require_or_skip: RequireOrSkip) -> None:
    if CHROMIUM is None:
        require_or_skip("browser", "no chromium (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    made = Live(tmp_path_factory.mktemp("p") / "home")
    try:
        assert {one.error for one in start_all(made.settings)} == {None}
        yield made
    finally:
        stop_all(made.settings)
        kill(processes_of_home(made.settings.home))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


Open = Callable[..., Page]


@pytest.fixture
def opened(live: Live, browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """`opened("/")`: a page of the deployment, signed in by the link that `fathom up` prints; it must complain of nothing."""
    complaints: list[str] = []
    contexts = []

    def at(path: str = "/", *, lost: bool = False, **options: object) -> Page:
        context = browser.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.goto(f"http://{live.base}/sign-in#once={new_ticket(live.settings)}")
        page.wait_for_url(f"http://{live.base}/")
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if not lost:  # a browser says of a server that went away what the page says, too
            page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        if path != "/":
            page.goto(f"http://{live.base}{path}")
        return page

    yield at
    for number, context in enumerate(contexts):
        for page in context.pages:
            page.screenshot(path=tmp_path / f"end-{number}.png", full_page=True)
        context.close()
    assert complaints == []


def row(page: Page, name: str) -> sync_api.Locator:
    return page.locator("tbody tr").filter(has=page.get_by_role("link", name=name, exact=True))


def drop(page: Page, files: dict[str, bytes]) -> None:
    """The files are dropped on the page, as from the desktop."""
    made = [[name, list(data)] for name, data in files.items()]
    transfer = page.evaluate_handle(
        """(files) => { const moved = new DataTransfer();
        for (const [name, bytes] of files) moved.items.add(new File([new Uint8Array(bytes)], name)); return moved; }""",
        made,
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("body", event, {"dataTransfer": transfer})


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_key_typed_in_opens_the_page_and_signing_out_closes_it(live: Live, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"http://{live.base}/?state=done")
        page.get_by_label("Key").fill(live.headers["X-API-Key"])
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"http://{live.base}/?state=done")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(f"http://{live.base}/")
        expect(page.get_by_label("Key")).to_be_visible()


def test_a_file_that_is_dropped_goes_to_the_graph_before_ones_eyes(opened: Open, tmp_path: Path) -> None:
    page = opened()
    page.get_by_label("into the collection").fill("harbour")
    sample = SAMPLES / "harbour-history.pdf"
    drop(page, {sample.name: sample.read_bytes()})
    mine = row(page, f"harbour/{sample.name}")
    expect(mine).to_be_visible(timeout=5000)
    page.screenshot(path=tmp_path / "middle.png")
    expect(mine).to_contain_text("Done", timeout=LONG_MS)
    figures = [int(text) for text in mine.locator("td.n").all_inner_texts()[:3]]
    assert min(figures) > 0
    mine.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(sample.name)
    expect(page.locator("#checks summary")).to_contain_text("passed", timeout=LONG_MS)
    assert page.locator("#stages .dot.complete").count() == 5
    image = page.locator("#picture img")
    expect(image).to_be_visible()
    assert image.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") > 100


def test_a_fact_lights_up_the_sentence_it_came_from(opened: Open, live: Live) -> None:
    uploaded = live.upload("director.html", (SAMPLES / "new-director.html").read_bytes())
    live.until(uploaded, "complete")
    page = opened("/documents/live%2Fdirector.html")
    fact = page.locator("button.fact").first
    expect(fact).to_be_visible(timeout=LONG_MS)
    assert page.locator(".lit").count() == 0
    fact.focus()
    page.keyboard.press("Enter")
    lit = " ".join(page.locator(".lit").all_inner_texts())
    source = fact.inner_text().split(" ")[0]
    assert source in lit
    assert re.search(r"[.!?]$", lit.strip())
    assert fact.get_attribute("aria-pressed") == "true"
    expect(page.locator(".lit").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".lit")).to_have_count(0)
    expect(page.locator("#graph svg text").first).to_be_visible()


def test_what_cannot_be_taken_or_converted_is_told_in_words(opened: Open) -> None:
    page = opened(lost=True)  # a refused upload is a line in the browser's own log
    drop(page, {"empty.md": b"", "archive.rar": b"Rar!\x1a\x07" + bytes(200), "locked.pdf": locked_pdf()})
    sent = page.locator("#sending li")
    expect(sent.filter(has_text="empty.md")).to_contain_text("no bytes")
    expect(sent.filter(has_text="archive.rar")).to_contain_text("Send PDF, DOCX")
    mine = row(page, "default/locked.pdf")
    expect(mine).to_contain_text("Failed", timeout=LONG_MS)
    expect(mine).to_contain_text("password")
    sent.filter(has_text="empty.md").get_by_role("button").click()
    expect(sent.filter(has_text="empty.md")).to_have_count(0)
    mine.get_by_role("link").click()
    expect(page.locator(".problem")).to_contain_text("DocumentLocked")
    page.get_by_role("button", name="Try again…").click()
    expect(page.get_by_role("dialog")).to_contain_text("the file itself is the reason")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_work_is_cancelled_taken_up_again_and_removed_with_a_receipt(opened: Open, live: Live) -> None:
    live.upload("long.md", long_text("Browser", 60))
    page = opened("/documents/live%2Flong.md")
    expect(page.locator("#head")).to_have_attribute("data-state", "running", timeout=LONG_MS)
    page.get_by_role("button", name="Cancel…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What was written to the graph so far stays there")
    dialog.get_by_role("button", name="Leave it").click()
    expect(page.locator("#head")).to_have_attribute("data-state", "running")
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the work").click()
    expect(page.locator("#head")).to_have_attribute("data-state", "failed", timeout=10_000)
    expect(page.locator(".problem")).to_contain_text("RunCancelled")
    page.get_by_role("button", name="Try again…").click()
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(page.locator("#head")).to_have_attribute("data-state", "complete", timeout=LONG_MS)
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("dialog")).to_contain_text("This cannot be undone")
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("dialog")).to_contain_text("chunks were taken out of the graph", timeout=30_000)
    page.get_by_role("button", name="Close").click()
    expect(page).to_have_url(f"http://{live.base}/")
    expect(row(page, "live/long.md")).to_have_count(0)


def test_a_document_done_in_part_is_made_whole_by_a_button(opened: Open, live: Live) -> None:
    uploaded = live.upload("part.md", long_text("Part", 8))
    live.until(uploaded, "complete")
    ledger, intake = Ledger(open_intake(live.settings).engine), open_intake(live.settings)
    row, *others = ledger.rows("live/part.md")
    assert others
    with intake.engine.begin() as connection:  # as a chunk that the language model failed on three times
        aside = {"state": "quarantined", "reason": "AnswerUnusable: It was no JSON."}
        connection.execute(episodes.update().where(episodes.c.uuid == row.uuid).values(**aside))
    assert intake.mark_done("live/part.md", uploaded["version"], run_id=None, lacking=1)
    page = opened("/documents/live%2Fpart.md")
    expect(page.locator("#head")).to_have_attribute("data-state", "partial")
    expect(page.locator(".problem.lesser")).to_contain_text("1 of its chunks failed")
    expect(page.locator("#chunks")).to_contain_text("set aside", timeout=LONG_MS)
    page.get_by_role("button", name="Try again…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Only the chunks that were set aside")
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(page.locator("#head")).to_have_attribute("data-state", "complete", timeout=LONG_MS)
    last = Events(intake.engine).last_of_each("live/part.md", 0.0)["graphiti.complete"]
    assert (last.number("written"), last.number("unchanged")) == (1, len(others))


def test_who_comes_late_sees_the_whole_log_and_can_filter_it(opened: Open, live: Live) -> None:
    uploaded = live.upload("late.md", long_text("Late", 20))
    live.until(uploaded, "running")
    page = opened("/documents/live%2Flate.md")
    lines = page.locator("#log li")
    expect(lines.filter(has_text="File received")).to_have_count(1)
    expect(lines.filter(has_text="Graph ingestion complete")).to_have_count(1, timeout=LONG_MS)
    cursors = [int(one) for one in lines.evaluate_all("rows => rows.map((row) => row.dataset.cursor)")]
    assert cursors == sorted(set(cursors))
    page.get_by_label("Stage").select_option("chunking")
    shown = page.locator("#log li:not([hidden])")
    assert 0 < shown.count() < lines.count()
    assert all("chunking" in text for text in shown.locator(".stage").all_inner_texts())


def test_a_server_that_goes_away_is_told_and_the_page_goes_on_when_it_is_back(opened: Open, live: Live) -> None:
    live.until(live.upload("kept.md", b"# Kept\n\nAda Lovelace met Charles Babbage in London."), "complete")
    document, listing = opened("/documents/live%2Fkept.md", lost=True), opened("/", lost=True)
    expect(document.locator("#chunks .chunk")).to_have_count(1, timeout=LONG_MS)
    process = next(one for one in processes_of_home(live.settings.home) if "fathom.api" in one.cmdline())
    process.kill()
    process.wait()
    expect(listing.locator("#lost")).to_contain_text("does not answer", timeout=15_000)
    start_all(live.settings)
    expect(listing.locator("#lost")).to_have_count(0, timeout=15_000)
    live.upload("after.md", b"# After\n\nAda Lovelace met Charles Babbage in Turin.")
    expect(row(listing, "live/after.md")).to_contain_text("Done", timeout=LONG_MS)


@pytest.mark.parametrize("path", ["/", "/documents/live%2Fwords.md", "/sign-in"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(opened: Open, live: Live, path: str, scheme: str) -> None:
    live.until(live.upload("words.md", b"# A\n\nIngrid Solberg of Northgate Engineering lives in Bergen."), "complete")
    page = opened(path, viewport=PHONE, color_scheme=scheme)
    expect(page.locator("h1").first).to_be_attached()
    if "documents" in path:
        expect(page.locator("#chunks .chunk")).to_have_count(1, timeout=LONG_MS)
    large = "row => ['12,345/12,345', '123,456', '1,234,567'].forEach((text, at) => { row.cells[3 + at].textContent = text; })"
    page.locator("table.documents tbody tr").evaluate_all(f"rows => rows.forEach({large})")
    assert no_sideways_scrolling(page)
    rights = page.locator("td").evaluate_all("cells => cells.map((cell) => cell.getBoundingClientRect().right)")
    assert max(rights, default=0) <= PHONE["width"]
    assert contrast(page) >= 4.5


def test_everything_can_be_reached_by_key_and_has_a_name(opened: Open) -> None:
    page = opened()
    names = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select")]
        .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim()))
        .map((one) => one.outerHTML)"""
    )
    assert names == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"files", "folder", "collection", "only", "Sign out"} <= reached


def contrast(page: Page) -> float:
    """The least contrast of a text with what is behind it (WCAG: 4.5 at least)."""
    found: float = page.evaluate(
        """() => {
        const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
        const light = ([r, g, b]) => { const f = (c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
          return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
        const behind = (one) => { for (; one; one = one.parentElement) { const c = parse(getComputedStyle(one).backgroundColor);
          if (c[3]) return c; } return [255, 255, 255]; };
        let least = 21;
        for (const one of document.querySelectorAll("main *, .bar *")) {
          if (![...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
          if (one.closest(".unseen, option") || !one.checkVisibility() || one.disabled) continue;
          const style = getComputedStyle(one), [r, g, b] = parse(style.color), ground = behind(one), a = Number(style.opacity);
          const [x, y] = [light([r, g, b].map((c, at) => c * a + ground[at] * (1 - a))), light(ground)];
          least = Math.min(least, (Math.max(x, y) + .05) / (Math.min(x, y) + .05));
        }
        return least; }"""
    )
    return found


def test_a_documents_run_opens_in_dagster_for_whoever_is_signed_in(opened: Open, live: Live) -> None:
    uploaded = live.upload("run.md", b"# Run\n\nIngrid Solberg met Thomas Okafor in Bergen.")
    live.until(uploaded, "complete")
    page = opened("/documents/live%2Frun.md")
    with page.expect_popup() as new:
        page.get_by_role("link", name="Dagster run").click()
    run = new.value
    run.wait_for_url(re.compile(rf"http://127\.0\.0\.1:{live.settings.dagster_port}/runs/[0-9a-f-]+"))
    expect(run.get_by_text("live/run.md").first).to_be_visible(timeout=LONG_MS)


def test_dagsters_pages_ask_for_the_sign_in_and_come_back(live: Live, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{live.settings.dagster_port}/runs")
        page.get_by_label("Key").fill(live.headers["X-API-Key"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"http://127.0.0.1:{live.settings.dagster_port}/runs")
        expect(page.get_by_role("link", name="Deployment").first).to_be_visible(timeout=LONG_MS)
