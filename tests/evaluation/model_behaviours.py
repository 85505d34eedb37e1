"""Runs documents through the whole pipeline while the language model's server misbehaves at random.

python -m tests.evaluation.model_behaviours --documents 200 --seed 15

Every document is done, or paused or failed by its right cause; what it cost is what the server counted; no chunk is set aside
for a fault that is not its own. Prints a table; exits with 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from fathom import settings as settings_module
from fathom.database import open_database
from fathom.ledger.episode import EpisodeRow
from fathom.ledger.episode_ledger import Ledger
from fathom.llm.middleware import retry
from fathom.tables import llm_calls
from fathom.uploads import provider_accounts
from fathom.uploads.intake import open_intake
from fathom.uploads.provider_accounts import account_of, account_pause, paused_for
from tests.evaluation import server_behaviours as ways
from tests.evaluation.behaving_server import USD_IN, USD_OUT, BehavingServer, Phase, text_of
from tests.evaluation.server_behaviours import CHAT, MESSAGES
from tests.fathom.llm.scripted_server import ScriptedServer
from tests.ingestion_assets.conftest import Deployment, deployed

A_PHASE = 10  # documents
MAX_PARTS = 4  # of a document
MAX_ROUNDS = 60  # of planned runs in a phase
MAX_COST_OFF = 0.05  # of the server's own count
DOCUMENT_USD = 0.05  # while there is a budget: less than a document of four parts costs
LATER_S = 7200.0  # in which documents that failed are due again


@dataclass
class Outcome:
    """What a run found: final states by cause, pauses seen, chunks set aside, money, requests, and broken promises."""

    documents: Counter[str] = field(default_factory=Counter[str])
    pauses: Counter[str] = field(default_factory=Counter[str])
    mended: Counter[str] = field(default_factory=Counter[str])
    quarantined: Counter[str] = field(default_factory=Counter[str])
    chunks: int = 0
    costs: list[tuple[Phase, float, float]] = field(default_factory=list[tuple[Phase, float, float]])
    requests: Counter[str] = field(default_factory=Counter[str])
    played: int = 0
    broken: list[str] = field(default_factory=list[str])

    @property
    def cost_off(self) -> float:
        """How far our cost is from the server's count, as a share of it."""
        ours, counted = _summed(self.costs)
        return ours / counted - 1 if counted else 0.0


class BehaviourRun:
    """Documents of one deployment, phase by phase, with the server that they are read by."""

    def __init__(self, deployment: Deployment, address: str, server: BehavingServer, seed: int) -> None:
        self.found = Outcome()
        self._deployment = deployment
        self._address = address
        self._server = server
        self._chance = random.Random(seed)

    def play(self, phase: Phase, numbers: Sequence[int]) -> None:
        """The documents of a phase come, are worked off as the product does, and are judged."""
        self._server.phase = phase
        with pytest.MonkeyPatch.context() as environment:
            self._set(environment, phase)
            files = {f"d{number:03}_md": text_of(number, self._chance.randint(1, MAX_PARTS)) for number in numbers}
            documents = dict(zip(self._deployment.drop(f"phase-{phase.number}", **files), numbers, strict=True))
            self._work_off()
            self._mend(environment, phase, list(documents))
            for document, number in documents.items():
                self._judge(document, number)
            self._settle(phase)
        settings_module.settings.cache_clear()

    def _set(self, environment: pytest.MonkeyPatch, phase: Phase) -> None:
        values = {
            "LLM": phase.wire, "LLM_MODEL": phase.model, "LLM_CONCURRENCY": 2, "LLM_TIMEOUT_S": 20, "CHUNK_TOKENS": 100,
            "LLM_BASE_URL": self._address if phase.wire == MESSAGES else f"{self._address}/v1",
            "LLM_USD_PER_MTOK_IN": USD_IN, "LLM_USD_PER_MTOK_OUT": USD_OUT,
        }  # fmt: skip
        if phase.incident == ("budget", "of a document"):
            values["BUDGET_USD_PER_DOCUMENT"] = DOCUMENT_USD
        for name, value in values.items():
            environment.setenv(f"FATHOM_{name}", str(value))
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            environment.setenv(name, f"sk-{phase.number}")
        settings_module.settings.cache_clear()

    def _work_off(self) -> None:
        """Runs are planned and run until none is due; a paused account is tried again when the product would."""
        settings = settings_module.settings()
        intake = open_intake(settings)
        for _ in range(MAX_ROUNDS):
            pause = account_pause(intake.engine, account_of(settings))
            if pause is not None:
                time.sleep(max(0.0, pause.probe_at - time.time()))
            planned = intake.plan_runs(0, time.time() + LATER_S)
            if not planned:
                return
            for run in planned:
                documents = list(run.documents)
                if len(documents) == 1:
                    self._deployment.ingest(documents[0], run.run_key)
                else:
                    self._deployment.drain(documents, run.run_key)
                self._note(documents)
        self.found.broken.append(f"phase {self._server.phase.number} does not end")

    def _note(self, documents: Sequence[str]) -> None:
        """What the documents of a run wait for, which must be what happens in the phase."""
        for document in documents:
            row = self._deployment.upload(document)
            waits = paused_for(row)
            if waits is None:
                continue
            self.found.pauses[f"paused: {waits}, {row.reason}"] += 1
            phase = self._server.phase
            expected = "BudgetSpent" if phase.fault is None else phase.fault.error
            if phase.incident is None or phase.incident[0] != waits or row.reason != expected:
                self.found.broken.append(f"{document} is paused for {row.reason}: {row.detail}; there was {phase.incident}")

    def _mend(self, environment: pytest.MonkeyPatch, phase: Phase, documents: Sequence[str]) -> None:
        """What only a person can mend is mended, and documents that failed by it are tried again."""
        if phase.incident is None or phase.incident[0] == "account":
            return
        if phase.fault is None:
            environment.delenv("FATHOM_BUDGET_USD_PER_DOCUMENT")
            settings_module.settings.cache_clear()
        self._server.mend()
        for document in documents:
            row = self._deployment.upload(document)
            if phase.fault is not None and row.reason == phase.fault.error:
                self.found.mended[f"failed, {row.reason}"] += 1
                self._deployment.intake.retry(document)
        self._work_off()

    def _judge(self, document: str, number: int) -> None:
        """The end of a document is what its texts deserve."""
        row = self._deployment.upload(document)
        rows = Ledger(open_database(settings_module.settings().operational_url)).rows(document)
        faults = self._server.text_faults[number]
        errors = set(faults.values())
        self.found.documents[f"{row.state}{f', {row.reason}' if row.reason else ''}"] += 1
        self.found.chunks += len(rows)
        aside = [one for one in rows if one.state == "quarantined"]
        self.found.quarantined.update(_cause(one) for one in aside)
        self.found.broken += [f"a chunk of {document} is set aside: {one.reason}" for one in aside if _cause(one) not in errors]
        if row.state == "done":
            right = row.reason == ("DoneInPart" if faults else None) and len(aside) == len(faults)
            right = right and all(one.facts >= 1 for one in rows if one.state == "written")
        else:
            model = errors & {"AnswerUnusable", "AnswerTruncated"}
            right = row.state == "failed" and row.reason in errors | ({"AnswersUnusable"} if model else set())
        if not right:
            states = Counter(f"{one.state} {one.reason or one.facts}" for one in rows)
            self.found.broken.append(f"{document} is {row.state}, {row.reason}: {row.detail}; {faults}; {dict(states)}")

    def _settle(self, phase: Phase) -> None:
        """Our cost of the phase beside the server's."""
        ours = sa.select(sa.func.coalesce(sa.func.sum(llm_calls.c.cost_usd), 0.0)).where(llm_calls.c.model == phase.model)
        with open_database(settings_module.settings().operational_url).connect() as connection:
            self.found.costs.append((phase, float(connection.scalar(ours) or 0.0), self._server.cost[phase.number]))


def _summed(costs: Sequence[tuple[Phase, float, float]]) -> tuple[float, float]:
    """USD by us and by the server."""
    return sum(ours for _, ours, _ in costs), sum(counted for _, _, counted in costs)


def _cause(row: EpisodeRow) -> str:
    return (row.reason or "").partition(":")[0]


def phases(number: int, seed: int) -> list[Phase]:
    """Returns so many phases, of wire formats in turn; abilities, counts and incidents are dealt so that each comes early."""
    chance = random.Random(seed)
    dealt: dict[str, list[str]] = {}
    chat_abilities, message_abilities = [*ways.CHAT_ABILITIES, ways.REASONS_AT_LENGTH], [*ways.MESSAGE_ABILITIES]

    def deal(kind: str, names: Sequence[str]) -> str:
        if not dealt.get(kind):
            dealt[kind] = chance.sample(list(names), len(names))
        return dealt[kind].pop()

    found = []
    for at in range(1, number + 1):
        wire = MESSAGES if at % 3 == 2 else CHAT  # there are more ways to behave in the chat format
        ability = deal(wire, chat_abilities if wire == CHAT else message_abilities)
        counts = [*(ways.CHAT_COUNTS if wire == CHAT else ways.MESSAGE_COUNTS), "at random"]
        phase = Phase(at, wire, ability, deal(f"count {wire}", counts), after=chance.randint(1, 8))
        if at % 2:
            phase.incident, phase.refusals = ("account", deal("account", list(ways.OF_ACCOUNTS))), chance.randint(2, 6)
        elif at % 4 == 0:
            name = deal("settings", [*ways.OF_SETTINGS, "of a document"])
            phase.incident = ("budget" if name == "of a document" else "settings", name)
            phase.refusals = 1
        found.append(phase)
    return found


def run(documents: int, seed: int, folder: Path, a_phase: int = A_PHASE) -> Outcome:
    """Plays so many documents, `a_phase` of them while the server has one mood, in a deployment in the folder."""
    server = BehavingServer(seed)
    listening = ScriptedServer(server)
    (folder / "home").mkdir()
    (folder / "dagster").mkdir()
    try:
        with pytest.MonkeyPatch.context() as quicker, deployed(folder / "home", folder / "dagster") as deployment:
            quicker.setattr(provider_accounts, "FIRST_PROBE_S", 0.3)
            quicker.setattr(provider_accounts, "MAX_PROBE_S", 1.0)
            quicker.setattr(retry, "FIRST_WAIT_S", 0.01)
            quicker.setattr(retry, "MAX_WAIT_S", 0.05)
            quicker.setattr(retry, "MAX_LOADING_WAIT_S", 0.02)
            played = BehaviourRun(deployment, listening.url, server, seed)
            began, told = time.monotonic(), 0
            for phase in phases(-(-documents // a_phase), seed):
                first = (phase.number - 1) * a_phase
                played.play(phase, range(first, min(documents, first + a_phase)))
                for broken in played.found.broken[told:]:
                    print("BROKEN", broken, file=sys.stderr)
                told = len(played.found.broken)
                done = f"{min(documents, first + a_phase)} of {documents} documents, {time.monotonic() - began:.0f} s"
                print(done, len(played.found.broken), "broken promises", file=sys.stderr, flush=True)
    finally:
        listening.stop()
    found = played.found
    found.requests, found.played = server.requests, len(server.played.keys() & ways.all_behaviours())
    if abs(found.cost_off) > MAX_COST_OFF:
        found.broken.append(f"the cost is off by {found.cost_off:+.1%}")
    return found


def table(found: Outcome) -> str:
    """Writes what was found as Markdown tables."""
    lines = ["| documents at the end | |", "|---|---|", *_rows(found.documents)]
    lines += ["", "| on the way | |", "|---|---|", *_rows(found.pauses), *_rows(found.mended)]
    lines += ["", "| chunks set aside | |", "|---|---|", *_rows(found.quarantined), f"| of all | {found.chunks} |"]
    lines += ["", "| requests | | a chunk |", "|---|---|---|"]
    lines += [f"| {kind} | {count} | {count / max(1, found.chunks):.2f} |" for kind, count in found.requests.most_common()]
    lines += ["", "| USD | ours | the server's | off |", "|---|---|---|---|"]
    groups = {"all": found.costs}
    groups |= {wire: [one for one in found.costs if one[0].wire == wire] for wire in (CHAT, MESSAGES)}
    groups["phases that count nothing"] = [one for one in found.costs if one[0].count in ways.UNCOUNTED]
    groups["phases that count"] = [one for one in found.costs if one[0].count not in ways.UNCOUNTED]
    for name, some in groups.items():
        ours, counted = _summed(some)
        lines.append(f"| {name} | {ours:.4f} | {counted:.4f} | {ours / counted - 1 if counted else 0.0:+.2%} |")
    lines += [
        "",
        f"{found.played} of {len(ways.all_behaviours())} behaviours were played; {len(found.broken)} promises broken.",
    ]
    return "\n".join([*lines, *(f"- {one}" for one in found.broken)])


def _rows(counts: Counter[str]) -> list[str]:
    return [f"| {name} | {count} |" for name, count in sorted(counts.items())]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--phase", type=int, default=A_PHASE, help="documents while the server has one ability")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="behaviours-") as folder:
        found = run(given.documents, given.seed, Path(folder), given.phase)
    print(table(found))
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
