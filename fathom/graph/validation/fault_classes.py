"""The classes of faults of a collection: what each means, and what a repair does about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class FaultClass(StrEnum):
    """The classes of faults, in the order of their listing."""

    EPISODE_WITHOUT_LEDGER_ROW = "episode_without_ledger_row"
    LEDGER_ROW_WITHOUT_EPISODE = "ledger_row_without_episode"
    INCOMPLETE_EPISODE = "incomplete_episode"
    EPISODE_OF_OTHER_DOCUMENT = "episode_of_other_document"
    EPISODE_WITHOUT_CONTENT = "episode_without_content"
    DOUBLED_UUID = "doubled_uuid"
    DOUBLED_MENTION = "doubled_mention"
    ORPHAN_ENTITY = "orphan_entity"
    UNGROUNDED_FACT = "ungrounded_fact"
    FACT_NAMES_MISSING_EPISODE = "fact_names_missing_episode"
    MENTION_ASSERTS_MISSING_FACT = "mention_asserts_missing_fact"
    SELF_LOOP = "self_loop"
    WRONG_GROUP = "wrong_group"
    MISSING_EMBEDDING = "missing_embedding"
    WRONG_SIZE_EMBEDDING = "wrong_size_embedding"
    VALID_AT_AFTER_INVALID_AT = "valid_at_after_invalid_at"
    ENTITY_CHANGED_BY_HAND = "entity_changed_by_hand"
    DUPLICATE_ENTITIES_BY_NAME = "duplicate_entities_by_name"
    DUPLICATE_ENTITIES_BY_EMBEDDING = "duplicate_entities_by_embedding"


@dataclass(frozen=True)
class FaultMeaning:
    """The meaning of a class, and the action of a repair; None where a person must decide, by the command `ask`."""

    meaning: str
    action: str | None
    ask: str | None = None


class Relationship(NamedTuple):
    """A relationship that starts at a node of the collection.

    `start` and `label` are the labels of its ends, Entity or Episodic; `size` is the length of its embedding; `is_reversed`
    whether it ends before it begins.
    """

    source: str
    target: str
    start: str
    label: str | None
    uuid: str | None
    type: str
    group: str | None
    target_group: str | None
    size: int | None = None
    is_reversed: bool | None = None
    asserts: Sequence[str] | None = None


@dataclass(frozen=True)
class Fault:
    """A fault: the uuid of the record that has it, and a sentence about it.

    `edge` is the relationship that has it, `other` the second entity of a pair.
    """

    kind: FaultClass
    uuid: str
    detail: str
    edge: Relationship | None = None
    other: str = ""


_AGAIN = "the episode is removed, and written again when its document is processed next"
_MERGE = "fathom graph entities merge A B"
_EMBED = "the embedding is computed from the name or the sentence"

MEANINGS: Final[dict[FaultClass, FaultMeaning]] = {
    FaultClass.EPISODE_WITHOUT_LEDGER_ROW: FaultMeaning(
        "The graph has an episode that the ledger does not say is written.",
        "the episode is removed with what only it asserts; kept where the ledger planned it and it is complete",
    ),
    FaultClass.LEDGER_ROW_WITHOUT_EPISODE: FaultMeaning(
        "The ledger says that an episode is written, and the graph does not have it.",
        "the episode is planned again, and written when its document is processed next",
    ),
    FaultClass.INCOMPLETE_EPISODE: FaultMeaning(
        "An episode has fewer mentions or facts than were written, or its `entity_edges` name a fact that is missing.", _AGAIN
    ),
    FaultClass.EPISODE_OF_OTHER_DOCUMENT: FaultMeaning(
        "An episode is of another document in the graph than in the ledger.", _AGAIN
    ),
    FaultClass.EPISODE_WITHOUT_CONTENT: FaultMeaning("An episode has no text.", _AGAIN),
    FaultClass.DOUBLED_UUID: FaultMeaning(
        "Several episodes, entities or facts have the same uuid.",
        "one fact of the same uuid is kept; episodes are removed and written again",
    ),
    FaultClass.DOUBLED_MENTION: FaultMeaning("An episode mentions an entity by several relationships.", "one of them is kept"),
    FaultClass.ORPHAN_ENTITY: FaultMeaning("No episode mentions the entity.", "the entity is deleted with its facts"),
    FaultClass.UNGROUNDED_FACT: FaultMeaning("No episode in the graph asserts the fact.", "the fact is deleted"),
    FaultClass.FACT_NAMES_MISSING_EPISODE: FaultMeaning(
        "A fact's `episodes` name one that the graph does not have.", "the uuid is taken out of `episodes`"
    ),
    FaultClass.MENTION_ASSERTS_MISSING_FACT: FaultMeaning(
        "A mention's `asserts` name a fact that the graph does not have, or another episode than its own.", _AGAIN
    ),
    FaultClass.SELF_LOOP: FaultMeaning(
        "A fact joins an entity with itself.", "the fact is deleted; its episodes are removed and written again"
    ),
    FaultClass.WRONG_GROUP: FaultMeaning(
        "A relationship's `group_id` is not that of its ends, or its ends are of different collections.",
        "`group_id` is set to that of the ends; a relationship between collections is deleted, and its episode written again",
    ),
    FaultClass.MISSING_EMBEDDING: FaultMeaning("An entity or fact has no embedding.", _EMBED),
    FaultClass.WRONG_SIZE_EMBEDDING: FaultMeaning("An embedding has another length than those of the embedder.", _EMBED),
    FaultClass.VALID_AT_AFTER_INVALID_AT: FaultMeaning(
        "A fact ends before it begins.",
        "its dates are computed from its assertions; an end before its beginning is dropped",
    ),
    FaultClass.ENTITY_CHANGED_BY_HAND: FaultMeaning(
        "An entity's name, type, date, confidence or summary is not what its mentions and facts give.",
        "it is computed from its mentions and facts",
    ),
    FaultClass.DUPLICATE_ENTITIES_BY_NAME: FaultMeaning(
        "Two entities have the same normalized name and a compatible type.", None, _MERGE
    ),
    FaultClass.DUPLICATE_ENTITIES_BY_EMBEDDING: FaultMeaning(
        "The embeddings of two entities' names are nearly equal, and nobody has judged that the names differ.", None, _MERGE
    ),
}
