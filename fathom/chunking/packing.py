"""Packs units into chunks whose boundaries depend on nearby units, so that an edit moves only the boundaries around it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

from fathom.chunking.units import Unit

# A caption or an opening line ("The crew were:") separated from the block it introduces is worse than any other cut.
_PARTED = 10
_Key = tuple[int, bytes]


def pack_units(units: Sequence[Unit], budget: int) -> list[list[Unit]]:
    """Returns runs of units in order, each within `budget`, as full as they can be without depending on distant units.

    Anchors, chosen by content, cut the run into segments of about two chunks; each segment is filled from its end. Text that is
    inserted in front of a segment, or into it, therefore moves no boundary behind its next anchor, and few before.
    """
    if run_cost(units) <= budget:
        return [list(units)] if units else []
    cuts = [0, *_anchors(units, budget), len(units)]
    packed: list[list[Unit]] = []
    for start, end in pairwise(cuts):
        packed.extend(_fill_from_the_end(units[start:end], budget))
    return packed


def run_cost(units: Sequence[Unit]) -> int:
    """Returns the cost of a chunk of these units, with the context each run of a table needs."""
    return _front_costs(units)[-1]


def _front_costs(units: Sequence[Unit]) -> list[int]:
    """Returns the cost of a chunk of the first n units, for n from 0."""
    costs = [0]
    context = None
    for unit in units:
        costs.append(costs[-1] + unit.cost + (unit.context.cost if unit.context and unit.context is not context else 0))
        context = unit.context
    return costs


def _rank(units: Sequence[Unit], index: int) -> int:
    """Returns how well a chunk begins at this unit, less is better."""
    return units[index].rank + (_PARTED if index and units[index - 1].leads else 0)


def _key(units: Sequence[Unit], index: int) -> _Key:
    """Returns the rank of the unit, distinguished by its text; equal only for equal texts."""
    digest = hashlib.blake2b(" ".join(units[index].text.split()).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return _rank(units, index), digest


def _anchors(units: Sequence[Unit], budget: int) -> list[int]:
    """Finds the places where the key is less than any other within a budget's distance, but not close to either end."""
    offsets = [0]
    for unit in units:
        offsets.append(offsets[-1] + unit.cost)
    keys = [_key(units, index) for index in range(len(units))]
    near = [False] * len(units)
    for order in (range(len(units)), range(len(units) - 1, -1, -1)):
        rivals: list[int] = []
        for index in order:
            while rivals and keys[rivals[-1]] > keys[index]:
                rivals.pop()
            if rivals and abs(offsets[index] - offsets[rivals[-1]]) < budget:
                near[index] = True
            rivals.append(index)
    low, high = budget // 2, offsets[-1] - budget // 2
    return [index for index in range(1, len(units)) if not near[index] and low <= offsets[index] <= high]


def _fill_from_the_end(units: Sequence[Unit], budget: int) -> list[list[Unit]]:
    packed: list[list[Unit]] = []
    fronts = _front_costs(units)
    end = len(units)
    while end:
        backs = _back_costs(units, end, budget)
        start = min(backs)
        if start:
            half_full = [index for index in backs if backs[index] * 2 >= budget]
            start = min(half_full, key=lambda i: (_rank(units, i), i), default=start)
            if fronts[start] < budget // 3:
                start = _even_split(units, fronts, backs, budget) or start
        packed.append(list(units[start:end]))
        end = start
    return packed[::-1]


def _back_costs(units: Sequence[Unit], end: int, budget: int) -> dict[int, int]:
    """Yields every place where the chunk that ends at `end` may begin, with its cost."""
    start = end - 1
    cost = run_cost(units[start:end])
    costs = {start: cost}
    while start:
        unit = units[start - 1]
        cost += unit.cost + (unit.context.cost if unit.context and unit.context is not units[start].context else 0)
        if cost > budget:
            break
        start -= 1
        costs[start] = cost
    return costs


def _even_split(units: Sequence[Unit], fronts: Sequence[int], backs: dict[int, int], budget: int) -> int | None:
    """Returns the place that cuts the rest into two chunks of like size, or None where no place does."""
    places = [i for i in backs if i and fronts[i] <= budget and min(fronts[i], backs[i]) * 4 >= budget]
    return min(places, key=lambda i: (_rank(units, i), abs(fronts[i] - backs[i]), i), default=None)
