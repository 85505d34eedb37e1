"""Pairs that need no question of their own: enough documents say what is one with both, or one with one and not the other.

What many documents say, each in its words, would otherwise cost whoever says it next a question for each of them. A text that
gives orders can make itself one with others; it takes VOUCHERS documents that do, to make two others one by that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fathom.graph.company import Said
from fathom.graph.sameness import Pair

VOUCHERS = 3  # documents


def vouched(pairs: Iterable[Pair], same: Iterable[Pair], apart: Iterable[Pair], said: Said) -> dict[Pair, bool]:
    """Those of the pairs for which others vouch, by what is known to be one and to be two; and whether they are one."""
    near, far = _near(same), _near(apart)
    found: dict[Pair, bool] = {}
    for one, other in pairs:
        with_one, with_other = near.get(one, set()), near.get(other, set())
        if _documents(with_one & with_other, (one, other), said) >= VOUCHERS:
            found[one, other] = True
        elif (
            _documents((with_one & far.get(other, set())) | (with_other & far.get(one, set())), (one, other), said) >= VOUCHERS
        ):
            found[one, other] = False
    return found


def to_ask(pairs: Iterable[Pair], same: Iterable[Pair], said: Said) -> list[Pair]:
    """Of the pairs, in their order, those that are to be asked about; what comes of these may vouch for the others."""
    near = _near(same)
    asked: list[Pair] = []
    for one, other in pairs:
        if _documents(near[one] & near[other], (one, other), said) < VOUCHERS:
            asked.append((one, other))
            near[one].add(other)
            near[other].add(one)
    return asked


def _documents(keys: Iterable[str], pair: Pair, said: Said) -> int:
    """How many documents say what has these keys; none where too many say the two to tell for whom it would count."""
    found = {sayer.document for key in keys for sayer in said.by.get(key, ())}
    return len(found) if len(found) >= VOUCHERS and said.each_company(pair) else 0


def _near(pairs: Iterable[Pair]) -> defaultdict[str, set[str]]:
    near: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        near[one].add(other)
        near[other].add(one)
    return near
