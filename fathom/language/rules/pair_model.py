"""Judges by learned weights which relation of Wikidata's a sentence states of two named things, and how surely.

`make train` learns the weights from Re-DocRED dev and says how often they are right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from fathom.language.rules.pair_evidence import is_stated
from fathom.language.rules.pair_features import bucket, candidates
from fathom.language.rules.sentence import Sentence
from fathom.language.rules.statements import Named

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE = 0.7  # share of verdicts that are right, from which on they are given


@dataclass(frozen=True)
class Verdict:
    """A relation from one named thing to another, and the share of such verdicts that are right."""

    source: Named
    target: Named
    property: str  # Wikidata's
    probability: float


@dataclass(frozen=True)
class Weights:
    """A row of weights for each feature that is known, by its number, and what each property begins with.

    A probability is the logistic function of the sum, scaled by `slope` and moved by the property's `shift`.
    """

    properties: tuple[str, ...]
    buckets: NDArray[Any]  # sorted
    rows: NDArray[Any]
    bias: NDArray[Any]
    slope: float
    shift: NDArray[Any]


class PairModel:
    """Judges pairs of named things of one sentence; the same sentence gives the same verdicts."""

    def __init__(self, weights: Weights | None = None) -> None:
        self._given = weights

    def judge(self, sentence: Sentence, at_least: float = SURE, *, stated: bool = True) -> list[Verdict]:
        """Returns what is right at least so often, the surest first; with `stated`, only what the sentence has words for."""
        found = list(candidates(sentence))
        if not found:
            return []
        import numpy as np

        weights = self._given or _kept()
        verdicts = []
        for candidate in found:
            numbers = np.array([bucket(feature) for feature in candidate.features], dtype=np.uint32)
            sums = scores(weights, numbers)
            shares = 1 / (1 + np.exp(-(weights.slope * sums + weights.shift)))
            for at in np.flatnonzero(shares >= at_least):
                name = weights.properties[at]
                if not stated or is_stated(candidate, name):
                    verdicts.append(Verdict(candidate.source, candidate.target, name, float(shares[at])))
        return sorted(verdicts, key=lambda one: -one.probability)


def scores(weights: Weights, numbers: NDArray[Any]) -> NDArray[Any]:
    """Returns the sum of each property's weights over the features of these numbers."""
    import numpy as np

    places = np.searchsorted(weights.buckets, numbers).clip(max=len(weights.buckets) - 1)
    known = places[weights.buckets[places] == numbers]
    sums: NDArray[Any] = weights.rows[known].sum(axis=0) + weights.bias
    return sums


def packed(weights: Weights) -> bytes:
    """Returns the weights as the bytes of a file; each row in 8 bits, with its own scale."""
    import numpy as np

    scale = (np.abs(weights.rows).max(axis=1) / 127).clip(min=1e-8).astype(np.float16).astype(np.float32).clip(min=1e-7)
    file = BytesIO()
    np.savez_compressed(
        file,
        buckets=weights.buckets,
        rows=np.rint(weights.rows / scale[:, None]).clip(-127, 127).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=weights.bias.astype(np.float32),
        shift=weights.shift.astype(np.float32),
        slope=np.array([weights.slope], np.float32),
        properties=np.array(weights.properties),
    )
    return file.getvalue()


def unpacked(read: bytes) -> Weights:
    """Returns the weights that the bytes of a file hold."""
    import numpy as np

    with np.load(BytesIO(read), allow_pickle=False) as given:
        return Weights(
            properties=tuple(str(name) for name in given["properties"]),
            buckets=given["buckets"],
            rows=given["rows"].astype(np.float32) * given["scale"][:, None],
            bias=given["bias"],
            slope=float(given["slope"][0]),
            shift=given["shift"],
        )


def provenance() -> dict[str, Any]:
    """Returns what is kept of the training: seed, digests, and each property's share of right verdicts."""
    read: dict[str, Any] = json.loads(files(__package__).joinpath("pair_weights.json").read_text("utf-8"))
    return read


@cache
def _kept() -> Weights:
    return unpacked(files(__package__).joinpath("pair_weights.npz").read_bytes())
