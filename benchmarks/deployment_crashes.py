"""Kill -9 of the run, the graph server and the converter of a whole deployment while it ingests twenty documents.

Round after round the same corpus goes in, several processes are killed at moments that chance chooses, and nobody starts
anything again: the deployment mends itself. When all documents are done, ledger and graph are held against each other and
against what the round before any kill left; then all documents are removed, and the next round begins.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter

from benchmarks.deployment_killing import VICTIMS, DeploymentKilling, Round, corpus, read, say
from benchmarks.figure import Figure
from benchmarks.material import deployment
from benchmarks.model_server import KEY, ModelServer

KILLS = 200
A_ROUND = 20
LATENCY_S = 0.05
SEED = 20_260
# A document is given up after so many tries; kills come much faster here than three of them would allow for.
ATTEMPTS = 10


def measure(kills: int = KILLS, *, a_round: int = A_ROUND) -> list[Figure]:
    """What so many kills lost, doubled and made to be paid twice, in as many rounds as they take."""
    server = ModelServer(LATENCY_S, read)
    for name, value in {
        "FATHOM_LLM": "anthropic",
        "FATHOM_LLM_BASE_URL": server.url,
        "ANTHROPIC_API_KEY": KEY,
        "FATHOM_ATTEMPTS": str(ATTEMPTS),
        "FATHOM_CONVERT_WORKERS": "1",
        "FATHOM_BATCH_DOCUMENTS": "10",
    }.items():
        os.environ[name] = value
    began = time.perf_counter()
    try:
        with deployment() as of:
            killing = DeploymentKilling(of, server, seed=SEED)
            undisturbed = killing.round()
            _tell(0, undisturbed, undisturbed)
            rounds: list[Round] = []
            left = victims(kills)
            while left:
                rounds.append(killing.round(left[:a_round]))
                left = left[rounds[-1].kills.total() :]
                _tell(len(rounds), rounds[-1], undisturbed)
    finally:
        server.stop()
    return figures(undisturbed, rounds, kills, time.perf_counter() - began)


def victims(kills: int) -> list[str]:
    """Whom to kill, each part as often as the others, in an order by chance."""
    found = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
    random.Random(SEED).shuffle(found)
    return found


def figures(undisturbed: Round, rounds: list[Round], kills: int, seconds: float) -> list[Figure]:
    """The crash table."""
    killed: Counter[str] = sum((one.kills for one in rounds), Counter[str]())
    every = [undisturbed, *rounds]
    number = f"of {len(rounds)}"
    documents = len(corpus())
    note = f"{len(rounds)} rounds of {documents} documents, {undisturbed.episodes} episodes; {seconds:.0f} s in all"
    return [
        Figure("kills", killed.total(), "processes", goal=str(kills), note=note),
        *(Figure(f"kills of the {victim}", killed[victim], "processes") for victim in VICTIMS),
        Figure("documents not done", sum(len(one.not_done) for one in every), "documents", goal="0"),
        Figure("graphs unlike the undisturbed one", sum(one.digest != undisturbed.digest for one in rounds), number, goal="0"),
        Figure("episodes lost", sum(one.lost for one in every), "rows", goal="0"),
        Figure("doubled", sum(one.doubled for one in every), "rows", goal="0"),
        Figure("unknown to the ledger, stale or orphaned", sum(one.other for one in every), "rows", goal="0"),
        Figure("paid twice though the answer was kept at the kill", sum(one.paid_twice for one in every), "answers", goal="0"),
        Figure(
            "asked twice, the answer under way at the kill",
            sum(one.under_way for one in every),
            "answers",
            note=f"of {undisturbed.episodes} a round; being given, unread, or on its way to the disk",
        ),
        Figure("left after all was removed", sum(one.left for one in every), "nodes", goal="0"),
    ]


def _tell(number: int, one: Round, undisturbed: Round) -> None:
    killed = ", ".join(f"{count} {victim}" for victim, count in sorted(one.kills.items())) or "none"
    same = "same" if one.digest == undisturbed.digest else "OTHER"
    say(
        f"round {number}: {one.seconds:.0f} s, killed {killed}; {one.episodes} episodes, {same} digest, {one.lost} lost, "
        f"{one.doubled} doubled, {one.other} other, {one.paid_twice} paid twice, {one.under_way} under way, {one.left} left"
        + "".join(f"\n  {document} {reason}" for document, reason in one.not_done.items())
    )


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure(int(sys.argv[1]) if sys.argv[1:] else KILLS)]))
