"""What people do in Dagster's pages beside a deployment: subsets, backfills, re-runs, cancelling, deleting, a second one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest

from fathom.orchestration.warm_runs.worker_tags import PID_TAG
from fathom.security.api_keys import ADMIN_FILE
from fathom.settings import PROJECT_ROOT, Settings
from fathom.uploads.intake import open_intake
from tests.fathom.cli.deployments import Deployment, deployment, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

AT_ONCE, LETTERS = 2, 8
WITHIN_S = 400  # a loaded machine takes its time
OVER = ("SUCCESS", "FAILURE", "CANCELED")
ALL = ("documents", "chunks", "graph_episodes")
DAGSTER = Path(sys.executable).with_name("dagster")
REPOSITORY = {"repositoryLocationName": "fathom", "repositoryName": "__repository__"}
RUNS = """query { runsOrError(limit: 200) { ... on Runs { results { runId status tags { key value } } } } }"""
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
BACKFILL = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
REEXECUTE = """mutation($p: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $p) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
TERMINATE = """mutation($r: String!) { terminateRun(runId: $r) { __typename } }"""
WIPE = """mutation($p: [PartitionsByAssetSelector!]!) { wipeAssets(assetPartitionRanges: $p) { __typename } }"""
RELOAD = """mutation { reloadRepositoryLocation(repositoryLocationName: "fathom") { __typename } }"""
DELETE = """mutation($k: [String!]!, $r: RepositorySelector!) {
  deleteDynamicPartitions(partitionKeys: $k, partitionsDefName: "documents", repositorySelector: $r) { __typename } }"""


@dataclass(frozen=True)
class Pages:
    """Dagster's pages as a person clicks them, by the questions that they send."""

    made: Deployment
    port: int
    letters: list[str]

    def ask(self, query: str, **variables: Any) -> Any:
        question = json.dumps({"query": query, "variables": variables})
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            key = (self.made.home / ADMIN_FILE).read_text().strip()
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
            connection.request("POST", "/graphql", question, headers)
            return next(iter(json.loads(connection.getresponse().read())["data"].values()))

    def materialize(self, assets: Sequence[str], **tags: str) -> dict[str, Any]:
        selector = {**REPOSITORY, "jobName": "__ASSET_JOB", "assetSelection": [{"path": [name]} for name in assets]}
        given = [{"key": f"dagster/{name}", "value": value} for name, value in tags.items()]
        answer: dict[str, Any] = self.ask(
            LAUNCH, p={"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": given}, "mode": "default"}
        )
        return answer

    def backfill(self, assets: Sequence[str], documents: Sequence[str]) -> str:
        parameters = {"assetSelection": [{"path": [name]} for name in assets], "partitionNames": list(documents)}
        return str(self.ask(BACKFILL, p=parameters)["backfillId"])

    def runs(self, **tags: str) -> dict[str, tuple[str, dict[str, str]]]:
        """Status and tags of the runs that carry these tags, by id."""
        wanted = {(f"dagster/{name}", value) for name, value in tags.items()}
        found = {
            run["runId"]: (run["status"], {tag["key"]: tag["value"] for tag in run["tags"]})
            for run in self.ask(RUNS)["results"]
        }
        return {run: one for run, one in found.items() if wanted <= set(one[1].items())}

    def ended(self, run: str) -> str:
        """How the run ended."""
        assert wait_for(lambda: self.runs()[run][0] in OVER, WITHIN_S)
        return self.runs()[run][0]

    def row(self, document: str) -> dict[str, Any]:
        return self.made.documents(document.partition("/")[0])[document]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """A deployment with letters that are done."""
    folder = tmp_path_factory.mktemp("pages")
    with deployment(folder) as made:
        assert made("up", "--no-samples", runs_at_once=str(AT_ONCE)).returncode == 0
        files = folder / "letters"
        files.mkdir()
        for number in range(LETTERS):
            (files / f"{number}.md").write_text(
                f"# Letter {number}\n\nMargaret Ellison met Thomas Okafor in London in 200{number}."
            )
        done = made("ingest", str(files), "--collection", "letters", "--wait", within_s=WITHIN_S, runs_at_once=str(AT_ONCE))
        assert done.returncode == 0, done.stderr
        port = json.loads((folder / "ports.json").read_text())["DAGSTER"]
        yield Pages(made, port, sorted(made.documents("letters")))


@pytest.mark.case(85)
@pytest.mark.parametrize("assets", [("documents",), ("chunks",), ("documents", "chunks")])
def test_some_assets_by_hand_are_done_and_start_no_run_that_nobody_asked_for(pages: Pages, assets: tuple[str, ...]) -> None:
    document = pages.letters[0]
    before = set(pages.runs())
    run = pages.materialize(assets, partition=document)["run"]["runId"]
    assert pages.ended(run) == "SUCCESS"
    row = wait_for(lambda: (one := pages.row(document))["by_hand"]["state"] == "done" and one, 30)
    assert (row["state"], row["attempts"], row["reason"]) == ("done", 0, None)
    assert (row["by_hand"]["started"], row["by_hand"]["assets"], row["by_hand"]["run"]) == ("by hand", list(assets), run)
    # a document that is given back to be tried again is so at the sensor's next look
    seen = pages.made(
        "ingest", str(pages.made.home / "inbox" / "letters" / "0.md"), "--collection", "letters2", "--wait", within_s=WITHIN_S
    )
    assert seen.returncode == 0, seen.stderr
    mine = {one for one, (_, tags) in pages.runs().items() if tags.get("dagster/partition") == document}
    assert mine - before == {run}


@pytest.mark.case(84)
@pytest.mark.parametrize("assets", [ALL, ("graph_episodes",)])
def test_the_graph_by_hand_doubles_nothing(pages: Pages, assets: tuple[str, ...]) -> None:
    document = pages.letters[1]
    before = pages.row(document)
    assert pages.ended(pages.materialize(assets, partition=document)["run"]["runId"]) == "SUCCESS"
    row = pages.row(document)
    figures = ("state", "chunks", "episodes_written", "entities", "facts", "checks_passed", "checks_failed")
    assert {name: row[name] for name in figures} == {name: before[name] for name in figures}
    assert row["by_hand"]["state"] == "done"


@pytest.mark.case(86, 87)
def test_a_backfill_of_all_documents_has_no_more_runs_at_work_than_may_be_and_none_fails(pages: Pages) -> None:
    tag = {"backfill": pages.backfill(ALL, pages.letters)}
    most: list[int] = []

    def over() -> bool:
        found = [status for status, _ in pages.runs(**tag).values()]
        most.append(sum(status in ("STARTING", "STARTED", "CANCELING") for status in found))
        return len(found) == LETTERS and all(status in OVER for status in found)

    assert wait_for(over, WITHIN_S)
    assert {status for status, _ in pages.runs(**tag).values()} == {"SUCCESS"}
    assert max(most) <= AT_ONCE
    told = {row["by_hand"]["started"] for row in pages.made.documents("letters").values()}
    assert told == {"by backfill"}


@pytest.mark.case(88, 90)
def test_a_run_over_a_done_document_that_is_terminated_leaves_it_done(pages: Pages) -> None:
    document = pages.letters[2]
    run = pages.materialize(ALL, partition=document)["run"]["runId"]
    intake = open_intake(Settings(home=pages.made.home))
    assert wait_for(lambda: run in {one.run_id for one in intake.running_by_hand(document)}, 60)
    psutil.Process(int(pages.runs()[run][1][PID_TAG])).suspend()  # it gets no further
    terminated = pages.ask(TERMINATE, r=run)["__typename"]
    assert terminated == "TerminateRunSuccess"
    assert pages.ended(run) == "CANCELED"
    row = wait_for(lambda: (one := pages.row(document))["by_hand"]["state"] != "running" and one, 60)
    assert (row["by_hand"]["state"], row["by_hand"]["reason"]) == ("cancelled", "RunCancelled")
    assert (row["state"], row["reason"], row["attempts"]) == ("done", None, 0)


@pytest.mark.case(89)
def test_a_run_that_was_cancelled_is_done_by_re_executing_it_from_its_failure(pages: Pages) -> None:
    document = pages.letters[2]
    parent = next(iter(run for run, (status, _) in pages.runs(partition=document).items() if status == "CANCELED"))
    run = pages.ask(REEXECUTE, p={"parentRunId": parent, "strategy": "FROM_FAILURE"})["run"]["runId"]
    assert pages.ended(run) == "SUCCESS"
    row = pages.row(document)
    assert (row["state"], row["by_hand"]["started"], row["by_hand"]["state"]) == ("done", "by re-execution", "done")


@pytest.mark.case(91)
def test_a_deleted_partition_is_told_everywhere_and_given_back_on_request(pages: Pages) -> None:
    document = pages.letters[3]
    pages.ask(DELETE, k=[document], r=REPOSITORY)
    assert pages.row(document)["no_partition"]
    assert pages.made.json("status")["no_partition"] == [document]
    [found] = [one for one in json.loads(pages.made("doctor", "--json").stdout)["checks"] if one["check"] == "partitions"]
    assert not found["fine"]
    assert document in found["finding"]
    assert pages.made.json("documents", "retry", document) == {"retried": [], "restored": [document]}
    assert not pages.row(document)["no_partition"]
    assert pages.ended(pages.materialize(("documents",), partition=document)["run"]["runId"]) == "SUCCESS"


@pytest.mark.case(92)
def test_a_partition_that_is_no_document_fails_by_name(pages: Pages) -> None:
    run = pages.materialize(("documents",), partition="letters/nobody.md")
    assert run["__typename"] == "LaunchRunSuccess", run
    assert pages.ended(run["run"]["runId"]) == "FAILURE"
    assert "letters/nobody.md" not in pages.made.documents("letters")


@pytest.mark.case(93)
def test_chunks_are_made_from_the_store_after_their_document_was_wiped_in_dagster(pages: Pages) -> None:
    document = pages.letters[5]
    wiped = [{"assetKey": {"path": ["documents"]}}]
    assert "wipe" in pages.ask(WIPE, p=wiped)["__typename"].lower()
    assert pages.ended(pages.materialize(("chunks",), partition=document)["run"]["runId"]) == "SUCCESS"
    assert pages.row(document)["state"] == "done"


@pytest.mark.case(94)
def test_a_run_goes_on_while_the_code_location_is_loaded_again(pages: Pages) -> None:
    run = pages.materialize(ALL, partition=pages.letters[6])["run"]["runId"]
    assert pages.ask(RELOAD)["__typename"] == "WorkspaceLocationEntry"
    assert pages.ended(run) == "SUCCESS"


@pytest.mark.case(95)
def test_one_run_over_a_range_is_refused_and_told_what_to_do(pages: Pages) -> None:
    tags = {"asset_partition_range_start": pages.letters[0], "asset_partition_range_end": pages.letters[3]}
    answer = pages.materialize(("documents",), **tags)
    assert answer["__typename"] == "PythonError"
    assert "PartitionsWrong" in answer["message"]
    assert "backfill" in answer["message"]


@pytest.mark.case(96)
def test_dagsters_own_command_line_works_with_the_deployments_dagster_home(pages: Pages) -> None:
    environment = _environment(pages) | {"DAGSTER_HOME": str(pages.made.home / "dagster")}
    words = ("asset", "materialize", "--select", "documents", "--partition", pages.letters[4], "-m", "definitions")
    done = subprocess.run([DAGSTER, *words], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    row = pages.row(pages.letters[4])
    assert (row["state"], row["by_hand"]["state"], row["by_hand"]["assets"]) == ("done", "done", ["documents"])


@pytest.mark.case(99)
def test_dg_launches_a_run_of_the_deployment(pages: Pages) -> None:
    environment = _environment(pages) | {"DAGSTER_HOME": str(pages.made.home / "dagster"), "VIRTUAL_ENV": sys.prefix}
    words = ("launch", "--assets", "chunks", "--partition", pages.letters[7])
    done = subprocess.run(
        [DAGSTER.with_name("dg"), *words], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    row = pages.row(pages.letters[7])
    assert (row["state"], row["by_hand"]["state"], row["by_hand"]["assets"]) == ("done", "done", ["chunks"])


@pytest.mark.case(98)
def test_a_second_dagster_without_the_deployments_home_is_refused_by_name(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    environment = _environment(pages) | {"DAGSTER_HOME": str(tmp_path)}
    before = pages.made.documents("letters")
    words = ("sensor", "preview", "new_uploads", "-w", str(PROJECT_ROOT / "workspace.yaml"))
    done = subprocess.run([DAGSTER, *words], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert "OtherDagster" in done.stdout + done.stderr
    assert str(pages.made.home / "dagster") in done.stdout + done.stderr
    after = pages.made.documents("letters")
    assert {name: (row["state"], row["attempts"], row["run"]) for name, row in after.items()} == {
        name: (row["state"], row["attempts"], row["run"]) for name, row in before.items()
    }


def _environment(pages: Pages) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
    return kept | {"FATHOM_HOME": str(pages.made.home), "DAGSTER_DISABLE_TELEMETRY": "yes"}
