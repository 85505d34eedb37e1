"""Indexes and constraints of the graph: Graphiti's under their names, and uniqueness where retries must be idempotent."""

from __future__ import annotations

from fathom.graphdb.arcadedb_sql import create_fulltext, existing_indexes
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL

_NODES = {
    "entity_uuid": "Entity.uuid",
    "entity_group_id": "Entity.group_id",
    "name_entity_index": "Entity.name",
    "name_key_entity_index": "Entity.name_key",
    "name_kin_entity_index": "Entity.name_kin",
    "created_at_entity_index": "Entity.created_at",
    "episode_group_id": "Episodic.group_id",
    "created_at_episodic_index": "Episodic.created_at",
    "valid_at_episodic_index": "Episodic.valid_at",
    "community_group_id": "Community.group_id",
    "saga_group_id": "Saga.group_id",
    "saga_name": "Saga.name",
}
_EDGES = {
    "relation_uuid": "RELATES_TO.uuid",
    "relation_group_id": "RELATES_TO.group_id",
    "name_edge_index": "RELATES_TO.name",
    "created_at_edge_index": "RELATES_TO.created_at",
    "expired_at_edge_index": "RELATES_TO.expired_at",
    "valid_at_edge_index": "RELATES_TO.valid_at",
    "invalid_at_edge_index": "RELATES_TO.invalid_at",
    "mention_uuid": "MENTIONS.uuid",
    "mention_group_id": "MENTIONS.group_id",
    "has_member_uuid": "HAS_MEMBER.uuid",
    "has_episode_uuid": "HAS_EPISODE.uuid",
    "has_episode_group_id": "HAS_EPISODE.group_id",
    "next_episode_uuid": "NEXT_EPISODE.uuid",
    "next_episode_group_id": "NEXT_EPISODE.group_id",
}


def _range(name: str, pattern: str, where: str) -> str:
    label, _, key = where.partition(".")
    return f"CREATE INDEX {name} IF NOT EXISTS FOR {pattern.format(label)} ON (x.{key})"


RANGE = (
    *(_range(name, "(x:{})", where) for name, where in _NODES.items()),
    *(_range(name, "()-[x:{}]-()", where) for name, where in _EDGES.items()),
)
# Of Graphiti's 27 range indexes these three are the index of a constraint instead; a server rejects both together.
# Entity is left out: on the embedded server a unique index breaks entities that have a type as second label.
_UNIQUE_IN_PLACE_OF = {"Episodic": "episode_uuid", "Community": "community_uuid", "Saga": "saga_uuid"}


def _constraint(label: str) -> str:
    return f"{label.lower()}_uuid_unique"


UNIQUE = tuple(
    f"CREATE CONSTRAINT {_constraint(label)} IF NOT EXISTS FOR (n:{label}) REQUIRE n.uuid IS UNIQUE"
    for label in (*_UNIQUE_IN_PLACE_OF, LABEL)
)
FULLTEXT = (
    "CREATE FULLTEXT INDEX episode_content IF NOT EXISTS FOR (e:Episodic) "
    "ON EACH [e.content, e.source, e.source_description, e.group_id]",
    "CREATE FULLTEXT INDEX node_name_and_summary IF NOT EXISTS FOR (n:Entity) ON EACH [n.name, n.summary, n.group_id]",
    "CREATE FULLTEXT INDEX community_name IF NOT EXISTS FOR (n:Community) ON EACH [n.name, n.group_id]",
    "CREATE FULLTEXT INDEX edge_name_and_fact IF NOT EXISTS FOR ()-[e:RELATES_TO]-() ON EACH [e.name, e.fact, e.group_id]",
)


def ensure_schema(connection: GraphConnection) -> None:
    """Creates missing indexes and constraints; idempotent, also when run concurrently. Raises GraphUnreachable."""
    if connection.address.embedded:
        for statement in (*RANGE, *UNIQUE):
            connection.read(statement)
        create_fulltext(connection.address, FULLTEXT)
        return
    there = {row["name"] for row in connection.read("SHOW INDEXES YIELD name RETURN name")}
    missing = [statement for statement in (*UNIQUE, *RANGE, *FULLTEXT) if _name(statement) not in there]
    if any(statement in UNIQUE for statement in missing):
        for name in _UNIQUE_IN_PLACE_OF.values():  # those created by a plain Graphiti client
            connection.read(f"DROP INDEX {name} IF EXISTS")
    for statement in missing:
        _create(connection, statement)
    if missing:
        connection.read("CALL db.awaitIndexes(600)")


def index_names(connection: GraphConnection) -> list[str]:
    """Returns the names of the indexes and constraints that the graph has, sorted. Raises GraphUnreachable."""
    if connection.address.embedded:
        return sorted(existing_indexes(connection.address))
    return sorted(row["name"] for row in connection.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"))


def _create(connection: GraphConnection, statement: str) -> None:
    """Creates an index; tolerates another process that did so meanwhile, since Neo4j checks before it takes its lock."""
    from neo4j.exceptions import ClientError

    try:
        connection.read(statement)
    except ClientError as error:
        if "EquivalentSchemaRuleAlreadyExists" not in f"{error.code} {error.message}":
            raise


def _name(statement: str) -> str:
    return statement.split(" IF NOT EXISTS")[0].rpartition(" ")[2]


UNIQUE_NAMES = frozenset(map(_name, UNIQUE))
SCHEMA_NAMES = UNIQUE_NAMES | frozenset(map(_name, (*RANGE, *FULLTEXT)))
