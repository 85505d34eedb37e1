"""Finds the facts that a stated end ends: facts between the same two entities that differ only in tense or denial.

`WORKED_ON until March 2025` ends an open `WORKS_ON`, `NO_LONGER_CEO_OF since 2020` an open `CEO_OF`, `LEFT in 2023` any
fact that somebody or something is, lives, works or serves there. Relations are compared by the stems of their words, and by the
role that a rule gives them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["holds", "over", "not", "leaves", "denies"]
Topic = tuple[str, ...]  # the kind of comparison, the content, and the two entities

_SMALL = frozenset(
    (
        *("IS", "ARE", "AM", "WAS", "WERE", "BE", "BEEN", "BEING", "HAS", "HAVE", "HAD", "HAVING", "DOES", "DO", "DID"),
        *("THE", "A", "AN", "ANYMORE", "CURRENTLY", "STILL"),
    )
)
# With these words, `not` denies an event or a possibility and ends nothing.
_OF_DENIALS = frozenset(("DID", "NEVER", "WILL", "WOULD", "COULD", "MAY", "MIGHT", "SHOULD", "CAN", "CANNOT"))
# Words that turn a relation into its end; `over` where a stated period is that of the relation itself.
_TURNS: dict[tuple[str, ...], Kind] = {
    **{(word,): "over" for word in ("FORMER", "FORMERLY", "EX", "PREVIOUS", "PREVIOUSLY", "PAST", "ONCE", "ERSTWHILE")},
    **{(word,): "not" for word in ("NOT", "CEASED", "CEASES", "STOPPED", "STOPS", "ENDED", "DISCONTINUED", "QUIT", "ISNT")},
    **dict.fromkeys((("NO", "LONGER"), ("NO", "MORE"), ("NOT", "ANY", "LONGER"), ("NOT", "ANYMORE")), "not"),
    **{(verb, "AS"): "not" for verb in ("RESIGNED", "RETIRED", "REMOVED", "DISMISSED", "DEPOSED", "OUSTED", "REPLACED")},
    **dict.fromkeys((("STEPPED", "DOWN", "AS"), ("STEPS", "DOWN", "AS"), ("STOOD", "DOWN", "AS")), "not"),
}
_LEAVES = re.compile(
    r"(?:LEFT|LEAVES?|QUITS?|DEPART(?:ED|S)?|EXITED|VACATED|ABANDONED|RETIRED|RESIGNED)"
    r"|(?:MOVE[DS]?|RELOCATE[DS]?|EMIGRATED|DEPART(?:ED|S)?|RESIGN(?:ED|S)?|RETIRE[DS]?|WITHDREW|EVICTED|EXPELLED|DISMISSED"
    r"|FIRED|STEPPED_DOWN|GRADUATED|DESERTED|FLED|TRANSFERRED)(?:_AWAY|_OUT)?_(?:FROM|OF)|FIRED_BY|DISMISSED_BY"
)
_STAYS = frozenset(  # stems of relations that end when their subject leaves
    (
        *("LIV", "RESID", "DWELL", "STAY", "SETTL", "INHABIT", "WORK", "EMPLOY", "SERV", "STUDY", "PLAY", "MEMBER", "TEACH"),
        *("ATTEND", "BAS", "HEADQUARTER", "LOCAT", "SIT"),
    )
)
_PAST = {  # verbs of relations whose past has another stem
    "LED": "LEAD", "HELD": "HOLD", "RAN": "RUN", "SAT": "SIT", "TAUGHT": "TEACH", "BUILT": "BUILD", "MADE": "MAKE",
    "OWNT": "OWN", "KEPT": "KEEP", "SOLD": "SELL", "SPOKE": "SPEAK", "WROTE": "WRITE", "DROVE": "DRIVE", "FLEW": "FLY",
    "BORE": "BEAR", "GOVERNED": "GOVERN", "SOUGHT": "SEEK", "FOUGHT": "FIGHT", "BELONGED": "BELONG", "DWELT": "DWELL",
}  # fmt: skip
# Parts of the names of relations that may state an end.
SIGNS = (
    *sorted({turn[0] for turn in _TURNS}),
    *("LEFT", "LEAVE", "MOVE", "RELOCATE", "DEPART", "RESIGN", "RETIRE", "FIRED", "EXIT", "VACATED", "ABANDONED", "EMIGRATED"),
    *("WITHDREW", "EVICTED", "EXPELLED", "DISMISSED", "STEP", "STOOD", "GRADUATED", "DESERTED", "FLED", "TRANSFERRED"),
)


@dataclass(frozen=True)
class ParsedRelation:
    """A parsed relation: its kind, the stems of its words, and its name without the words that turn it into its end."""

    kind: Kind
    stems: str
    base: str


@lru_cache(maxsize=10_000)
def parse_relation(relation: str) -> ParsedRelation:
    """Parses a relation name."""
    words = [word for word in relation.upper().split("_") if word]
    bare = "_".join(word for word in words if word not in _SMALL)
    if _LEAVES.fullmatch(bare):
        return ParsedRelation("leaves", "", bare)
    kind: Kind = "holds"
    for turn in sorted(_TURNS, key=len, reverse=True):
        for start in range(len(words) - len(turn) + 1):
            if tuple(words[start : start + len(turn)]) == turn and len(words) > len(turn):
                words = words[:start] + words[start + len(turn) :]
                kind = _TURNS[turn] if kind == "holds" else kind
                break
    if kind == "not" and not _OF_DENIALS.isdisjoint(words):
        kind = "denies"
    kept = [word for at, word in enumerate(words) if word not in _SMALL and not (kind != "holds" and word == "TO" and not at)]
    return ParsedRelation(kind, " ".join(map(_stem, kept)), "_".join(kept))


def relation_topics(relation: str, source: str, target: str, roles: Mapping[str, str]) -> set[Topic]:
    """Returns the topics of the relation between the two, whether it states that it holds or that it is over.

    `roles` are those of relations; the topic of a role is the same in both directions.
    """
    parsed = parse_relation(relation)
    if parsed.kind == "leaves":
        return {("stay", source, target)}
    role = next((roles[name] for name in rule_names(relation) if name in roles), None)
    found: set[Topic] = {("stem", parsed.stems, source, target)}
    return found if role is None else {*found, ("role", role, *sorted((source, target)))}


def leaving_topic(relation: str, source: str, target: str, role: str | None) -> Topic | None:
    """Returns the topic under which leaving the target ends the relation; None for a relation that outlasts it."""
    parsed = parse_relation(relation)
    stays = parsed.kind == "holds" and (role in _ROLES_LEFT or not _STAYS.isdisjoint(parsed.stems.split()))
    return ("stay", source, target) if stays else None


def rule_names(relation: str) -> tuple[str, ...]:
    """Returns the names under which rules may list the relation, or the relation that it ends."""
    base = parse_relation(relation).base
    return relation, base, f"HAS_{base}", f"{base}_OF"


_ROLES_LEFT = frozenset({"home", "seat", "chief executive", "chair", "chief financial officer", "chief technology officer"})


def _stem(word: str) -> str:
    if word in _PAST:
        return _PAST[word]
    if len(word) < 4:
        return word
    for ending, instead in (("IES", "Y"), ("IED", "Y"), ("ING", ""), ("ED", ""), ("S", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("SS"):
            word = word.removesuffix(ending) + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "LS":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("E") else word
