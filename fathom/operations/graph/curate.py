"""Decisions of people on entities and facts: merge, split, rename, retire, restore, and their undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.graph.curation.curator import Curator
from fathom.graph.read.entity_views import EntityView, FactView, find_entity, read_facts, view_entities
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.resolution.store.decision_store import Decision, DecisionKind, DecisionStore
from fathom.security.audit_log import audited
from fathom.settings import Settings

FACT = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE r.uuid = $uuid
RETURN r.uuid AS uuid, a.name AS source, r.name AS relation, b.name AS target, r.fact AS fact, r.valid_at AS valid_at,
r.invalid_at AS invalid_at, r.expired_at AS expired_at, r.retired_at AS retired_at, r.episodes AS episodes,
a.group_id AS collection
"""


class DecisionView(BaseModel):
    """A decision of a person."""

    model_config = ConfigDict(frozen=True)

    id: str
    collection: str
    kind: DecisionKind
    what: str = Field(description="the decision in words")
    reason: str
    decided_by: str
    decided_at: float = Field(description="seconds since 1970")
    undone_by: str | None
    undone_at: float | None
    applied: bool = Field(description="whether the graph follows it; else the next decision on the collection makes it follow")


class CurationResult(BaseModel):
    """A decision that the graph follows now."""

    model_config = ConfigDict(frozen=True)

    decision: DecisionView
    entities: list[EntityView] = Field(
        default_factory=list[EntityView], description="the entities concerned, as they are afterwards"
    )
    facts: list[FactView] = Field(default_factory=list[FactView])


@dataclass(frozen=True)
class Decider:
    """The person who decides, and the reason."""

    by: str
    reason: str = ""


def show_entities(settings: Settings, texts: Sequence[str], collection: str | None = None) -> list[EntityView]:
    """Returns the entities with these uuids or names, with their evidence. Raises UsageWrong, GraphUnreachable."""
    with closing(open_graph(settings)) as connection:
        return view_entities(connection, [find_entity(connection, collection, text) for text in texts])


def show_fact(settings: Settings, uuid: str) -> tuple[str, FactView]:
    """Returns the collection and the fact. Raises UsageWrong for an unknown one, GraphUnreachable."""
    with closing(open_graph(settings)) as connection:
        return _fact(connection, uuid)


def merge_entities(settings: Settings, left: EntityView, right: EntityView, decider: Decider) -> CurationResult:
    """Makes two entities one, for good: by all their names, also in documents that come later."""
    if left.collection != right.collection:
        raise UsageWrong("The two entities are of different collections.")
    about = {"left": left.name, "right": right.name, "uuids": [left.uuid, right.uuid]}
    return _decide(settings, left.collection, decider, about, lambda curator: curator.merge(left.uuid, right.uuid))


def split_entity(settings: Settings, entity: EntityView, names: Sequence[str], decider: Decider) -> CurationResult:
    """Separates some of an entity's names from the others."""
    about = {"entity": entity.name, "uuid": entity.uuid, "names": list(names)}
    return _decide(settings, entity.collection, decider, about, lambda curator: curator.split(entity.uuid, names))


def keep_apart(settings: Settings, left: EntityView, right: EntityView, decider: Decider) -> CurationResult:
    """Decides that two entities are different, whatever the language model says of their names."""
    if left.collection != right.collection:
        raise UsageWrong("The two entities are of different collections.")
    about = {"left": left.name, "right": right.name, "uuids": [left.uuid, right.uuid]}
    return _decide(settings, left.collection, decider, about, lambda curator: curator.keep_apart(left.uuid, right.uuid))


def rename_entity(settings: Settings, entity: EntityView, name: str, decider: Decider) -> CurationResult:
    """Gives an entity a name that no vote of its mentions changes."""
    about = {"entity": entity.name, "uuid": entity.uuid, "name": name}
    return _decide(settings, entity.collection, decider, about, lambda curator: curator.rename(entity.uuid, name, entity.name))


def retire_fact(settings: Settings, uuid: str, decider: Decider, *, restore: bool = False) -> CurationResult:
    """Takes a fact out of those that hold, or with `restore` takes that back."""
    collection, fact = show_fact(settings, uuid)
    about = {"fact": fact.fact, "uuid": uuid, "source": fact.source, "target": fact.target}
    result = _decide(settings, collection, decider, about, lambda curator: curator.retire(uuid, restore=restore))
    with closing(open_graph(settings)) as connection:
        return result.model_copy(update={"entities": [], "facts": [_fact(connection, uuid)[1]]})


def undo_decision(settings: Settings, decision: str, decider: Decider, *, collection: str | None = None) -> CurationResult:
    """Takes a decision back; the graph follows what it replaced. Raises UsageWrong for an unknown one."""
    found = find_decision(settings, decision, collection)
    about = {"decision": found.id, "kind": found.kind, "what": in_words(found)}
    return _decide(settings, found.collection, decider, about, lambda curator: curator.undo(found), action="undo")


def find_decision(settings: Settings, decision: str, collection: str | None = None) -> Decision:
    """Returns the decision with this id. Raises UsageWrong for an unknown one, and for one that several collections have."""
    found = DecisionStore(open_database(settings.operational_url)).find(decision)
    found = [one for one in found if collection in (None, one.collection)]
    if not found:
        raise UsageWrong(f"There is no decision {decision}.", hint="`fathom graph decisions` lists them.")
    if len(found) > 1:
        several = ", ".join(one.collection for one in found)
        raise UsageWrong(f"The collections {several} have the decision {decision}.", hint="Name one: --collection.")
    return found[0]


def list_decisions(settings: Settings, collection: str | None, limit: int) -> list[DecisionView]:
    """Returns the decisions on the collection, or on all, the newest first."""
    store = DecisionStore(open_database(settings.operational_url))
    return [_view(one) for one in store.of_collection(collection, limit=limit)]


def _decide(
    settings: Settings,
    collection: str,
    decider: Decider,
    about: dict[str, Any],
    decide: Callable[[Curator], Decision],
    action: str = "",
) -> CurationResult:
    from fathom.graph.write.document_writer import open_writer

    engine = open_database(settings.operational_url)
    writer = open_writer(settings)
    account = {**about, **({"reason": decider.reason} if decider.reason else {})}
    try:
        with (
            audited(engine, "graph.curate", collection=collection, account=account),
            writer.changes.exclusive(collection),
        ):
            curator = Curator(writer.changes, collection, decider.by, decider.reason)
            finished = curator.finish()
            try:
                made = decide(curator)
            except UsageWrong:
                if not finished:
                    raise
                made = finished[-1]  # the same call was killed before: it is decided and applied now
            account |= {"decision": made.id, "action": action or made.kind}
            entities = view_entities(writer.connection, curator.entities_of(made))
    finally:
        writer.close()
    return CurationResult(decision=_view(made), entities=entities)


def _fact(connection: GraphConnection, uuid: str) -> tuple[str, FactView]:
    rows = connection.read(FACT, uuid=uuid)
    if not rows:
        raise UsageWrong(f"No fact has the uuid {uuid}.")
    return str(rows[0]["collection"]), read_facts(connection, FACT, uuid=uuid)[0]


def _view(decision: Decision) -> DecisionView:
    return DecisionView(
        id=decision.id,
        collection=decision.collection,
        kind=decision.kind,
        what=in_words(decision),
        reason=decision.reason,
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
        undone_by=decision.undone_by,
        undone_at=decision.undone_at,
        applied=decision.applied_at is not None,
    )


def in_words(decision: Decision) -> str:
    """Returns the decision as a sentence."""
    subject = decision.subject
    match decision.kind:
        case "merge":
            return f"{_listed(subject['left'])} and {_listed(subject['right'])} are the same."
        case "split":
            return f"{_listed(subject['left'])} and {_listed(subject['right'])} are not the same."
        case "rename":
            return f"{subject['former']} is called {subject['name']}."
        case "retire":
            return f"It does not hold: {subject['fact'][0]}"
        case "restore":
            return f"It holds: {subject['fact'][0]}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
