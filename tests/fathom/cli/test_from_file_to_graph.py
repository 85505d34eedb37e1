"""A stranger's first hour with the real program: up, ingest, look, ask, down; without a terminal, on real parts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fathom.graphdb.connection import open_graph
from fathom.processes.process import processes_of_home
from fathom.settings import Settings
from tests.fathom.cli.deployments import Deployment, deployment

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SAMPLES = 8


def lives(pid: int) -> bool:
    """Whether the process runs; one that only waits for its parent to take leave of it does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def fathom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment with the samples in it."""
    with deployment(tmp_path_factory.mktemp("f")) as made:
        done = made("up")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0].split() == ["document", "state", "chunks", "entities", "facts", "checks", "seconds"]
        assert len(done.stdout.splitlines()) == 1 + SAMPLES
        assert "http://127.0.0.1:" in done.stderr
        yield made


def test_every_sample_is_in_the_graph_with_all_checks_passed(fathom: Deployment) -> None:
    rows = fathom.json("documents", "--collection", "samples")["documents"]
    assert len(rows) == SAMPLES
    assert {row["state"] for row in rows} == {"done"}
    assert {row["checks_failed"] for row in rows} == {0}
    assert all(row["chunks"] == row["episodes_written"] > 0 and row["entities"] > 0 for row in rows)


def test_the_graph_joins_what_several_files_tell(fathom: Deployment) -> None:
    cypher = (
        "MATCH (e:Entity)<-[:MENTIONS]-(p:Episodic) WITH e.name AS name, count(DISTINCT p.source_description) AS files "
        "WHERE files > 2 RETURN name, files"
    )
    assert len(fathom.json("graph", "query", cypher)["records"]) >= 3


def test_up_again_is_harmless_and_quick(fathom: Deployment) -> None:
    before, began = fathom.json("status"), time.monotonic()
    again = fathom.json("up")
    assert set(again["started"].values()) == {"running"}
    assert time.monotonic() - began < 30
    assert [part["pid"] for part in fathom.json("status")["parts"]] == [part["pid"] for part in before["parts"]]
    assert [row["attempts"] for row in again["documents"]] == [0] * SAMPLES


def test_ingesting_and_waiting_ends_with_a_table_and_names_what_did_not_get_through(fathom: Deployment, tmp_path: Path) -> None:
    (tmp_path / "well.md").write_text("# Light\n\nThomas Okafor opened the pier light of Kelmouth in 2023.\n")
    (tmp_path / "empty.pdf").write_bytes(b"")
    done = fathom("ingest", str(tmp_path), "--collection", "mixed", "--wait", "--json")
    assert done.returncode == 5, done.stderr
    states = {row["id"]: (row["state"], row["reason"]) for row in json.loads(done.stdout)["documents"]}
    assert states == {"mixed/well.md": ("done", None), "mixed/empty.pdf": ("rejected", "EmptyDocument")}
    assert "mixed/empty.pdf rejected: EmptyDocument" in done.stderr


def test_who_ingests_with_other_settings_than_the_parts_have_is_told(fathom: Deployment, tmp_path: Path) -> None:
    (tmp_path / "told.md").write_text("Ada Moreno designed the Tamar Bridge.")
    same = fathom("ingest", str(tmp_path / "told.md"), "--collection", "told", "--wait")
    other = fathom("ingest", str(tmp_path / "told.md"), "--collection", "told", "--wait", llm_concurrency="3")
    assert "`fathom up`" not in same.stderr
    assert "than this: dagster-daemon, runs. `fathom up`" in other.stderr
    assert same.returncode == other.returncode == 0


def test_a_dropped_file_arrives_by_itself(fathom: Deployment) -> None:
    folder = fathom.home / "inbox" / "dropped"
    folder.mkdir()
    (folder / "note.txt").write_text("Helen Marsh wrote to the Kelmouth Harbour Trust.\n")
    deadline, rows = time.monotonic() + 120, []
    while time.monotonic() < deadline and [row["state"] for row in rows] != ["done"]:
        rows = fathom.json("documents", "--collection", "dropped")["documents"]
    assert [row["state"] for row in rows] == ["done"]


def test_the_log_of_a_document_tells_every_stage(fathom: Deployment) -> None:
    done = fathom("logs", "samples/harbour-history.pdf", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"upload", "docling", "chunking", "graphiti"} <= {line.get("stage") for line in lines}
    assert [line["timestamp"] for line in lines] == sorted(line["timestamp"] for line in lines)
    assert any(line.get("metrics", {}).get("chunks") for line in lines)
    assert all(line.get("run") for line in lines if line["logger"].startswith("fathom.resources"))


def test_one_document_is_shown_with_its_checks_and_the_ledger(fathom: Deployment) -> None:
    shown = fathom.json("documents", "show", "samples/budget.xlsx")
    assert {check["passed"] for check in shown["checks"]} == {True}
    assert len(shown["checks"]) >= 10
    rows = fathom.json("episodes", "samples/budget.xlsx")["episodes"]
    assert [row["state"] for row in rows] == ["written"] * shown["chunks"]


def test_a_file_is_converted_and_read_without_being_stored(fathom: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "alone.txt"
    file.write_text("Ingrid Solberg works for Northgate Engineering in Newcastle.\n")
    assert "Ingrid Solberg" in fathom("convert", str(file)).stdout
    found = fathom.json("extract", str(file))
    text = file.read_text()
    assert "Ingrid Solberg" in {text[start:end] for entity in found["entities"] for start, end in entity["mentions"]}
    assert fathom("documents", "show", "default/alone.txt").returncode == 2


def test_a_removed_document_leaves_nothing_and_the_receipt_says_so(fathom: Deployment) -> None:
    assert fathom("documents", "remove", "dropped/note.txt").returncode == 4  # nobody confirmed it
    receipt = fathom.json("documents", "remove", "dropped/note.txt", "--yes", "--forget")
    assert receipt["episodes_removed"] == 1
    assert (receipt["artifacts_removed"], receipt["file_removed"], len(receipt["bytes_removed"])) == (2, True, 1)
    assert fathom.json("documents", "remove", "--verify", receipt["id"])["holds"] is True
    assert fathom("documents", "show", "dropped/note.txt").returncode == 2
    for label in ("Episodic", "Entity"):
        left = f"MATCH (n:{label}) WHERE n.group_id = 'dropped' RETURN count(n) AS n"
        assert fathom.json("graph", "query", left)["records"] == [{"n": 0}]


def test_what_was_lost_from_the_graph_is_repaired_and_written_again(fathom: Deployment) -> None:
    assert fathom.json("episodes", "verify")["agree"] is True
    assert fathom.json("episodes", "repair")["repairs"] == []
    graph = open_graph(Settings(home=fathom.home, graph_uri=None))
    lose = "MATCH (p:Episodic) WHERE p.source_description = 'mixed/well.md' DETACH DELETE p"
    graph.write(lambda tx: tx.run(lose).consume())
    graph.close()
    assert fathom("episodes", "verify").returncode == 1
    assert fathom("episodes", "repair").returncode == 4  # nobody confirmed it
    planned = fathom.json("episodes", "repair", "--dry-run")
    assert (planned["dry_run"], planned["repairs"][0]["documents"]) == (True, ["mixed/well.md"])
    assert fathom("episodes", "verify").returncode == 1
    assert fathom.json("episodes", "repair", "--yes")["agree"] is True
    assert fathom("episodes", "verify").returncode == 0
    deadline, rows = time.monotonic() + 120, [{"state": ""}]
    while time.monotonic() < deadline and [row["state"] for row in rows] != ["written"]:
        rows = fathom.json("episodes", "mixed/well.md")["episodes"]
    assert [row["state"] for row in rows] == ["written"]
    assert fathom("episodes", "verify").returncode == 0


def test_down_leaves_no_process_and_up_goes_on_with_what_was_there(fathom: Deployment) -> None:
    pids = [part["pid"] for part in fathom.json("status")["parts"]]
    assert fathom("down").returncode == 0
    assert processes_of_home(fathom.home) == []
    assert [pid for pid in pids if lives(pid)] == []
    assert fathom("status").returncode == 3
    again = fathom.json("up")
    assert set(again["started"].values()) == {"started"}
    assert {row["state"] for row in again["documents"]} == {"done"}
    assert fathom.json("graph", "stats")["nodes"]["by_label"]["Episodic"] > SAMPLES
