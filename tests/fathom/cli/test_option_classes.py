"""Commands whose options are the fields of a dataclass: typer reads them, and the command gets an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from fathom.cli.option_classes import options_from


@dataclass(frozen=True)
class PrintOptions:
    """Options of the command below."""

    words: Annotated[list[str], typer.Argument(help="Words to print.")]
    times: Annotated[int, typer.Option("--times", "-t", min=1, help="How often.")] = 1
    loud: Annotated[bool, typer.Option("--loud", help="In capitals.")] = False


@options_from(PrintOptions)
def print_words(context: typer.Context, options: PrintOptions) -> None:
    """Print words."""
    words = " ".join(options.words * options.times)
    typer.echo(f"{context.info_name}: {words.upper() if options.loud else words}")


app = typer.Typer(add_completion=False)
app.command("words")(print_words)


@pytest.mark.parametrize(
    ("given", "printed"),
    [(["a", "b"], "words: a b"), (["a", "-t", "2"], "words: a a"), (["a", "--loud"], "words: A")],
)
def test_each_field_is_an_option_or_argument_with_its_default(given: list[str], printed: str) -> None:
    result = CliRunner().invoke(app, given)
    assert (result.exit_code, result.stdout.strip()) == (0, printed)


def test_bounds_and_missing_arguments_are_refused_before_the_command_runs() -> None:
    assert CliRunner().invoke(app, ["a", "--times", "0"]).exit_code == 2
    assert CliRunner().invoke(app, []).exit_code == 2


def test_help_names_the_command_and_the_fields() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert all(text in shown for text in ("Print words.", "Words to print.", "--times", "In capitals."))
