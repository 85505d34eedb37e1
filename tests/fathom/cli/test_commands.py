"""What single commands say before anything runs: nothing there, nothing running, nothing known."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from fathom.settings import Settings


@pytest.fixture
def note(tmp_path: Path) -> Path:
    file = tmp_path / "note.md"
    file.write_text("# Note\n\nThe harbour opened in 1901.\n")
    return file


def test_status_names_every_part_and_is_code_3_while_one_is_missing(call: Any) -> None:
    shown = call("status", "--json")
    assert shown.code == 3
    assert [part["name"] for part in shown.json["parts"]] == [
        "graph", "converter", "runs", "dagster-webserver", "dagster-daemon", "api", "supervisor",
    ]  # fmt: skip
    assert {part["state"] for part in shown.json["parts"]} == {"stopped"}
    assert "`fathom up`" in shown.err


def test_down_with_nothing_running_is_harmless(call: Any) -> None:
    assert call("down", "--json").json == {"stopped": []}


def test_documents_of_a_new_home_are_none(call: Any) -> None:
    shown = call("documents", "--json")
    assert (shown.code, shown.json) == (0, {"documents": [], "next": None})


def test_a_state_that_is_none_is_refused_with_those_there_are(call: Any) -> None:
    shown = call("documents", "--state", "finished")
    assert shown.code == 2
    assert "running" in shown.err


def test_an_unknown_document_is_told_with_what_looks_like_it(call: Any, note: Path) -> None:
    call("ingest", str(note), "--collection", "research")
    shown = call("documents", "show", "reserch/note.md")
    assert shown.code == 2
    assert "research/note.md" in shown.err


def test_ingested_files_are_accepted_and_wait_for_the_parts(call: Any, note: Path) -> None:
    shown = call("ingest", str(note), "--json")
    assert shown.code == 0
    assert [one["document"] for one in shown.json["documents"]] == ["default/note.md"]
    assert "nothing is ingested now" in shown.err
    (row,) = call("documents", "--json").json["documents"]
    assert (row["id"], row["state"], row["chunks"]) == ("default/note.md", "accepted", None)


def test_a_folder_keeps_its_paths_and_leaves_out_what_is_hidden(call: Any, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a b.txt").write_text("a")
    (tmp_path / "in" / ".hidden").write_text("b")
    (tmp_path / "in" / "x.part").write_text("c")
    shown = call("ingest", str(tmp_path / "in"), "--json")
    assert [one["document"] for one in shown.json["documents"]] == ["default/deep/a b.txt"]


def test_a_pattern_is_expanded_and_one_that_matches_nothing_refused(call: Any, note: Path) -> None:
    shown = call("ingest", str(note.parent / "*.md"), "--json")
    assert [one["document"] for one in shown.json["documents"]] == ["default/note.md"]
    assert call("ingest", str(note.parent / "*.pdf")).code == 2


def test_what_cannot_be_taken_is_named_and_the_rest_goes_on(call: Any, note: Path) -> None:
    link = note.with_name("link.md")
    link.symlink_to(note)
    shown = call("ingest", str(note), str(link), "/nowhere/x.pdf", "--json")
    assert shown.code == 5
    assert len(shown.json["documents"]) == 1
    assert {one["error"] for one in shown.json["refused"]} == {"UnsafePath", "UsageWrong"}


def test_what_alone_cannot_be_taken_has_its_own_exit_code(call: Any, tmp_path: Path) -> None:
    assert call("ingest", str(tmp_path / "nowhere.pdf")).code == 2
    (tmp_path / "link").symlink_to(tmp_path)
    assert call("ingest", str(tmp_path / "link")).code == 4


def test_a_collection_of_a_wrong_name_is_refused(call: Any, note: Path) -> None:
    assert call("ingest", str(note), "--collection", "../x").code == 4


def test_waiting_with_nothing_running_is_code_3_and_keeps_the_files(call: Any, note: Path) -> None:
    shown = call("ingest", str(note), "--wait")
    assert shown.code == 3
    assert "fathom up" in shown.err
    assert len(call("documents", "--json").json["documents"]) == 1


def test_the_standard_input_is_a_file_with_a_name(run: Any) -> None:
    shown = run("ingest", "-", "--name", "notes.md", "--json", stdin="# Notes\n")
    assert [one["document"] for one in shown.json["documents"]] == ["default/notes.md"]
    assert run("ingest", "-", stdin="x").code == 2


def test_logs_of_a_document_are_its_own_lines(call: Any, note: Path) -> None:
    call("documents")  # the home is made, so that the command line keeps its log there
    call("ingest", str(note))
    shown = call("logs", "default/note.md", "--json")
    assert shown.code == 0
    assert '"document": "default/note.md"' in shown.out
    assert call("logs", "default/other.md").code == 2
    assert call("logs", "default/note.md", "--stage", "nonsense").code == 2
    assert call("logs", "default/note.md", "--since", "yesterday").code == 2


def test_a_file_that_is_not_there_is_wrong_usage(call: Any, tmp_path: Path) -> None:
    assert call("convert", str(tmp_path / "nowhere.pdf")).code == 2
    assert call("convert", str(tmp_path)).code == 2


def test_episodes_of_a_new_home_are_none(call: Any) -> None:
    assert call("episodes", "--json").json == {"collections": []}
    assert call("episodes", "a/b").code == 2


def test_the_converter_that_does_not_run_is_code_3(call: Any) -> None:
    assert call("docling", "status").code == 3


def test_doctor_says_of_each_thing_whether_it_is_fine(call: Any) -> None:
    shown = call("doctor", "--json")
    assert {one["check"] for one in shown.json["checks"]} >= {"python", "packages", "settings", "home", "disk", "port"}
    assert shown.code == (0 if shown.json["fine"] else 1)


def test_doctor_says_what_to_do_about_a_port_that_is_taken(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from fathom import settings as settings_module

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setenv("FATHOM_API_PORT", str(listener.getsockname()[1]))
        settings_module.settings.cache_clear()
        shown = call("doctor", "--json")
    assert shown.code == 1
    (wrong,) = [one for one in shown.json["checks"] if one["check"] == "port" and not one["fine"]]
    assert "FATHOM_API_PORT=" in wrong["what_to_do"]


def test_doctor_says_so_of_a_setting_that_is_wrong(run: Any) -> None:
    shown = run("doctor", "--json", environment={"FATHOM_API_PORT": "many"})
    assert shown.code == 1
    assert "FATHOM_API_PORT" in shown.out


def test_a_home_that_cannot_be_written_is_told(call: Any, home_settings: Settings) -> None:
    home_settings.home.write_text("a file where the folder should be")
    shown = call("up", "--no-samples", "--json")
    assert (shown.code, shown.json["error"]) == (1, "StoreFailed")
    assert "FATHOM_HOME" in shown.err
