"""Processes killed in the middle of a batch: nothing accepted is lost, nothing is doubled, what is bad is named."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fathom.settings import PROJECT_ROOT
from tests.fathom.cli.deployments import Deployment, deployment, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

SENTENCES = (
    "Thomas Okafor opened the pier light of Kelmouth in {}. The Kelmouth Harbour Trust paid Northgate Engineering for it.",
    "Helen Marsh wrote to the Kelmouth Harbour Trust in {} about the dredging of the Lynn Channel.",
    "Ingrid Solberg of Northgate Engineering measured the breakwater in {} and reported to Helen Marsh.",
)
BAD = {"empty.pdf": "EmptyDocument", "cut.pdf": "DocumentDamaged", "named%0Awrong.docx": "UnknownFormat"}
ENDED = {"done", "failed", "rejected"}
DOUBLED = "MATCH (p:Episodic) WITH p.uuid AS uuid, count(p) AS n WHERE n > 1 RETURN uuid"
DOUBLED_NAMES = "MATCH (n:Entity) WITH n.group_id AS group, n.name AS name, count(n) AS n WHERE n > 1 RETURN group, name"
DOUBLED_MENTIONS = "MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WITH p, n, count(m) AS times WHERE times > 1 RETURN times"
EPISODES = "MATCH (p:Episodic) RETURN p.source_description AS id, count(p) AS episodes"


@pytest.fixture(scope="module")
def fathom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A running deployment without documents."""
    with deployment(tmp_path_factory.mktemp("k")) as made:
        done = made("up", "--no-samples")
        assert done.returncode == 0, done.stderr
        yield made


def drop(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Good files and bad ones; the ids of the good, the reason of each bad id."""
    folder.mkdir(parents=True)
    good = []
    for number in range(8):
        lines = [SENTENCES[line % 3].format(1900 + 9 * number + line % 9) for line in range(60)]
        (folder / f"letters {number}.md").write_text(f"# Letters of volume {number}\n\n" + "\n\n".join(lines))
        good.append(f"{folder.name}/letters {number}.md")
    for name in ("harbour-history.pdf", "budget.xlsx"):
        (folder / name).write_bytes((PROJECT_ROOT / "samples" / name).read_bytes())
        good.append(f"{folder.name}/{name}")
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "cut.pdf").write_bytes((folder / "harbour-history.pdf").read_bytes()[:700])
    (folder / "named\nwrong.docx").write_bytes(b"\x7fELF" + bytes(range(256)) * 8)
    return good, {f"{folder.name}/{name}": reason for name, reason in BAD.items()}


@pytest.mark.parametrize("part", ["dagster-daemon", "runs", "converter", "graph"])
def test_a_part_killed_during_a_batch_costs_nothing(fathom: Deployment, part: str) -> None:
    collection = f"killed-{part}"
    good, bad = drop(fathom.home / "inbox" / collection)
    assert wait_for(lambda: any(row["state"] == "running" for row in fathom.documents(collection).values()), 120)
    os.kill(fathom.pids()[part], signal.SIGKILL)
    again = fathom("up", "--no-samples")
    assert again.returncode == 0, again.stderr

    def over() -> bool:
        rows = fathom.documents(collection)
        return len(rows) == len(good) + len(bad) and {row["state"] for row in rows.values()} <= ENDED

    wait_for(over, 420)
    rows = fathom.documents(collection)
    assert {name: (row["state"], row["reason"]) for name, row in rows.items()} == {
        **dict.fromkeys(good, ("done", None)),
        **{name: ("rejected", reason) for name, reason in bad.items()},
    }
    assert fathom.json("graph", "query", DOUBLED)["records"] == []
    assert fathom.json("graph", "query", DOUBLED_NAMES)["records"] == []
    assert fathom.json("graph", "query", DOUBLED_MENTIONS)["records"] == []
    assert fathom.json("episodes", "verify")["agree"]
    held = {row["id"]: row["episodes"] for row in fathom.json("graph", "query", EPISODES)["records"]}
    assert {name: held[name] for name in good} == {name: rows[name]["chunks"] for name in good}
