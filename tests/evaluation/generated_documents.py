"""Generates documents whose content is known, converts them and measures what is kept.

python -m tests.evaluation.generated_documents --count 2000 --kind docx   prints the figures and the smallest failing document
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.errors import FathomError
from tests.evaluation.figures import Row
from tests.evaluation.generated.content import Grid, Heading, Story, text_of, texts_of
from tests.evaluation.generated.mail_writer import mail
from tests.evaluation.generated.markdown_writer import markdown
from tests.evaluation.generated.opendocument_writer import opendocument
from tests.evaluation.generated.page_writer import page
from tests.evaluation.generated.scores import Gold, Score, score
from tests.evaluation.generated.sheet_writer import Book, books, workbook
from tests.evaluation.generated.strategies import stories
from tests.evaluation.generated.word_writer import word_file

SEED = 14
COUNT = int(os.environ.get("GENERATED_DOCUMENTS", "60"))
GOALS = {"words": 0.999, "words of the Markdown": 0.999, "headings": 0.99, "headings with levels": 0.0, "cells": 0.99}
# Documents are large, slow to make, and none of another run is to be tried again.
QUIET = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Kind:
    """A format: how its documents come about, what writes them, and what must be found in them."""

    suffix: str
    documents: st.SearchStrategy[Any]
    write: Callable[[Any], bytes]
    gold: Callable[[Any], Gold]


def gold_of_story(story: Story) -> Gold:
    """Returns what a reader of the document finds; of a cell with a list or a table in it, the line above that."""
    headings = tuple((block.level, text_of(block.line)) for block in story if isinstance(block, Heading))
    rows = tuple(tuple(text_of(cell.line) for cell in row) for block in story if isinstance(block, Grid) for row in block.rows)
    return Gold(tuple(texts_of(story)), headings, rows)


def gold_of_book(book: Book) -> Gold:
    """Returns what a reader of the workbook finds: nothing of what is hidden."""
    rows = [
        tuple(cell for cell in row)
        for sheet in book
        if not sheet.hidden
        for number, row in enumerate(sheet.rows)
        if number not in sheet.hidden_rows
    ]
    texts = [text for row in rows for cell in row for text in (cell.shown, cell.note)]
    return Gold(tuple(texts), (), tuple(tuple(cell.shown for cell in row) for row in rows))


KINDS = {
    "docx": Kind("docx", stories(), word_file, gold_of_story),
    "odt": Kind("odt", stories(), opendocument, gold_of_story),
    "html": Kind("html", stories(), lambda story: page(story).encode(), gold_of_story),
    "eml": Kind("eml", stories(), mail, gold_of_story),
    "md": Kind("md", stories(nested=False, spans=False), lambda story: markdown(story).encode(), gold_of_story),
    "xlsx": Kind("xlsx", books(), workbook, gold_of_book),
}


class NotWhole(Exception):
    """Raised for a document of which something is lost, for hypothesis to make it smaller."""


class Measurement:
    """The scores of a kind's documents so far, and one that was not kept whole."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.total = Score()
        self.documents = 0
        self.broken = 0
        self._kind = kind
        self._path = folder / f"document.{kind.suffix}"

    def score(self, document: Any) -> Score:
        """Returns the score of one document; nothing is found in one that cannot be converted."""
        gold = self._kind.gold(document)
        self._path.write_bytes(self._kind.write(document))
        try:
            return score(gold, _converted(self._path))
        except FathomError:
            missed = Score()
            missed.wanted["words"] = max(1, sum(len(text.split()) for text in gold.texts))
            return missed

    def made(self, document: Any) -> str:
        """Returns the Markdown of the document, or why it cannot be converted."""
        self._path.write_bytes(self._kind.write(document))
        try:
            return _converted(self._path).markdown
        except FathomError as error:
            return f"{error.name}: {error.message}"

    def add(self, document: Any) -> None:
        """Counts one more document."""
        found = self.score(document)
        self.total.total(found)
        self.documents += 1
        self.broken += not found.is_whole


def _converted(path: Path) -> ConvertedDocument:
    inspection = inspect_file(path, max_bytes=10**8, max_pages=1_000)
    return EmbeddedEngine().convert_file(path, inspection, version=hashlib.sha256(path.read_bytes()).hexdigest())


def measured(name: str, count: int) -> Measurement:
    """Converts `count` documents of the kind and returns their scores."""
    kind = KINDS[name]
    with TemporaryDirectory() as folder:
        measurement = Measurement(kind, Path(folder))

        @seeded(SEED)
        @settings(
            max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(kind.documents)
        def measure(document: Any) -> None:
            measurement.add(document)

        measure()
        return measurement


def smallest_failing(name: str, count: int, measure: str | None = None) -> tuple[Any, str]:
    """Returns the smallest document that hypothesis finds of which something is lost, and what was made of it; or (None, "").

    `measure`: that something is of this measure.
    """
    kind = KINDS[name]
    with TemporaryDirectory() as folder:
        measurement = Measurement(kind, Path(folder))
        failing: list[Any] = []

        @seeded(SEED)
        @settings(QUIET, max_examples=count, phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False)
        @given(kind.documents)
        def keep_whole(document: Any) -> None:
            found = measurement.score(document)
            if found.share(measure) < 1 if measure else not found.is_whole:
                failing.append(document)
                raise NotWhole

        try:
            keep_whole()
        except NotWhole:
            return failing[-1], measurement.made(failing[-1])
        return None, ""


@cache
def rows_of_generated_documents(count: int = COUNT) -> list[Row]:
    """Returns the shares of words, headings and cells that are kept, by kind."""
    rows: list[Row] = []
    for name in KINDS:
        found = measured(name, count)
        for measure, goal in GOALS.items():
            if found.total.wanted[measure]:
                over = f"{found.documents} files, {found.total.wanted[measure]}"
                label = f"{measure}, generated {name}"
                rows.append(Row(label, found.total.share(measure), None, over, f"≥ {goal}" if goal else ""))
    return rows


def main() -> int:
    """Prints the figures of the kinds asked for, and the smallest document of each that is not kept whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--measure", choices=GOALS)
    given_arguments = parser.parse_args()
    for name in given_arguments.kind or KINDS:
        found = measured(name, given_arguments.count)
        print(f"{name}: {found.documents} documents, {found.broken} not whole")
        for measure in GOALS:
            print(f"  {measure}: {found.total.share(measure):.4f} of {found.total.wanted[measure]}")
        if found.broken:
            smallest, made = smallest_failing(name, given_arguments.count, given_arguments.measure)
            print(f"  smallest: {smallest}\n{made}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
