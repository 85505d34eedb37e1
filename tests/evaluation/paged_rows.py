"""What is found in PDFs whose text and tables run over columns and pages, in figures."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from tests.evaluation.figures import Row, converted
from tests.evaluation.paged_pdfs import PagedWriter
from tests.evaluation.paged_scores import share_joined, share_whole, table_scores

PAGED_SEEDS = range(80)
TABLES = {
    (True, False): "tables over a page's end, cell F1, ruled",
    (False, False): "tables over a page's end, cell F1, unruled",
    (True, True): "tables with cells over rows and columns, cell F1, ruled",
    (False, True): "tables with cells over columns, cell F1, unruled",
}


def rows_of_paged_pdfs() -> list[Row]:
    """Paragraphs, divided words, notes, asides and tables; each figure is the mean over the PDFs or tables that have any."""
    shares: dict[str, list[float]] = {}
    tables: dict[str, list[float]] = {}
    with TemporaryDirectory(prefix="fathom-evaluation-") as folder:
        for seed in PAGED_SEEDS:
            path = Path(folder, f"{seed}.pdf")
            gold = PagedWriter(seed).write(path)
            made = converted(path)
            assert made is not None, seed
            document = made.document
            for name, said, labels in (
                ("paragraphs that are whole", gold.paragraphs, ()),
                ("paragraphs over a column's or page's end that are whole", gold.over, ()),
                ("notes at the foot that are whole, and notes", gold.notes, ("footnote",)),
                ("asides in boxes that are whole", gold.asides, ()),
            ):
                if said:
                    shares.setdefault(name, []).append(share_whole(document, said, *labels))
            if gold.divided:
                shares.setdefault("words divided at a line's end that are joined", []).append(share_joined(document, gold))
            for table, score in zip(gold.tables, table_scores(document, gold), strict=True):
                if table.spanned or table.pages > 1:
                    tables.setdefault(TABLES[table.ruled, table.spanned], []).append(score)
    of = "PDFs set over pages"
    found = [Row(f"{name}, {of}", mean(each), min(each), f"{len(each)} PDFs", "≥ .95") for name, each in shares.items()]
    for name in TABLES.values():
        each = tables[name]
        found.append(Row(name, mean(each), min(each), f"{len(each)} tables", "≥ .65" if "unruled" in name else "≥ .85"))
    return found
