"""Classifies the Wikidata relation that a sentence states of a pair of named things, with calibrated probabilities.

`make train` learns the weights from Re-DocRED dev and reports their precision.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from fathom.extraction.rules.pairs.pair_evidence import is_stated
from fathom.extraction.rules.pairs.pair_features import bucket, candidate_pairs
from fathom.extraction.rules.relations.statements import Named
from fathom.extraction.rules.text.sentence import Sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE = 0.7  # least precision of a verdict


@dataclass(frozen=True)
class RelationVerdict:
    """A relation from a named thing to another, and the precision of such verdicts."""

    source: Named
    target: Named
    property: str  # Wikidata's
    probability: float


@dataclass(frozen=True)
class Weights:
    """A network with a hidden layer over hashed features.

    A probability is the logistic function of the property's sum, scaled by `slope` and moved by its `shift`.
    """

    properties: tuple[str, ...]
    buckets: NDArray[Any]  # sorted
    rows: NDArray[Any]  # shape: buckets × hidden units
    hidden_bias: NDArray[Any]
    out: NDArray[Any]  # shape: hidden units × properties
    bias: NDArray[Any]
    slope: float
    shift: NDArray[Any]


class PairModel:
    """Classifies pairs of named things of a sentence; deterministic."""

    def __init__(self, weights: Weights | None = None) -> None:
        self._given = weights

    def judge(self, sentence: Sentence, at_least: float = SURE, *, stated: bool = True) -> list[RelationVerdict]:
        """Returns the verdicts with at least this precision, the surest first; with `stated`, only relations the sentence
        states.
        """
        found = list(candidate_pairs(sentence))
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
                    verdicts.append(RelationVerdict(candidate.source, candidate.target, name, float(shares[at])))
        return sorted(verdicts, key=lambda verdict: -verdict.probability)


def scores(weights: Weights, numbers: NDArray[Any]) -> NDArray[Any]:
    """Returns each property's sum for a candidate with these feature numbers."""
    import numpy as np

    places = np.searchsorted(weights.buckets, numbers).clip(max=len(weights.buckets) - 1)
    known = np.unique(places[weights.buckets[places] == numbers])
    hidden = np.maximum(weights.rows[known].sum(axis=0) + weights.hidden_bias, 0)
    sums: NDArray[Any] = hidden @ weights.out + weights.bias
    return sums


def pack_weights(weights: Weights) -> bytes:
    """Serializes the weights; each feature's row is quantized to 8 bits with its own scale."""
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


def unpack_weights(read: bytes) -> Weights:
    """Deserializes weights."""
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
    """Returns the record of the training: seed, digests, and each property's precision."""
    read: dict[str, Any] = json.loads(files(__package__).joinpath("pair_weights.json").read_text("utf-8"))
    return read


@cache
def _kept() -> Weights:
    return unpack_weights(files(__package__).joinpath("pair_weights.npz").read_bytes())
