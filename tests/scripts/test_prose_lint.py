"""The lint of names and docstrings: each rule finds its fault with file and line, and nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from fathom.settings import PROJECT_ROOT


@pytest.fixture(scope="module")
def lint() -> dict[str, Any]:
    return runpy.run_path(str(PROJECT_ROOT / "scripts" / "prose_lint.py"))


def product(root: Path, **files: str) -> list[Path]:
    """Writes the files, whose names have `__` for each folder, and returns their paths."""
    paths = [root / f"{name.replace('__', '/')}.py" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return paths


@pytest.mark.parametrize("word", ["One", "What", "Who", "Whoever", "Whatever", "what"])
def test_a_docstring_may_not_begin_with_a_pronoun(lint: dict[str, Any], tmp_path: Path, word: str) -> None:
    paths = product(tmp_path, fathom__rows=f'"""Rows."""\n\ndef rows():\n    """{word} is left."""\n')
    assert [line.split(": ")[0] for line in lint["findings"](tmp_path, paths)] == ["fathom/rows.py:4"]


def test_a_class_name_is_defined_once_in_fathom(lint: dict[str, Any], tmp_path: Path) -> None:
    paths = product(tmp_path, fathom__a="class Row: ...\n", fathom__b="\nclass Row: ...\n", checks__c="class Row: ...\n")
    assert list(lint["findings"](tmp_path, paths)) == ["fathom/b.py:2: class Row is defined in fathom/a.py:1, too"]


def test_no_more_than_two_files_share_a_name(lint: dict[str, Any], tmp_path: Path) -> None:
    paths = product(tmp_path, fathom__a__rows="", fathom__b__rows="", checks__rows="", fathom__c__words="")
    assert list(lint["findings"](tmp_path, paths)) == [
        "checks/rows.py:1: more than 2 files are named rows.py: fathom/a/rows.py, fathom/b/rows.py"
    ]


def test_plain_docstrings_have_no_findings(lint: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    product(tmp_path, fathom__rows='"""Rows of one table."""\n\nclass Row:\n    """A row."""\n')
    assert lint["main"](tmp_path) == 0
    assert capsys.readouterr().out == ""


def test_findings_are_printed_and_the_exit_code_is_1(
    lint: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    product(tmp_path, checks__rows='"""Who counts."""\n')
    assert lint["main"](tmp_path) == 1
    assert capsys.readouterr().out.startswith("checks/rows.py:1: ")
