"""Counts how often names of each standing are right on Re-DocRED dev: the confidence that offline extraction gives to them.

python -m tests.evaluation.entity_confidence   prints the table of fathom/extraction/rules/names/entity_typing.py

A name is right when the corpus has one of its places exactly and, where it has a type, gives that place the same kind. Types
are decided by weights that were learned from other documents, in five folds.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence

from fathom.extraction.rules.names.entity_typing import assign_type, confidence_class, evidence_of_type
from fathom.extraction.rules.names.found_name import ANY_TYPE, FoundName
from tests.conftest import CORPORA
from tests.evaluation.redocred import GOLD_TYPE, Gold, documents
from tests.evaluation.train_entity_types import DEV, FOLDS, Known, found_in, learned

FEWEST = 20  # names; the shares of fewer say nothing
Standing = tuple[str, bool, bool]


def is_right(gold: Gold, one: FoundName) -> bool:
    """Whether the corpus has the name, with the same kind where it has a type."""
    kinds = Counter(
        kind for spans, kind in zip(gold.entities, gold.types, strict=True) for span in spans if span in one.mentions
    )
    if not kinds or one.type in (ANY_TYPE, "Group"):  # peoples are of several kinds in the corpus
        return bool(kinds)
    return kinds.most_common(1)[0][0] == GOLD_TYPE.get(one.type, "MISC")


def counted(texts: Sequence[Gold]) -> dict[Standing, tuple[int, int]]:
    """Of each standing, how many names there are and how many are right."""
    read = list(found_in(texts))
    names: list[list[Known]] = []
    for number, (gold, text, found) in enumerate(read):
        kind_at = {span: kind for spans, kind in zip(gold.entities, gold.types, strict=True) for span in spans}
        names.append(
            [
                Known(number, evidence_of_type(text, one), Counter(kind_at[at] for at in one.mentions if at in kind_at))
                for one in found
            ]
        )
    sums: dict[Standing, list[bool]] = defaultdict(list)
    for fold in range(FOLDS):
        train = [one for number, some in enumerate(names) for one in some if number % FOLDS != fold and one.kinds]
        classifier, columns = learned(train)
        for number in range(fold, len(read), FOLDS):
            gold, text, found = read[number]
            for one, known in zip(found, names[number], strict=True):
                shares = classifier.predict_proba(columns.transform([known.evidence]))[0]
                assign_type(text, one, dict(zip(map(str, classifier.classes_), map(float, shares), strict=True)))
                sums[confidence_class(one)].append(is_right(gold, one))
    return {key: (len(right), sum(right)) for key, right in sorted(sums.items())}


def main() -> int:
    """The table is on the screen."""
    for (source, several, typed), (names, right) in counted(documents(CORPORA / DEV)).items():
        said = f"{right / names:.2f}" if names >= FEWEST else "too few"
        print(f'("{source}", {several}, {typed}): {said},  # {right} of {names}')
    return 0


if __name__ == "__main__":
    sys.exit(main())
