"""The command `fathom`: its groups, and the conversion of errors into messages and exit codes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import typer
from typer._click import exceptions as click  # typer carries its own click and gives these no public name

from fathom.cli.commands import (
    alerts_command,
    anomalies_command,
    audit_command,
    convert_command,
    cost_command,
    docling_command,
    documents_command,
    drift_command,
    episodes_command,
    graph_command,
    ingest_command,
    keys_command,
    logs_command,
    parts_command,
    quality_command,
    trends_command,
    watch_command,
)
from fathom.cli.output import print_json, say
from fathom.errors import FathomError

WRONG_USAGE = 2
INTERRUPTED = 130

app = typer.Typer(
    name="fathom",
    help="Documents in, a temporal knowledge graph out, every step visible in Dagster.",
    epilog="Every command takes --json and --debug (tracebacks). Example: fathom up, then: fathom ingest report.pdf --wait",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    parts_command,
    ingest_command,
    documents_command,
    drift_command,
    watch_command,
    logs_command,
    convert_command,
    episodes_command,
    cost_command,
    docling_command,
    graph_command,
    keys_command,
    audit_command,
    quality_command,
    alerts_command,
    anomalies_command,
    trends_command,
):
    group.add_to(app)


@app.callback(invoke_without_command=True)
def version_and_help(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    """Documents in, a temporal knowledge graph out, every step visible in Dagster."""
    if version:
        from fathom import __version__

        typer.echo(f"fathom {__version__}")
        raise typer.Exit


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code, as listed in interface.md; no traceback unless --debug."""
    given = list(sys.argv[1:] if words is None else words)
    options = given[: given.index("--")] if "--" in given else given
    as_json, debug = "--json" in options, "--debug" in options
    if debug:
        given.remove("--debug")
    logging.getLogger("fathom").addHandler(logging.NullHandler())  # messages for people are printed below
    try:
        result = app(args=given, prog_name="fathom", standalone_mode=False)
    except FathomError as error:
        if debug:
            raise
        print_error(error, as_json)
        return error.exit_code
    except click.NoArgsIsHelpError as error:
        say(error.format_message())
        return WRONG_USAGE
    except click.ClickException as error:
        message = error.format_message()
        usage = f" See `{error.ctx.command_path} --help`." if isinstance(error, click.UsageError) and error.ctx else ""
        if as_json:
            print_json({"error": "UsageWrong", "message": message, "hint": usage.strip() or None})
        say(f"{message.rstrip('.')}.{usage}")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = None  # the reader closed the pipe; nothing may be flushed to it at exit
        return 0
    except Exception as error:
        if debug:
            raise
        return print_internal_error(error, as_json)
    if result == INTERRUPTED:
        say("Interrupted.")
    return result if isinstance(result, int) else 0


def print_error(error: FathomError, as_json: bool) -> None:
    """Prints the error and its remedy on stderr, with --json also as JSON on stdout."""
    if as_json:
        print_json(error.as_dict())
    say(f"{error.message}\n{error.what_to_do}".strip())


def print_internal_error(error: Exception, as_json: bool) -> int:
    """Prints an unexpected error and logs its traceback; returns the exit code 1."""
    from fathom.observability.structured_logging import get_logger

    get_logger("fathom.cli").exception("Command failed: internal error", metrics={"error": type(error).__name__})
    where = _log_file()
    sentence = f"Internal error: {type(error).__name__}: {error}"
    if as_json:
        print_json({"error": "Defect", "message": sentence, "hint": where})
    say(f"{sentence}\n{where}")
    return 1


def _log_file() -> str:
    from fathom.observability.json_lines_handler import JsonLinesHandler

    kept = next((handler.path for handler in logging.getLogger().handlers if isinstance(handler, JsonLinesHandler)), None)
    return f"The trace is in {kept}." if kept and kept.exists() else "Call it again with --debug to see the trace."


if __name__ == "__main__":
    sys.exit(main())
