"""Until when facts hold: of two that cannot both be true the earlier ends where the later begins, whichever came first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fathom.language.extraction import Ends

Group = tuple[str, str]  # an office or property, and the uuid of the entity that has one of it at a time


@dataclass(frozen=True)
class OneAtATime:
    """What a relation fills, and the end (or both) that has only one of it at a time."""

    slot: str
    ends: Ends


@dataclass(frozen=True)
class Claim:
    """A fact as it is weighed: `begins` is its own date where `dated`, else the date of the text that says it.

    `ends` is an end that a text gave; `known` is when the fact came into the graph; `one_at_a_time` the end that has only
    one such fact at a time by what the texts' reader says, where no rule says it of the relation.
    """

    uuid: str
    source: str
    target: str
    relation: str
    begins: datetime
    dated: bool
    ends: datetime | None
    known: datetime
    one_at_a_time: Ends = "never"


@dataclass(frozen=True)
class Validity:
    """Until when a fact holds, and since when that is known; as Graphiti's `invalid_at` and `expired_at`."""

    invalid_at: datetime | None
    expired_at: datetime | None


# Each slot: its relations from the holder or the thing held, by the end that has one at a time.
_SLOTS: dict[str, dict[Ends, tuple[str, ...]]] = {
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
USUAL: Mapping[str, OneAtATime] = {
    before + name: OneAtATime(slot, ends)
    for slot, by_end in _SLOTS.items()
    for ends, names in by_end.items()
    for name in names
    for before in _BEFORE
}


def rules_with(own: Mapping[str, Ends]) -> Mapping[str, OneAtATime]:
    """The usual rules, with those of a collection in place of theirs; `never` takes a relation out."""
    if not own:
        return USUAL
    return {**USUAL, **{name: OneAtATime(name, ends) for name, ends in own.items()}}


def groups_of(claim: Claim, rules: Mapping[str, OneAtATime]) -> list[Group]:
    """The groups in which the claim can contradict others; none for a relation that may be true many times over."""
    rule = rules.get(claim.relation) or OneAtATime(claim.relation, claim.one_at_a_time)
    ends = {"source": (claim.source,), "target": (claim.target,), "both": (claim.source, claim.target), "never": ()}
    return [(rule.slot, entity) for entity in ends[rule.ends]]


def relations_of(slots: Collection[str], rules: Mapping[str, OneAtATime]) -> list[str]:
    """The names of all relations that fill one of the slots."""
    return sorted({name for name, rule in rules.items() if rule.slot in slots} | {*slots})  # one without a rule is its own


def validity(claims: Iterable[Claim], rules: Mapping[str, OneAtATime]) -> dict[str, Validity]:
    """Each claim's validity by uuid, a function of the set of claims alone.

    A claim ends where the next dated one of its group begins that names something else; two that begin together, and an
    undated one, end nothing. An end that a text gave stays.
    """
    claims = list(claims)
    grouped: dict[Group, list[Claim]] = defaultdict(list)
    for claim in claims:
        for group in groups_of(claim, rules):
            if claim.dated:
                grouped[group].append(claim)
    return {claim.uuid: _validity(claim, [(group, grouped[group]) for group in groups_of(claim, rules)]) for claim in claims}


def _validity(claim: Claim, groups: Iterable[tuple[Group, list[Claim]]]) -> Validity:
    if claim.ends is not None:
        return Validity(claim.ends, claim.known)
    later = [
        other
        for (_, entity), others in groups
        for other in others
        if other.begins > claim.begins and _other_end(other, entity) != _other_end(claim, entity)
    ]
    if not later:
        return Validity(None, None)
    return Validity(min(one.begins for one in later), max(claim.known, min(one.known for one in later)))


def _other_end(claim: Claim, entity: str) -> str:
    return claim.target if claim.source == entity else claim.source
