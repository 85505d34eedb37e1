"""Pairs that were called one and need no question of their own: enough documents say what is one with both.

What many documents say, each in its words, would otherwise cost whoever says it next a question for each of them. A text that
gives orders can make itself one with others; it takes VOUCHERS documents that do, to make two others one by that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from fathom.graph.company import Said
from fathom.graph.sameness import Pair

VOUCHERS = 3  # documents


def vouched(pairs: Iterable[Pair], same: Iterable[Pair], said: Said) -> set[Pair]:
    """Those of the pairs for which others vouch, by what is known to be one."""
    near = _near(same)
    return {pair for pair in pairs if _vouchers(pair, near, said) >= VOUCHERS}


def to_ask(pairs: Iterable[Pair], same: Iterable[Pair], said: Said) -> list[Pair]:
    """Of the pairs, in their order, those that are to be asked about; for the others these may vouch when they are one."""
    near = _near(same)
    asked: list[Pair] = []
    for pair in pairs:
        if _vouchers(pair, near, said) < VOUCHERS:
            asked.append(pair)
            _join(near, pair)
    return asked


def _vouchers(pair: Pair, near: Mapping[str, set[str]], said: Said) -> int:
    one, other = pair
    if not said.each_company(pair):
        return 0
    between = near.get(one, set()) & near.get(other, set())
    return len({min(said.by[key]).document for key in between if said.by.get(key)})


def _near(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    near: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        _join(near, pair)
    return near


def _join(near: dict[str, set[str]], pair: Pair) -> None:
    one, other = pair
    near[one].add(other)
    near[other].add(one)
