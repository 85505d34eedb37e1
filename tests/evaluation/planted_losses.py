"""Plants losses in converted documents and measures how many of them the check `conversion_keeps_text` finds.

python -m tests.evaluation.planted_losses          prints the tables
python -m tests.evaluation.planted_losses --missed names the losses that were not found
"""

from __future__ import annotations

import copy
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from checks.documents import conversion_keeps_text
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.quality.comparable_words import words_of
from fathom.conversion.quality.lost_words import Comparison, compare
from fathom.conversion.quality.report_builder import WITH_FORMULAS
from fathom.conversion.quality.shown_text import shown_texts, texts_apart
from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.source_words.source_reader import source_blocks
from fathom.conversion.report import ConversionReport, DocumentKind
from fathom.conversion.structure.document_blocks import ReadDocument
from fathom.thresholds import THRESHOLDS
from tests.conftest import CORPORA
from tests.evaluation.figures import Row, converted

SEED = 14
DOCUMENTS = 200
LOSSES_OF_A_KIND = 2
GOAL = 0.95
MAX_FALSE_ALARMS = 0.02
CASES = Path(__file__).parents[1] / "fathom" / "conversion" / "cases" / "files"
# Added by the conversion, so that no source has it: the list of what came with a mail, and when it was sent in ISO's form.
MADE_UP = re.compile(r"Attachments|Date: \d{4}-\d\d-\d\d.*")
# Headings of parts that are marked up as what they are and have no name in the file.
NAMED_HERE = re.compile(r"Abstract|Acknowledgments|Footnotes|Glossary|References")
LABELS = {
    "text": "paragraph",
    "paragraph": "paragraph",
    "section_header": "heading",
    "title": "heading",
    "list_item": "list item",
    "footnote": "note",
    "caption": "caption",
    "code": "code",
}


@dataclass(frozen=True)
class Converted:
    """A document and the words of its file."""

    name: str
    kind: DocumentKind
    document: dict[str, Any]
    source: list[SourceBlock]
    report: ConversionReport

    def compared(self, document: dict[str, Any]) -> Comparison:
        """Returns what the report would be made of if `document` were what came out."""
        apart = texts_apart(document) if self.kind is DocumentKind.PDF else None
        shown = list(shown_texts(ReadDocument(document, self.kind)))
        return compare(self.source, shown, apart, has_formulas=self.kind in WITH_FORMULAS)


@dataclass(frozen=True)
class Planted:
    """A loss that was planted, and whether the check found it."""

    document: str
    format: str
    loss: str
    text: str
    found: bool


Drop = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Loss:
    """Something that can be dropped: which kind of content, its text, and what drops it from a copy of the document."""

    kind: str
    text: str
    drop: Drop


def losses_of(document: dict[str, Any], kind: DocumentKind) -> Iterator[Loss]:
    """Yields everything with a word in it that can be dropped from the document."""
    inline = {group["self_ref"] for group in document["groups"] if group["label"] == "inline"}
    shown = "\n".join(text.text for text in shown_texts(ReadDocument(document, kind)))
    first_heading = next((i for i, item in enumerate(document["texts"]) if item["label"] in ("section_header", "title")), 0)
    for index, item in enumerate(document["texts"]):
        layer = item.get("content_layer", "body")
        if kind in (DocumentKind.JATS, DocumentKind.LATEX) and NAMED_HERE.fullmatch(item["text"]):
            continue
        if layer not in ("body", "notes") or MADE_UP.fullmatch(item["text"]) or not words_of(item["text"]):
            continue
        if item["parent"]["$ref"] in inline or item["label"] not in LABELS or item["text"].strip() not in shown:
            continue
        lost = LABELS[item["label"]]
        if layer == "notes":
            lost = "speaker note or comment"
        elif lost == "paragraph" and index < first_heading:
            lost = "lead"
        yield Loss(lost, item["text"], _without_text(index))
    for index, table in enumerate(document["tables"]):
        if table.get("content_layer", "body") == "body":
            yield from _table_losses(index, table["data"]["table_cells"])


def _without_text(index: int) -> Drop:
    def drop(document: dict[str, Any]) -> None:
        document["texts"][index]["text"] = document["texts"][index]["orig"] = ""
        for table in document["tables"]:  # a cell that holds items keeps their text a second time
            for cell in table["data"]["table_cells"]:
                cell["text"] = "" if cell.get("ref") else cell["text"]

    return drop


def _table_losses(table: int, cells: list[dict[str, Any]]) -> Iterator[Loss]:
    rows: dict[int, list[int]] = defaultdict(list)
    for number, cell in enumerate(cells):
        if cell.get("ref") is None and words_of(cell["text"]):
            yield Loss("cell", cell["text"], _without_cells(table, [number]))
            rows[cell["start_row_offset_idx"]].append(number)
    for row in rows.values():
        if len(row) > 1:
            yield Loss("table row", " | ".join(cells[number]["text"] for number in row), _without_cells(table, row))


def _without_cells(table: int, numbers: Sequence[int]) -> Drop:
    def drop(document: dict[str, Any]) -> None:
        for number in numbers:
            document["tables"][table]["data"]["table_cells"][number]["text"] = ""

    return drop


def is_alarm(compared: Comparison) -> bool:
    """Tells whether the check fails on the comparison."""
    limits = THRESHOLDS.documents
    recall = 1.0 if compared.recall is None else compared.recall
    return recall < limits.min_text_recall or len(compared.lost) > limits.max_lost_passages


def planted_in(one: Converted, chance: random.Random) -> Iterator[Planted]:
    """Plants up to `LOSSES_OF_A_KIND` losses of each kind, one at a time; found if more is lost than before."""
    by_kind: dict[str, list[Loss]] = defaultdict(list)
    for loss in losses_of(one.document, one.kind):
        by_kind[loss.kind].append(loss)
    before = one.compared(one.document)
    for kind, losses in sorted(by_kind.items()):
        for loss in chance.sample(losses, min(LOSSES_OF_A_KIND, len(losses))):
            document = copy.deepcopy(one.document)
            loss.drop(document)
            after = one.compared(document)
            found = is_alarm(after) and (not is_alarm(before) or len(after.lost) > len(before.lost))
            yield Planted(one.name, one.kind.value, kind, loss.text, found)


def paths(corpora: Path) -> list[Path]:
    """Returns the files of the corpora in an order that chance decides, formats in turn, after the small cases."""
    by_suffix: dict[str, list[Path]] = defaultdict(list)
    for path in sorted((corpora / "documents").rglob("*.*")):
        if path.is_file() and "ocrmypdf" not in str(path):
            by_suffix[path.suffix.lower()].append(path)
    chance = random.Random(SEED)
    for files in by_suffix.values():
        chance.shuffle(files)
    turns: list[Path] = []
    while any(by_suffix.values()):
        turns += [files.pop() for files in by_suffix.values() if files]
    return sorted(CASES.glob("*.*")) + turns


@cache
def documents(corpora: Path, count: int = DOCUMENTS) -> list[Converted]:
    """Returns `count` converted documents with the words of their files; those without any, as scans, are left out."""
    found: list[Converted] = []
    for path in paths(corpora):
        if len(found) == count:
            break
        made = converted(path)
        if made is None or made.report.ocr_pages:
            continue
        inspection = inspect_file(path, max_bytes=10**9, max_pages=10_000)
        source = source_blocks(path, inspection)
        if source:
            found.append(Converted(path.name, inspection.kind, made.document, source, made.report))
    return found


@cache
def planted(corpora: Path) -> list[Planted]:
    """Returns every planted loss of the documents."""
    chance = random.Random(SEED)
    return [loss for one in documents(corpora) for loss in planted_in(one, chance)]


def false_alarms(corpora: Path) -> list[str]:
    """Returns the names of the documents on which the check fails though nothing was planted, with what it says is lost."""
    failed = [one for one in documents(corpora) if not conversion_keeps_text(one.report).passed]
    return [f"{one.name}: {'; '.join(one.report.lost_text)}" for one in failed]


def rows_of_planted_losses(corpora: Path) -> list[Row]:
    """Returns the share of planted losses that are found, by kind of loss, by format and over all, and of false alarms."""
    found = planted(corpora)
    rows = [
        *_rows("planted losses found, ", found, lambda loss: loss.loss),
        *_rows("planted losses found in ", found, lambda loss: loss.format),
    ]
    share = sum(loss.found for loss in found) / len(found)
    over = f"{len(documents(corpora))} documents"
    alarms = len(false_alarms(corpora)) / len(documents(corpora))
    return [
        *rows,
        Row("planted losses found", share, None, f"{len(found)} losses in {over}", f"≥ {GOAL:.2f}"),
        Row("documents with an alarm and no planted loss", alarms, None, over, f"≤ {MAX_FALSE_ALARMS:.2f}"),
    ]


def _rows(name: str, found: Sequence[Planted], key: Callable[[Planted], str]) -> Iterator[Row]:
    groups: dict[str, list[Planted]] = defaultdict(list)
    for loss in found:
        groups[key(loss)].append(loss)
    for group, losses in sorted(groups.items()):
        yield Row(f"{name}{group}", sum(one.found for one in losses) / len(losses), None, f"{len(losses)} losses", "")


def main() -> int:
    """Prints the tables, and the losses that were missed where they are asked for."""
    from tests.evaluation.conversion_table import table

    print(table(rows_of_planted_losses(CORPORA)))
    alarms = false_alarms(CORPORA)
    print(f"\nalarms without a planted loss: {len(alarms)} of {len(documents(CORPORA))} documents")
    print("\n".join(alarms))
    if "--missed" in sys.argv[1:]:
        for loss in planted(CORPORA):
            if not loss.found:
                print(f"missed: {loss.document}: {loss.loss}: {loss.text[:100]!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
