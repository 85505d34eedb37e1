"""The embedded server has a user that may read and nothing else, also in homes and servers from before there was one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from neo4j.exceptions import Neo4jError

from fathom.deployment.graph_component import GraphComponent
from fathom.graphdb.arcadedb_process import embedded_server
from fathom.graphdb.arcadedb_reader import GROUP, ensure_reading_group
from fathom.graphdb.connection import open_graph
from fathom.graphdb.query.user_query import run_query
from fathom.settings import Settings


def test_other_groups_of_the_server_stay_as_they_are(tmp_path: Path) -> None:
    server = embedded_server(tmp_path)
    file = server.folder / "config" / "server-groups.json"
    file.parent.mkdir()
    own = {"access": ["updateSchema"]}
    file.write_text(json.dumps({"databases": {"*": {"groups": {"own": own}}, "other": {}}, "version": 2}))
    for _ in range(2):
        ensure_reading_group(server)
        found = json.loads(file.read_text())
        assert (set(found["databases"]), found["version"]) == ({"*", "other"}, 2)
        assert found["databases"]["*"]["groups"]["own"] == own
        assert found["databases"]["*"]["groups"][GROUP]["types"]["*"]["access"] == ["readRecord"]


@pytest.mark.integration
def test_a_server_that_ran_without_a_reader_has_one_after_its_next_start(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", graph_uri=None)
    part = GraphComponent(settings)
    part.start()
    try:
        server = embedded_server(settings.home)
        graph = open_graph(settings)
        graph.write(lambda tx: tx.run("CREATE (:Entity {name: 'Ada Moreno'})").consume())
        groups = server.folder / "config" / "server-groups.json"
        without = json.loads(groups.read_text())
        del without["databases"]["*"]["groups"][GROUP]
        groups.write_text(json.dumps(without))
        (server.folder / "reader-password").write_text("another-password")
        graph.close()
        assert part.start() == "running"
        graph = open_graph(settings)
        assert run_query(graph, "MATCH (n) RETURN n.name AS name").records == [{"name": "Ada Moreno"}]
        with pytest.raises(Neo4jError), graph.reading_driver.session(database=graph.address.database) as session:
            session.run("CREATE (n:Entity) RETURN n").consume()
        graph.close()
    finally:
        part.stop()
