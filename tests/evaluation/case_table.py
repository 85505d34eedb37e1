"""Measures how many cases of public reports come out right, beside docling and markitdown, and writes docs/conversion_cases.md.

python -m tests.evaluation.case_table                    prints the tables
python -m tests.evaluation.case_table --write            writes the page
python -m tests.evaluation.case_table --before CHECKOUT  adds the Markdown of an older checkout of Fathom
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from fathom.conversion.engines.torch_guard import guard_torch_imports
from fathom.settings import PROJECT_ROOT
from tests.evaluation.figures import chunked, converted
from tests.fathom.conversion.cases.gold import Case, all_cases, chunks_reading, faults, markdown_reading

PAGE = PROJECT_ROOT / "docs" / "conversion_cases.md"
# Formats that need weights from a model hub in docling's own pipeline, which this machine may not have.
NOT_DOCLING = frozenset({"pdf"})
_OLD_CONVERSION = """
import hashlib, json, sys
from pathlib import Path
from tests.evaluation.figures import converted
for line in sys.stdin:
    document = converted(Path(line.strip()))
    print("\\x00" + json.dumps(None if document is None else document.markdown), flush=True)
"""

Verdicts = Mapping[str, list[str] | None]
"""Faults by file, none where it is right; None where the converter does not take the file's kind."""


def by_fathom(cases: Iterable[Case]) -> Verdicts:
    """Judges our Markdown and our chunks: both must be right."""
    found: dict[str, list[str] | None] = {}
    for case in cases:
        document = converted(case.path)
        if document is None:
            found[case.file] = ["refused"]
            continue
        chunks = chunked(document).chunks
        links = [link.url for chunk in chunks for link in chunk.links]
        shown = chunks_reading([(chunk.headings, chunk.text) for chunk in chunks], links)
        found[case.file] = faults(markdown_reading(document.markdown), case) + faults(shown, case)
    return found


def by_docling(cases: Iterable[Case]) -> Verdicts:
    """Judges docling's Markdown with its own defaults."""
    guard_torch_imports()
    from docling.document_converter import DocumentConverter

    converter = DocumentConverter()

    def markdown(path: Path) -> str:
        return str(converter.convert(path).document.export_to_markdown())

    return _by_peer(cases, markdown, NOT_DOCLING)


def by_markitdown(cases: Iterable[Case]) -> Verdicts:
    """Judges markitdown's Markdown."""
    from markitdown import MarkItDown

    converter = MarkItDown()
    return _by_peer(cases, lambda path: str(converter.convert(str(path)).markdown), frozenset())


def by_checkout(cases: Iterable[Case], checkout: Path) -> Verdicts:
    """Judges the Markdown of another checkout of Fathom, which runs in a process of its own."""
    cases = list(cases)
    ran = subprocess.run(
        [sys.executable, "-c", _OLD_CONVERSION],
        input="\n".join(str(case.path) for case in cases),
        capture_output=True,
        text=True,
        check=True,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    texts = [json.loads(line[1:]) for line in ran.stdout.splitlines() if line.startswith("\x00")]
    return {
        case.file: ["refused"] if text is None else faults(markdown_reading(text), case)
        for case, text in zip(cases, texts, strict=True)
    }


def _by_peer(cases: Iterable[Case], markdown: Callable[[Path], str], skipped: frozenset[str]) -> Verdicts:
    found: dict[str, list[str] | None] = {}
    for case in cases:
        if case.format in skipped:
            found[case.file] = None
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[case.file] = faults(markdown_reading(markdown(case.path)), case)
        except Exception as error:  # noqa: BLE001 - a peer that fails on a file is wrong on it, however it fails
            found[case.file] = [f"fails: {type(error).__name__}"]
    return found


@cache
def verdicts(before: Path | None = None) -> dict[str, Verdicts]:
    """Returns the verdicts of each converter on every case, by the converter's name."""
    cases = all_cases()
    older = {"before": by_checkout(cases, before)} if before else {}
    return {**older, "fathom": by_fathom(cases), "docling": by_docling(cases), "markitdown": by_markitdown(cases)}


def right(verdicts: Verdicts, files: Iterable[str]) -> int:
    """Counts the files that came out right."""
    return sum(verdicts[file] == [] for file in files)


def formats(cases: Iterable[Case]) -> dict[str, list[str]]:
    """Returns the files of each format."""
    found: dict[str, list[str]] = {}
    for case in cases:
        found.setdefault(case.format, []).append(case.file)
    return dict(sorted(found.items()))


def tables(found: Mapping[str, Verdicts]) -> str:
    """Writes the verdicts as two Markdown tables: by format, and case by case."""
    names = list(found)
    grouped = formats(all_cases())
    head = f"| format | cases | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}"
    lines = [head]
    for name, files in [*grouped.items(), ("all", [case.file for case in all_cases()])]:
        cells = [_share(found[converter], files) for converter in names]
        lines.append(f"| {name} | {len(files)} | {' | '.join(cells)} |")
    lines.append(f"\n| case | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for case in all_cases():
        lines.append(f"| {case.file} | {' | '.join(_mark(found[converter][case.file]) for converter in names)} |")
    return "\n".join(lines)


def _share(verdicts: Verdicts, files: list[str]) -> str:
    taken = [file for file in files if verdicts[file] is not None]
    return str(right(verdicts, taken)) if len(taken) == len(files) else f"{right(verdicts, taken)} of {len(taken)}"


def _mark(faults: list[str] | None) -> str:
    return "–" if faults is None else "wrong" if faults else "right"


def page(found: Mapping[str, Verdicts]) -> str:
    """Returns the text of docs/conversion_cases.md."""
    return _PAGE.format(tables=tables(found))


_PAGE = """# Cases of public reports

Generated by `python -m tests.evaluation.case_table --write`; `make evaluate` fails where Fathom is not ahead in every format.

Each case rebuilds a fault that people reported to converters in public, or a neighbour of one. Its gold
(`tests/fathom/conversion/cases/gold/`) says what a reader must find: words, cells of a row, headings, order, links. It is
applied to Fathom's Markdown and chunks (both must be right), to docling's Markdown and to markitdown's, each with its own
defaults, in one run. A dash: docling's own reader of PDFs wants weights that are not carried here. `before`: Fathom's Markdown
at commit 2c7871a, by `--before` with a checkout of it.

{tables}
"""


def main() -> int:
    """Prints the tables, or writes the page."""
    arguments = sys.argv[1:]
    before = Path(arguments[arguments.index("--before") + 1]).absolute() if "--before" in arguments else None
    found = verdicts(before)
    if "--write" in arguments:
        PAGE.write_text(page(found), encoding="utf-8")
    else:
        print(tables(found))
        for file, wrong in found["fathom"].items():
            if wrong:
                print(f"{file}: {wrong}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
