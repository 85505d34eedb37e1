"""Backup and restore of a large collection on Neo4j: seconds of each, the same digest, and for how long writers have to wait.

python -m benchmarks.graph_backups [NODES]    entities with embeddings of 384 floats, and twice as many facts

The backup is made twice: alone, and while a writer commits a transaction each tenth of a second.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from benchmarks.figure import Figure
from benchmarks.material import own_home
from fathom.database import open_database
from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord
from fathom.graph.content.record_writer import RecordWriter
from fathom.graphdb.change_journal import report_touched
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.graphdb.fencing import exclusive_writer
from fathom.graphdb.schema import ensure_schema
from fathom.ledger.writer_lease import Leases
from fathom.operations.graph.graph_backups import BackupRequest, RestoreRequest, back_up, restore
from fathom.settings import Settings
from scripts.neo4j_server import Neo4jServer

NODES, FACTS_A_NODE, DIMENSION = 200_000, 2, 384
COLLECTION = "large"
PAUSE_S = 0.1
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def measure(nodes: int = NODES) -> list[Figure]:
    """Seconds of a backup and a restore, and of the longest wait of writers."""
    with TemporaryDirectory(prefix="fathom-bench-") as folder, own_home() as home:
        server = Neo4jServer(Path(folder))
        server.start()
        try:
            settings = home.model_copy(update={"graph_uri": server.uri, "graph_password": SecretStr(server.password)})
            connection = open_graph(settings)
            ensure_schema(connection)
            _fill(connection, nodes)
            began = time.monotonic()
            made = back_up(settings, BackupRequest(collection=COLLECTION))
            saved = time.monotonic() - began
            with _writing(settings, connection) as commits:
                busy = back_up(settings, BackupRequest(collection=COLLECTION))
            began = time.monotonic()
            done = restore(settings, RestoreRequest(backup=made.backup_id, collection="copy"))
            restored = time.monotonic() - began
            connection.close()
        finally:
            server.stop()
    if done.digest != made.digest:
        raise RuntimeError("The restored collection has another digest.")
    note = f"{made.nodes:,} nodes, {made.relationships:,} relationships, {made.size_bytes / 1e6:.0f} MB"
    return [
        Figure("backup", saved, "s", goal="≤ 180 s", note=note),
        Figure("restore as a copy, with its proof", restored, "s", goal="≤ 180 s", note=note),
        Figure("writers paused by a backup", made.paused_seconds, "s", goal="≤ 5 s", note="nobody writes"),
        Figure("writers paused by a backup", busy.paused_seconds, "s", goal="≤ 5 s", note=f"{len(commits)} commits meanwhile"),
    ]


def _fill(connection: GraphConnection, nodes: int) -> None:
    chance = random.Random(1)
    writer = RecordWriter(connection)
    writer.create_nodes(_node(chance, number) for number in range(nodes))
    writer.create_relationships(_fact(chance, number, nodes) for number in range(nodes * FACTS_A_NODE))


def _node(chance: random.Random, number: int) -> NodeRecord:
    vector = [byte / 256 for byte in chance.randbytes(DIMENSION)]
    properties = {"uuid": f"entity-{number}", "group_id": COLLECTION, "name": f"Name {number}", "created_at": _AT}
    return NodeRecord(str(number), ("Entity",), {**properties, "summary": "A name. " * 5, "name_embedding": vector})


def _fact(chance: random.Random, number: int, nodes: int) -> RelationshipRecord:
    ends = str(chance.randrange(nodes)), str(chance.randrange(nodes))
    properties = {"uuid": f"fact-{number}", "group_id": COLLECTION, "name": "KNOWS", "fact": f"{ends[0]} knows {ends[1]}."}
    return RelationshipRecord(str(number), "RELATES_TO", *ends, {**properties, "created_at": _AT, "valid_at": _AT})


@contextmanager
def _writing(settings: Settings, connection: GraphConnection) -> Iterator[list[int]]:
    """Commits a change of an entity again and again meanwhile; yields the numbers of the commits."""
    commits: list[int] = []
    ended = threading.Event()

    def write() -> None:
        leases = Leases(open_database(settings.operational_url))
        while not ended.is_set():
            with exclusive_writer(connection, leases, COLLECTION):
                connection.write(lambda tx: _change(tx, len(commits)))
                commits.append(len(commits))
            ended.wait(PAUSE_S)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield commits
    finally:
        ended.set()
        thread.join()


def _change(tx, number: int) -> None:  # type: ignore[no-untyped-def]
    uuid = f"entity-{number}"
    report_touched([uuid])
    tx.run("MATCH (n:Entity {uuid: $uuid}) SET n.summary = $summary", uuid=uuid, summary=f"Changed {number}").consume()


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure(*map(int, sys.argv[1:2]))]))
