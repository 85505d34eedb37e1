"""Temporal invalidation: of two facts that exclude each other the earlier ends where the later begins, in any order of arrival.

A fact without a stated date is ordered by the date of its document, if the document states its own; the day of arrival orders
nothing. A fact that states the end of a relation between the same two entities ends the open fact: see stated_endings.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fathom.extraction.model import FunctionalEnd
from fathom.knowledge.stated_endings import Topic, leaving_topic, parse_relation, relation_topics, rule_names

ExclusiveGroup = tuple[str, str]  # a role, and the uuid of the entity that has a single value of it at a time


@dataclass(frozen=True)
class FunctionalRelation:
    """A functional relation: its role, an office or property, and the end (or both) that has a single value at a time."""

    role: str
    ends: FunctionalEnd


@dataclass(frozen=True)
class Claim:
    """The dates of a fact, as aggregated from its assertions.

    `begins` is the stated date if `dated`, else the date of the text; `ends` a stated end; `known` the time at which the fact
    entered the graph; `one_at_a_time` the end with a single value at a time according to the language model, used where no
    rule covers the relation. `begun` is false where the fact began before any known date; `reports` are the documents' own
    dates of texts without a stated date; `role` is that of the relation between ends of these types; `ends_by` the last day
    that the words of the end may mean.
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
    role: str | None = None
    ends_by: datetime | None = None

    @property
    def ordered(self) -> tuple[datetime, ...]:
        """The times that order it among others; empty where its texts have no date."""
        return (self.begins,) if self.dated else self.reports

    @property
    def is_end(self) -> bool:
        """Whether it may end other facts between the same two entities."""
        kind = parse_relation(self.relation).kind
        return kind != "denies" and (self.ends is not None or kind != "holds")


@dataclass(frozen=True)
class FactValidity:
    """The end of a fact's validity and the time at which that became known, as Graphiti's `invalid_at` and `expired_at`.

    `begun` is false where the beginning is unknown: not parsed, or after the end.
    """

    invalid_at: datetime | None
    expired_at: datetime | None
    begun: bool = True


# For each role its relations, by the end that has a single value at a time.
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
    before + name: FunctionalRelation(role, ends)
    for role, by_end in _ROLES.items()
    for ends, names in by_end.items()
    for name in names
    for before in _BEFORE
}


def override_rules(own: Mapping[str, FunctionalEnd]) -> Mapping[str, FunctionalRelation]:
    """Returns the default rules overridden by those of a collection; `never` removes a relation."""
    if not own:
        return DEFAULT_RULES
    return {**DEFAULT_RULES, **{name: FunctionalRelation(name, ends) for name, ends in own.items()}}


def exclusive_groups(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> list[ExclusiveGroup]:
    """Returns the groups within which the claim excludes others; empty for a relation that may have many values at a time."""
    rule = rules.get(claim.relation) or _by_types(claim) or FunctionalRelation(claim.relation, claim.one_at_a_time)
    ends = {"source": (claim.source,), "target": (claim.target,), "both": (claim.source, claim.target), "never": ()}
    return [(rule.role, entity) for entity in ends[rule.ends]]


def role_by_types(relation: str, source: str | None, target: str | None) -> str | None:
    """Returns the role of a relation between entities of these types only: a person who moves to a place lives there."""
    if relation not in MOVES or target in _NO_PLACES:
        return None
    return {"Person": "home", "Organization": "seat"}.get(source or "")


def _by_types(claim: Claim) -> FunctionalRelation | None:
    return FunctionalRelation(claim.role, "source") if claim.role else None


def relations_of(roles: Collection[str], rules: Mapping[str, FunctionalRelation]) -> list[str]:
    """Returns the names of all relations of the roles."""
    names = {name for name, rule in rules.items() if rule.role in roles} | {
        *roles
    }  # without a rule, a relation is its own role
    return sorted(names | MOVES if {"home", "seat"} & {*roles} else names)


def ended_topics(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> set[Topic]:
    """Returns the topics that the claim states to be over; empty where it states no end."""
    return relation_topics(claim.relation, claim.source, claim.target, _roles(claim, rules)) if claim.is_end else set()


def endable_topics(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> set[Topic]:
    """Returns the topics under which other claims may end this claim; empty for a claim that states an end itself."""
    if parse_relation(claim.relation).kind != "holds":
        return set()
    roles = _roles(claim, rules)
    of_leaving = leaving_topic(claim.relation, claim.source, claim.target, next(iter(roles.values()), None))
    found = relation_topics(claim.relation, claim.source, claim.target, roles)
    return {*found, of_leaving} if of_leaving else found


def _roles(claim: Claim, rules: Mapping[str, FunctionalRelation]) -> dict[str, str]:
    return {name: rules[name].role for name in rule_names(claim.relation) if name in rules}


def compute_validity(claims: Iterable[Claim], rules: Mapping[str, FunctionalRelation]) -> dict[str, FactValidity]:
    """Returns each claim's validity by uuid, a function of the set of claims.

    A claim ends where the next claim of its group with another value begins, and where another claim states its end. Claims
    that begin at the same time, and claims without a date, end nothing. A stated end stays.
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
    found: dict[str, FactValidity] = {}
    for claim in claims:
        endings = [ending for topic in endable_topics(claim, rules) for ending in over.get(topic, ())] if over else []
        found[claim.uuid] = _validity(claim, [(group, grouped[group]) for group in exclusive_groups(claim, rules)], endings)
    return found


def _validity(claim: Claim, groups: Iterable[tuple[ExclusiveGroup, list[Claim]]], over: Iterable[Claim]) -> FactValidity:
    if claim.ends is not None:
        return FactValidity(claim.ends, claim.known, claim.begun and claim.begins <= claim.ends)
    last = max(claim.ordered, default=claim.begins)
    ends = [
        (at, other.known)
        for (_, entity), others in groups
        for other in others
        if _other_end(other, entity) != _other_end(claim, entity)
        for at in other.ordered
        if at > last
    ]
    ends += _stated_ends(claim, {ending.uuid: ending for ending in over if ending.uuid != claim.uuid}.values())
    if not ends:
        return FactValidity(None, None, claim.begun)
    first = min(at for at, _ in ends)
    return FactValidity(
        first, max(claim.known, min(known for at, known in ends if at == first)), claim.begun and claim.begins <= first
    )


def _stated_ends(claim: Claim, over: Iterable[Claim]) -> list[tuple[datetime, datetime]]:
    """Returns the ends that others state for the claim, each with the time it became known: the last period, all denials."""
    periods: list[tuple[datetime, datetime]] = []
    denials: list[tuple[datetime, datetime]] = []
    for ending in over:
        kind = parse_relation(ending.relation).kind
        of_period = ending.ends is not None and (kind in ("holds", "over") or not ending.dated)
        at = ending.ends if of_period else min(ending.ordered, default=None)
        if at is None:
            continue
        begins = max(claim.ordered, default=None)
        if begins is not None and at < begins:
            if not of_period or ending.ends_by is None or ending.ends_by < begins:
                continue
            at = ending.ends_by
        if of_period and ending.dated and claim.dated and claim.begins < ending.begins:
            continue  # the end of another period, which began later
        (periods if of_period else denials).append((at, ending.known))
    latest = max((at for at, _ in periods), default=None)
    return denials + [pair for pair in periods if pair[0] == latest]


def _other_end(claim: Claim, entity: str) -> str:
    return claim.target if claim.source == entity else claim.source
