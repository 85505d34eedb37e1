"""Learns the weights by which offline extraction judges pairs of named things, on Re-DocRED dev.

python -m tests.evaluation.train_pair_model          prints how often they are right, by cross-validation over documents
python -m tests.evaluation.train_pair_model --write  learns from all documents and writes the weights
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from threadpoolctl import threadpool_limits

from fathom.extraction.rules import extractor
from fathom.extraction.rules.names.entity_grouping import group_entities
from fathom.extraction.rules.names.found_name import FoundName
from fathom.extraction.rules.pairs.pair_evidence import is_stated
from fathom.extraction.rules.pairs.pair_features import Candidate, bucket, candidate_pairs
from fathom.extraction.rules.pairs.pair_model import SURE, PairModel, RelationVerdict, Weights, pack_weights, unpack_weights
from fathom.extraction.rules.text.sentence import Sentence
from fathom.settings import PROJECT_ROOT
from tests.conftest import CORPORA
from tests.evaluation.pair_network import SEED, fitted
from tests.evaluation.redocred import GOLD_TYPE, Gold, Triple, documents, gold_numbers

DEV = Path("knowledge", "re-docred", "dev_revised.json")
WEIGHTS = PROJECT_ROOT / "fathom" / "language" / "rules" / "pair_weights.npz"
FOLDS = 5
PROPERTIES = 60  # the most frequent; of the others the corpus has too few
SEEN_BY = 5  # candidates; a feature that fewer have is left out
TYPES = {"PER": "Person", "ORG": "Organization", "LOC": "Location", "MISC": "Work"}


@dataclass(frozen=True)
class Seen:
    """A candidate of a document: the gold entities it joins, its features' numbers, and the properties its words state."""

    document: int
    ends: tuple[int, int]
    names: tuple[str, str]
    numbers: tuple[int, ...]
    stated: frozenset[str]
    by_gold: bool = False  # read with the corpus's own names, only to learn from

    @property
    def mapped(self) -> bool:
        """Whether both names are known to the corpus."""
        return min(self.ends) >= 0


@dataclass(frozen=True)
class Judged:
    """A triple that fold weights give, with its probability and whether the corpus has it."""

    document: int
    ends: tuple[str, str]
    name: str
    probability: float
    right: bool
    stated: bool


class _Keeping(PairModel):
    """Judges nothing, and keeps what it is asked to judge: so weights are learned from what the extractor reads."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.kept: list[tuple[Candidate, frozenset[str]]] = []
        self._names = names

    def judge(self, sentence: Sentence, at_least: float = SURE, *, stated: bool = True) -> list[RelationVerdict]:
        for one in candidate_pairs(sentence):
            self.kept.append((one, frozenset(name for name in self._names if is_stated(one, name))))
        return []


@cache
def seen(corpora: Path) -> tuple[list[Gold], list[Seen]]:
    """Returns the documents with every candidate in them: with the names that are found, then with the corpus's own."""
    texts = documents(corpora / DEV)
    keeping = _Keeping(_properties(texts))
    model = extractor.OfflineModel(keeping)
    found: list[Seen] = []
    for by_gold in (False, True):
        for number, gold in enumerate(texts):
            keeping.kept.clear()
            reading = partial(_gold_names, gold) if by_gold else extractor.group_entities
            with patch.object(extractor, "group_entities", reading):
                (extraction,) = model.extract([gold.text])
            known = gold_numbers(gold, extraction)
            for one, stated in keeping.kept:
                ends = (one.source.entity, one.target.entity)
                numbers = tuple(sorted({bucket(feature) for feature in one.features}))
                found.append(Seen(number, (known[ends[0]], known[ends[1]]), ends, numbers, stated, by_gold))
    return texts, found


def _gold_names(gold: Gold, text: str, places: Sequence[Any]) -> list[FoundName]:
    """The corpus's own names, as the extractor has its entities; what is no person, organization or place is typed as found."""
    typed = {span: one.type for one in group_entities(text, list(places)) for span in one.mentions}
    names = []
    for spans, kind in zip(gold.entities, gold.types, strict=True):
        start, end = max(spans, key=lambda span: span[1] - span[0])
        votes = Counter(typed[span] for span in spans if span in typed)
        fitting = [one for one, _ in votes.most_common() if GOLD_TYPE.get(one, "MISC") == kind]
        names.append(FoundName(text[start:end], decided=fitting[0] if fitting else TYPES[kind], mentions=set(spans)))
    return names


def _properties(texts: Sequence[Gold]) -> tuple[str, ...]:
    counted = Counter(name for gold in texts for _, _, name in gold.triples)
    return tuple(name for name, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:PROPERTIES])


def learned(texts: Sequence[Gold], some: Sequence[Seen]) -> Weights:
    """Returns weights that are not calibrated yet; what joins names that the corpus lacks is no lesson."""
    some = [one for one in some if one.mapped]
    names = _properties(texts)
    counted = Counter(number for one in some for number in one.numbers)
    buckets = np.array(sorted(number for number, count in counted.items() if count >= SEEN_BY), dtype=np.uint32)
    with threadpool_limits(1):  # sums of several threads are rounded as these happen to share the work
        first, first_bias, out, bias = fitted(_matrix(some, buckets), _truth(texts, some, names))
    return Weights(names, buckets, first, first_bias, out, bias, 1.0, np.zeros(len(names), np.float32))


def _matrix(some: Sequence[Seen], buckets: NDArray[Any]) -> csr_matrix:
    numbers = np.array([number for one in some for number in one.numbers], dtype=np.uint32)
    row = np.repeat(np.arange(len(some)), [len(one.numbers) for one in some])
    places = np.searchsorted(buckets, numbers).clip(max=len(buckets) - 1)
    known = buckets[places] == numbers
    ones = np.ones(int(known.sum()), np.float32)
    return csr_matrix((ones, (row[known], places[known])), shape=(len(some), len(buckets)))


def _truth(texts: Sequence[Gold], some: Sequence[Seen], names: Sequence[str]) -> NDArray[Any]:
    at = {name: place for place, name in enumerate(names)}
    of_pair: list[dict[tuple[int, int], list[int]]] = []
    for gold in texts:
        labels: dict[tuple[int, int], list[int]] = {}
        for source, target, name in gold.triples:
            if name in at:
                labels.setdefault((source, target), []).append(at[name])
        of_pair.append(labels)
    truth = np.zeros((len(some), len(names)), np.float32)
    for row, one in enumerate(some):
        truth[row, of_pair[one.document].get(one.ends, [])] = 1.0
    return truth


def fold_weights(texts: Sequence[Gold], some: Sequence[Seen]) -> tuple[list[Weights], NDArray[Any]]:
    """Returns for each fold weights of the other documents, calibrated on what other folds' weights gave theirs; and all sums.

    The sums are those of each found candidate by the weights that have not seen its document.
    """
    found = [one for one in some if not one.by_gold]
    fold_of = np.array([one.document % FOLDS for one in found])
    weights, sums = [], np.zeros((len(found), PROPERTIES), np.float32)
    for fold in range(FOLDS):
        weights.append(learned(texts, [one for one in some if one.document % FOLDS != fold]))
        sums[fold_of == fold] = _sums(weights[fold], [one for one in found if one.document % FOLDS == fold])
    calibrated = []
    for fold in range(FOLDS):
        apart = [one for one in found if one.document % FOLDS != fold]
        calibrated.append(_calibrated(weights[fold], texts, apart, sums[fold_of != fold]))
    return calibrated, sums


def _sums(weights: Weights, some: Sequence[Seen]) -> NDArray[Any]:
    hidden = np.maximum(_matrix(some, weights.buckets) @ weights.rows + weights.hidden_bias, 0)
    sums: NDArray[Any] = hidden @ weights.out + weights.bias
    return sums


def _calibrated(weights: Weights, texts: Sequence[Gold], some: Sequence[Seen], sums: NDArray[Any]) -> Weights:
    """Scales and moves the sums so that a probability is the share that is right, by what other folds' weights gave."""
    from sklearn.linear_model import LogisticRegression  # whoever only collects tests would wait a second for it

    truth = _truth(texts, some, weights.properties)
    rows, columns = np.nonzero(sums > -3)
    own = csr_matrix((np.ones(len(rows)), (np.arange(len(rows)), columns)), shape=(len(rows), sums.shape[1]))
    given = hstack([csr_matrix(sums[rows, columns][:, None] * 3), own]).tocsr()
    fitted = LogisticRegression(C=0.5, solver="lbfgs", max_iter=500).fit(given, truth[rows, columns])
    shift = (fitted.coef_[0][1:] + fitted.intercept_[0]).astype(np.float32)
    return replace(weights, slope=float(fitted.coef_[0][0] * 3), shift=shift)


def judged(texts: Sequence[Gold], some: Sequence[Seen], weights: Sequence[Weights]) -> list[Judged]:
    """Returns what each document's fold weights give it, each triple once with its highest probability."""
    best: dict[tuple[int, tuple[str, str], str, bool], Judged] = {}
    for fold, one_fold in enumerate(weights):
        here = [one for one in some if one.document % FOLDS == fold and not one.by_gold]
        shares = 1 / (1 + np.exp(-(one_fold.slope * _sums(one_fold, here) + one_fold.shift)))
        for row, column in zip(*np.nonzero(shares >= 0.1), strict=True):
            one, name = here[row], one_fold.properties[column]
            share, stated = float(shares[row, column]), name in one.stated
            triple: Triple = (*one.ends, name)
            ends = (str(one.ends[0]), str(one.ends[1])) if one.mapped else one.names
            key = (one.document, ends, name, stated)
            if key not in best or best[key].probability < share:
                best[key] = Judged(one.document, ends, name, share, triple in texts[one.document].triples, stated)
    return list(best.values())


def _deduplicated(some: Sequence[Judged]) -> list[Judged]:
    best: dict[tuple[int, tuple[str, str], str], Judged] = {}
    for one in some:
        key = (one.document, one.ends, one.name)
        if key not in best or best[key].probability < one.probability:
            best[key] = one
    return sorted(best.values(), key=lambda one: -one.probability)


def table(texts: Sequence[Gold], found: Sequence[Judged]) -> str:
    """Returns by threshold, and by property at the usual one, how much is right and how much of the corpus that is."""
    gold = Counter(name for one in texts for _, _, name in one.triples)
    lines = [
        "| from | given | right | precision | recall | given, stated | precision, stated | recall, stated |",
        "|---" * 8 + "|",
    ]
    for least in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        lines.append(f"| {least} | " + " | ".join(_figures(found, least, gold.total(), whole=True)) + " |")
    lines += [
        "",
        f"| property, from {SURE} | given | right | precision | recall | given, stated | precision, stated | recall, stated |",
    ]
    lines.append("|---" * 8 + "|")
    for name, count in gold.most_common():
        own = [one for one in found if one.name == name]
        if any(one.probability >= SURE for one in own):
            lines.append(f"| {name} ({count}) | " + " | ".join(_figures(own, SURE, count, whole=True)) + " |")
    return "\n".join(lines)


def _figures(found: Sequence[Judged], least: float, gold: int, *, whole: bool) -> Iterator[str]:
    for some in (found, [one for one in found if one.stated]):
        given = [one for one in _deduplicated(some) if one.probability >= least]
        right = sum(one.right for one in given)
        yield str(len(given))
        if some is found:
            yield str(right)
        yield f"{right / len(given):.3f}" if given else "–"
        yield f"{right / gold:.3f}"


def main() -> int:
    """Prints the table; with --write also learns from all documents and writes the weights."""
    texts, some = seen(CORPORA)
    weights, sums = fold_weights(texts, some)
    figures = table(texts, judged(texts, some, weights))
    print(figures)
    if "--write" in sys.argv[1:]:
        found = [one for one in some if not one.by_gold]
        whole = pack_weights(_calibrated(learned(texts, some), texts, found, sums))
        WEIGHTS.write_bytes(whole)
        kept = {
            "seed": SEED,
            "weights_sha256": sha256(whole).hexdigest(),
            "corpus": DEV.as_posix(),
            "corpus_sha256": sha256((CORPORA / DEV).read_bytes()).hexdigest(),
            "cross_validated": figures.splitlines(),
        }
        WEIGHTS.with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        features = len(unpack_weights(whole).buckets)
        print(f"seed {SEED}, {len(whole):,} bytes, sha256 {kept['weights_sha256']}, features {features:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
