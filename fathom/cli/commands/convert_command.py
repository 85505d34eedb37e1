"""`fathom convert` and `fathom extract`: convert or extract a file; nothing is stored."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.json_lines_input import process_texts
from fathom.cli.output import AsJson, print_json, print_text, say, table
from fathom.cli.password_file import PasswordFile, passwords_of
from fathom.extraction.dropped_items import describe_dropped

if TYPE_CHECKING:
    from fathom.chunking.chunk import ChunkSet
    from fathom.conversion.report import ConvertedDocument, PageProgress
    from fathom.extraction.model import Extraction
    from fathom.settings import Settings

# Offsets refer to the text file itself, so it is not converted; other kinds are converted to text first.
_TEXT_SUFFIXES = {".txt", ".text"}


class OutputFormat(StrEnum):
    """The output format of a conversion."""

    MD = "md"
    JSON = "json"
    CHUNKS = "chunks"
    REPORT = "report"


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("convert", epilog="Example: fathom convert report.pdf --to chunks")(convert)
    app.command("extract", epilog="Example: fathom extract minutes.txt --to json")(extract)


def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to convert.")],
    to: Annotated[
        OutputFormat, typer.Option("--to", help="Markdown, Docling's JSON, chunks, or the report alone.")
    ] = OutputFormat.MD,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> int:
    """Convert a file and print the result; nothing is stored."""
    import fathom
    from fathom.conversion.decryption.decrypt import decrypted_file

    settings = deployment()
    with decrypted_file(file, passwords_of(password_file)) as readable:
        converted = converted_file(readable, settings)
    if to is OutputFormat.CHUNKS:
        chunk_set = fathom.chunk(converted, document=file.name, settings=settings)
        if as_json:
            print_json(chunk_set)
        else:
            _print_chunks(chunk_set)
    elif as_json:
        content: Any = {OutputFormat.MD: converted.markdown, OutputFormat.JSON: converted.document, OutputFormat.REPORT: None}[
            to
        ]
        named = {} if to is OutputFormat.REPORT else {"markdown" if to is OutputFormat.MD else "document": content}
        print_json({"source": str(file), "report": converted.report, **named})
    elif to is OutputFormat.JSON:
        print_json(converted.document)
    elif to is OutputFormat.REPORT:
        table(("figure", "value"), ((k, v) for k, v in converted.report.model_dump(mode="json").items() if v not in (None, [])))
    else:
        print_text(converted.markdown)
    for notice in converted.report.notices:
        say(notice.message + (f" ({notice.where})" if notice.where else ""))
    for error in converted.report.errors:
        say(f"{error.category}: {error.message}" + (f" (page {error.page})" if error.page else ""))
    return 5 if converted.report.errors else 0


def extract(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help='Files, or - for JSON lines {"id","text"}.')],
    to: Annotated[str, typer.Option("--to", help="json, or table for reading.")] = "json",
    everything: Annotated[bool, typer.Option("--all", help="Also entities and facts below FATHOM_MIN_CONFIDENCE.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show what the language model would put into the graph from a text; nothing is written. Offsets are in code points.

    Entities and facts below FATHOM_MIN_CONFIDENCE are counted as left out, or shown with --all.

    A single file gives a JSON document, several give a list. Each line of the standard input gives a line, in order; a line
    that fails gives an error object.
    """
    from fathom.errors import UsageWrong
    from fathom.extraction.factory import open_language_model
    from fathom.extraction.model import require_extractable
    from fathom.knowledge.confidence_filter import drop_uncertain

    if to not in ("json", "table"):
        raise UsageWrong(f"There is no form {to}.", hint="They are: json, table.")
    if "-" in files and files != ["-"]:
        raise UsageWrong("The standard input is read alone.", hint="`fathom extract - < texts.jsonl`")
    settings = deployment()
    least = 0.0 if everything else settings.min_confidence
    model = open_language_model(settings)
    with ExitStack() as closing:
        closing.callback(model.close)
        if files == ["-"]:
            return process_texts(
                lambda name, text: _shape(name, drop_uncertain(model.extract([require_extractable(text, name)])[0], least))
            )
        texts = [require_extractable(_text_of(Path(file), settings), file) for file in files]
        extractions = [drop_uncertain(found, least) for found in model.extract(texts)]
    shapes = [_shape(file, extraction) for file, extraction in zip(files, extractions, strict=True)]
    if to == "json" or as_json:
        print_json(shapes[0] if len(shapes) == 1 else shapes)
    else:
        for shape in shapes:
            _print_extraction(shape)
    return 0


def converted_file(file: Path, settings: Settings) -> ConvertedDocument:
    """Returns the file converted by the warm converter; shows pages on a terminal. Raises the errors of `fathom.convert`."""
    import fathom

    return fathom.convert(file, settings=settings, progress=_tell_page if sys.stderr.isatty() else None)


def _tell_page(progress: PageProgress) -> None:
    print(f"\r\033[K{progress.phase} {progress.done}/{progress.total or '?'}", end="", file=sys.stderr, flush=True)  # noqa: T201
    if progress.total and progress.done >= progress.total:
        print("\r\033[K", end="", file=sys.stderr, flush=True)  # noqa: T201  clears the progress line


def _print_chunks(chunk_set: ChunkSet) -> None:
    for chunk in chunk_set.chunks:
        pages = f", pages {', '.join(map(str, chunk.pages))}" if chunk.pages else ""
        print_text(f"--- {chunk.position + 1} of {len(chunk_set.chunks)}: {chunk.tokens} tokens, {chunk.kind}{pages}")
        if chunk.headings:
            print_text(" / ".join(chunk.headings))
        print_text(f"{chunk.text}\n")


def _text_of(file: Path, settings: Settings) -> str:
    if file.suffix.lower() in _TEXT_SUFFIXES and file.is_file():
        return file.read_text("utf-8", "replace")
    return converted_file(file, settings).markdown


def _shape(source: str, extraction: Extraction) -> dict[str, Any]:
    """Returns the extraction in the JSON form of interface.md."""
    return {"source": source, **extraction.model_dump(mode="json")}


def _print_extraction(shape: dict[str, Any]) -> None:
    entities = [(entity["name"], entity["type"], len(entity["mentions"]), entity["confidence"]) for entity in shape["entities"]]
    table(("entity", "type", "mentions>", "confidence>"), entities, title=shape["source"])
    columns = ("source", "relation", "target", "property", "confidence", "fact")
    table(
        ("from", "relation", "to", "property", "confidence>", "fact"),
        ([fact[column] for column in columns] for fact in shape["facts"]),
    )
    if shape["left_out"]:
        say(f"Left out: {describe_dropped(shape['left_out'])}.")
