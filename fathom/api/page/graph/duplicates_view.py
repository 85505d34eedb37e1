"""The data of the page `/graph/duplicates`: pairs of entities that may be the same, with the evidence of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fathom.api.page import figures_in_words as words
from fathom.api.page.action_buttons import Confirmation
from fathom.api.page.graph.action_form import ActionForm, body
from fathom.api.page.graph.entities_page import entity_address
from fathom.api.page.graph.overview_view import moment
from fathom.api.routes.document_paths import encoded
from fathom.graph.read.entity_views import MAX_FACTS as MAX_READ
from fathom.graph.read.entity_views import EntityView
from fathom.operations.graph.curate import DecisionView
from fathom.operations.graph.duplicate_queue import DuplicateQueue, SuspectedDuplicate
from fathom.security.api_keys import Caller

MAX_SENTENCES, MAX_FACTS, MAX_NAMES = 4, 4, 8  # of a side that are shown
MERGE, SPLIT, UNDO = "/api/neo4j/entities/merge", "/api/neo4j/entities/split", "/api/neo4j/decisions/undo"


@dataclass(frozen=True)
class EvidenceSentence:
    """A sentence that mentions the entity, and its document."""

    sentence: str
    document: str
    address: str


@dataclass(frozen=True)
class DuplicateSide:
    """An entity of a pair with its evidence."""

    name: str
    address: str
    about: str
    names: str
    sentences: list[EvidenceSentence]
    facts: list[str]


@dataclass(frozen=True)
class DuplicatePairView:
    """A pair; the forms are None for callers who may not decide."""

    collection: str
    why: str
    sides: list[DuplicateSide]
    same: ActionForm | None
    different: ActionForm | None


@dataclass(frozen=True)
class LastDecision:
    """The last decision in a sentence, and the form that takes it back."""

    sentence: str
    undo: ActionForm | None


@dataclass(frozen=True)
class DuplicatesPage:
    """The whole page."""

    template: ClassVar[str] = "graph/duplicates.html"
    collection: str | None
    fixed: bool
    said: str
    pairs: list[DuplicatePairView]
    last: LastDecision | None


def duplicates_page(
    queue: DuplicateQueue, decisions: Sequence[DecisionView], collection: str | None, caller: Caller
) -> DuplicatesPage:
    """Returns the page, with forms for an admin."""
    admin = caller.has("admin")
    shown = f", the {len(queue.pairs)} most alike are shown" if len(queue.pairs) < queue.total else ""
    last = next((one for one in decisions if one.undone_at is None), None)
    return DuplicatesPage(
        collection=collection,
        fixed=caller.collection is not None,
        said=f"{words.many(queue.total, 'pair')} may be the same{shown}" if queue.total else "",
        pairs=[_pair(pair, admin=admin) for pair in queue.pairs],
        last=_last(last, admin=admin) if last else None,
    )


def _pair(pair: SuspectedDuplicate, *, admin: bool) -> DuplicatePairView:
    if pair.tentative:
        why = "the language model held them to be the same, and was not asked again"
    elif pair.cosine is None:
        why = "their names are the same"
    else:
        why = f"their names are alike: {pair.cosine:.2f}"
    return DuplicatePairView(
        collection=pair.collection,
        why=why,
        sides=[_side(pair.left), _side(pair.right)],
        same=_same(pair.left, pair.right) if admin else None,
        different=_different(pair.left, pair.right) if admin else None,
    )


def _side(entity: EntityView) -> DuplicateSide:
    kinds = ", ".join(entity.types) or "Entity"
    names = list(entity.names)
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    facts = f"{MAX_READ} or more facts" if len(entity.facts) >= MAX_READ else words.many(len(entity.facts), "fact")
    sentences = [one for one in entity.mentions if one.sentence][:MAX_SENTENCES]
    return DuplicateSide(
        name=entity.name,
        address=entity_address(entity.uuid),
        about=f"{kinds}, {words.many(sum(entity.names.values()), 'mention')}, {facts}",
        names=" · ".join(names[:MAX_NAMES]) + more,
        sentences=[EvidenceSentence(one.sentence, one.document, f"/documents/{encoded(one.document)}") for one in sentences],
        facts=list(dict.fromkeys(fact.fact for fact in entity.facts))[:MAX_FACTS],
    )


def _same(left: EntityView, right: EntityView) -> ActionForm:
    says = (
        f"{left.name} and {right.name} become a single entity, by all of their names, also in documents that come later. "
        "This stands above what the language model says, and can be undone."
    )
    confirmation = Confirmation("Are they the same?", says, "They are the same")
    return ActionForm("The same…", "POST", MERGE, confirmation, "{decision.what}", body(left=left.uuid, right=right.uuid))


def _different(left: EntityView, right: EntityView) -> ActionForm:
    says = (
        f"{left.name} and {right.name} stay apart, also in documents that come later, and are not asked about again. "
        "This stands above what the language model says, and can be undone."
    )
    confirmation = Confirmation("Are they different?", says, "They are different")
    sent = body(entity=left.uuid, other=right.uuid)
    return ActionForm("Different…", "POST", SPLIT, confirmation, "{decision.what}", sent)


def _last(decision: DecisionView, *, admin: bool) -> LastDecision:
    when = words.ago(moment(decision.decided_at), datetime.now(UTC))
    sentence = f"The last decision, {when} by {decision.decided_by}, on {decision.collection}: {decision.what}"
    confirmation = Confirmation("Take the decision back?", f"{decision.what}\nWhat it replaced holds again.", "Take it back")
    sent = body(decision=decision.id, collection=decision.collection)
    done = "It was taken back: {decision.what}"
    return LastDecision(sentence, ActionForm("Undo…", "POST", UNDO, confirmation, done, sent) if admin else None)
