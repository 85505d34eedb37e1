"""Tables of LaTeX come through with their spans, rules and heads, whatever package set them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fathom.conversion.docling_backends.marked_up import converted_text, missing

WHOLE = "\\documentclass{{article}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


def gaps(folder: Path, body: str, **gold: Any) -> list[str]:
    return missing(converted_text(folder / "a.tex", WHOLE.format(body=body)), **gold)


@pytest.mark.parametrize(
    "span",
    ["\\multirow{2}{*}", "\\multirow[c]{2}{2cm}", "\\multirow{2}[3]{*}[-1pt]", "\\multirow[t]{2}[1]{=}", "\\multirow{2}*"],
)
def test_a_cell_over_rows_stands_in_each_of_them_in_every_form_of_its_arguments(tmp_path: Path, span: str) -> None:
    body = (
        f"\\begin{{tabular}}{{ll}}\\hline Site & Low \\\\ \\hline {span}{{North}} & 1.5 \\\\ & 1.7 \\\\ "
        f"South & 0.9 \\\\\\end{{tabular}}"
    )
    rows = [["Site", "Low"], ["North", "1.5"], ["North", "1.7"], ["South", "0.9"]]
    assert gaps(tmp_path, body, rows=rows, lacks=["2*", "2cm"]) == []


def test_a_cell_that_reaches_up_stands_in_the_rows_above(tmp_path: Path) -> None:
    body = "\\begin{tabular}{ll}\\hline A & B\\\\ \\hline & 1 \\\\ \\multirow{-2}{*}{Left} & 2 \\\\ Right & 3\\end{tabular}"
    assert gaps(tmp_path, body, rows=[["Left", "1"], ["Left", "2"], ["Right", "3"]]) == []


@pytest.mark.parametrize("rule", ["\\cline{2-3}", "\\cmidrule{2-3}", "\\cmidrule(lr){2-3}", "\\cmidrule[.5pt](l{2pt}r){2-3}"])
def test_rules_over_some_columns_are_no_cells(tmp_path: Path, rule: str) -> None:
    body = (
        "\\begin{tabular}{@{}l*{2}{c}@{}}\\toprule[1pt] \\multirow{2}{*}{Group} & \\multicolumn{2}{c}{\\textbf{Rate}} \\\\ "
        f"{rule}\\addlinespace[2pt] & Low & High \\\\[2pt] \\midrule North & 1 & 2\\% \\& more\\\\*\\bottomrule\\end{{tabular}}"
    )
    rows = [["Group", "Rate Low", "Rate High"], ["North", "1", "2% & more"]]
    assert gaps(tmp_path, body, rows=rows, lacks=["2-3", "2pt", "5pt"]) == []


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("tabular}[t]{l|p{3cm}|}", "tabular"),
        ("tabular*}{\\textwidth}{@{\\extracolsep{\\fill}}lr@{}}", "tabular*"),
        ("tabularx}{\\linewidth}{X>{\\raggedright\\arraybackslash}X}", "tabularx"),
        ("tabulary}{10cm}{LL}", "tabulary"),
        ("longtable}[c]{ll}", "longtable"),
        ("tblr}{ll}", "tblr"),
        ("tabu} to \\linewidth {XX}", "tabu"),
        ("NiceTabular}{ll}[hvlines]", "NiceTabular"),
    ],
)
def test_every_environment_for_tables_gives_its_rows(tmp_path: Path, begin: str, end: str) -> None:
    body = (
        f"Before \\begin{{{begin}\\hline Site & Use \\\\ \\hline Quay & Ferry \\tabularnewline Pier & Walks "
        f"\\\\ \\hline\\end{{{end}}} after"
    )
    rows = [["Site", "Use"], ["Quay", "Ferry"], ["Pier", "Walks"]]
    assert gaps(tmp_path, body, rows=rows, in_order=["Before", "Quay", "after"], lacks=["hvlines", "linewidth"]) == []


def test_columns_joined_at_a_point_show_one_number(tmp_path: Path) -> None:
    body = (
        "\\begin{tabular}{lr@{.}l}\\hline Site & \\multicolumn{2}{c}{Depth} \\\\ \\hline Quay & 3&14 \\\\ "
        "Pier & 12&5\\end{tabular}"
    )
    assert gaps(tmp_path, body, rows=[["Site", "Depth"], ["Quay", "3.14"], ["Pier", "12.5"]]) == []


def test_tables_in_cells_lists_notes_and_links_are_kept(tmp_path: Path) -> None:
    body = (
        "\\begin{tabular}{ll}\\hline A & B \\\\ \\hline \\begin{tabular}{@{}c@{}}two\\\\lines\\end{tabular} & "
        "\\begin{tabular}{ll}i & j\\\\k & l\\end{tabular} \\\\ \\makecell{m\\\\n} & \\begin{itemize}\\item "
        "p\\item q\\end{itemize} \\\\ "
        "note\\footnote{Below.} & \\href{https://a.example/x}{here} \\\\ \\end{tabular}"
    )
    contains = ["two lines", "i j", "k l", "m n", "Below."]
    assert gaps(tmp_path, body, contains=contains, in_order=["p", "q", "here"], links=["https://a.example/x"]) == []


def test_a_long_table_has_its_head_once_and_its_caption(tmp_path: Path) -> None:
    body = (
        "\\begin{longtable}{ll}\\caption{Berths}\\label{t}\\\\ \\toprule Name & Use \\\\ \\midrule \\endfirsthead "
        "\\multicolumn{2}{c}{continued}\\\\ Name & Use \\\\ \\midrule \\endhead \\multicolumn{2}{r}{next page}\\\\ \\endfoot "
        "Total & 2 \\\\ \\bottomrule \\endlastfoot Quay & Ferry \\\\ Pier & Walks \\\\ \\end{longtable}"
    )
    order = ["Berths", "Name", "Quay", "Pier", "Total"]
    assert (
        gaps(tmp_path, body, in_order=order, rows=[["Name", "Use"], ["Quay", "Ferry"], ["Total", "2"]], lacks=["continued"])
        == []
    )


def test_a_caption_in_a_float_is_the_table_s_and_marks_find_their_notes(tmp_path: Path) -> None:
    body = (
        "\\begin{table}\\centering\\caption{Depths}\\begin{threeparttable}\\begin{tabular}{ll}\\hline Site & "
        "m\\tnote{a} \\\\ \\hline "
        "Quay & 3 \\end{tabular}\\begin{tablenotes}\\item[a] At noon.\\end{tablenotes}\\end{threeparttable}\\end{table}"
    )
    assert gaps(tmp_path, body, in_order=["Depths", "m[^a]", "Quay", "[^a]: At noon."]) == []


def test_rows_that_macros_make_are_rows(tmp_path: Path) -> None:
    body = (
        "\\newcommand{\\berth}[2]{#1 & #2 \\\\}\\begin{tabular}{ll}\\hline A & B \\\\ \\hline "
        "\\berth{Quay}{3}\\berth{Pier}{4}\\end{tabular}"
    )
    assert gaps(tmp_path, body, rows=[["Quay", "3"], ["Pier", "4"]]) == []


def test_an_empty_table_is_nothing_and_text_around_it_stays(tmp_path: Path) -> None:
    assert (
        gaps(tmp_path, "Before \\begin{tabular}{ll}\\hline\\end{tabular} after", in_order=["Before", "after"], lacks=["|"])
        == []
    )


def test_caption_and_notes_among_the_options_of_a_long_table_are_kept(tmp_path: Path) -> None:
    body = (
        "\\begin{longtblr}[caption={Long \\emph{tides}, and more},label={t},note{a}={First note.},remark{Source}={Navy.}]{ll}"
        " Site & Low\\TblrNote{a} \\\\ Alta & 1 \\\\ \\end{longtblr}"
    )
    contains = ["Long tides, and more", "[^a]: First note.", "Source: Navy."]
    assert gaps(tmp_path, body, contains=contains, rows=[["Alta", "1"]]) == []
