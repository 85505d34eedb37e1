"""Formulas of Office are written as LaTeX that says all they say."""

from __future__ import annotations

import pytest
from docx.oxml import parse_xml

from fathom.conversion.docling_backends.office.formulas import latex_of

_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def _run(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


FORMULAS = {
    "several parts in brackets": (f"<m:d><m:e>{_run('a')}</m:e><m:e>{_run('b')}</m:e></m:d>", "\\left(a|b\\right)"),
    "other brackets and signs": (
        '<m:d><m:dPr><m:begChr m:val="["/><m:sepChr m:val=";"/><m:endChr m:val="]"/></m:dPr>'
        f"<m:e>{_run('a')}</m:e><m:e>{_run('b')}</m:e></m:d>",
        "\\left[a;b\\right]",
    ),
    "one bracket": (
        f'<m:d><m:dPr><m:begChr m:val="{{"/><m:endChr m:val=""/></m:dPr><m:e>{_run("x")}</m:e></m:d>',
        "\\left\\{x\\right.",
    ),
    "scripts before": (
        f"<m:sPre><m:sub>{_run('92')}</m:sub><m:sup>{_run('235')}</m:sup><m:e>{_run('U')}</m:e></m:sPre>",
        "{}_{92}^{235}U",
    ),
    "accent by default": (f"<m:acc><m:e>{_run('h')}</m:e></m:acc>", "\\hat{h}"),
    "rare accent": (
        f'<m:acc><m:accPr><m:chr m:val="⌢"/></m:accPr><m:e>{_run("AB")}</m:e></m:acc>',
        "\\overset{⌢}{AB}",
    ),
    "texts of one run": ("<m:r><m:t>ab</m:t><m:t>c</m:t></m:r>", "abc"),
    "limit": (f"<m:limLow><m:e>{_run('lim')}</m:e><m:lim>{_run('x→0')}</m:lim></m:limLow>", "\\lim_{x\\to 0}"),
    "function of another name": (
        f"<m:func><m:fName>{_run('erf')}</m:fName><m:e>{_run('y')}</m:e></m:func>",
        "\\operatorname{erf}y",
    ),
    "unknown element": (f"<m:phant><m:e>{_run('p')}</m:e></m:phant><m:other><m:e>{_run('q')}</m:e></m:other>", "pq"),
    "sum": (
        '<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>'
        f"<m:sub>{_run('i=1')}</m:sub><m:sup>{_run('n')}</m:sup><m:e>{_run('x')}</m:e></m:nary>",
        "\\sum_{i=1}^{n}x",
    ),
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_a_formula_says_in_latex_what_it_says(kind: str) -> None:
    content, wanted = FORMULAS[kind]
    assert latex_of(parse_xml(f'<m:oMath xmlns:m="{_MATH}">{content}</m:oMath>')) == wanted


def test_a_formula_without_a_text_is_nothing() -> None:
    assert latex_of(parse_xml(f'<m:oMath xmlns:m="{_MATH}"/>')) == ""
