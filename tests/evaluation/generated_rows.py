"""What is found in PDFs that are generated with known structure, in figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

from fathom.conversion.report import ConvertedDocument
from tests.evaluation.born_digital import Kept, kept, recall_row
from tests.evaluation.figures import Row, converted, covered
from tests.evaluation.generated_pdfs import Gold, Writer
from tests.evaluation.scores import headings_f1, levels_f1, order_score, tables_f1

SEEDS = range(200)
SCANNED = range(3)  # of those, printed and photographed: a scan takes seconds a page


@dataclass(frozen=True)
class Generated:
    """A PDF that was written here: what it says, what was made of it."""

    gold: Gold
    document: ConvertedDocument
    kept: Kept
    scanned: float | None = None


@cache
def generated_pdfs() -> list[Generated]:
    """Every one of SEEDS, converted."""
    found = []
    with TemporaryDirectory(prefix="fathom-evaluation-") as folder:
        for seed in SEEDS:
            path = Path(folder, f"{seed}.pdf")
            gold = Writer(seed).write(path)
            document = converted(path)
            assert document is not None, seed
            found.append(Generated(gold, document, kept(path, document), _scanned(path) if seed in SCANNED else None))
    return found


def rows_of_generated_pdfs() -> list[Row]:
    """Headings, tables, order, words and chunks of the generated PDFs."""
    all_of_them = generated_pdfs()
    over = f"{len(all_of_them)} PDFs, seeds {SEEDS.start}-{SEEDS.stop - 1}"
    heads = [headings_f1(one.document.document, one.gold.headings) for one in all_of_them]
    levels = [
        levels_f1(one.document.document, list(zip(one.gold.levels, one.gold.headings, strict=True))) for one in all_of_them
    ]
    found = [
        Row("headings F1, generated PDFs", mean(heads), min(heads), over, "≥ .85"),
        Row("headings with levels F1, generated PDFs", mean(levels), min(levels), over, "≥ .85"),
    ]
    for ruled, goal in ((True, "≥ .85"), (False, "≥ .65")):
        cells = [
            score
            for one in all_of_them
            for score, is_ruled in zip(tables_f1(one.document.document, one.gold.tables), one.gold.ruled, strict=True)
            if is_ruled is ruled
        ]
        name = "ruled" if ruled else "unruled"
        found.append(Row(f"tables, cell F1, generated PDFs, {name}", mean(cells), min(cells), f"{len(cells)} tables", goal))
    for columns in (1, 2):
        order = [order_score(one.document.document, one.gold.words) for one in all_of_them if one.gold.columns == columns]
        found.append(
            Row(f"words in order, generated PDFs, columns: {columns}", mean(order), min(order), f"{len(order)} PDFs", "")
        )
    read = [one.scanned for one in all_of_them if one.scanned is not None]
    found.append(Row("words found by OCR, the same as pictures", median(read), min(read), f"{len(read)} PDFs", "≥ .85"))
    found.append(recall_row("generated PDFs", [one.kept for one in all_of_them]))
    chunked = [covered(one.document) for one in all_of_them]
    found.append(Row("share of a document's text in chunks, generated PDFs", median(chunked), min(chunked), over, ""))
    return found


def _scanned(path: Path) -> float:
    """The share of the words that is found when the first two pages are nothing but pictures at 150 dots an inch."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as pdf:
        pictures = [pdf[number].render(scale=150 / 72).to_pil().convert("RGB") for number in range(min(2, len(pdf)))]
        said = Counter(word for number in range(len(pictures)) for word in pdf[number].get_textpage().get_text_range().split())
    scan = path.with_name(f"{path.stem}-scan.pdf")
    pictures[0].save(scan, save_all=True, append_images=pictures[1:], resolution=150)
    document = converted(scan)
    assert document is not None, scan
    read = Counter(document.markdown.replace("|", " ").replace("*", " ").split())
    wanted = said & Counter({word: count for word, count in said.items() if word.isalpha()})
    return (wanted & read).total() / max(1, wanted.total())
