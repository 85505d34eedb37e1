"""Cypher from a person reads within limits, and changes nothing unless an admin lets it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from datetime import datetime

import psutil
import pytest
from neo4j.exceptions import Neo4jError

from fathom.errors import FathomError, GraphUnreachable, QueryInvalid, QueryRefused, QueryTimedOut, UsageWrong
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import IMPATIENT_CONNECT_SECONDS, GraphConnection
from fathom.graphdb.property_values import decode_value
from fathom.graphdb.query.user_query import MAX_QUERY, MAX_ROWS, QueryOptions, run_query
from tests.fathom.graphdb.small_corpus import BRIDGE, FIRM, WRITTEN_AT, chunks_of, digest

pytestmark = pytest.mark.integration

ENDLESS = "UNWIND range(1, 90000) AS a UNWIND range(1, 90000) AS b WITH a * b AS c WHERE c < 0 RETURN count(c) AS n"
INVALID = ["MATCH (n RETURN n", "RETURN nobody", "SELECT * FROM V", "RETURN $missing AS a", " ", "RETURN 1/0"]
LONG = "UNWIND range(1, 1200) AS a UNWIND range(1, 1200) AS b RETURN count(*) AS n"
BEYOND = ["SHOW USERS", "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", "SHOW TRANSACTIONS"]
READING = [
    "MATCH (n) WHERE n.name = 'CREATE' RETURN n",
    'MATCH (n) WHERE n.name = "DELETE it; SET x" RETURN n',
    "RETURN 1 // then DELETE",
    "RETURN /* MERGE\n this */ 1",
    "MATCH (`CREATE`:Entity) RETURN `CREATE`.name LIMIT 1",
    "MATCH (n:Set) RETURN n.set, n.delete",
    "RETURN {create: 1}.create AS offset",
    "MATCH (n:Entity) RETURN CASE n.do WHEN 1 THEN 2 ELSE n.when END AS n",
    "show  indexes",
    "CALL db.labels() YIELD label RETURN label",
    "CALL { MATCH (n) RETURN count(n) AS n } RETURN n",
    "MATCH (n) WHERE EXISTS { (n)-->() } RETURN COUNT { (n)-->() } AS n LIMIT 1",
]


@pytest.mark.parametrize("cypher", READING)
def test_a_query_that_reads_is_answered_whatever_words_it_quotes(graph: GraphConnection, cypher: str) -> None:
    assert run_query(graph, cypher).summary.query_type == "r"


def test_rows_end_at_the_limit_and_say_so(graph: GraphConnection) -> None:
    began = time.monotonic()
    result = run_query(graph, "UNWIND range(1, 3000000) AS n RETURN n", options=QueryOptions(limit=5))
    assert result.records == [{"n": number} for number in range(1, 6)]
    assert (result.summary.records_returned, result.summary.truncated_by) == (5, "rows")
    assert time.monotonic() - began < 10  # the others are not computed
    exact = run_query(graph, "UNWIND range(1, $most) AS n RETURN n", {"most": 5}, QueryOptions(limit=5))
    assert (exact.summary.records_returned, exact.summary.truncated) == (5, False)


def test_rows_end_at_the_size_and_say_so(graph: GraphConnection) -> None:
    result = run_query(graph, "UNWIND range(1, 9) AS n RETURN '0123456789' AS t", options=QueryOptions(max_bytes=50))
    assert (result.summary.records_returned, result.summary.truncated_by) == (2, "bytes")
    assert result.summary.bytes == sum(len(json.dumps(row)) for row in result.records)


@pytest.mark.parametrize(
    "options", [{"limit": 0}, {"limit": MAX_ROWS + 1}, {"timeout_s": 0}, {"timeout_s": 601}, {"max_bytes": 0}]
)
def test_a_bound_out_of_bounds_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageWrong):
        QueryOptions(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "cypher", ["MATCH (n RETURN n", "RETURN nobody", "SELECT * FROM V", "RETURN $missing AS a", " ", "RETURN 1/0"]
)
def test_what_the_server_does_not_accept_is_refused_in_a_sentence(graph: GraphConnection, cypher: str) -> None:
    with pytest.raises(QueryInvalid) as raised:
        run_query(graph, cypher)
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(("cypher", "place"), [("RETRUN 1", (1, 1, 0)), ("MATCH (n)\nRETURN 1 +\n  ) AS x", (3, 3, 23))])
def test_a_syntax_error_names_its_line_column_and_offset(
    graph: GraphConnection, cypher: str, place: tuple[int, int, int]
) -> None:
    with pytest.raises(QueryInvalid) as raised:
        run_query(graph, cypher)
    line, column, offset = place
    assert raised.value.as_dict()["position"] == {"line": line, "column": column, "offset": offset}


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "\ud800", {"$date": "never"}, {"$nothing": 1}])
def test_a_parameter_that_no_graph_can_hold_is_refused(graph: GraphConnection, value: object) -> None:
    with pytest.raises(QueryInvalid):
        run_query(graph, "RETURN $value AS value", {"value": value})


def test_a_text_that_is_too_long_or_cannot_be_sent_is_refused(graph: GraphConnection) -> None:
    with pytest.raises(UsageWrong, match="characters"):
        run_query(graph, "R" * (MAX_QUERY + 1))
    with pytest.raises(QueryInvalid):
        run_query(graph, "RETURN '\ud800' AS a")
    with pytest.raises(FathomError):
        run_query(graph, "RETURN 1 " + "." * (MAX_QUERY - 100))


def test_a_query_that_takes_too_long_is_ended_on_the_server(graph: GraphConnection) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimedOut, match="ended on the server"):
        run_query(graph, ENDLESS, options=QueryOptions(timeout_s=1))
    assert time.monotonic() - began < 15
    assert ENDLESS not in running(graph)
    assert run_query(graph, "RETURN 1 AS one").records == [{"one": 1}]


def test_a_query_that_takes_too_long_ends_no_other(graph: GraphConnection) -> None:
    done: list[object] = []
    other = threading.Thread(target=lambda: done.append(run_query(graph, LONG)))
    other.start()
    with pytest.raises(QueryTimedOut):
        run_query(graph, ENDLESS, options=QueryOptions(timeout_s=0.3))
    other.join()
    assert done


def running(graph: GraphConnection) -> str:
    with graph.driver.session(database=graph.address.database) as session:
        return str([row["query"] for row in session.run("SHOW TRANSACTIONS YIELD currentQuery AS query")])


def test_everything_a_query_gives_is_json(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    cypher = (
        "MATCH path = (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.group_id = $group AND n.name = 'Tamar Bridge' "
        "RETURN p, m, n, path, p.valid_at AS at, [1, 2.5, null, true] AS list, {a: p.created_at} AS map, "
        "9007199254740993 AS big, point({longitude: 1.5, latitude: 2.5}) AS point, date('2020-01-02') AS day"
    )
    (row,) = json.loads(json.dumps(run_query(graph, cypher, {"group": collection}).records))
    assert row["n"]["labels"] == ["Entity", "Location"]
    assert row["n"]["properties"]["name"] == "Tamar Bridge"
    assert row["m"]["type"] == "MENTIONS"
    assert (row["m"]["start"], row["m"]["end"]) == (row["p"]["id"], row["n"]["id"])
    assert len(row["path"]["nodes"]) == 2
    assert datetime.fromisoformat(row["at"]) == WRITTEN_AT
    assert row["list"] == [1, 2.5, None, True]
    assert row["map"]["a"] == row["at"]
    assert (row["big"], row["day"]) == (2**53 + 1, "2020-01-02")
    (typed,) = run_query(graph, cypher, {"group": collection}, QueryOptions(typed=True)).records
    assert typed["n"]["$node"]["labels"] == ["Entity", "Location"]
    assert len(typed["path"]["$path"]["relationships"]) == 1
    assert decode_value(typed["at"]).to_native() == WRITTEN_AT
    assert tuple(decode_value(typed["point"])) == (1.5, 2.5)
    back = run_query(graph, "RETURN $at AS at, $day AS day", {"at": typed["at"], "day": typed["day"]}, QueryOptions(typed=True))
    assert back.records == [{"at": typed["at"], "day": typed["day"]}]


def test_a_plan_is_shown_and_nothing_runs(graph: GraphConnection) -> None:
    result = run_query(graph, ENDLESS, options=QueryOptions(plan=True, timeout_s=20))
    assert result.plan
    assert (result.records, result.summary.records_returned) == ([], 0)


def test_a_query_sets_nothing_for_the_next_one_on_its_connection(graph: GraphConnection) -> None:
    with graph.reading_driver.session(database=graph.address.database) as session:
        if graph.address.embedded:
            session.run("SESSION SET $leaked = 1").consume()
    with pytest.raises(QueryInvalid, match="leaked"):
        run_query(graph, "RETURN $leaked AS leaked")


def test_an_admin_may_write_in_a_single_transaction(graph: GraphConnection, collection: str) -> None:
    write, read = "CREATE (n:Note {group_id: $c}) RETURN n", "MATCH (n:Note {group_id: $c}) RETURN count(n) AS n"
    made = run_query(graph, write, {"c": collection}, QueryOptions(write=True))
    assert made.summary.written is not None
    assert (made.summary.written["nodes_created"], made.summary.query_type[-1]) == (1, "w")
    many = "UNWIND range(1, 50) AS i " + write
    assert run_query(graph, many, {"c": collection}, QueryOptions(write=True, limit=2)).summary.truncated
    assert run_query(graph, read, {"c": collection}).records == [{"n": 51}]
    failing = "UNWIND range(1, 9) AS i CREATE (n:Note {group_id: $c}) RETURN 1 / (5 - i) AS x"
    with pytest.raises(QueryInvalid):
        run_query(graph, failing, {"c": collection}, QueryOptions(write=True))
    slow = f"CREATE (n:Note {{group_id: $c}}) WITH n {ENDLESS}"
    with pytest.raises(QueryTimedOut):
        run_query(graph, slow, {"c": collection}, QueryOptions(write=True, timeout_s=0.5))
    assert run_query(graph, read, {"c": collection}).records == [{"n": 51}]
    run_query(graph, "MATCH (n:Note {group_id: $c}) DELETE n", {"c": collection}, QueryOptions(write=True))


@pytest.mark.parametrize("cypher", BEYOND)
def test_an_admin_stays_within_the_graph_too(graph: GraphConnection, cypher: str) -> None:
    with pytest.raises(QueryRefused):
        run_query(graph, cypher, options=QueryOptions(write=True))


SLIPPED = [
    "MATCH (n:Entity) WHERE n.group_id = $group SET n.name = 'x' RETURN n",
    "CREATE (n:Entity {group_id: $group}) RETURN n",
    "MATCH (n:Entity) WHERE n.group_id = $group DETACH DELETE n",
    "MATCH (n:Entity) WHERE n.group_id = $group SET n:Hacked RETURN n",
    "MATCH (n:Entity), (m:Entity) CREATE (n)-[:HACKED]->(m)",
    "CREATE INDEX hacked FOR (n:Entity) ON (n.hacked)",
    "CREATE USER hacked SET PASSWORD 'a-long-password'",
]


def test_the_embedded_servers_reading_user_has_no_right_to_write(
    embedded_graph: GraphConnection, writer_of: object, collection: str
) -> None:
    writer_of(embedded_graph).write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)  # type: ignore[operator]
    before = digest(embedded_graph, collection)
    for cypher in SLIPPED:
        with (
            pytest.raises(Neo4jError),
            embedded_graph.reading_driver.session(database=embedded_graph.address.database) as session,
        ):
            session.run(cypher, group=collection).consume()
        assert digest(embedded_graph, collection) == before, cypher


def test_a_server_that_is_frozen_is_named_within_two_seconds_and_answers_after(embedded_graph: GraphConnection) -> None:
    impatient = GraphConnection(embedded_graph.address, retry_seconds=0, connect_seconds=IMPATIENT_CONNECT_SECONDS)
    port = int(embedded_graph.address.uri.rpartition(":")[2])
    listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    (server,) = {one.pid for one in listening if one.laddr.port == port and one.pid}
    assert run_query(impatient, "RETURN 1 AS one").records == [{"one": 1}]
    os.kill(server, signal.SIGSTOP)
    time.sleep(0.5)  # it stands still at once, but what it has answered is still on its way
    try:
        began = time.monotonic()
        with pytest.raises(GraphUnreachable):
            run_query(impatient, "RETURN 1 AS one")
        assert time.monotonic() - began < 2.5
    finally:
        os.kill(server, signal.SIGCONT)
    assert run_query(impatient, "RETURN 1 AS one").records == [{"one": 1}]
    impatient.close()
