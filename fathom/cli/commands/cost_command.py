"""`fathom cost` and `fathom budget`: the cost of language models, and the remaining budget."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, print_result, say, table

if TYPE_CHECKING:
    from fathom.operations.costs import BudgetState, CostRow, Costs
    from fathom.operations.estimate import Estimate, FileEstimate


class CostKey(StrEnum):
    """The key by which costs are summed."""

    DOCUMENT = "document"
    MODEL = "model"
    COLLECTION = "collection"
    DAY = "day"


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("cost", epilog="Example: fathom cost --by document --days 7")(cost)
    app.command("budget", epilog="Example: fathom budget --json")(budget)


def cost(
    by: Annotated[CostKey, typer.Option("--by", help="Sum the costs by this key.")] = CostKey.DAY,
    days: Annotated[int | None, typer.Option("--days", min=1, help="The last so many days (UTC); all if not given.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show the cost of the language model: spent, saved by cached responses, and a forecast for waiting episodes."""
    from fathom.operations.costs import costs

    found = costs(deployment(), by.value, days=days)
    print_result(found, as_json, lambda: _print_costs(found))
    return 0


def budget(as_json: AsJson = False) -> int:
    """Show the budgets: their limits, what is spent and held today, and which documents wait for money."""
    from fathom.operations.costs import budget_state

    found = budget_state(deployment())
    print_result(found, as_json, lambda: _print_budget(found))
    return 0


def print_estimate(found: Estimate) -> None:
    """Prints the estimate as a table, a row for each file and a row for the total."""
    columns = ("document", "chunks>", "new>", "tokens in>", "tokens out>", "cost $>", "seconds>")

    def line(file: FileEstimate, name: str) -> tuple[object, ...]:
        figures = (file.chunks, file.new, file.tokens_in, file.tokens_out, _usd(file.cost_usd), f"{file.seconds:.1f}")
        return (name, *figures)

    table(columns, [*(line(file, file.document) for file in found.files), line(found.total, "all")])
    say(f"Model: {found.model}. Based on {found.based_on}. Nothing was started.")


def _print_costs(found: Costs) -> None:
    def line(row: CostRow, name: str) -> tuple[object, ...]:
        counts = (row.calls, row.failed, row.remembered, row.tokens_in, row.cache_read, row.tokens_out)
        return (name, *counts, _usd(row.cost_usd), _usd(row.saved_usd))

    columns = (found.by, "calls>", "failed>", "kept>", "tokens in>", "cached>", "tokens out>", "cost $>", "saved $>")
    table(columns, [*(line(row, row.key or "(none)") for row in found.rows), line(found.total, "all")])
    if found.total.estimated:
        calls, usd = found.total.estimated, _usd(found.total.estimated_usd)
        say(f"Of this ${usd} are estimated: the server did not count the tokens of {calls} calls.")
    say(f"{found.waiting_episodes} episodes wait; they will cost about ${_usd(found.forecast_usd)}.")


def _print_budget(found: BudgetState) -> None:
    table(
        ("budget", "limit $>", "spent $>", "held $>", "left $>"),
        [
            (f"today ({found.day})", *map(_usd, (found.usd_per_day, found.spent_usd, found.held_usd, found.left_usd))),
            ("a document", _usd(found.usd_per_document), "", "", ""),
        ],
    )
    if found.paused:
        say(f"{len(found.paused)} documents wait for money: {', '.join(found.paused[:5])}.")


def _usd(amount: float | None) -> str:
    return "none" if amount is None else f"{amount:.4f}"
