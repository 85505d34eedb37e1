"""The four tiers of errors: what a caller gets when an error ends a request, and when the request is answered all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fathom.errors.base import FathomError, Tier


@dataclass(frozen=True)
class TierRule:
    """The rule of a tier.

    Args:
        severity: 4 is the worst.
        meaning: the kind of fault.
        ended: what a caller gets for an error that ends the request; its status is that of the error's class.
        answered: what a caller gets with status 200 where the request is answered in spite of the error.
    """

    severity: int
    meaning: str
    ended: str
    answered: str


TIERS: Mapping[Tier, TierRule] = {
    "critical": TierRule(
        4,
        "A part of the deployment does not work: a server, the store, the settings.",
        "503, with `Retry-After` (507 for a full disk); 400 where a setting or an account must be changed first",
        "a fallback that needs no such part answers: `degraded`, with the reason in `why`",
    ),
    "high": TierRule(
        3,
        "The work itself failed.",
        "500; a document is tried again",
        "a fallback answers: `degraded`, with the reason in `why`",
    ),
    "medium": TierRule(
        2,
        "A limit or a right allows less than was asked for.",
        "403, with what allows more",
        "the allowed part, of lesser quality: `degraded`, with the reason in `why`",
    ),
    "low": TierRule(
        1,
        "The input, or the choice of a person; nothing is broken.",
        "400 to 422, with what to change; 500 for work that a person ended",
        "the whole answer, with a line in `notes`",
    ),
}


@dataclass(frozen=True)
class AnswerQuality:
    """The quality of an answer that was made in spite of errors: members of its JSON.

    Args:
        degraded: whether the answer is of lesser quality than without the errors.
        why: a sentence for each error that made it so, the worst first.
        notes: a sentence for each error that did not.
    """

    degraded: bool = False
    why: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def quality_of(errors: Iterable[FathomError]) -> AnswerQuality:
    """Returns the quality of an answer in spite of the errors; errors that say the same are told once."""
    worst_first = sorted(errors, key=lambda error: -TIERS[error.tier].severity)
    why = dict.fromkeys(error.message for error in worst_first if error.tier != "low")
    notes = dict.fromkeys(error.message for error in worst_first if error.tier == "low")
    return AnswerQuality(bool(why), tuple(why), tuple(notes))
