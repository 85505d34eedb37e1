"""The graph's pages in a real browser: explored by keyboard, decided after a question, backed up and proven, on a phone too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import uvicorn

from benchmarks.material import chunk_set, free_port
from fathom.api.app import create_app
from fathom.deployment.graph_component import GraphComponent
from fathom.graph.read.entity_views import find_entity
from fathom.graph.write.document_writer import open_writer
from fathom.graphdb.connection import open_graph
from fathom.security.api_keys import KeyRole, open_keys
from fathom.settings import Settings
from tests.conftest import RequireOrSkip
from tests.fathom.api.test_page_browser import CHROMIUM, PHONE, WIDE, contrast, no_sideways_scrolling

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make install-dev)")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

Browser, Page, expect = sync_api.Browser, sync_api.Page, sync_api.expect
LONG_MS = 180_000
TEXTS = {
    "reports/solberg.md": (
        "Ingrid Solberg works for Northgate Engineering in Newcastle. She was born in 1961 in Bergen.",
        "Ingrid Solberg led Northgate Engineering from 1998 to 2004. Northgate Engineering built the Tamar Bridge.",
    ),
    "reports/lovelace.md": ("Ada Lovelace met Charles Babbage in London. Northgate Engineers employ Ada Lovelace.",),
    "letters/curie.md": ("Marie Curie worked for Sorbonne University in Paris.",),
}
Open = Callable[..., Page]


@dataclass(frozen=True)
class GraphSite:
    """The application over a graph with the documents above; no other part of a deployment runs."""

    settings: Settings
    base: str

    def entity(self, name: str, collection: str = "reports") -> str:
        connection = open_graph(self.settings)
        try:
            return f"/graph/entities/{find_entity(connection, collection, name)}"
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, require_or_skip: RequireOrSkip) -> Iterator[GraphSite]:
    if CHROMIUM is None:
        require_or_skip("browser", "no chromium (Debian: apt-get install chromium)")
    port = free_port()
    home = tmp_path_factory.mktemp("site") / "home"
    settings = Settings(home=home, graph_uri=None, graph_heap_mb=256, api_port=port, api_requests_per_minute=100_000)
    part = GraphComponent(settings)
    part.start()
    writer = open_writer(settings)
    for document, texts in TEXTS.items():
        writer.write(chunk_set(document, texts, "v1"), reference_time=datetime(2024, 5, 6, tzinfo=UTC))
    writer.close()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield GraphSite(settings, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(20)
    part.stop()


@pytest.fixture(scope="module")
def browser(site: GraphSite) -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(site: GraphSite, browser: Browser) -> Iterator[Open]:
    """`opened("/graph")`: a page of the site for a role; it must complain of nothing."""
    complaints: list[str] = []
    contexts = []

    def at(path: str, role: KeyRole = "admin", collection: str | None = None, **options: object) -> Page:
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
    for context in contexts:
        context.close()
    assert complaints == []


def decide(page: Page, yes: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=yes, exact=True).click()


def test_the_graph_is_found_from_the_documents_and_an_entity_from_the_graph(opened: Open, site: GraphSite) -> None:
    page = opened("/")
    page.get_by_role("navigation", name="Fathom").get_by_role("link", name="Graph").click()
    expect(page.locator("#health")).to_contain_text("healthy")
    expect(page.get_by_role("img", name="facts in 30 days")).to_be_visible()
    page.get_by_label("Entity").fill("solb")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Ingrid Solberg").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ingrid Solberg")
    expect(page.locator(".timeline .ended")).to_contain_text("from 1998 until 2004 · ended")


def test_a_neighbourhood_is_explored_by_keyboard(opened: Open, site: GraphSite) -> None:
    page = opened(site.entity("Ingrid Solberg"))
    centre = page.locator(".explored a.centre")
    expect(centre).to_have_attribute("aria-current", "page")
    centre.focus()
    names = {page.evaluate("document.activeElement.getAttribute('aria-label')")}
    for _ in range(page.locator(".explored a").count() - 1):
        page.keyboard.press("Tab")
        names.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert "Bergen, Location, 1 fact" in names
    northgate = page.locator(".explored a", has_text="Northgate Engineering")
    northgate.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Northgate Engineering")
    expect(page.locator(".explored a.centre")).to_contain_text("Northgate Engineering")
    page.locator("#around summary").click()
    expect(page.locator("#around details").get_by_role("link", name="Tamar Bridge")).to_be_visible()


def test_facts_of_a_day_are_chosen_and_the_choice_is_taken_back(opened: Open, site: GraphSite) -> None:
    page = opened(site.entity("Ingrid Solberg"))
    facts = page.locator(".timeline li")
    every = facts.count()
    page.get_by_label("As of").fill("2000-06-01")
    page.get_by_role("button", name="Show").click()
    expect(facts.filter(has_text="led")).to_have_count(1)
    assert 0 < facts.count() < every
    page.get_by_role("link", name="All times").click()
    expect(facts).to_have_count(every)


def test_a_pair_is_decided_after_a_question_and_the_decision_is_undone(opened: Open) -> None:
    page = opened("/graph/duplicates?collection=reports")
    pair = (
        page.get_by_role("article")
        .filter(has_text="Northgate Engineers –")
        .or_(page.get_by_role("article").filter(has_text="– Northgate Engineers"))
    )
    expect(pair).to_contain_text("Northgate Engineers employ Ada Lovelace.")
    expect(pair).to_contain_text("Northgate Engineering built the Tamar Bridge.")
    for button, yes in (("The same…", "They are the same"), ("Different…", "They are different")):
        pair.get_by_role("button", name=button).click()
        decide(page, "Leave it")
        expect(pair).to_have_count(1)
        pair.get_by_role("button", name=button).click()
        decide(page, yes)
        expect(page.get_by_role("dialog")).to_contain_text("Northgate Engineers", timeout=LONG_MS)
        decide(page, "Close")
        expect(pair).to_have_count(0)
        expect(page.locator(".last")).to_contain_text("by admin in a browser, on reports")
        page.get_by_role("button", name="Undo…").click()
        decide(page, "Take it back")
        expect(page.get_by_role("dialog")).to_contain_text("It was taken back", timeout=LONG_MS)
        decide(page, "Close")
        expect(pair).to_have_count(1)


def test_a_backup_is_made_and_proven(opened: Open) -> None:
    page = opened("/graph/backups")
    expect(page.locator(".empty")).to_contain_text("There is no backup.")
    page.get_by_label("Of").select_option("")
    page.get_by_role("button", name="Back up now…").click()
    decide(page, "Back up")
    expect(page.get_by_role("dialog")).to_contain_text("was made", timeout=LONG_MS)
    decide(page, "Close")
    made = page.locator("article.backup")
    expect(made).to_contain_text("never proven")
    made.get_by_role("button", name="Prove…").click()
    decide(page, "Prove it")
    expect(page.locator("#work")).to_contain_text("At work")
    expect(page.get_by_role("dialog")).to_contain_text("came back with the same digest", timeout=LONG_MS)
    decide(page, "Close")
    expect(made).to_contain_text("proven just now")
    expect(opened("/graph").locator("#backup")).to_contain_text("and proven")


def test_a_clear_asks_for_the_words_before_it_asks_whether(opened: Open) -> None:
    page = opened("/graph/clear")
    page.get_by_label("Collection").fill("letters")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("4 nodes")
    words = page.get_by_label("Type DELETE_ALL_DATA to clear it")
    for wrong in ("", "delete_all_data", "DELETE_ALL_DATA!"):
        words.fill(wrong)
        page.get_by_role("button", name="Clear…").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    words.fill("DELETE_ALL_DATA")
    words.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("its files in the inbox")
    decide(page, "Leave it")
    expect(opened("/graph/entities?q=curie").get_by_role("link", name="Marie Curie")).to_be_visible()


def test_a_reader_of_one_collection_sees_nothing_of_another(opened: Open) -> None:
    page = opened("/graph", "reader", "letters")
    for path in ("/graph", "/graph/entities", "/graph/entities?q=ingrid"):
        page.goto(page.url.split("/graph")[0] + path)
        expect(page.locator("main")).not_to_contain_text("Solberg")
        expect(page.locator("main")).not_to_contain_text("reports")
        assert page.get_by_role("button").all_inner_texts() == ["Sign out", "Find"]
    tabs = page.get_by_role("navigation", name="Graph", exact=True).get_by_role("link").all_inner_texts()
    assert tabs == ["Overview", "Entities"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_legible_fits_a_phone_and_names_what_can_be_used(opened: Open, site: GraphSite, scheme: str) -> None:
    paths = ["graph", "graph/entities", "graph/duplicates", "graph/validate?look=now", "graph/backups", "graph/clear"]
    page = opened("/graph", color_scheme=scheme)
    for path in (*paths, "graph/clear?collection=reports", site.entity("Ingrid Solberg")[1:]):
        page.goto(f"{site.base}/{path}")
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            assert no_sideways_scrolling(page), (path, size)
            assert contrast(page) >= 4.5, (path, size)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
            .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim()))
            .map((one) => one.outerHTML)"""
        )
        assert nameless == [], path
        headings = page.locator("h1").count()
        assert headings == 1, path
