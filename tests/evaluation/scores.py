"""How near a converted document comes to the truth: headings, tables, reading order."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import Any

from fathom.conversion.quality.comparable_words import WORD, normalised
from tests.evaluation.structure import Structure

NUMBER = re.compile(r"^(?:(?:\d+|[ivxlc]+|[a-z])(?: \d+)* )+(?=\S)")


def words_of(text: str) -> list[str]:
    """The text's words, made comparable."""
    return WORD.findall(normalised(text))


def plain(text: str) -> str:
    """The text with nothing left but its words."""
    return " ".join(words_of(text))


def f1(found: Counter[Any], gold: Counter[Any]) -> float:
    """Harmonic mean of precision and recall; 1 if there is nothing to find and nothing was found."""
    if not found and not gold:
        return 1.0
    hits = (found & gold).total()
    return 2 * hits / (found.total() + gold.total())


def headings_of(document: dict[str, Any]) -> list[tuple[int, str]]:
    """(level, text) of its headings, the title having level 0; what is set apart as furniture is no heading."""
    return [
        (0 if text["label"] == "title" else text["level"], text["text"])
        for text in document["texts"]
        if text["label"] in {"section_header", "title"} and text["content_layer"] == "body"
    ]


def headings_f1(document: dict[str, Any], gold: list[str]) -> float:
    """F1 of the headings' texts."""
    return f1(Counter(plain(text) for _, text in headings_of(document)), Counter(map(plain, gold)))


def levels_f1(document: dict[str, Any], gold: list[tuple[int, str]]) -> float:
    """F1 of the headings with their levels; levels are counted from the highest that is there, whatever it is called."""
    return f1(Counter(_ranked(headings_of(document))), Counter(_ranked(gold)))


def _ranked(headings: list[tuple[int, str]]) -> list[tuple[int, str]]:
    ranks = {level: rank for rank, level in enumerate(sorted({level for level, _ in headings}))}
    return [(ranks[level], plain(text)) for level, text in headings]


def cells_of(table: dict[str, Any]) -> Counter[tuple[int, int, str]]:
    """(row, column, text) of the table's cells that have a text."""
    cells = table["data"]["table_cells"]
    return Counter((c["start_row_offset_idx"], c["start_col_offset_idx"], plain(c["text"])) for c in cells if plain(c["text"]))


def gold_cells(rows: list[list[str]]) -> Counter[tuple[int, int, str]]:
    """The same of a table as it was written."""
    return Counter((r, c, plain(cell)) for r, row in enumerate(rows) for c, cell in enumerate(row) if plain(cell))


def tables_f1(document: dict[str, Any], gold: list[list[list[str]]]) -> list[float]:
    """For each table that was written the F1 of its cells in the found table that fits best; each is used once.

    A table that goes on over a page is compared with what was found of it, part by part.
    """
    found = [cells_of(table) for table in document["tables"]]
    scores = []
    for rows in gold:
        truth = gold_cells(rows)
        best = max(range(len(found)), key=lambda i: f1(found[i], truth), default=None)
        scores.append(f1(found[best], truth) if best is not None else 0.0)
        if best is not None and scores[-1] > 0:
            found.pop(best)
    return scores


def body_text(document: dict[str, Any]) -> str:
    """All texts of the body in the order of the document, tables row by row."""
    parts: list[str] = []

    def visit(reference: dict[str, str]) -> None:
        kind, _, index = reference["$ref"].removeprefix("#/").partition("/")
        item = document[kind][int(index)]
        if item.get("content_layer") != "furniture":
            if kind == "tables":
                parts.extend(cell["text"] for cell in item["data"]["table_cells"])
            elif "text" in item:
                marker = item.get("marker", "") if item.get("enumerated") else ""
                parts.append(f"{marker} {item['text']}")
            for child in item.get("children", []):
                visit(child)

    for child in document["body"]["children"]:
        visit(child)
    return " ".join(parts)


def order_score(document: dict[str, Any], gold: list[str]) -> float:
    """Share of the gold's words that come in its order in the document (longest common blocks)."""
    expected = words_of(" ".join(gold))
    matcher = SequenceMatcher(None, expected, words_of(re.sub(r"\s+", " ", body_text(document))), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / max(1, len(expected))


def structure_counts(document: dict[str, Any], gold: Structure) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """What was found, what there is and what of it is right: of headings, of headings with levels, of tables' cells."""
    wanted = [(level, said) for level, text in gold.headings if (said := _unnumbered(text))]
    ours = [(level, said) for level, text in headings_of(document) if (said := _unnumbered(text))]
    heads = _counts(Counter(plain(text) for _, text in ours), Counter(plain(text) for _, text in wanted))
    levels = _counts(Counter(_ranked(ours)), Counter(_ranked(wanted)))
    cells = Counter[str]()
    found = [counted for table in document["tables"] if (counted := cells_of(table))]
    for rows in gold.tables:
        truth = gold_cells(rows)
        best = max(range(len(found)), key=lambda i: f1(found[i], truth), default=None)
        cells.update(_counts(found.pop(best) if best is not None else Counter(), truth))
    for left in found:
        cells["found"] += left.total()
    return heads, levels, cells


def _unnumbered(text: str) -> str:
    """The heading without a number in front, which a word processor may have made."""
    return NUMBER.sub("", plain(text)) or plain(text)


def _counts(found: Counter[Any], gold: Counter[Any]) -> Counter[str]:
    return Counter({"found": found.total(), "gold": gold.total(), "right": (found & gold).total()})
