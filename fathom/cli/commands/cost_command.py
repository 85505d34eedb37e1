"""`fathom cost` and `fathom budget`: what the language model cost, and what may still be spent."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, answer, say, table

if TYPE_CHECKING:
    from fathom.operations.costs import BudgetState, CostRow, Costs
    from fathom.operations.estimate import Estimate, FileEstimate


class By(StrEnum):
    """What costs are summed by."""

    DOCUMENT = "document"
    MODEL = "model"
    COLLECTION = "collection"
    DAY = "day"


def add_to(app: typer.Typer) -> None:
    """The commands are in the application."""
    app.command("cost", epilog="Example: fathom cost --by document --days 7")(cost)
    app.command("budget", epilog="Example: fathom budget --json")(budget)


def cost(
    by: Annotated[By, typer.Option("--by", help="What the costs are summed by.")] = By.DAY,
    days: Annotated[int | None, typer.Option("--days", min=1, help="The last so many days (UTC); all if not given.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show what the language model cost: spent, saved by answers that were kept, and what waits."""
    from fathom.operations.costs import costs

    found = costs(deployment(), by.value, days=days)
    answer(found, as_json, lambda: _print_costs(found))
    return 0


def budget(as_json: AsJson = False) -> int:
    """Show the budgets: their limits, what is spent and held today, and which documents wait for money."""
    from fathom.operations.costs import budget_state

    found = budget_state(deployment())
    answer(found, as_json, lambda: _print_budget(found))
    return 0


def print_estimate(found: Estimate) -> None:
    """The estimate as a table, a line each file, the sum last."""
    columns = ("document", "chunks>", "new>", "tokens in>", "tokens out>", "cost $>", "seconds>")

    def line(one: FileEstimate, name: str) -> tuple[object, ...]:
        figures = (one.chunks, one.new, one.tokens_in, one.tokens_out, _usd(one.cost_usd), f"{one.seconds:.1f}")
        return (name, *figures)

    table(columns, [*(line(one, one.document) for one in found.files), line(found.total, "all")])
    say(f"Model: {found.model}. Based on {found.based_on}. Nothing was started.")


def _print_costs(found: Costs) -> None:
    def line(row: CostRow, name: str) -> tuple[object, ...]:
        asked = (row.calls, row.failed, row.remembered, row.tokens_in, row.cache_read, row.tokens_out)
        return (name, *asked, _usd(row.cost_usd), _usd(row.saved_usd))

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
