"""Shows an entity for people: its facts over time, its sentences with their places in documents, its neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from fathom.database import open_database
from fathom.graph.read.entity_profile import EntityFact, EntityHead, read_entity_facts, read_head, read_mentions
from fathom.graph.read.entity_views import MentionView
from fathom.graph.read.graph_at_time import Moment
from fathom.graph.read.neighbourhood import Neighbourhood, read_neighbourhood
from fathom.graphdb.connection import GraphConnection
from fathom.settings import Settings
from fathom.tables import episodes


@dataclass(frozen=True)
class ProfilePages:
    """The page of facts and of mentions to show, and the moment as of which facts are."""

    moment: Moment | None = None
    facts_from: int = 0
    mentions_from: int = 0
    limit: int = 50


@dataclass(frozen=True)
class PlacedMention:
    """A mention with the 0-based position of its chunk in the document; None where the ledger does not have it."""

    mention: MentionView
    position: int | None


@dataclass(frozen=True)
class EntityProfile:
    """An entity with a page of its facts, of `facts_total`, and a page of its mentions."""

    head: EntityHead
    facts_total: int
    facts: list[EntityFact]
    mentions: list[PlacedMention]
    neighbourhood: Neighbourhood


def entity_profile(settings: Settings, connection: GraphConnection, head: EntityHead, pages: ProfilePages) -> EntityProfile:
    """Returns the entity's profile. Raises GraphUnreachable, DatabaseUnreachable."""
    total, facts = read_entity_facts(connection, head.uuid, pages.moment, skip=pages.facts_from, limit=pages.limit)
    mentions = read_mentions(connection, head, skip=pages.mentions_from, limit=pages.limit)
    places = _positions(settings, [mention.episode for mention in mentions])
    return EntityProfile(
        head=head,
        facts_total=total,
        facts=facts,
        mentions=[PlacedMention(mention, places.get(mention.episode)) for mention in mentions],
        neighbourhood=read_neighbourhood(connection, head.uuid),
    )


def find_head(connection: GraphConnection, uuid: str) -> EntityHead | None:
    """Returns the entity with its names and documents; None for an unknown one. Raises GraphUnreachable."""
    return read_head(connection, uuid)


def _positions(settings: Settings, uuids: list[str]) -> dict[str, int]:
    query = sa.select(episodes.c.uuid, episodes.c.position).where(episodes.c.uuid.in_(uuids))
    with open_database(settings.operational_url).connect() as database:
        return {row.uuid: row.position for row in database.execute(query)}
