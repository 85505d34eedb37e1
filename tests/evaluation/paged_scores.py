"""How much of what PDFs over columns and pages say stays together in the document."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.evaluation.paged_pdfs import PagedGold
from tests.evaluation.scores import cells_of, f1, gold_cells, words_of


def _plain(text: str) -> str:
    """Without the marks of notes, which are figures; no paragraph has others."""
    return " ".join(word for word in words_of(text) if not word.isdigit())


def _texts(document: dict[str, Any], *labels: str) -> list[str]:
    return [f" {_plain(one['text'])} " for one in document["texts"] if not labels or one["label"] in labels]


def share_whole(document: dict[str, Any], gold: list[str], *labels: str) -> float:
    """Share of the texts that stand in one item of the document (of one of these labels) from their beginning to their end."""
    texts = _texts(document, *labels)
    return sum(any(f" {_plain(one)} " in text for text in texts) for one in gold) / max(1, len(gold))


def share_joined(document: dict[str, Any], gold: PagedGold) -> float:
    """Share of the words divided at the end of a line that are whole."""
    there = Counter(word for one in document["texts"] for word in words_of(one["text"]))
    said = Counter(word for text in gold.paragraphs for word in words_of(text))
    divided = Counter(word for text in gold.divided for word in words_of(text))
    missing = {word: min(divided[word], max(0, said[word] - there[word])) for word in divided}
    return 1 - sum(missing.values()) / max(1, divided.total())


def table_scores(document: dict[str, Any], gold: PagedGold) -> list[float]:
    """For each table the F1 of its cells in the found table that fits best; each is used once."""
    found = [cells_of(table) for table in document["tables"]]
    scores = []
    for table in gold.tables:
        truth = gold_cells(table.rows)
        best = max(range(len(found)), key=lambda i: f1(found[i], truth), default=None)
        scores.append(f1(found[best], truth) if best is not None else 0.0)
        if best is not None and scores[-1] > 0:
            found.pop(best)
    return scores


def unwritten_tables(document: dict[str, Any], gold: PagedGold) -> int:
    """How many tables were found beyond those that were written."""
    return max(0, len(document["tables"]) - len(gold.tables))
