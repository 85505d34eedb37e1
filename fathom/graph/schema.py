"""Indexes and constraints of the graph: Graphiti's own, and uniqueness where a retry must not double."""

from __future__ import annotations

from fathom.graph.connection import GraphConnection

RANGE = (
    "CREATE INDEX entity_uuid IF NOT EXISTS FOR (n:Entity) ON (n.uuid)",
    "CREATE INDEX entity_group_id IF NOT EXISTS FOR (n:Entity) ON (n.group_id)",
    "CREATE INDEX name_entity_index IF NOT EXISTS FOR (n:Entity) ON (n.name)",
    "CREATE INDEX episode_group_id IF NOT EXISTS FOR (n:Episodic) ON (n.group_id)",
    "CREATE INDEX valid_at_episodic_index IF NOT EXISTS FOR (n:Episodic) ON (n.valid_at)",
    "CREATE INDEX relation_uuid IF NOT EXISTS FOR ()-[e:RELATES_TO]-() ON (e.uuid)",
    "CREATE INDEX relation_group_id IF NOT EXISTS FOR ()-[e:RELATES_TO]-() ON (e.group_id)",
    "CREATE INDEX mention_uuid IF NOT EXISTS FOR ()-[e:MENTIONS]-() ON (e.uuid)",
)
# Entity is left out: on the embedded server a unique index breaks entities that have a type as second label.
UNIQUE = tuple(
    f"CREATE CONSTRAINT {label.lower()}_uuid_unique IF NOT EXISTS FOR (n:{label}) REQUIRE n.uuid IS UNIQUE"
    for label in ("Episodic", "Community", "Saga")
)
# As Graphiti names them; the embedded server takes no full-text index in Cypher.
FULLTEXT = (
    "CREATE FULLTEXT INDEX episode_content IF NOT EXISTS FOR (e:Episodic) "
    "ON EACH [e.content, e.source, e.source_description, e.group_id]",
    "CREATE FULLTEXT INDEX node_name_and_summary IF NOT EXISTS FOR (n:Entity) ON EACH [n.name, n.summary, n.group_id]",
    "CREATE FULLTEXT INDEX community_name IF NOT EXISTS FOR (n:Community) ON EACH [n.name, n.group_id]",
    "CREATE FULLTEXT INDEX edge_name_and_fact IF NOT EXISTS FOR ()-[e:RELATES_TO]-() ON EACH [e.name, e.fact, e.group_id]",
)


def ensure_schema(connection: GraphConnection) -> None:
    """Every index and constraint exists; harmless when they do. Raises GraphUnreachable."""
    for statement in (*RANGE, *UNIQUE, *(() if connection.address.embedded else FULLTEXT)):
        connection.read(statement)
