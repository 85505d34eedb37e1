"""LaTeX texts come through as the page shows them: words, notes, links, code, signs, the text's own macros."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fathom.conversion.docling_backends.marked_up import converted_text, missing, noticed

WHOLE = "\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


def gaps(folder: Path, body: str, preamble: str = "", **gold: Any) -> list[str]:
    return missing(converted_text(folder / "a.tex", WHOLE.format(preamble=preamble, body=body)), **gold)


def test_a_footnote_leaves_its_sentence_whole_and_stands_at_the_end_of_the_section(tmp_path: Path) -> None:
    body = (
        "\\section{Ebb}The ebb\\footnote{In \\textbf{May}, see \\url{https://a.example/x_y}.} runs\\footnotemark{} on."
        "\\footnotetext{At noon.} It \\footnote[9]{Nine.} ends.\n\n\\section{Flood}Later."
    )
    order = [
        "The ebb[^1] runs[^2] on. It[^9] ends.",
        "[^1]: In May, see https://a.example/x_y.",
        "[^2]: At noon.",
        "[^9]: Nine.",
        "Later.",
    ]
    assert gaps(tmp_path, body, in_order=order, headings=["Ebb", "Flood"]) == []


def test_notes_of_the_title_and_of_headings_leave_these_clean(tmp_path: Path) -> None:
    body = (
        "\\title{Tides\\thanks{Paid by X.}}\\author{Ann\\thanks{Univ A} \\and Bo}\\maketitle\\section{One\\footnote{Two.}}Text."
    )
    assert (
        gaps(tmp_path, body, headings=["Tides", "One"], in_order=["Ann[^2]", "Bo", "Paid by X.", "Univ A", "Text.", "Two."])
        == []
    )


@pytest.mark.parametrize(
    ("written", "shown", "link"),
    [
        (
            "see \\href{https://a.example/p%20q_r#x}{the \\emph{chart}}, now",
            "see the chart, now",
            "https://a.example/p%20q_r#x",
        ),
        (
            "see \\url{https://a.example/~u?x=1&y=2_3} now",
            "see https://a.example/~u?x=1&y=2_3 now",
            "https://a.example/~u?x=1&y=2_3",
        ),
        ("see \\href{https://a.example/\\%20\\#x}{it}.", "see it.", "https://a.example/%20#x"),
        ("\\textbf{see \\url{https://a.example}} now", "see https://a.example now", "https://a.example"),
    ],
)
def test_links_keep_target_text_and_the_blanks_around_them(tmp_path: Path, written: str, shown: str, link: str) -> None:
    assert gaps(tmp_path, f"Please {written}", contains=[f"Please {shown}"], links=[link]) == []


@pytest.mark.parametrize(
    "written",
    ["\\verb|a_b{c}%d|", "\\verb+a_b{c}%d+", "\\verb*!a_b{c}%d!", "\\lstinline{a_b{c}%d}", "\\lstinline[language=C]|a_b{c}%d|",
     "\\mintinline{c}|a_b{c}%d|", "\\path|a_b{c}%d|"],
)  # fmt: skip
def test_code_in_the_line_stands_as_typed_whatever_encloses_it(tmp_path: Path, written: str) -> None:
    assert gaps(tmp_path, f"Type {written} here.", contains=["Type a_b{c}%d here."]) == []


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("\\begin{verbatim}", "\\end{verbatim}"),
        ("\\begin{Verbatim}[fontsize=\\small]", "\\end{Verbatim}"),
        ("\\begin{lstlisting}[language=Python, caption={Steps}]", "\\end{lstlisting}"),
        ("\\begin{minted}[linenos]{python}", "\\end{minted}"),
        ("\\begin{mycode}", "\\end{mycode}"),
    ],
)
def test_blocks_of_code_keep_every_sign(tmp_path: Path, begin: str, end: str) -> None:
    preamble = "\\lstnewenvironment{mycode}{\\lstset{language=C}}{}"
    document = converted_text(
        tmp_path / "a.tex",
        WHOLE.format(preamble=preamble, body=f"Before.\n{begin}\nif x: # {{%\n    y_z = \\alpha & 1\n{end}\nAfter."),
    )
    assert "```" in document.markdown
    assert "if x: # {%\n    y_z = \\alpha & 1\n```" in document.markdown
    assert missing(document, in_order=["Before.", "if x", "After."]) == []


def test_formatting_never_parts_a_word_and_scripts_stay_beside_their_base(tmp_path: Path) -> None:
    body = (
        "Re\\textbf{new}able H$_2$O, CO\\textsubscript{2}, 10$^6$ and $10^{-3}$, 1\\textsuperscript{st}, "
        "20$^{\\circ}$C, $\\mu$m, "
        "$\\pm 5$, {\\it h}alf, \\textsc{Nato}'s."
    )
    shown = "Renewable H2O, CO2, 10^6 and 10^-3, 1st, 20°C, μm, ± 5, half, Nato's."
    assert gaps(tmp_path, body, contains=[shown]) == []


def test_letters_with_accents_signs_dashes_quotes_and_thin_spaces_are_what_the_page_shows(tmp_path: Path) -> None:
    body = (
        "na\\\"{\\i}ve \\'Etude \\c{c}a \\v{S}koda \\H{o} \\o re, Stra\\ss e, \\L\\'od\\'z, \\~n; 4.5\\,kn "
        "10\\,000\\;m Dr.~Who "
        "1--9 --- ``so'' `x' 5\\% \\$3 \\& a\\_b \\#1 \\{x\\} so\\-me\\ldots{} \\S~5 \\copyright\\ X \\texttt{--help}"
    )
    shown = (
        "naïve Étude ça Škoda ő øre, Straße, Łódź, ñ; 4.5 kn 10 000 m Dr. Who 1–9 — “so” ‘x’ 5% $3 & a_b #1 "
        "{x} some… § 5 © X --help"
    )
    assert gaps(tmp_path, body, contains=[shown]) == []


def test_german_shorthands_are_letters_where_babel_makes_them(tmp_path: Path) -> None:
    body = 'Stra"se, "Uber "`Zitat"\', Haus"=Boot.'
    assert gaps(tmp_path, body, "\\usepackage[ngerman]{babel}", contains=["Straße, Über „Zitat“, Haus-Boot."]) == []


def test_macros_of_the_text_are_expanded_with_their_arguments_and_defaults(tmp_path: Path) -> None:
    preamble = (
        "\\usepackage{xspace}\\newcommand{\\kn}[2][kn]{#2\\,#1}\\newcommand*\\boat{Ark~7\\xspace}\\def\\pair#1#2{#1 and #2}"
        "\\def\\upto#1;{<#1>}\\let\\vessel\\boat\\NewDocumentCommand{\\opt}{m o "
        "s}{#1\\IfNoValueTF{#2}{-none}{-#2}\\IfBooleanTF{#3}{!}{}}"
        "\\newenvironment{hint}[1][Hint]{\\begin{quote}\\textbf{#1:} }{\\end{quote}}\\newcommand{\\R}{\\mathbb{R}}"
    )
    body = (
        "\\kn{4} \\kn[km]{3}, \\boat sails, \\vessel, \\boat{} rests, \\pair{A}{B}, \\upto x; \\opt{a} "
        "\\opt{b}[c]*, $x \\in \\R$."
        "\\begin{hint}[Look]Inside.\\end{hint}"
    )
    shown = ["4 kn 3 km, Ark 7 sails, Ark 7, Ark 7 rests, A and B, <x> a-none b-c!,", "x \\in \\mathbb{R}", "Look: Inside."]
    assert gaps(tmp_path, body, preamble, contains=shown) == []


def test_comments_and_branches_that_do_not_hold_are_left_out(tmp_path: Path) -> None:
    body = (
        "Kept 5\\% % secret one\nhere.\n% secret two\n\\iffalse secret three \\else shown \\fi \\ifdraft "
        "draft\\else secret four\\fi"
        "\\begin{comment}\nsecret five \\begin{x}\n\\end{comment}\nLast."
    )
    preamble = "\\newif\\ifdraft\\drafttrue"
    assert gaps(tmp_path, body, preamble, contains=["Kept 5% here.", "shown draft", "Last."], lacks=["secret"]) == []


def test_head_of_the_document_stands_first_wherever_the_text_says_it(tmp_path: Path) -> None:
    body = (
        "\\begin{abstract}In short.\\end{abstract}\\title{On\\\\Tides}\\author{A. Lee\\\\Univ B \\and C. "
        "Day}\\date{May 2024}Text."
    )
    order = ["On Tides", "A. Lee, Univ B", "C. Day", "May 2024", "Abstract", "In short.", "Text."]
    assert gaps(tmp_path, body, in_order=order, headings=["On Tides", "Abstract"]) == []


def test_lists_keep_nesting_labels_and_numbers(tmp_path: Path) -> None:
    body = (
        "\\begin{itemize}\\item One\\item[Bee] Two\\begin{enumerate}[label=(\\alph*)]\\item aa\\item "
        "bb\\end{enumerate}\\end{itemize}"
        "\\begin{enumerate}[start=4]\\item four\n\nsecond paragraph\\item five\\end{enumerate}"
        "\\begin{description}\\item[Neap] small\\item[Spring:] large\\end{description}"
    )
    order = [
        "One",
        "Bee Two",
        "(a) aa",
        "(b) bb",
        "4. four",
        "second paragraph",
        "5. five",
        "Neap",
        "small",
        "Spring:",
        "large",
    ]
    assert gaps(tmp_path, body, in_order=order) == []


def test_theorems_say_what_they_are_and_formulas_are_kept_with_macros_expanded(tmp_path: Path) -> None:
    preamble = "\\newtheorem{thm}{Theorem}\\newcommand{\\R}{\\mathbb{R}}"
    body = (
        "\\begin{thm}[Euler]\\label{t}It holds.\\end{thm}\\begin{proof}Clear.\\end{proof}"
        "\\begin{equation}x \\in \\R\\label{e}\\end{equation}\\begin{align*}a &= b \\\\ c &= d\\end{align*}\\[ y^2 \\]$$z_1$$"
    )
    document = converted_text(tmp_path / "a.tex", WHOLE.format(preamble=preamble, body=body))
    assert missing(document, contains=["Theorem (Euler). It holds.", "Proof. Clear."], lacks=["\\label"]) == []
    assert "$$x \\in \\mathbb{R}$$" in document.markdown
    assert "$$\\begin{aligned}a &= b \\\\ c &= d\\end{aligned}$$" in document.markdown
    assert "$$y^2$$" in document.markdown
    assert "$$z_1$$" in document.markdown


def test_references_show_their_keys_and_the_works_can_be_found_by_them(tmp_path: Path) -> None:
    body = (
        "See~\\cite[p.~5]{holm}, \\citep[cf.][]{lie,day} and Table~\\ref{tab:a}.\n\\begin{thebibliography}{9}"
        "\\bibitem{holm} Holm, R. \\newblock Tides.\\bibitem[Lie(1999)]{lie} Lie, M.\\end{thebibliography}"
    )
    contains = ["See [holm, p. 5], [cf. lie, day] and Table [tab:a].", "[holm] Holm, R. Tides.", "[lie] Lie, M."]
    assert gaps(tmp_path, body, contains=contains, headings=["References"]) == []


def test_files_that_the_text_includes_are_named_and_unknown_commands_keep_their_text(tmp_path: Path) -> None:
    body = (
        "Start \\input{chapters/one} \\lstinputlisting{code.py}\\odd[opt]{kept}{too} "
        "\\includegraphics{a.png} end. \\bibliography{refs}"
    )
    document = converted_text(tmp_path / "a.tex", WHOLE.format(preamble="", body=body))
    assert missing(document, contains=["kept too", "end."], lacks=["opt", "a.png"]) == []
    assert noticed(document) == {"chapters/one", "code.py", "refs", "unknown_commands"}


def test_captions_stay_with_what_they_are_of_and_pictures_show_what_describes_them(tmp_path: Path) -> None:
    body = (
        "\\begin{figure}\\includegraphics[width=2cm,alt={A red buoy}]{b}\\caption[s]{Buoy at "
        "\\emph{sea}\\label{f}}\\end{figure}"
        "\\begin{figure}\\subfloat[Left]{\\includegraphics{l}}"
        "\\subfloat[Right]{\\includegraphics{r}}\\caption{Both}\\end{figure}"
    )
    assert gaps(tmp_path, body, in_order=["Buoy at sea", "A red buoy", "Left", "Right", "Both"]) == []


def test_quantities_and_chemistry_read_as_they_are_set(tmp_path: Path) -> None:
    body = (
        "\\SI{5}{\\kilo\\metre\\per\\hour}, \\qty{1.5e3}{\\percent}, \\num{1e-3}, \\ang{30}, \\ce{H2O -> "
        "OH^-}, \\SIrange{1}{2}{\\km}."
    )
    assert gaps(tmp_path, body, contains=["5 km/h, 1.5 × 10^3 %, 1 × 10^-3, 30°, H2O → OH-, 1 km to 2 km."]) == []


def test_slides_have_their_titles_as_headings_and_no_marks_of_overlays(tmp_path: Path) -> None:
    text = (
        "\\documentclass{beamer}\\begin{document}\\section{Part}\\begin{frame}{First}"
        "\\begin{itemize}[<+->]\\item<1-> One\\pause"
        "\\item \\only<2>{Two}\\end{itemize}\\end{frame}\\begin{frame}\\frametitle{Second}Text\\end{frame}\\end{document}"
    )
    document = converted_text(tmp_path / "a.tex", text)
    assert missing(document, headings=["Part", "First", "Second"], in_order=["One", "Two", "Text"], lacks=["<", "+-"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "Only $5 here.\n\nAnd there.",
        "Braces {open and\n\nwords.",
        "\\begin{center}never ended",
        "a } b",
        "\\chapter \\emph{x} b",
        "a \\footnote\\verb b",
        "a \\multirow 2 * b",
        "\\end{center} a b",
    ],
)
def test_a_text_with_an_error_in_it_loses_no_word(tmp_path: Path, text: str) -> None:
    words = [
        word for word in ("Only", "5", "here.", "there.", "open", "words.", "never", "ended", "a", "b") if word in text.split()
    ]
    assert words
    assert gaps(tmp_path, text, in_order=words) == []


@pytest.mark.parametrize(
    "text", ["Порт \\textbf{Наход}ка: \\footnote{Заметка.} конец", "港の\\textbf{潮位}表\\footnote{注}です"]
)
def test_any_script_is_read(tmp_path: Path, text: str) -> None:
    parts = ["Находка:", "конец", "Заметка."] if "Порт" in text else ["港の潮位表", "です", "注"]
    assert gaps(tmp_path, text, in_order=parts) == []


def test_a_list_begins_with_the_number_that_is_set_in_it(tmp_path: Path) -> None:
    inner = "\\begin{enumerate}\\item in\\end{enumerate}"
    text = f"\\begin{{enumerate}}\\setcounter{{enumi}}{{4}}\\item five{inner}\\item six\\end{{enumerate}}"
    assert gaps(tmp_path, text, in_order=["5. five", "1. in", "6. six"]) == []


def test_letters_have_their_signature_and_what_stands_below(tmp_path: Path) -> None:
    text = (
        "\\documentclass{letter}\\signature{Ana Lie}\\begin{document}\\begin{letter}{Bo Ek}\\opening{Dear Bo,} Body. "
        "\\closing{Yours,}\\ps{P.S. more}\\cc{Cy}\\encl{Map}\\end{letter}\\end{document}"
    )
    order = ["Bo Ek", "Dear Bo,", "Body.", "Yours,", "Ana Lie", "P.S. more", "cc: Cy", "encl: Map"]
    assert missing(converted_text(tmp_path / "a.tex", text), in_order=order) == []


def test_curricula_have_the_person_and_entries_in_a_line_each(tmp_path: Path) -> None:
    text = (
        "\\documentclass{moderncv}\\name{Ana}{Lie}\\title{Engineer}\\address{Street 1}{City}\\phone[mobile]{+47 1}\n"
        "\\begin{document}\\makecvtitle\n\\section{Work}\\cventry{2001--2005}{MSc}{Univ}{}{}{Built \\emph{boats}}\n"
        "\\cvitem{Skill}{Python}\\cvlistitem{sailing}\n"
        "\\cventry\n  {Chief}\n  {Sea Ltd}\n  {\\begin{itemize}\\item led\\item sailed\\end{itemize}}\n\\end{document}"
    )
    document = converted_text(tmp_path / "a.tex", text)
    order = [
        "Engineer",
        "Street 1, City",
        "+47 1",
        "2001–2005, MSc, Univ, Built boats",
        "Skill: Python",
        "sailing",
        "Chief, Sea Ltd",
    ]
    assert missing(document, headings=["Ana Lie", "Work"], in_order=[*order, "led", "sailed"]) == []


def test_questions_of_an_examination_are_items_with_points_and_choices(tmp_path: Path) -> None:
    body = (
        "\\begin{questions}\\question[5] What? \\begin{parts}\\part A? \\part[2] B?\\end{parts}\\question Why? "
        "\\begin{choices}\\choice moon \\CorrectChoice wind\\end{choices}\\end{questions}"
    )
    order = ["1. (5) What?", "(a) A?", "(b) (2) B?", "2. Why?", "(a) moon", "(b) wind"]
    assert gaps(tmp_path, body, in_order=order) == []


def test_lines_of_chinese_and_japanese_are_joined_without_a_blank(tmp_path: Path) -> None:
    body = "这是\n中文文本。\\textbf{大}字 and\nEnglish 中文\n\n日本語の\n文章です。\n\n한국어 문장\n입니다."
    contains = ["这是中文文本。大字 and English 中文", "日本語の文章です。", "한국어 문장 입니다."]
    assert gaps(tmp_path, body, contains=contains) == []


def test_who_a_biography_is_of_is_told(tmp_path: Path) -> None:
    body = "\\begin{IEEEbiography}[{\\includegraphics{a}}]{Ana Lie} was born.\\end{IEEEbiography}"
    body += "\\begin{IEEEproof}Clear.\\end{IEEEproof}"
    assert gaps(tmp_path, body, contains=["Ana Lie was born.", "Proof. Clear."], lacks=["includegraphics"]) == []


def test_numbers_that_the_text_counts_by_itself_are_said(tmp_path: Path) -> None:
    preamble = "\\newcounter{ex}\\newcommand{\\ex}{\\stepcounter{ex}Example \\theex}"
    assert gaps(tmp_path, "\\ex{} and \\ex.", preamble, contains=["Example 1 and Example 2."]) == []
