"""The page of a document: states, consequences and chunks in words, every string escaped, nothing for who may not see it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest

from fathom.api.page.document.chunks_view import PassageFilter, shown
from fathom.api.page.page_templates import render
from fathom.api.routes.document_paths import encoded
from fathom.chunking.chunk import Chunk
from fathom.chunking.quoting import find_quote, places_of
from fathom.errors import DocumentLocked, RunLost
from fathom.graph.read.episode_contents import EpisodeEntity, EpisodeFact
from fathom.ledger.episode import ExtractionOutcome
from fathom.ledger.episode_ledger import Ledger, PlannedEpisode, ProducerVersions
from fathom.observability.structured_logging import get_logger
from fathom.operations.document_passages import ChunkPassage, Passages
from fathom.status.document_status import DocumentStatus, status_of
from fathom.uploads.hand_runs import RunAtStage
from fathom.uploads.transitions import mark_failed, mark_running
from fathom.uploads.upload import FailedTry
from tests.fathom.api.conftest import Api
from tests.fathom.api.page.test_page import HERE, signed_in

log = get_logger("fathom.test")
TEXT = "<b>Ada</b> met Charles in London.\nThey built an engine & sold it to Ada."


def failed(api: Api, document: str, error: Exception) -> None:
    row = api.intake.state_of(document)
    assert row is not None
    assert row.version is not None
    for _ in range(3):
        mark_running(api.intake.engine, document, row.version, RunAtStage("r1", "docling"), 1.0)
        mark_failed(api.intake.engine, document, row.version, FailedTry(error, "r1", "docling"), attempts=1, now=2.0)


def buttons(html: str) -> list[str]:
    return re.findall(r'data-method="(\w+)"', html)


def a_status(api: Api) -> DocumentStatus:
    api.accepted("c/a.md")
    found = status_of(api.settings, "c/a.md")
    assert found is not None
    return found


def passage(text: str, fact: str, *, headings: tuple[str, ...] = ("<i>Head</i>",)) -> ChunkPassage:
    chunk = Chunk(id="x", document="c/a.md", position=0, text=text, headings=list(headings), pages=[1], items=[], tokens=9)
    whole = chunk.embedding_text
    held = EpisodeFact("u", "Ada", "<Charles>", "MET_IN", fact, datetime(1842, 5, 1, tzinfo=UTC), None, True, 2)
    entity = EpisodeEntity("Ada", "Person")
    return ChunkPassage(chunk, None, [(entity, places_of(whole, "Ada"))], [(held, find_quote(whole, fact, ("Ada", "Charles")))])


def chunks_of(found: Passages, status: DocumentStatus, choice: PassageFilter) -> str:
    return render(shown(found, status, choice))


def test_a_fact_lights_the_sentence_it_came_from_and_nothing_else(api: Api) -> None:
    fact = "<b>Ada</b> met Charles in London."
    html = chunks_of(Passages("v", 1, 0, [passage(TEXT, fact)]), a_status(api), PassageFilter(20))
    name = re.findall(r'class="fact" data-lights="([^"]*)"', html)[0]
    pieces = re.findall(r'<span data-in="([^"]*)">(.*?)</span>', html, re.DOTALL)
    assert unescape("".join(text for names, text in pieces if name in names.split())) == fact
    entity = re.findall(r'class="entity" data-lights="([^"]*)"', html)[0]
    assert [text for names, text in pieces if entity in names.split()] == ["Ada", "Ada"]
    whole = re.findall(r'class="text"[^>]*>(.*?)</div>', html, re.DOTALL)[0]
    assert unescape(re.sub("<[^>]*>", "", whole)) == TEXT
    assert "from 1842-05-01, said in 2 chunks" in html
    assert ("<b>Ada" in html, "<i>Head" in html, "<Charles>" in html) == (False, False, False)


def test_headings_that_run_into_a_sentence_are_not_lit_with_it(api: Api) -> None:
    held = passage("Ada met Charles.", "A heading Ada met Charles.", headings=("A heading",))
    html = chunks_of(Passages("v", 1, 0, [held]), a_status(api), PassageFilter(20))
    whole = re.findall(r'class="text"[^>]*>(.*?)</div>', html, re.DOTALL)[0]
    assert re.sub("<[^>]*>", "", whole) == "Ada met Charles."
    assert "data-in" in whole


def test_a_fact_the_text_does_not_have_is_shown_with_its_own_words(api: Api) -> None:
    html = chunks_of(
        Passages("v", 1, 0, [passage("Nothing of the kind.", "Grace wrote <it>")]), a_status(api), PassageFilter(20)
    )
    assert "“Grace wrote &lt;it&gt;”" in html
    assert 'class="fact" data-lights' not in html


def test_chunks_are_paged_and_say_when_the_graph_is_away_or_they_are_old(api: Api) -> None:
    status = a_status(api)
    html = chunks_of(Passages("other", 45, 20, [passage(TEXT, "x")] * 20, "It <does> not answer."), status, PassageFilter(20))
    assert ("?from=0#chunks" in html, "?from=40#chunks" in html, "21–40 of 45" in html) == (True, True, True)
    assert "It &lt;does&gt; not answer." in html
    assert "of the version before" in html
    assert "none yet" in chunks_of(Passages(None, 0, 0, []), status, PassageFilter(20))


def test_what_waits_can_be_cancelled_by_an_operator_who_is_told_what_follows(api: Api) -> None:
    page = f"/documents/{api.accepted('c/a.md')}"
    signed_in(api, "reader")
    html = api.client.get(page).text
    assert ("Waiting" in html, buttons(html)) == (True, [])
    signed_in(api, "operator")
    html = api.client.get(page).text
    assert buttons(html) == ["POST", "POST"]
    assert "within two seconds" in html
    answer = api.client.post("/api/documents/c%2Fa.md/cancel", headers=HERE)
    assert answer.status_code == 200
    html = api.client.get(page).text
    assert ("RunCancelled" in html, "/api/documents/c%2Fa.md/retry" in html) == (True, True)


def test_what_waits_can_be_put_first_and_back_again(api: Api) -> None:
    document = api.accepted()
    operator = api.key("operator")
    page = api.client.get(f"/documents/{document}", headers=operator).text
    assert f'data-url="/api/documents/{document}/priority"' in page
    assert "Put first" in page
    assert "Put first" not in api.client.get(f"/documents/{document}", headers=api.key("reader")).text
    url = f"/api/documents/{document}/priority"
    assert api.client.post(url, headers=operator, json={"priority": 10}).status_code == 200
    assert "In its turn" in api.client.get(f"/documents/{document}", headers=operator).text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (DocumentLocked("It needs a <password>."), "the file itself is the reason"),
        (RunLost("Gone."), "taken up where it stopped"),
    ],
    ids=["locked", "lost"],
)
def test_a_failure_says_what_is_wrong_and_whether_another_try_can_help(api: Api, error: Exception, says: str) -> None:
    page = f"/documents/{api.accepted('c/a.md')}"
    failed(api, "c/a.md", error)
    signed_in(api)
    html = api.client.get(page).text
    assert type(error).__name__ in html
    assert unescape(html).count(str(error)) >= 1
    assert "<password>" not in html
    assert says in html
    assert buttons(html) == ["POST", "DELETE"]
    assert "cannot be undone" in html


def test_a_document_that_is_not_there_is_a_page_that_says_so(api: Api) -> None:
    signed_in(api)
    answer = api.client.get("/documents/c%2F%3Cscript%3E.md")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no document c/&lt;script&gt;.md" in answer.text
    assert api.client.get("/documents/nonsense").status_code == 400


@pytest.mark.parametrize(
    "part", ["/documents", "/page/document", "/page/chunks", "/page/checks", "/page/graph", "/page/picture"]
)
def test_every_part_is_for_who_may_see_the_collection(api: Api, part: str) -> None:
    name = api.accepted("c/a.md")
    assert api.client.get(f"{part}/{name}", follow_redirects=False).status_code in (303, 401)
    signed_in(api, "reader", "other")
    assert api.client.get(f"{part}/{name}").status_code == 403
    signed_in(api, "reader", "c")
    assert api.client.get(f"{part}/{name}").status_code == 200


@pytest.mark.parametrize("name", ["a%2Fb.md", "Übersicht 東京.md", "x#y?z.md", "status", "\"'<>&.md"])
def test_any_name_has_its_page(api: Api, name: str) -> None:
    form = {"collection": "c", "name": name}
    sent = api.client.post("/api/upload", data=form, files={"file": ("x", b"# A\n\nText.")}, headers=api.key("operator"))
    document = sent.json()["upload_id"]
    signed_in(api)
    link = f"/documents/{encoded(document)}"
    assert link in api.client.get("/").text
    html = api.client.get(link).text
    assert unescape(re.findall(r"<h1>(.*?)</h1>", html)[0]) == document.removeprefix("c/")
    for address in re.findall(r'data-(?:url|stream|logs)="(/[^"]*)"', html):
        assert encoded(document) in address


def test_a_long_log_starts_near_its_end(api: Api) -> None:
    name = api.accepted("c/a.md")
    for number in range(400):
        log.info(f"Line {number}", document="c/a.md")
    api.app.state.followers.collect()
    signed_in(api, "reader")
    html = api.client.get(f"/documents/{name}").text
    cursor = int(re.findall(r"stream\?cursor=(\d+)", html)[0])
    lines = api.client.get(f"/api/upload/{name}/logs?limit=1000&cursor={cursor}").json()["lines"]
    assert len(lines) == 300


def test_what_of_an_answer_is_not_kept_is_shown_on_its_chunk(api: Api) -> None:
    document = api.accepted("c/a.md")
    ledger = Ledger(api.intake.engine)
    ledger.plan(document, "v", [PlannedEpisode("e", "x", 0)], ProducerVersions("c", "p", "m", "e"))
    ledger.record([ExtractionOutcome("e", left_out={"entity not in the text": 2, "<b>": 1})])
    one = replace(passage(TEXT, "x"), episode=ledger.rows(document)[0])
    html = chunks_of(Passages("v", 1, 0, [one]), a_status(api), PassageFilter(20))
    assert "entity not in the text (2), &lt;b&gt; (1)" in html


def sure(fact: float | None, entity: float | None) -> ChunkPassage:
    one = passage(TEXT, "<b>Ada</b> met Charles in London.")
    facts = [(replace(held, confidence=fact, wikidata="P<1>"), span) for held, span in one.facts]
    return replace(one, facts=facts, entities=[(replace(held, confidence=entity), span) for held, span in one.entities])


def test_facts_and_entities_are_shown_with_their_confidence(api: Api) -> None:
    html = chunks_of(Passages("v", 1, 0, [sure(0.924, 0.81)]), a_status(api), PassageFilter(20))
    assert ("confidence 92%, from 1842-05-01" in html, "Person, 81%" in html) == (True, True)
    assert 'title="Wikidata P&lt;1&gt;"' in html


def test_facts_from_a_confidence_on_can_be_chosen_and_the_others_are_counted(api: Api) -> None:
    found = Passages("v", 45, 20, [sure(0.92, 0.81), sure(0.7, 0.81), sure(None, None)])
    html = chunks_of(found, a_status(api), PassageFilter(20, least=0.9))
    assert html.count('class="fact"') == 2  # one that is not measured is shown, whatever is chosen
    assert html.count("1 fact of less confidence") == 1
    assert '<option value="0.9" selected>90%</option>' in html
    assert ("?from=0&amp;least=0.9#chunks" in html, "?from=23&amp;least=0.9#chunks" in html) == (True, True)


def test_nothing_is_to_be_chosen_where_no_confidence_is_measured(api: Api) -> None:
    assert 'name="least"' not in chunks_of(Passages("v", 1, 0, [sure(None, None)]), a_status(api), PassageFilter(20))


@pytest.mark.parametrize("least", ["-0.1", "1.1", "nan", "much"])
def test_a_confidence_that_cannot_be_is_refused(api: Api, least: str) -> None:
    name = encoded(api.accepted("c/a.md"))
    signed_in(api)
    assert api.client.get(f"/page/chunks/{name}?least=0.9").status_code == 200
    assert api.client.get(f"/page/chunks/{name}?least={least}").status_code == 422
