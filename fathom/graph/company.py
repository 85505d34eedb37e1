"""Which pairs one question may show together, and for whom an answer counts that was given in sight of other words.

A document answers for its own words: it could say anything of itself in any case. So pairs that two documents say between
them may be asked about together, and their answer counts for these two. Who says the same word for word later did not write
what else the model read then, and is asked about anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import product

from fathom.ledger.verdicts import ALONE, Company, Sayer

MOST_SAYERS = 20  # of a sentence; what more say is asked about alone, which counts for all


def company_for(one: Collection[Sayer], other: Collection[Sayer], companies: Collection[Company] = ()) -> Company:
    """In whose sight to ask about what these say and those, so that the answer counts for all for whom none of before does.

    ALONE where that is nobody's but the two sentences'.
    """
    left = _uncounted(one, other, companies)
    if left is None or not left:
        return ALONE
    for both in sorted({*one} & {*other}):
        if all(_answers_for((both,), pair) for pair in left):
            return frozenset((both,))
    first, *more = left
    return ALONE if any({*first} != {*pair} for pair in more) else frozenset(first)


def counts(one: Collection[Sayer], other: Collection[Sayer], companies: Collection[Company]) -> bool:
    """Whether answers that were given in sight of these companies' words count for all who say the two."""
    left = _uncounted(one, other, companies)
    return left is not None and not left


def _uncounted(
    one: Collection[Sayer], other: Collection[Sayer], companies: Collection[Company]
) -> list[tuple[Sayer, Sayer]] | None:
    """Who says one and who says the other, of whom no company was; None for too many to tell."""
    if max(len(one), len(other)) > MOST_SAYERS:
        return None
    return [pair for pair in product(sorted(one), sorted(other)) if not any(_answers_for(some, pair) for some in companies)]


def _answers_for(company: Iterable[Sayer], pair: tuple[Sayer, Sayer]) -> bool:
    return all(any(member.is_as(sayer) for sayer in pair) for member in company)
