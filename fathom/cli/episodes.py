"""`fathom episodes`: the ledger, which says of every chunk whether it is in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.deployment import deployment
from fathom.cli.output import AsJson, answer, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.control.episode_rows import EpisodeCounts
    from fathom.ledger.episode import EpisodeRow


def add_to(app: typer.Typer) -> None:
    """The command is in the application."""
    app.command("episodes", epilog="Example: fathom episodes samples/budget.xlsx")(episodes)


def episodes(
    document: Annotated[str | None, typer.Argument(metavar="[ID]", help="A document's id; all in figures if none.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show the ledger: the episodes of a document, or how many of each collection are in which state."""
    from fathom.control.documents import known_document
    from fathom.control.episode_rows import episode_counts, episode_rows

    settings = deployment()
    if document is None:
        counts = episode_counts(settings)
        answer({"collections": counts}, as_json, lambda: _print_counts(counts))
        return 0
    rows = episode_rows(settings, document)
    if not rows:
        known_document(settings, document)
        say(f"{document} has no episodes yet.")
    answer({"document": document, "episodes": rows}, as_json, lambda: _print_rows(rows))
    return 0


def _print_counts(counts: Sequence[EpisodeCounts]) -> None:
    table(
        ("collection", "state", "documents>", "episodes>", "tokens>", "cost $>"),
        ((one.collection, one.state, one.documents, one.episodes, one.tokens, one.cost_usd) for one in counts),
    )


def _print_rows(rows: Sequence[EpisodeRow]) -> None:
    table(
        ("#>", "state", "entities>", "facts>", "tokens>", "tries>", "episode", "reason"),
        (
            (
                row.position + 1,
                row.state,
                row.entities,
                row.facts,
                row.tokens_in + row.tokens_out,
                row.attempts,
                row.uuid,
                row.reason,
            )
            for row in rows
        ),
    )
