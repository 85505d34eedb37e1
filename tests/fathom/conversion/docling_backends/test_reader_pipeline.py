"""A reader that gives a file up by name is heard by that name, whatever docling makes of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fathom.conversion.engines.docling_models import models_converter
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.engines.format_readers import reader_options
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import ArchiveBomb, DocumentTooLarge, FathomError, NestedTooDeep

LONG_VALUE = ":a: " + "x" * 9_000 + "\n\n" + "{a} " * 9_000
DEEP_LIST = "= Title\n\n" + "\n".join("  " * n + "* a" for n in range(500))
WIDE_TABLE = "= Title\n\n|===\n" + "999*|x\n" * 2_000 + "|===\n"
DEEP_GROUPS = "\\documentclass{article}\\begin{document}" + "\\begin{quote}" * 2_000 + "x"


@pytest.mark.parametrize(
    ("name", "text", "error", "said"),
    [
        ("growing.adoc", "= Title\n" + LONG_VALUE, ArchiveBomb, "attributes bring more than"),
        ("deep.adoc", DEEP_LIST, NestedTooDeep, "lists are nested more than"),
        ("wide.adoc", WIDE_TABLE, DocumentTooLarge, "table in it has more than"),
        ("deep.tex", DEEP_GROUPS, NestedTooDeep, "groups and environments are nested more than"),
    ],
)
def test_what_a_reader_refuses_is_refused_by_its_name(
    tmp_path: Path, name: str, text: str, error: type[FathomError], said: str
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    inspection = inspect_file(path, max_bytes=10**8, max_pages=1_000)
    with pytest.raises(error, match=said):
        EmbeddedEngine().convert_file(path, inspection, version=hashlib.sha256(path.read_bytes()).hexdigest())


def test_the_models_backend_reads_what_is_no_picture_of_pages_as_the_standard_one_does(tmp_path: Path) -> None:
    options = models_converter(tmp_path).format_to_options
    assert {name: option.backend for name, option in options.items() if name in reader_options()} == {
        name: option.backend for name, option in reader_options().items()
    }
