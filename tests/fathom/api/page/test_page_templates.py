"""The templates: every value is escaped on every page, none is left out in silence, and all of them are in the package."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from fathom.api.page.document.chunks_view import PassageFilter, shown
from fathom.api.page.document.document_head import document_head
from fathom.api.page.document.graph_picture import picture
from fathom.api.page.document.timeline_bars import stages
from fathom.api.page.document_page import ChecksPart, DocumentPage, FirstPagePart, GraphPart, LiveDocument
from fathom.api.page.listing.listing_filter import ListingFilter
from fathom.api.page.listing.listing_view import DropZone, ListingData, ListingPage, live_listing
from fathom.api.page.page_frame import ErrorPage, RefreshPage
from fathom.api.page.page_templates import View, environment, render
from fathom.api.page.signing_in import SignInPage
from fathom.api.reference import ReferencePage, RouteInWords
from fathom.api.routes.document_paths import encoded
from fathom.chunking.chunk import Chunk
from fathom.graph.read.episode_contents import EpisodeEntity, EpisodeFact
from fathom.ledger.episode import EpisodeRow
from fathom.operations.document_passages import ChunkPassage, DocumentGraphContent, Passages
from fathom.orchestration.hand_run_views import HandRunView
from fathom.orchestration.materializations import CheckRecord
from fathom.security.api_keys import Caller
from fathom.settings import PROJECT_ROOT
from fathom.status.document_status import DocumentStatus, ProgressDetail
from fathom.status.liveness import LivenessState
from fathom.status.stage_times import StageStep
from fathom.uploads.paused_collections import Pause
from tests.fathom.api.page.graph.hostile_graph_views import graph_views
from tests.fathom.api.page.quality.hostile_quality_views import quality_views

NASTY = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{{ 7*7 }}{% raw %}`javascript:alert(1)`"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CALLER = Caller("k", NASTY, "admin", None)
URLS = ("href", "src", "srcset", "action", "data-url", "data-stream", "data-logs")
PAGE_ROOM = PROJECT_ROOT / "fathom" / "api" / "page"


class Elements(HTMLParser):
    """Parses a page as a browser does: its elements with their attributes, and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.texts += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def harm(self) -> Iterator[str]:
        """Whatever runs a script, or leads elsewhere."""
        for tag, attributes in self.found:
            if tag == "script" and not (attributes.get("src") or "").startswith("/assets/"):
                yield "script"
            yield from (
                f"{tag} {name}" for name in attributes if name.startswith("on") or not re.fullmatch(r"[a-zA-Z-]+\d?", name)
            )
            for name in URLS:
                if not re.match(r"[/?#](?![/\\])|$", attributes.get(name) or ""):
                    yield f"{tag} {name}={attributes[name]}"


def nasty_status(state: LivenessState = "failed") -> DocumentStatus:
    error = {"type": NASTY, "stage": NASTY, "message": NASTY, "hint": NASTY, "retryable": False}
    hand = HandRunView(
        run=NASTY,
        started=NASTY,
        assets=[NASTY],
        made=[],
        state="failed",
        stage=NASTY,
        reason=NASTY,
        detail=NASTY,
        started_at=NOW,
    )
    names = "file_size_bytes pages words chunks_failed entities_extracted relations_extracted cost_usd claude_tokens_used"
    return DocumentStatus(
        upload_id=f"c/{NASTY}",
        collection="c",
        version="0" * 64,
        status="failed",
        state=state,
        detail=NASTY,
        stage=NASTY,
        sub_stage=NASTY,
        progress=40,
        progress_detail=ProgressDetail(current=1, total=2, unit=NASTY),
        accepted_at=NOW,
        started_at=NOW,
        finished_at=NOW,
        estimated_completion=None,
        estimated_completion_p90=None,
        queue=None,
        priority=0,
        waits_until=None,
        durations={},
        metrics={**dict.fromkeys(names.split(), 1), "claude_api_calls": 1, "chunks_total": 2, "chunks_processed": 1},
        error=error,
        attempts=1,
        run=NASTY,
        document_date=NOW,
        document_date_from=NASTY,
        by_hand=hand,
        cursor=0,
    )


def listing() -> View:
    states: list[LivenessState] = ["failed", "running", "complete", "queued", "partial"]
    found = ListingData(
        [nasty_status(state) for state in states], {"failed": 2}, 1, [Pause(NASTY, NASTY, NASTY, 1.0)], 0, None, 1
    )
    chosen = ListingFilter(NASTY, "failed", NASTY)
    return ListingPage(DropZone(NASTY, fixed=False), [NASTY], chosen, live_listing(chosen, found, CALLER))


def document(state: LivenessState) -> View:
    status = nasty_status(state)
    steps = [StageStep("upload", "done", 1.0, 2.0, NASTY), StageStep("docling", "done", 2.0, 3.0, NASTY)]
    steps.append(StageStep("chunking", "failed", 3.0, 4.0, NASTY))
    live = LiveDocument(document_head(status, CALLER), stages(steps, status))
    return DocumentPage(status.upload_id, encoded(status.upload_id), live, 7, followed=True)


def fact(quote: str, source: str = NASTY) -> EpisodeFact:
    return EpisodeFact("u", source, NASTY, NASTY, quote, NOW, None, True, 2, NASTY, NASTY, NASTY, 0.9)


def chunks() -> View:
    chunk = Chunk(id="x", document="c/a", position=0, text=NASTY, headings=[NASTY], pages=[1], items=[], tokens=9, kind=NASTY)
    fields = {"uuid": "e", "state": "failed", "reason": NASTY, "left_out": {NASTY: 1}, "entities": 0}
    whole = (0, len(chunk.embedding_text))
    entities = [(EpisodeEntity(NASTY, NASTY, 0.5), [whole])] * 41
    passage = ChunkPassage(
        chunk, EpisodeRow.model_construct(None, **fields), entities, [(fact(NASTY), whole), (fact(NASTY), None)]
    )
    return shown(Passages("v", 45, 20, [passage], NASTY), nasty_status(), PassageFilter(20, least=0.5))


VIEWS: dict[str, Callable[[], View]] = {
    "listing": listing,
    "document, failed": lambda: document("failed"),
    "document, running": lambda: document("running"),
    "document, partial": lambda: document("partial"),
    "chunks": chunks,
    "checks": lambda: ChecksPart([CheckRecord("chunks", NASTY, passed, True, NASTY) for passed in (False, True)]),
    "checks, hidden": lambda: ChecksPart(problem=NASTY),
    "graph": lambda: GraphPart(
        picture(DocumentGraphContent({NASTY: NASTY, "b": "Person"}, {}, [fact(NASTY), fact(NASTY, "b")]), NASTY)
    ),
    "graph, hidden": lambda: GraphPart(problem=NASTY),
    "first page": lambda: FirstPagePart(NASTY, f"/api/documents/{encoded(NASTY)}/preview.png"),
    "sign-in": lambda: SignInPage(NASTY, NASTY, NASTY),
    "error": lambda: ErrorPage(NASTY, NASTY),
    "Dagster": lambda: RefreshPage(f"/{NASTY}", NASTY),
    "reference": lambda: ReferencePage([RouteInWords(NASTY, NASTY, NASTY, NASTY)]),
    **graph_views(NASTY, CALLER),
    **quality_views(NASTY, CALLER),
}


@pytest.mark.parametrize("name", VIEWS)
def test_no_text_becomes_markup_on_any_page(name: str) -> None:
    elements = Elements(render(VIEWS[name](), CALLER))
    assert list(elements.harm()) == []
    assert any(NASTY in text for text in elements.texts)  # whole: neither cut nor escaped twice


def test_every_view_of_the_pages_is_shown_with_nasty_texts() -> None:
    named = {
        match for path in sorted(PAGE_ROOM.rglob("*.py")) for match in re.findall(r'ClassVar\[str\] = "(.*)"', path.read_text())
    }
    parts = {"document/live.html", "document/graph_picture.html", "listing/live.html"}  # included in those of VIEWS
    assert named - parts == {view().template for view in VIEWS.values()} - {"reference.html"}


def test_a_text_is_escaped_in_an_attribute_and_between_tags() -> None:
    html = environment().from_string('<a title="{{ view }}">{{ view }}</a>').render(view="\"'<&")
    assert html == '<a title="&#34;&#39;&lt;&amp;">&#34;&#39;&lt;&amp;</a>'


def test_half_of_a_surrogate_pair_is_shown_as_a_question_mark() -> None:
    assert "a?b" in render(ErrorPage("Wrong", "a\ud800b"))


@pytest.mark.parametrize("source", ["{{ view.sentense }}", "{% if view.sentense %}a{% endif %}", "{{ other }}"])
def test_a_value_that_is_missing_is_an_error(source: str) -> None:
    with pytest.raises(UndefinedError):
        environment().from_string(source).render(view=ErrorPage("Wrong", "Sentence."))


@pytest.mark.parametrize("name", environment().list_templates())
def test_no_template_goes_round_the_escaping(name: str) -> None:
    environment().get_template(name)
    source = (PAGE_ROOM / "templates" / name).read_text()
    assert not re.search(r"\|\s*(safe|xmlattr)|autoescape|Markup", source)
    assert not re.search(r"=\s*\{\{", re.sub(r'"[^"]*"', "", source))  # escaping is not enough in an attribute without quotes
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", source)


def test_no_module_makes_markup_of_its_own() -> None:
    sources = {path: path.read_text() for path in PAGE_ROOM.parent.rglob("*.py")}
    assert [path for path, source in sources.items() if re.search(r"markupsafe|Markup\(|from html import", source)] == []


def test_every_template_is_in_the_package() -> None:
    data = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["fathom.api.page"]
    assert {path for pattern in data for path in PAGE_ROOM.glob(pattern)} == set(PAGE_ROOM.rglob("*.html")) != set()
