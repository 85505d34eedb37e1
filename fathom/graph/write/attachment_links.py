"""Links attachments to their mail in the graph: every episode of an attachment to the first episode of the mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fathom.graphdb.change_journal import report_touched
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

SLICE = 500  # uuids a statement

STALE = """
MATCH (p:Episodic)-[r:ATTACHED_TO]->(m:Episodic) WHERE p.uuid IN $uuids AND m.uuid <> $mail DELETE r
"""
LINK = """
MATCH (m:Episodic {uuid: $mail}) MATCH (p:Episodic) WHERE p.uuid IN $uuids
MERGE (p)-[r:ATTACHED_TO]->(m) SET r.group_id = m.group_id
"""


def link_attachments(connection: GraphConnection, ledger: Ledger, mail: str, attachments: Sequence[str]) -> None:
    """Creates `(attachment)-[:ATTACHED_TO]->(mail)` for the written episodes of both, and deletes stale links.

    Idempotent. Raises GraphUnreachable.
    """
    if not attachments:
        return
    first = next((row.uuid for row in ledger.rows(mail) if row.state == "written"), None)
    if first is None:
        return
    uuids = [uuid for document in attachments for uuid in sorted(ledger.written(document))]
    for start in range(0, len(uuids), SLICE):
        batch = uuids[start : start + SLICE]

        def link(tx: ManagedTransaction, batch: list[str] = batch) -> None:
            report_touched([*batch, first])
            tx.run(STALE, uuids=batch, mail=first).consume()
            tx.run(LINK, uuids=batch, mail=first).consume()

        connection.write(link)
