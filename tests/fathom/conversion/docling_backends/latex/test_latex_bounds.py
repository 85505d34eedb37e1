"""Hostile LaTeX ends with a name for what is wrong, and long texts take time in proportion to their length."""

from __future__ import annotations

import time

import pytest

from fathom.conversion.docling_backends.latex.latex_backend import read_latex
from fathom.errors import ArchiveBomb, NestedTooDeep

pytestmark = pytest.mark.hostile

LEAST = 0.05  # seconds below which two times say nothing of one another


@pytest.mark.parametrize(
    "text",
    [
        "\\def\\a{\\a}\\a",
        "\\def\\a{x\\a\\a}\\a",
        "".join(f"\\def\\{chr(97 + index)}{{\\{chr(98 + index)}\\{chr(98 + index)}}}" for index in range(25)) + "\\a",
        "".join(f"\\newacronym{{a{n}}}{{\\gls{{a{n + 1}}}\\gls{{a{n + 1}}}}}{{x}}" for n in range(60)) + "\\gls{a0}",
        "\\newcommand{\\q}[1]{\\q{#1#1}}\\q{x}",
        "\\newcommand{\\d}[1]{#1#1}" + "\\d{" * 40 + "x" + "}" * 40,
    ],
)
def test_macros_that_grow_without_end_are_refused(text: str) -> None:
    with pytest.raises(ArchiveBomb, match="macros expand"):
        read_latex(text)


@pytest.mark.parametrize(
    "text",
    [
        "\\begin{center}" * 3000,
        "\\footnote{" * 3000,
        "\\begin{tabular}{l}" * 3000,
        "\\newenvironment{e}{\\begin{e}}{}\\begin{e}",
    ],
)
def test_nesting_without_end_is_refused(text: str) -> None:
    with pytest.raises(NestedTooDeep):
        read_latex(text)


@pytest.mark.parametrize(
    "piece",
    [
        "\\section{A} b\n",
        "{a ",
        "$ ",
        "\\foo{",
        "\\verb|a ",
        "\\item a ",
        "\\url{a",
        "a & b \\\\ ",
        "\\textbf{",
        "\\label{",
        "% x\n",
    ],
)
def test_time_grows_with_the_length_of_the_text(piece: str) -> None:
    def seconds(count: int) -> float:
        begun = time.process_time()
        read_latex(f"\\begin{{document}}\\begin{{tabular}}{{ll}}{piece * count}")
        return time.process_time() - begun

    seconds(100)
    few, many = seconds(2000), seconds(16_000)
    assert many < max(few, LEAST) * 8 * 4
