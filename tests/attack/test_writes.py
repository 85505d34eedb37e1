"""A reader changes nothing, in whatever form a write is given: by hand in each way there is, and in generated forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.neo4j_server import Neo4jMissing
from tests.attack.cypher_forms import attempts
from tests.attack.reader_attempts import ATTEMPTS, PROCEDURES, SERVER
from tests.attack.writes import attack, small_graph, state, try_each
from tests.conftest import RequireOrSkip

FORMS = 150


def test_attempts_of_a_seed_are_always_the_same_and_differ_from_each_other() -> None:
    first = list(attempts(7, 2000))
    assert first == list(attempts(7, 2000))
    assert len(set(first)) > 1800


@pytest.mark.integration
@pytest.mark.parametrize("server", ["embedded", "neo4j"])
def test_no_attempt_changes_the_graph(server: str, tmp_path: Path, require_or_skip: RequireOrSkip) -> None:
    try:
        with small_graph(server, tmp_path) as graph:
            outcomes = try_each(graph, ATTEMPTS)
            assert {query for query in [*SERVER, *PROCEDURES] if outcomes[query] == ""} == set()
            assert sum(outcome != "" for outcome in outcomes.values()) > 0.9 * len(ATTEMPTS)
            before = state(graph)
            done = attack(graph, seed=3, count=FORMS)
            assert (done.tried, done.changed, state(graph)) == (FORMS, [], before)
            # the attack would notice: one who may write is not refused
            with graph.driver.session(database=graph.address.database) as session:
                session.run("CREATE (:Hacked)").consume()
            assert state(graph) != before
    except Neo4jMissing as error:
        require_or_skip("neo4j", str(error))
