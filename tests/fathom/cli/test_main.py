"""The command line's promises: exit codes, JSON on stdout, sentences on stderr, no traceback, an example everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from fathom import errors
from fathom.cli.commands import documents_command as documents_module
from fathom.cli.main import app, main
from fathom.errors import FathomError
from fathom.settings import PROJECT_ROOT


def commands(group: Any, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and group, by the words that call it."""
    found = [words] if words else []
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if command.hidden:
            continue  # another name of a command that is listed
        found += commands(command, (*words, name))
    return found


COMMANDS = commands(typer.main.get_command(app))
GROUPS_WITHOUT_AN_ANSWER = {("docling",), ("graph",), ("graph", "entities"), ("graph", "facts")}
PROMISED = {
    tuple(words.split())
    for words in (
        "up", "down", "status", "doctor", "ingest", "documents", "documents show", "logs", "convert", "extract", "episodes",
        "episodes show", "episodes verify", "cost", "budget", "keys", "keys create", "keys revoke",
        "documents remove", "documents retry", "documents cancel", "documents pause", "documents resume",
        "docling verify", "docling status", "graph query", "graph health", "graph stats",
    )
}  # fmt: skip


def test_every_promised_command_is_there() -> None:
    assert set(COMMANDS) >= PROMISED


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_explains_itself_with_an_example(call: Any, words: tuple[str, ...]) -> None:
    shown = call(*words, "--help")
    assert shown.code == 0
    assert f"Example: fathom {words[0]}" in " ".join(shown.out.split())
    if words not in GROUPS_WITHOUT_AN_ANSWER:
        assert "--json" in shown.out


def test_every_example_is_a_command_that_is_there() -> None:
    examples = re.findall(r"Example: fathom ([a-z]+)", (PROJECT_ROOT / "fathom" / "cli").joinpath("main.py").read_text())
    assert {(word,) for word in examples} <= set(COMMANDS)


@pytest.mark.parametrize("words", [("nonsense",), ("convert",), ("status", "--nonsense"), ("documents", "--limit", "x"), ()])
def test_wrong_usage_is_code_2_in_a_sentence(call: Any, words: tuple[str, ...]) -> None:
    shown = call(*words)
    assert shown.code == 2
    assert "Traceback" not in shown.err


def test_wrong_usage_with_json_is_json(call: Any) -> None:
    shown = call("convert", "--json")
    assert (shown.code, shown.json["error"]) == (2, "UsageWrong")


KINDS = [errors.UsageWrong, errors.GraphUnreachable, errors.QueryRefused, errors.DocumentLocked, errors.StoreFull]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_named_error_is_its_exit_code_its_sentence_and_what_to_do(
    call: Any, monkeypatch: pytest.MonkeyPatch, kind: type[FathomError]
) -> None:
    def fail() -> None:
        raise kind("It is so.", hint="Do that.")

    monkeypatch.setattr(documents_module, "deployment", fail)
    shown = call("documents", "--json")
    assert shown.code == kind.exit_code
    assert shown.err == "It is so.\nDo that.\n"
    assert (shown.json["error"], shown.json["message"], shown.json["hint"]) == (kind.__name__, "It is so.", "Do that.")


def test_a_defect_says_so_without_a_traceback_and_keeps_it_in_the_log(
    call: Any, home_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fathom.operations import document_rows

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the cause")

    home_settings.home.mkdir()
    monkeypatch.setattr(document_rows, "list_documents", fail)
    shown = call("documents", "--json")
    assert shown.code == 1
    assert "Internal error: RuntimeError: the cause" in shown.err
    assert "Traceback" not in shown.err
    assert shown.json["error"] == "Defect"
    log = home_settings.logs_path / "cli.jsonl"
    assert str(log) in shown.err
    assert "Traceback" in log.read_text()


def test_debug_lets_the_error_through(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "deployment", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["documents", "--debug"])


def test_an_interrupted_command_says_so(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(documents_module, "deployment", interrupt)
    shown = call("documents")
    assert (shown.code, shown.err) == (130, "Interrupted.\n")


def test_an_unknown_setting_stops_the_program_by_name(run: Any) -> None:
    shown = run("status", "--json", environment={"FATHOM_HOEM": "x"})
    assert (shown.code, shown.json["error"]) == (2, "SettingsInvalid")
    assert "FATHOM_HOEM" in shown.err


def test_the_program_says_its_version(run: Any) -> None:
    project = (PROJECT_ROOT / "pyproject.toml").read_text()
    assert run("--version").out.strip() == "fathom " + re.search(r'^version = "(.+)"', project, re.MULTILINE).group(1)  # type: ignore[union-attr]


def test_help_loads_nothing_heavy() -> None:
    heavy = "('dagster', 'docling', 'graphiti_core', 'spacy', 'onnxruntime', 'pandas', 'sqlalchemy', 'pydantic', 'neo4j')"
    code = f"import sys, fathom.cli.main; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert shown.stdout.strip() == "[]"


def test_help_loads_nothing_large(run: Any) -> None:
    named = run("--help", environment={"PYTHONPROFILEIMPORTTIME": "1"}).err
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in named.splitlines()}
    assert "fathom" in loaded
    assert not loaded & {"dagster", "docling", "graphiti_core", "spacy", "onnxruntime", "pandas", "neo4j", "sqlalchemy"}


def test_a_reader_that_goes_away_is_no_error(home_settings: Any) -> None:
    program = Path(sys.executable).with_name("fathom")
    done = subprocess.run(f"{program} documents --json | true", shell=True, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
