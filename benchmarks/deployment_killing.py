"""A whole deployment that ingests a corpus while its parts are killed with -9, and what it is when all is done."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from benchmarks.material import SAMPLES
from benchmarks.model_server import ModelServer
from fathom.conversion.service.converter_client import ConverterClient
from fathom.deployment.graph_component import GraphComponent
from fathom.errors import ConverterUnreachable
from fathom.extraction.match_prompts import entity_match, fact_match
from fathom.extraction.pipeline import model_of
from fathom.extraction.prompt import Prompt
from fathom.extraction.response_schema import Vocabulary
from fathom.graph.read.snapshot import take_snapshot
from fathom.graph.reconciliation.diff import find_differences
from fathom.graphdb.connection import open_graph
from fathom.ids import document_id
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.remove import remove
from fathom.orchestration.run_submission import launch_waiting
from fathom.resolution.store.fact_verdict_store import FactVerdictStore
from fathom.resolution.store.verdict_store import NameVerdictStore
from fathom.settings import PROJECT_ROOT, Settings
from fathom.uploads import repository
from fathom.uploads.inbox.inbox_scan import FoundFile, Identity
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import ENDED, UploadState

VICTIMS = ("run", "graph", "converter")
COLLECTION = "killed"
ACCEPTED_AT = 1_714_990_000.0  # of the first document, in every round: facts without a date hold from there
ROUND_WITHIN_S = 900.0
LOOK_EVERY_S = 0.05
MOST_STEPS = 3  # of the work between two kills
LATEST_S = 1.0  # after such a step
CORPORA = PROJECT_ROOT.parent / "shared" / "corpora" / "documents"
OF_SAMPLES = (
    "budget.xlsx",
    "engineering-report.docx",
    "handover-letter.eml",
    "harbour-history.pdf",
    "new-director.html",
    "oyster-field-notes.md",
    "works-review.pptx",
)
OF_CORPORA = (
    "docling/latex/sources/1706.03762/introduction.tex",
    "docling/latex/sources/1706.03762/why_self_attention.tex",
    "docling/latex/sources/2305.03393/history.txt",
    "docling/odf/sources/odf_presentation_01.odp",
    "docling/odf/sources/odf_table_with_title_01.ods",
    "markitdown/markitdown-ocr/tests/ocr_test_data/pdf_complex_layout.pdf",
    "pandoc-office/docx/lists.docx",
    "pandoc-office/epub/features.epub",
    "pandoc-office/odt/odt/tableWithContents.odt",
    "unstructured/LICENSE.md",
    "unstructured/ideas-page.html",
    "unstructured/language-docs/eng_spa_mult.md",
    "unstructured/stanley-cups.xlsx",
)
DOUBLED_NAMES = """
MATCH (n:Entity) WHERE n.group_id = $group WITH n.name AS name, count(n) AS copies WHERE copies > 1 RETURN name
"""
LEFT = "MATCH (n) WHERE n.group_id = $group RETURN count(n) AS left"
_NAME = re.compile(r"\b[A-Z][a-z]{3,}(?: [A-Z][a-z]+)?\b")
FACTS_ASKED = re.compile(r'<pairs>\n\{"pair": 1, "a": \{"relation": ')
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_TYPES = ("Person", "Organization", "Location")
MOST_NAMES = 8


def corpus() -> list[Path]:
    """Twenty small documents of many formats; only the project's own samples where the corpora are not beside it."""
    files = [SAMPLES / name for name in OF_SAMPLES]
    return files + [CORPORA / name for name in OF_CORPORA] if CORPORA.is_dir() else files


def read(body: dict[str, Any]) -> dict[str, Any]:
    """What a model says of any text: capitalised words are names, two in a sentence a fact; types differ by text.

    Names that are alike it holds to be apart: which are compared depends on the order of documents, which kills change.
    Facts are one where their sentences begin alike.
    """
    text = str(body["messages"][-1]["content"])
    if FACTS_ASKED.match(text):  # all are of one relation, so that none is asked about without its sentence
        pairs = [json.loads(line) for line in text.splitlines()[1:-1]]
        return {"same": [pair["pair"] for pair in pairs if pair["a"]["fact"][:1] == pair["b"]["fact"][:1]]}
    if text.startswith("<pairs>"):
        return {"same": []}
    text = text.removeprefix("<passage>\n").removesuffix("\n</passage>")
    names = list(dict.fromkeys(_NAME.findall(text)))[:MOST_NAMES]
    facts = []
    for sentence in re.split(r"(?<=[.!?])\s+|\n", text):
        here = [name for name in dict.fromkeys(_NAME.findall(sentence)) if name in names]
        if len(here) > 1:
            years = _YEAR.findall(sentence)
            facts.append(
                {
                    "source": here[0],
                    "relation": "NAMED_WITH",
                    "target": here[1],
                    "fact": sentence.strip(),
                    "quote": sentence.strip()[:60],
                    "valid_at": min(years, default=None),
                    "invalid_at": None,
                }
            )
    kinds = [_TYPES[(len(name) + len(text)) % len(_TYPES)] for name in names]
    return {
        "entities": [{"name": name, "type": kind, "aliases": []} for name, kind in zip(names, kinds, strict=True)],
        "facts": facts,
    }


@dataclass
class Round:
    """What a collection was after its corpus was ingested once, whatever was killed meanwhile."""

    kills: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0
    not_done: dict[str, str] = field(default_factory=dict[str, str])  # reasons by document
    digest: str = ""
    episodes: int = 0
    lost: int = 0
    doubled: int = 0
    other: int = 0  # differences between ledger and graph that are neither
    paid_twice: int = 0  # answers that were kept when their asker was killed, and were asked for again
    under_way: int = 0  # those that were not kept yet: being given, unread, or on their way to the disk
    left: int = 0  # nodes of the collection after all its documents were removed


class DeploymentKilling:
    """Ingests the same corpus into one deployment, round after round, and kills parts of it at moments that chance chooses."""

    def __init__(self, settings: Settings, server: ModelServer, *, seed: int) -> None:
        self._settings = settings
        self._server = server
        self._chance = random.Random(seed)
        self._intake = open_intake(settings)
        self._ledger = Ledger(self._intake.engine)
        self._kept: dict[str, int] = {}

    def round(self, victims: Sequence[str] = ()) -> Round:
        """The corpus is ingested while these are killed in their order, looked at, and removed."""
        self._server.reset()
        self._kept = {}
        found = Round()
        began = time.monotonic()
        self._accept()
        for victim in self._until_done(victims):
            found.kills[victim] += 1
        found.seconds = time.monotonic() - began
        GraphComponent(self._settings).start()
        self._look(found)
        self._remove(found)
        return found

    def _accept(self) -> None:
        """Each file is an upload that waits, accepted at the same moment in every round."""
        for number, path in enumerate(corpus()):
            with path.open("rb") as stream:
                kept = self._intake.store.keep(stream)
            document = document_id(COLLECTION, path.name)
            file = FoundFile(document, COLLECTION, (), Identity(path.stat().st_size, 0, 0, 0))
            repository.accept(self._intake.engine, [(file, kept.version)], ACCEPTED_AT + number)
        launch_waiting(self._settings)

    def _until_done(self, victims: Sequence[str]) -> Iterator[str]:
        """Those that were killed before all documents had ended. Raises TimeoutError where they do not end.

        Each is killed a few steps of the work after the one before, and then at any moment: a machine under load makes
        steps slower, not kills denser, so that the deployment has always done something in between.
        """
        deadline = time.monotonic() + ROUND_WITHIN_S
        left = list(victims)
        seen, steps, due = self._progress(), self._chance.randint(1, MOST_STEPS), 0.0
        while not self._ended():
            now = time.monotonic()
            if now > deadline:
                raise TimeoutError(f"Not all documents ended: {self._states()}")
            if (progress := self._progress()) != seen:
                seen, steps = progress, steps - 1
                due = now + self._chance.uniform(0, LATEST_S) if steps == 0 else due
            if left and steps <= 0 and now >= due and self._run() and (process := self._process(left[0])):
                _kill(process)
                self._note_kept()
                yield left.pop(0)
                seen, steps = self._progress(), self._chance.randint(1, MOST_STEPS)
            time.sleep(LOOK_EVERY_S)

    def _note_kept(self) -> None:
        """Of each question whose answer is kept by now, how often it was answered when that was first seen."""
        with closing(sqlite3.connect(f"file:{self._settings.home / 'language' / 'answers.db'}?mode=ro", uri=True)) as store:
            keys = {key for (key,) in store.execute("SELECT key FROM answers")}
        extracting, names, facts = (
            Prompt(Vocabulary()).question(""),
            entity_match.entity_match_request([]),
            fact_match.fact_match_request([]),
        )
        model = model_of(self._settings)
        times = Counter(list(self._server.answered))
        new = [
            one
            for one in times
            if one not in self._kept
            and replace(facts if FACTS_ASKED.match(one) else names if one.startswith("<pairs>") else extracting, text=one).key(
                model
            )
            in keys
        ]
        self._kept |= {one: times[one] for one in new}

    def _progress(self) -> object:
        """What is another one after each step of the work: a document's stage, or how many of its episodes are written."""
        rows = self._intake.list(collection=COLLECTION)
        counts = self._ledger.summaries([row.document for row in rows])
        return [(row.state, row.stage, counts[row.document].states) for row in rows]

    def _ended(self) -> bool:
        return all(row.state in ENDED for row in self._intake.list(collection=COLLECTION))

    def _states(self) -> dict[str, str]:
        rows = self._intake.list(collection=COLLECTION)
        return {row.document: f"{row.state} {row.stage} {row.attempts} {row.reason}" for row in rows}

    def _process(self, victim: str) -> psutil.Process | None:
        """The living process of that part."""
        if victim == "run":
            return self._run()
        with suppress(ConverterUnreachable, psutil.Error):
            if victim == "graph":
                return self._recorded("graph")
            return psutil.Process(ConverterClient(self._settings).status().pid)
        return None

    def _run(self) -> psutil.Process | None:
        """The process of a run that is at work, one of them by chance."""
        with suppress(psutil.Error):
            server = self._recorded("runs")
            runs = [one for one in server.children() if one.status() != psutil.STATUS_ZOMBIE] if server else []
            return self._chance.choice(runs) if runs else None
        return None

    def _recorded(self, part: str) -> psutil.Process | None:
        try:
            process = psutil.Process(json.loads((self._settings.home / "run" / f"{part}.json").read_text())["pid"])
        except (OSError, ValueError, psutil.Error):
            return None
        return process if process.status() != psutil.STATUS_ZOMBIE else None

    def _look(self, found: Round) -> None:
        """Ledger against graph, the digest, and what was asked for again."""
        rows = self._intake.list(collection=COLLECTION)
        found.not_done = {row.document: f"{row.state}: {row.reason}" for row in rows if row.state is not UploadState.DONE}
        graph = open_graph(self._settings)
        try:
            written = {row.uuid: row for row in self._ledger.rows(collection=COLLECTION, state="written")}
            differ = find_differences(graph, COLLECTION, written)
            found.digest = take_snapshot(graph, COLLECTION).digest()
            names = graph.read(DOUBLED_NAMES, group=COLLECTION)
        finally:
            graph.close()
        found.episodes = differ.episodes
        found.lost = len(differ.missing) + len(differ.partial)
        found.doubled = len(differ.doubled) + len(differ.doubled_mentions) + len(names)
        kinds = (differ.unknown, differ.elsewhere, differ.ungrounded, differ.stale, differ.orphans)
        found.other = sum(map(len, kinds))
        for question, times in Counter(self._server.answered).items():
            found.paid_twice += times - self._kept.get(question, times)
            found.under_way += self._kept.get(question, times) - 1

    def _remove(self, found: Round) -> None:
        for row in self._intake.list(collection=COLLECTION):
            remove(self._settings, row.document, by="the benchmark")
        graph = open_graph(self._settings)
        try:
            found.left = int(graph.read(LEFT, group=COLLECTION)[0]["left"])
            found.left += sum(kind(self._intake.engine).has_any(COLLECTION) for kind in (NameVerdictStore, FactVerdictStore))
        finally:
            graph.close()


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.Error, ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)


def say(words: str) -> None:
    """A line for who watches, beside the figures on stdout."""
    print(words, file=sys.stderr, flush=True)
