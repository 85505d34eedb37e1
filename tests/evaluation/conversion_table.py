"""Measures what conversion and chunking keep of documents and puts the figures into docs/conversion.md.

python -m tests.evaluation.conversion_table          prints the table
python -m tests.evaluation.conversion_table --write  writes the page
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from fathom.chunking.chunker import chunk_document
from fathom.conversion.engine import ENGINE_VERSION, convert_file
from fathom.conversion.inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.errors import FathomError
from fathom.language.tokenizer import count_tokens
from fathom.settings import PROJECT_ROOT
from tests.conftest import CORPORA
from tests.evaluation.generated_pdfs import Gold, Writer
from tests.evaluation.html_structure import html_structure
from tests.evaluation.office_structure import docx_structure, odt_structure, pptx_structure
from tests.evaluation.one_column import one_column_words
from tests.evaluation.pandoc_native import parse_native, structure_of
from tests.evaluation.scores import headings_f1, levels_f1, order_score, structure_counts, tables_f1
from tests.evaluation.structure import Structure
from tests.evaluation.text_structure import latex_structure, markdown_structure

PAGE = PROJECT_ROOT / "docs" / "conversion.md"
SEEDS = range(200)
SCANNED = range(3)  # of those, printed and photographed: a scan takes seconds a page
TOKENS = 256
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


@dataclass(frozen=True)
class Row:
    """A figure of one set: what, over how many, from what."""

    measure: str
    value: float
    least: float | None
    over: str
    goal: str


def converted(path: Path) -> ConvertedDocument | None:
    """The file as it is converted; None where it is refused."""
    try:
        inspection = inspect_file(path, max_bytes=10**9, max_pages=10_000)
        return convert_file(path, inspection, version=hashlib.sha256(path.read_bytes()).hexdigest())
    except FathomError:
        return None


@cache
def rows(corpora: Path) -> list[Row]:
    """Every figure."""
    documents = corpora / "documents"
    found = [*_of_trees("pandoc's trees", _native(documents / "pandoc-office"))]
    for suffix in OWN:
        found += _of_trees(f"{suffix}, by its own marks", _own(documents, suffix), tables=suffix in TABLES_TOO)
    with TemporaryDirectory(prefix="fathom-evaluation-") as folder:
        found += _of_generated(Path(folder))
    return [*found, *_of_real_pdfs(documents)]


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


def _of_generated(folder: Path) -> list[Row]:
    golds: list[tuple[Gold, ConvertedDocument]] = []
    for seed in SEEDS:
        gold = Writer(seed).write(folder / f"{seed}.pdf")
        document = converted(folder / f"{seed}.pdf")
        assert document is not None, seed
        golds.append((gold, document))
    over = f"{len(golds)} PDFs, seeds {SEEDS.start}-{SEEDS.stop - 1}"
    heads = [headings_f1(one.document, gold.headings) for gold, one in golds]
    levels = [levels_f1(one.document, list(zip(gold.levels, gold.headings, strict=True))) for gold, one in golds]
    found = [
        Row("headings F1, generated PDFs", mean(heads), min(heads), over, "≥ .85"),
        Row("headings with levels F1, generated PDFs", mean(levels), min(levels), over, ""),
    ]
    for ruled, goal in ((True, "≥ .85"), (False, "≥ .65")):
        cells = [
            score
            for gold, one in golds
            for score, is_ruled in zip(tables_f1(one.document, gold.tables), gold.ruled, strict=True)
            if is_ruled is ruled
        ]
        name = "ruled" if ruled else "unruled"
        found.append(Row(f"tables, cell F1, generated PDFs, {name}", mean(cells), min(cells), f"{len(cells)} tables", goal))
    for columns in (1, 2):
        order = [order_score(one.document, gold.words) for gold, one in golds if gold.columns == columns]
        found.append(
            Row(f"words in order, generated PDFs, columns: {columns}", mean(order), min(order), f"{len(order)} PDFs", "")
        )
    words = [_scanned(folder, seed, golds[seed][0].words) for seed in SCANNED]
    found.append(Row("words found by OCR, the same as pictures", median(words), min(words), f"{len(words)} PDFs", "≥ .85"))
    covered = [_covered(one) for _, one in golds]
    found.append(Row("share of a document's text in chunks, generated PDFs", median(covered), min(covered), over, ""))
    return found


def _scanned(folder: Path, seed: int, words: list[str]) -> float:
    """The share of the words that is found when the first two pages are nothing but pictures at 150 dots an inch."""
    import pypdfium2

    with pypdfium2.PdfDocument(folder / f"{seed}.pdf") as pdf:
        pictures = [pdf[number].render(scale=150 / 72).to_pil().convert("RGB") for number in range(min(2, len(pdf)))]
        said = Counter(word for number in range(len(pictures)) for word in pdf[number].get_textpage().get_text_range().split())
    path = folder / f"{seed}-scan.pdf"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], resolution=150)
    document = converted(path)
    assert document is not None, path
    read = Counter(document.markdown.replace("|", " ").replace("*", " ").split())
    wanted = said & Counter({word: count for word, count in said.items() if word.isalpha()})
    return (wanted & read).total() / max(1, wanted.total())


def _of_real_pdfs(documents: Path) -> list[Row]:
    order: list[float] = []
    covered: list[float] = []
    for folder in ("docling", "markitdown", "unstructured", "pypdf-samples"):
        for path in sorted((documents / folder).rglob("*.pdf")):
            words = one_column_words(path)
            document = converted(path) if words else None
            if words and document is not None and document.report.text_recall is not None:
                order.append(order_score(document.document, words))
                covered.append(_covered(document))
    over = f"{len(order)} PDFs"
    return [
        Row("words in pdfium's order, real PDFs of one column", median(order), min(order), over, ""),
        Row("share of a document's text in chunks, real PDFs", median(covered), min(covered), over, ""),
    ]


def _covered(document: ConvertedDocument) -> float:
    return chunk_document(document, document="evaluation/a.pdf", max_tokens=TOKENS, count_tokens=count_tokens).covered


def table(found: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| measure | value | least | over | goal |", "|---|---|---|---|---|"]
    for row in found:
        least = "" if row.least is None else f"{row.least:.3f}"
        lines.append(f"| {row.measure} | {row.value:.3f} | {least} | {row.over} | {row.goal} |")
    return "\n".join(lines)


def page(corpora: Path) -> str:
    """The text of docs/conversion.md."""
    return _PAGE.format(version=ENGINE_VERSION, table=table(rows(corpora)), tokens=TOKENS)


_PAGE = """# What conversion keeps

Generated by `python -m tests.evaluation.conversion_table --write`; `make evaluate` fails where the figures are no longer these.

Version {version} of the embedded converter, on the corpora's documents and on PDFs that are generated with known structure.

Of files with a tree of pandoc's, or with marks of their own (styles, `h1`, `#`, `\\section`), headings, levels and cells are
counted over all files of a set; what is refused is left out. Numbers before a heading do not count: Docling writes those that
Word makes, the marks do not have them. Of generated PDFs the figure is the mean, and the least is that of one file or table.
Levels count from the highest that a document has. A cell counts by its row, column and text. Chunks have at most {tokens}
tokens. OCR of other people's scans is measured by `python -m benchmarks ocr`.

{table}
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
