"""On the cases of public reports Fathom is right on all, and ahead of docling and markitdown in every format."""

from __future__ import annotations

import pytest

from tests.evaluation.case_table import formats, right, tables, verdicts
from tests.fathom.conversion.cases.gold import all_cases

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(1800)]


def test_no_format_comes_out_better_elsewhere() -> None:
    found = verdicts()
    print(tables(found))
    for name, files in formats(all_cases()).items():
        ours = right(found["fathom"], files)
        assert ours == len(files), {file: found["fathom"][file] for file in files if found["fathom"][file]}
        assert ours >= max(right(found["docling"], files), right(found["markitdown"], files)), name


def test_all_formats_together_are_ahead_of_both() -> None:
    found = verdicts()
    files = [case.file for case in all_cases()]
    assert right(found["fathom"], files) > max(right(found["docling"], files), right(found["markitdown"], files))
