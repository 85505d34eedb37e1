"""Measures what conversion and chunking keep of documents and puts the figures into docs/conversion.md.

python -m tests.evaluation.conversion_table          prints the table
python -m tests.evaluation.conversion_table --write  writes the page
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from fathom.conversion.engines.embedded_engine import ENGINE_VERSION
from fathom.settings import PROJECT_ROOT
from tests.conftest import CORPORA
from tests.evaluation.born_digital import rows_of_real_pdfs
from tests.evaluation.figures import TOKENS, Row, converted
from tests.evaluation.generated_documents import rows_of_generated_documents
from tests.evaluation.generated_rows import rows_of_generated_pdfs
from tests.evaluation.html_structure import html_structure
from tests.evaluation.office_structure import docx_structure, odt_structure, pptx_structure
from tests.evaluation.paged_rows import rows_of_paged_pdfs
from tests.evaluation.pandoc_native import parse_native, structure_of
from tests.evaluation.planted_losses import rows_of_planted_losses
from tests.evaluation.scores import structure_counts
from tests.evaluation.structure import Structure
from tests.evaluation.text_structure import latex_structure, markdown_structure

PAGE = PROJECT_ROOT / "docs" / "conversion.md"
Readers = dict[str, Callable[[Path], Structure]]
OWN: Readers = {
    "docx": docx_structure,
    "pptx": pptx_structure,
    "odt": odt_structure,
    "html": lambda path: html_structure(path.read_text("utf-8", "replace")),
    "md": lambda path: markdown_structure(path.read_text("utf-8", "replace")),
    "tex": lambda path: latex_structure(path.read_text("utf-8", "replace")),
}
TABLES_TOO = frozenset({"docx", "pptx", "odt", "html"})  # formats whose own tables are read, too


@cache
def rows(corpora: Path) -> list[Row]:
    """Every figure."""
    documents = corpora / "documents"
    found = [*_of_trees("pandoc's trees", _native(documents / "pandoc-office"))]
    for suffix in OWN:
        found += _of_trees(f"{suffix}, by its own marks", _own(documents, suffix), tables=suffix in TABLES_TOO)
    return [*found, *rows_of_generated_pdfs(), *rows_of_paged_pdfs(), *rows_of_real_pdfs(corpora)]


def _native(folder: Path) -> Iterator[tuple[Path, Structure]]:
    for tree in sorted(folder.rglob("*.native")):
        for path in sorted(tree.parent.glob(f"{tree.stem}.*")):
            if path.suffix in (".docx", ".odt", ".pptx", ".epub"):
                yield path, structure_of(parse_native(tree.read_text("utf-8")))


def _own(documents: Path, suffix: str) -> Iterator[tuple[Path, Structure]]:
    for path in sorted(documents.rglob(f"*.{suffix}")):
        try:
            yield path, OWN[suffix](path)
        except (ParseError, BadZipFile, KeyError, ValueError) as error:  # damaged files are no gold
            print(f"no gold from {path.name}: {error}", file=sys.stderr)


def _of_trees(name: str, pairs: Iterator[tuple[Path, Structure]], *, tables: bool = True) -> list[Row]:
    heads, levels, cells = Counter[str](), Counter[str](), Counter[str]()
    count = 0
    for path, gold in pairs:
        document = converted(path)
        if document is None:
            continue
        count += 1
        of_heads, of_levels, of_cells = structure_counts(document.document, gold)
        for total, one in ((heads, of_heads), (levels, of_levels), (cells, of_cells)):
            total.update(one)
        if of_heads["right"] * 2 < of_heads["found"] + of_heads["gold"]:
            print(f"{name}: headings of {path.name}: {dict(of_heads)}", file=sys.stderr)
    over = f"{count} files"
    found = [
        Row(f"headings F1, {name}", _f1(heads), None, f"{over}, {heads['gold']} headings", "≥ .95"),
        Row(f"headings with levels F1, {name}", _f1(levels), None, over, ""),
    ]
    if tables and cells["gold"]:
        found.append(Row(f"tables, cell F1, {name}", _f1(cells), None, f"{over}, {cells['gold']} cells", ""))
    return found


def _f1(counts: Counter[str]) -> float:
    return 2 * counts["right"] / max(1, counts["found"] + counts["gold"])


def table(found: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| measure | value | least | over | goal |", "|---|---|---|---|---|"]
    for row in found:
        least = "" if row.least is None else f"{row.least:.3f}"
        lines.append(f"| {row.measure} | {row.value:.3f} | {least} | {row.over} | {row.goal} |")
    return "\n".join(lines)


def page(corpora: Path) -> str:
    """The text of docs/conversion.md."""
    planted, generated = table(rows_of_planted_losses(corpora)), table(rows_of_generated_documents())
    found = table(rows(corpora))
    return _PAGE.format(version=ENGINE_VERSION, table=found, planted=planted, generated=generated, tokens=TOKENS)


_PAGE = """# What conversion keeps

Generated by `python -m tests.evaluation.conversion_table --write`; `make evaluate` fails where the figures are no longer these.

Version {version} of the embedded converter, on the corpora's documents and on PDFs that are generated with known structure.

Of files with a tree of pandoc's, or with marks of their own (styles, `h1`, `#`, `\\section`), headings, levels and cells are
counted over all files of a set; what is refused is left out. Numbers before a heading do not count: Docling writes those that
Word makes, the marks do not have them. Of generated PDFs the figure is the mean, and the least is that of one file or table.
Levels count from the highest that a document has. A cell counts by its row, column and text. Chunks have at most {tokens}
tokens. Words that pdfium sees are looked for in the whole document, running headers and notes among them, pages that were
read by OCR left out. PDFs set over pages have notes, boxes, divided words, and tables over a page's end (with their header
again or without) and with names over several rows and columns; a table over a page's end is one, its header stands once, so
that every row can be read by it. OCR of other people's scans is measured by `python -m benchmarks ocr`.

{table}

## What the check of lost text finds

The check `conversion_keeps_text` compares a document with the words of its file's own source. Here losses are planted in
converted documents of the corpora and of reported cases, one at a time: a paragraph, heading, cell or note is emptied that has
a word in it, chosen by chance, and the check must name a passage more than before. False alarms are documents on which it
fails though nothing was planted; what it names there may be lost for good.

{planted}

## Generated documents

Documents that hypothesis makes of headings, paragraphs with notes, nested lists and tables, in words of many scripts and signs
that some format takes for marks, with formats that begin and end within words. Words count in what chunks are made of and in
the Markdown as it is rendered; a cell counts beside its neighbour. `python -m tests.evaluation.generated_documents --count 2000
--kind docx` measures more of a kind and prints the smallest document that is not kept whole.

{generated}
"""


def main() -> int:
    """The figures are on the screen, or in the page."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(CORPORA), encoding="utf-8")
    else:
        print(table(rows(CORPORA)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
