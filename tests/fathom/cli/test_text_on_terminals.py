"""Nothing that a text holds is obeyed by the terminal: every way out of the command line escapes it."""

from __future__ import annotations

import json

import pytest

from fathom.cli.output import cell, print_json, print_text, safe, say, table

EVIL = "Ada \x1b[31m\x9b2J\x1b]0;x\x07\x00\u202eMoreno\u2066\x7f\ud83d-\udd00"
OBEYED = set("\x1b\x9b\x07\x00\u202e\u2066\x7f\ud83d\udd00")
PLAIN = "👩‍🚀 é José שלום\tx"


@pytest.mark.case(70)
def test_texts_and_tables_and_messages_show_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    say(EVIL)
    print_text(EVIL)
    table(("name", "fact"), [(EVIL, {"a": EVIL})], title=None)
    table(("name",), [(EVIL,)], to_stderr=True)
    printed = capsys.readouterr()
    assert not set(printed.out + printed.err) & OBEYED
    assert r"\x1b[31m" in printed.out
    assert r"\u202eMoreno" in printed.err


@pytest.mark.case(69, 70)
def test_json_says_what_the_text_was_in_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"fact": EVIL, EVIL: 1}, indent=None)
    printed = capsys.readouterr().out
    assert not set(printed) & OBEYED
    assert json.loads(printed) == {"fact": EVIL, EVIL: 1}


@pytest.mark.case(71)
def test_letters_of_every_script_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_text(PLAIN)
    print_json(PLAIN)
    assert capsys.readouterr().out == f"{PLAIN}\n{json.dumps(PLAIN, ensure_ascii=False)}\n"
    assert safe(PLAIN) == PLAIN
    assert cell(f"{PLAIN}\n") == PLAIN.replace("\t", " ")
