"""Until when facts hold: of two that cannot both be true the earlier ends where the later begins, whichever came first.

A fact without a date of its own is ordered by the date of its document where that is the document's own, and by nothing where
only the day is known on which it came. A fact that says of the same two that the same is over ends what is open: see
told_ends.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fathom.extraction.model import FunctionalEnd
from fathom.knowledge.stated_endings import Topic, meaning, names_of, stay, topics

ExclusiveGroup = tuple[str, str]  # an office or property, and the uuid of the entity that has one of it at a time


@dataclass(frozen=True)
class FunctionalRelation:
    """What a relation fills, and the end (or both) that has only one of it at a time."""

    slot: str
    ends: FunctionalEnd


@dataclass(frozen=True)
class Claim:
    """A fact as it is weighed: `begins` is its own date where `dated`, else the date of the text that says it.

    `ends` is an end that a text gave; `known` is when the fact came into the graph; `one_at_a_time` the end that has only
    one such fact at a time by what the texts' reader says, where no rule says it of the relation. `begun` is false where it
    began before any date that is known; `reports` are the documents' own dates of texts that say it without a date; `slot`
    is what it fills by the types of its ends; `ends_by` the last day that the words of its end may mean.
    """

    uuid: str
    source: str
    target: str
    relation: str
    begins: datetime
    dated: bool
    ends: datetime | None
    known: datetime
    one_at_a_time: FunctionalEnd = "never"
    begun: bool = True
    reports: tuple[datetime, ...] = ()
    slot: str | None = None
    ends_by: datetime | None = None

    @property
    def ordered(self) -> tuple[datetime, ...]:
        """The times by which it is before or after others; none where its texts have no date."""
        return (self.begins,) if self.dated else self.reports

    @property
    def is_end(self) -> bool:
        """Whether it may end others of the same two."""
        kind = meaning(self.relation).kind
        return kind != "denies" and (self.ends is not None or kind != "holds")


@dataclass(frozen=True)
class Validity:
    """Until when a fact holds, and since when that is known; as Graphiti's `invalid_at` and `expired_at`.

    `begun` is false where nothing says since when: what is known of its beginning is unread, or after its end.
    """

    invalid_at: datetime | None
    expired_at: datetime | None
    begun: bool = True


# Each slot: its relations from the holder or the thing held, by the end that has one at a time.
_ROLES: dict[str, dict[FunctionalEnd, tuple[str, ...]]] = {
    "chief executive": {
        "both": (
            *("CEO_OF", "CHIEF_EXECUTIVE_OF", "CHIEF_EXECUTIVE_OFFICER_OF"),
            *("HAS_CEO", "CEO", "CHIEF_EXECUTIVE", "CHIEF_EXECUTIVE_OFFICER"),
        )
    },
    "leader": {"source": ("LED_BY", "HEADED_BY", "HAS_LEADER"), "target": ("LEADS", "LEADER_OF", "HEADS", "HEAD_OF")},
    "president": {"source": ("HAS_PRESIDENT",), "target": ("PRESIDENT_OF",)},
    "prime minister": {"source": ("HAS_PRIME_MINISTER",), "target": ("PRIME_MINISTER_OF",)},
    "head of state": {"source": ("HEAD_OF_STATE", "HAS_HEAD_OF_STATE"), "target": ("HEAD_OF_STATE_OF",)},
    "head of government": {"source": ("HEAD_OF_GOVERNMENT", "HAS_HEAD_OF_GOVERNMENT"), "target": ("HEAD_OF_GOVERNMENT_OF",)},
    "chair": {
        "source": ("CHAIRED_BY", "HAS_CHAIR", "HAS_CHAIRMAN", "HAS_CHAIRPERSON"),
        "target": ("CHAIRS", "CHAIR_OF", "CHAIRMAN_OF", "CHAIRWOMAN_OF", "CHAIRPERSON_OF"),
    },
    "mayor": {"source": ("HAS_MAYOR",), "target": ("MAYOR_OF",)},
    "governor": {"source": ("HAS_GOVERNOR",), "target": ("GOVERNOR_OF",)},
    "chief financial officer": {"source": ("HAS_CFO",), "target": ("CFO_OF", "CHIEF_FINANCIAL_OFFICER_OF")},
    "chief technology officer": {"source": ("HAS_CTO",), "target": ("CTO_OF", "CHIEF_TECHNOLOGY_OFFICER_OF")},
    "capital": {"source": ("CAPITAL", "HAS_CAPITAL"), "target": ("CAPITAL_OF", "CAPITAL_CITY_OF")},
    "seat": {
        "source": (
            *("HEADQUARTERED_IN", "HEADQUARTERED_AT", "HEADQUARTERS_IN", "HAS_HEADQUARTERS_IN"),
            *("HEADQUARTERS_LOCATION", "BASED_IN"),
        )
    },
    "home": {"source": ("LIVES_IN", "LIVED_IN", "LIVE_IN", "RESIDES_IN", "RESIDED_IN")},
    "spouse": {"both": ("MARRIED_TO", "SPOUSE_OF", "SPOUSE", "MARRIED")},
}
_BEFORE = (
    *("", "IS_", "BE_", "WAS_", "BECAME_", "BECOME_", "BECOMES_", "SERVES_AS_", "SERVED_AS_", "SERVE_AS_"),
    *("WORKS_AS_", "WORKED_AS_", "WORK_AS_", "APPOINTED_", "APPOINTED_AS_", "NAMED_", "ELECTED_", "ELECTED_AS_"),
)
MOVES = frozenset(
    verb + "_TO"
    for verb in ("MOVED", "MOVES", "MOVE", "RELOCATED", "RELOCATES", "RELOCATE", "EMIGRATED", "RESETTLED", "TRANSFERRED")
)
_NO_PLACES = frozenset({"Person", "Organization", "Work", "Product", "Event", "Concept"})
DEFAULT_RULES: Mapping[str, FunctionalRelation] = {
    before + name: FunctionalRelation(slot, ends)
    for slot, by_end in _ROLES.items()
    for ends, names in by_end.items()
    for name in names
    for before in _BEFORE
}


def rules_with(own: Mapping[str, FunctionalEnd]) -> Mapping[str, FunctionalRelation]:
    """The usual rules, with those of a collection in place of theirs; `never` takes a relation out."""
    if not own:
        return DEFAULT_RULES
    return {**DEFAULT_RULES, **{name: FunctionalRelation(name, ends) for name, ends in own.items()}}


def exclusive_groups(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> list[ExclusiveGroup]:
    """The groups in which the claim can contradict others; none for a relation that may be true many times over."""
    rule = rules.get(claim.relation) or _by_types(claim) or FunctionalRelation(claim.relation, claim.one_at_a_time)
    ends = {"source": (claim.source,), "target": (claim.target,), "both": (claim.source, claim.target), "never": ()}
    return [(rule.slot, entity) for entity in ends[rule.ends]]


def role_by_types(relation: str, source: str | None, target: str | None) -> str | None:
    """What a relation fills between things of these types and not between others: who moves to a place lives there."""
    if relation not in MOVES or target in _NO_PLACES:
        return None
    return {"Person": "home", "Organization": "seat"}.get(source or "")


def _by_types(claim: Claim) -> FunctionalRelation | None:
    return FunctionalRelation(claim.slot, "source") if claim.slot else None


def relations_of(slots: Collection[str], rules: Mapping[str, FunctionalRelation]) -> list[str]:
    """The names of all relations that fill one of the slots."""
    names = {name for name, rule in rules.items() if rule.slot in slots} | {*slots}  # one without a rule is its own
    return sorted(names | MOVES if {"home", "seat"} & {*slots} else names)


def ended_topics(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> set[Topic]:
    """What the claim says to be over; nothing where it says no end."""
    return topics(claim.relation, claim.source, claim.target, _roles(claim, rules)) if claim.is_end else set()


def endable_topics(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> set[Topic]:
    """The topics under which others may say that the claim is over; none for one that says an end itself."""
    if meaning(claim.relation).kind != "holds":
        return set()
    slots = _roles(claim, rules)
    of_leaving = stay(claim.relation, claim.source, claim.target, next(iter(slots.values()), None))
    found = topics(claim.relation, claim.source, claim.target, slots)
    return {*found, of_leaving} if of_leaving else found


def _roles(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> dict[str, str]:
    return {name: rules[name].slot for name in names_of(claim.relation) if name in rules}


def compute_validity(claims: Iterable[Claim], rules: Mapping[str, FunctionalRelation]) -> dict[str, Validity]:
    """Each claim's validity by uuid, a function of the set of claims alone.

    A claim ends where the next of its group begins that names something else, and where another says that it is over; two
    that begin together, and one that nothing orders, end nothing. An end that a text gave stays.
    """
    claims = list(claims)
    grouped: dict[ExclusiveGroup, list[Claim]] = defaultdict(list)
    over: dict[Topic, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.ordered:
            for group in exclusive_groups(claim, rules):
                grouped[group].append(claim)
        for topic in ended_topics(claim, rules):
            over[topic].append(claim)
    found: dict[str, Validity] = {}
    for claim in claims:
        said = [one for topic in endable_topics(claim, rules) for one in over.get(topic, ())] if over else []
        found[claim.uuid] = _validity(claim, [(group, grouped[group]) for group in exclusive_groups(claim, rules)], said)
    return found


def _validity(claim: Claim, groups: Iterable[tuple[ExclusiveGroup, list[Claim]]], over: Iterable[Claim]) -> Validity:
    if claim.ends is not None:
        return Validity(claim.ends, claim.known, claim.begun and claim.begins <= claim.ends)
    last = max(claim.ordered, default=claim.begins)
    ends = [
        (at, other.known)
        for (_, entity), others in groups
        for other in others
        if _other_end(other, entity) != _other_end(claim, entity)
        for at in other.ordered
        if at > last
    ]
    ends += _told(claim, {one.uuid: one for one in over if one.uuid != claim.uuid}.values())
    if not ends:
        return Validity(None, None, claim.begun)
    first = min(at for at, _ in ends)
    return Validity(
        first, max(claim.known, min(known for at, known in ends if at == first)), claim.begun and claim.begins <= first
    )


def _told(claim: Claim, over: Iterable[Claim]) -> list[tuple[datetime, datetime]]:
    """When others say that the claim is over, and since when that is known; the last end of a period, the first denial."""
    periods: list[tuple[datetime, datetime]] = []
    denials: list[tuple[datetime, datetime]] = []
    for one in over:
        kind = meaning(one.relation).kind
        of_period = one.ends is not None and (kind in ("holds", "over") or not one.dated)
        at = one.ends if of_period else min(one.ordered, default=None)
        if at is None:
            continue
        begins = max(claim.ordered, default=None)
        if begins is not None and at < begins:
            if not of_period or one.ends_by is None or one.ends_by < begins:
                continue
            at = one.ends_by
        if of_period and one.dated and claim.dated and claim.begins < one.begins:
            continue  # of another period, which began later
        (periods if of_period else denials).append((at, one.known))
    latest = max((at for at, _ in periods), default=None)
    return denials + [pair for pair in periods if pair[0] == latest]


def _other_end(claim: Claim, entity: str) -> str:
    return claim.target if claim.source == entity else claim.source
