"""Formatting inside a line parts no word, and what Markdown would take for marks is escaped."""

from __future__ import annotations

from typing import Any

import pytest

from fathom.conversion.structure.document_inline import escaped, escaped_line_starts, inline_text


def run(text: str, **more: Any) -> dict[str, Any]:
    formatting = {name: more.pop(name) for name in ("bold", "italic", "strikethrough", "script") if name in more}
    return {"text": text, "orig": text, "label": more.pop("label", "text"), "formatting": formatting or None, **more}


def exact(*runs: dict[str, Any]) -> tuple[str, str]:
    line = inline_text(runs, exact=True)
    return line.plain, line.markdown


def test_runs_that_carry_their_blanks_are_joined_as_they_stand() -> None:
    assert exact(run("Re"), run("new", bold=True), run("able power")) == ("Renewable power", "Renewable power")
    assert exact(run("CO"), run("2", script="sub"), run(" fell.")) == ("CO2 fell.", "CO2 fell.")
    assert exact(run("a "), run(" b", italic=True), run("\tc ")) == ("a b c", "a *b* c")


def test_a_raised_number_behind_a_digit_does_not_become_part_of_it() -> None:
    assert exact(run("10"), run("6", script="super"), run(" m"), run("3", script="super"))[0] == "10^6 m3"
    assert exact(run("10"), run("-3", script="super"))[0] == "10^-3"
    assert exact(run("the 1"), run("st", script="super"))[0] == "the 1st"


def test_emphasis_of_a_part_of_a_word_is_left_out_since_its_marks_would_part_the_word() -> None:
    assert (
        exact(run("V", bold=True), run("alve", italic=True), run(" ("), run("shut", bold=True), run(")"))[1]
        == "Valve (**shut**)"
    )
    assert exact(run("n"), run("oon 2026-", bold=True), run("01"))[1] == "noon 2026-01"


def test_struck_text_is_marked_in_the_plain_text_too() -> None:
    assert exact(run("900", strikethrough=True), run(" 700")) == ("~~900~~ 700", "~~900~~ 700")


def test_blanks_at_the_edges_of_a_run_stay_outside_its_marks() -> None:
    assert exact(run("so "), run("very ", bold=True), run("new"))[1] == "so **very** new"


def test_neighbours_of_one_format_have_one_pair_of_marks() -> None:
    assert exact(run("he", bold=True), run("ave", bold=True))[1] == "**heave**"
    linked = [run("the ", hyperlink="https://a.example/x"), run("lease", hyperlink="https://a.example/x")]
    assert exact(*linked) == ("the lease", "[the lease](https://a.example/x)")


def test_links_are_kept_with_their_text_and_never_as_scripts() -> None:
    line = inline_text([run("see"), run("here", hyperlink="https://a.example/x y(1)"), run(".")])
    assert (line.plain, line.markdown) == ("see here.", "see [here](<https://a.example/x y(1)>).")
    assert [(link.text, link.url) for link in line.links] == [("here", "https://a.example/x y(1)")]
    assert inline_text([run("here", hyperlink="javascript:alert(1)")]).links == ()


def test_runs_without_their_blanks_are_parted_by_one_save_before_closing_marks() -> None:
    assert inline_text([run("paper"), run("A"), run(", and"), run("("), run("b"), run(")")]).plain == "paper A, and (b)"


def test_code_is_as_it_stands_and_its_fence_is_longer_than_its_ticks() -> None:
    assert exact(run("call "), run("a`b_c*", label="code"))[1] == "call ``a`b_c*``"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("2 * 3 _x_ snake_case", r"2 \* 3 \_x\_ snake_case"),
        ("a <b> & &amp; 1 < 2", r"a \<b> & \&amp; 1 < 2"),
        ("[1](x) [2]", r"[1\](x) [2]"),
        ("back\\slash `tick`", r"back\\slash \`tick\`"),
    ],
)
def test_marks_of_markdown_within_a_line_are_escaped(text: str, markdown: str) -> None:
    assert escaped(text) == markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("# 3 frames", r"\# 3 frames"),
        ("3. frames\n- and", "3\\. frames\n\\- and"),
        ("> said", r"\> said"),
        ("-5 degrees, #7, 3.5", "-5 degrees, #7, 3.5"),
        ("---", r"\---"),
    ],
)
def test_what_would_begin_a_block_is_escaped_at_a_line_start(text: str, markdown: str) -> None:
    assert escaped_line_starts(text) == markdown


def test_a_mark_that_two_runs_make_together_is_escaped() -> None:
    assert exact(run("a &am"), run("p; b"))[1] == "a \\&amp; b"
    assert exact(run("a <"), run("b>", italic=True))[1] == "a \\<*b>*"
