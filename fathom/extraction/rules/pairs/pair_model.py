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

from fathom.extraction.rules.pairs.pair_evidence import is_stated
from fathom.extraction.rules.pairs.pair_features import bucket, candidates
from fathom.extraction.rules.relations.statements import Named
from fathom.extraction.rules.text.sentence import Sentence

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
    """A network of one hidden layer, whose inputs are the features that it knows, by their numbers.

    A probability is the logistic function of the property's sum, scaled by `slope` and moved by its `shift`.
    """

    properties: tuple[str, ...]
    buckets: NDArray[Any]  # sorted
    rows: NDArray[Any]  # a row a bucket, a column a hidden unit
    hidden_bias: NDArray[Any]
    out: NDArray[Any]  # a row a hidden unit, a column a property
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
    """Returns each property's sum for a candidate that has the features of these numbers."""
    import numpy as np

    places = np.searchsorted(weights.buckets, numbers).clip(max=len(weights.buckets) - 1)
    known = np.unique(places[weights.buckets[places] == numbers])
    hidden = np.maximum(weights.rows[known].sum(axis=0) + weights.hidden_bias, 0)
    sums: NDArray[Any] = hidden @ weights.out + weights.bias
    return sums


def packed(weights: Weights) -> bytes:
    """Returns the weights as the bytes of a file; each feature's row in 8 bits, with its own scale."""
    import numpy as np

    scale = (np.abs(weights.rows).max(axis=1) / 127).clip(min=1e-7).astype(np.float32)
    file = BytesIO()
    np.savez_compressed(
        file,
        properties=np.array(weights.properties),
        buckets=weights.buckets,
        rows=np.rint(weights.rows / scale[:, None]).clip(-127, 127).astype(np.int8),
        scale=scale,
        hidden_bias=weights.hidden_bias,
        out=weights.out,
        bias=weights.bias,
        slope=np.array([weights.slope], np.float32),
        shift=weights.shift,
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
            hidden_bias=given["hidden_bias"],
            out=given["out"],
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
