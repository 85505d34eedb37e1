"""The pages of the graph: for whom they open, what each role may do on them, and that a key of one collection sees only it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest

from fathom.database import open_database
from fathom.graph.backup.backup_catalog import BackupProof
from fathom.graph.read.entity_views import find_entity
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.graph.graph_backups import open_catalog
from fathom.settings import Settings
from tests.fathom.api.conftest import Api, serving
from tests.fathom.api.page.graph.hostile_graph_views import backup
from tests.fathom.graphdb.small_corpus import BRIDGE, FIRM, RIVER, WRITTEN_AT, WriterOf, chunks_of

PAGES = ("/graph", "/graph/entities", "/graph/duplicates", "/graph/validate", "/graph/backups", "/graph/clear")


def got(api: Api, path: str, role: str = "admin", collection: str | None = None) -> tuple[int, str]:
    answer = api.client.get(path, headers=api.key(role, collection), follow_redirects=False)  # type: ignore[arg-type]
    return answer.status_code, unescape(answer.text)


def test_every_page_asks_who_is_not_signed_in_to_sign_in(api: Api) -> None:
    for path in (*PAGES, "/graph/entities/some-uuid"):
        answer = api.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].startswith("/sign-in?to=%2Fgraph")) == (303, True)


def test_a_role_that_may_not_do_what_a_page_is_for_does_not_see_it(api: Api) -> None:
    assert {path: got(api, path, "reader")[0] for path in ("/graph/duplicates", "/graph/validate", "/graph/clear")} == {
        "/graph/duplicates": 403,
        "/graph/validate": 403,
        "/graph/clear": 403,
    }
    assert got(api, "/graph/clear", "operator")[0] == 403
    assert got(api, "/graph/clear", "admin")[0] == 200


def test_a_key_of_one_collection_sees_no_other_and_no_backups(api: Api) -> None:
    for path in ("/graph", "/graph/entities", "/graph/duplicates", "/graph/validate", "/graph/clear"):
        status, html = got(api, f"{path}?collection=other", "admin", "mine")
        assert (status, "Your key is for the collection mine alone." in html) == (403, True), path
    status, html = got(api, "/graph/backups", "admin", "mine")
    assert (status, "this concerns all collections" in html) == (403, True)
    assert 'href="/graph/backups"' not in got(api, "/graph/clear", "admin", "mine")[1]


def test_a_graph_that_is_away_is_told_with_how_to_start_it(api: Api) -> None:
    status, html = got(api, "/graph")
    assert (status, "unhealthy" in html, "fathom up" in html) == (200, True, True)
    status, html = got(api, "/graph/entities?q=ada", "reader")
    assert (status, "fathom up" in html) == (503, True)


def test_backups_are_listed_with_their_proof_and_only_an_admin_can_do_anything(api: Api) -> None:
    catalog = open_catalog(api.settings)
    now = time.time()
    proofs = {"proven": True, "failed": False, "never": None}
    for number, (name, proven) in enumerate(proofs.items()):
        proof = BackupProof(at=now - 60, proven=proven, detail=f"It is {name}.", seconds=1.0) if proven is not None else None
        made = backup("x", None).model_copy(
            update={"backup_id": f"20261130T20500{number}Z-000{number}", "created_at": now - number, "proof": proof}
        )
        catalog.describe(made)
    html = got(api, "/graph/backups")[1]
    assert re.findall(r'<article class="backup" id="(\w+)-', html) == [f"20261130T20500{number}Z" for number in range(3)]
    assert [word in html for word in ("proven 1 min ago", "failed 1 min ago", "never proven")] == [True] * 3
    assert {"/api/neo4j/backup", "/api/neo4j/backup/prove", "/api/neo4j/restore"} == set(re.findall(r'data-url="(.*?)"', html))
    for role in ("operator", "reader"):
        status, seen = got(api, "/graph/backups", role)
        assert (status, "never proven" in seen, "data-url" in seen, "passphrase" in seen) == (200, True, False, False)
    assert "and proven 1 min ago" in got(api, "/graph")[1]


def test_a_backup_that_cannot_be_read_is_told_and_not_an_error(api: Api) -> None:
    open_catalog(api.settings).files.write("20261130T205000Z-0001.json", b"{}")
    for path in ("/graph", "/graph/backups"):
        status, html = got(api, path)
        assert (status, "cannot be listed" in html) == (200, True)


@pytest.fixture
def graph_api(graph: GraphConnection, home_settings: Settings) -> Iterator[Api]:
    """The application on the graph, on each server in turn."""
    with serving(home_settings) as api:
        api.app.state.graph.connection = lambda: graph
        yield api


@pytest.fixture
def moreno(graph: GraphConnection, collection: str, writer_of: WriterOf, graph_api: Api) -> str:
    """The uuid of Ada Moreno in the collection, who designed a bridge and founded a firm that closed."""
    ledger = Ledger(open_database(graph_api.settings.operational_url))
    writer = writer_of(graph, keeping=ledger)
    writer.write(chunks_of(f"{collection}/a.md", RIVER, FIRM), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}/b.md", BRIDGE), reference_time=WRITTEN_AT)
    return find_entity(graph, collection, "Ada Moreno")


@pytest.mark.integration
def test_the_overview_has_the_figures_of_the_statistics(graph_api: Api, moreno: str, collection: str) -> None:
    assert (
        got(graph_api, f"/api/neo4j/stats?collection={collection}&exact=true")[0] == 200
    )  # so that it is counted, however slowly
    status, html = got(graph_api, f"/graph?collection={collection}")
    assert status == 200
    line = re.search(rf'<tr>\s*<th scope="row"><a href="[^"]*">{collection}</a>.*?</tr>', html, re.DOTALL)
    assert line is not None
    assert re.findall(r'data-name="(\w+)">([^<]*)<', line[0]) == [
        ("documents", "2"),
        ("episodes", "3"),
        ("entities", "4"),
        ("facts", "3"),
    ]
    assert 'aria-label="3 facts in 30 days, most on' in html
    whole = got(graph_api, "/graph")[1]
    assert (re.search(r"\d+ indexes, all online", whole) is not None, "Mean time of a query" in whole) == (True, True)
    own = got(graph_api, "/graph", "reader", collection)[1]
    assert (collection in own, "indexes, all online" in own, "Free on the disk" in own) == (True, False, False)


@pytest.mark.integration
def test_entities_are_found_by_the_beginnings_of_their_words(graph_api: Api, moreno: str, collection: str) -> None:
    def names(text: str, **more: str) -> list[str]:
        query = urlencode({"q": text, "collection": collection, **more})
        status, html = got(graph_api, f"/graph/entities?{query}")
        assert status == 200
        return re.findall(r'<a href="/graph/entities/[^"?]+">([^<]*)</a>', html)

    assert sorted(names("more")) == ["Ada Moreno", "Moreno Works"]
    assert names("MORENO ada") == ["Ada Moreno"]
    assert names("nobody") == []
    assert len(names("")) == 4
    for hostile in ('") OR name:*', "\\ / [ } ~ ^ :", "AND OR NOT", "a" * 200, "*", "-ada", "group_id:x"):
        assert set(names(hostile)) <= {"Ada Moreno", "Moreno Works"}
    assert got(graph_api, "/graph/entities?q=ada&collection=%22%20OR%20%2A")[0] == 200


@pytest.mark.integration
def test_an_entity_is_shown_with_facts_over_time_and_the_sentences_it_is_in(
    graph_api: Api, graph: GraphConnection, moreno: str, collection: str
) -> None:
    status, html = got(graph_api, f"/graph/entities/{moreno}", "reader", collection)
    assert status == 200
    facts = re.findall(r'<li class="(holds|ended)">.*?<b>(.*?)</b> <a href="[^"]*">(.*?)</a>', html, re.DOTALL)
    assert facts == [("ended", "founded", "Moreno Works"), ("holds", "designed", "Tamar Bridge")]
    assert "from 1998-03-01 until 2011-12-31" in html
    assert f'href="/documents/{collection}%2Fa.md#chunk-2">{collection}/a.md, chunk 2</a>' in html
    assert BRIDGE in html
    bridge = got(graph_api, f"/graph/entities/{find_entity(graph, collection, 'Tamar Bridge')}")[1]
    assert re.search(r">Ada Moreno</a> <b>designed</b> it", bridge)
    assert len(re.findall(r'<a href="/graph/entities/[^"]*#around" class="node', html)) == 3


@pytest.mark.integration
def test_facts_are_shown_as_of_a_time_of_the_world_and_of_the_record(graph_api: Api, moreno: str) -> None:
    def facts(query: str) -> list[str]:
        status, html = got(graph_api, f"/graph/entities/{moreno}?{query}")
        assert status == 200
        return re.findall(r'<li class="(?:holds|ended)">.*?<b>(.*?)</b>', html, re.DOTALL)

    assert facts("at=2000-01-01") == ["founded"]
    assert facts("at=2025-01-01") == ["designed"]
    assert facts("at=1990-01-01") == []
    assert facts("at=2000-01-01&basis=recorded") == []
    assert got(graph_api, f"/graph/entities/{moreno}?at=nonsense")[0] == 400
    assert got(graph_api, f"/graph/entities/{moreno}?facts=-1")[0] == 422


@pytest.mark.integration
def test_an_entity_of_another_collection_is_not_shown_and_an_unknown_one_is_told(graph_api: Api, moreno: str) -> None:
    status, html = got(graph_api, f"/graph/entities/{moreno}", "admin", "other")
    assert (status, "Ada" in html) == (403, False)
    assert got(graph_api, "/graph/entities/nothing%27%20OR%201=1")[0] == 404


@pytest.mark.integration
def test_a_fact_that_leads_to_another_collection_does_not_show_it(
    graph_api: Api, moreno: str, graph: GraphConnection, collection: str
) -> None:
    create = """
    MATCH (n:Entity {uuid: $uuid})
    CREATE (o:Entity {uuid: $other, group_id: $secret, name: 'Secret Works'})
    CREATE (n)-[:RELATES_TO {uuid: $other, group_id: $secret, name: 'OWNS', fact: 'She owns Secret Works.', episodes: []}]->(o)
    """
    other = f"{moreno}-other"
    graph.write(lambda tx: tx.run(create, uuid=moreno, other=other, secret=f"{collection}-2").consume())
    try:
        status, html = got(graph_api, f"/graph/entities/{moreno}", "reader", collection)
        assert (status, "Tamar Bridge" in html, "Secret Works" in html) == (200, True, False)
    finally:
        graph.write(lambda tx: tx.run("MATCH (o:Entity {uuid: $uuid}) DETACH DELETE o", uuid=other).consume())
