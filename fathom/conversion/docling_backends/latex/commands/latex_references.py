"""Handles references: citations, labels, links, footnotes, glossary terms, files."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.tex.tokens import TEXT, Token, source_of
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle, Run

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader

_CITATIONS = (
    "cite", "citep", "citet", "citealt", "citealp", "citeauthor", "citeyear", "citeyearpar", "citetitle", "Citep", "Citet",
    "parencite", "textcite", "autocite", "footcite", "fullcite", "smartcite", "supercite", "Textcite", "Parencite", "Autocite",
    "citenum", "onlinecite", "shortcite", "citeA", "citeNP", "citeN", "citefullauthor", "cites", "parencites", "notecite",
)  # fmt: skip
_REFERENCES = (
    "ref",
    "pageref",
    "autoref",
    "cref",
    "Cref",
    "vref",
    "eqref",
    "nameref",
    "fref",
    "Fref",
    "thref",
    "subref",
    "labelcref",
)
_GLOSSARY = (
    "gls", "Gls", "GLS", "glspl", "Glspl", "glstext", "glsname", "acrshort", "acrlong", "acrfull", "acs", "acl", "acf", "ac",
    "acp", "Ac", "acfp", "aclp", "acsp", "glsentrytext", "glsentryshort", "glsentrylong", "newterm",
)  # fmt: skip
TERM_COST = 10  # tokens charged for a term, which may contain terms itself
_LONG = frozenset({"acrlong", "acl", "aclp", "glsentrylong"})
_FILES = ("input", "include", "subfile", "subfileinclude", "verbatiminput", "lstinputlisting", "loadglsentries", "includepdf")
_ESCAPED = re.compile(r"\\([%#&_{}$~^ ])(?:\{\})?|\\(?:textasciitilde|string~)(?:\{\})?\s*")
_KEY_VALUE = re.compile(r"(\w+)\s*=\s*(?:\{([^{}]*)\}|([^,{}]+))")


def commands() -> dict[str, Command]:
    """Returns the handlers for references, citations and links."""
    found: dict[str, Command] = {
        "footnote": _footnote,
        "endnote": _footnote,
        "sidenote": _footnote,
        "tablefootnote": _footnote,
        "blfootnote": lambda reader, token: _note_without_mark(reader),
        "thanks": _footnote,
        "TblrNote": lambda reader, token: _emit_mark(reader, reader.text_of(reader.source.argument())),
        "footnotemark": _footnote_mark,
        "footnotetext": _footnote_text,
        "tnote": lambda reader, token: _emit_mark(reader, reader.text_of(reader.source.argument())),
        "marginpar": _beside,
        "marginnote": _beside,
        "sidecaption": _beside,
        "url": lambda reader, token: _link(reader, reader.source.braces()),
        "nolinkurl": lambda reader, token: _code(reader, reader.source.braces()),
        "path": lambda reader, token: _code(reader, reader.source.verbatim(token)),
        "href": _href,
        "email": _mail,
        "import": _import,
        "subimport": _import,
        "bibliography": lambda reader, token: _works(reader, reader.source.word()),
        "addbibresource": lambda reader, token: _works(reader, _after_options(reader)),
        "printbibliography": lambda reader, token: reader.drop("o"),
        "newacronym": _acronym,
        "acro": _acronym,
        "acrodef": _acronym,
        "DeclareAcronym": _entry,
        "newglossaryentry": _entry,
        "longnewglossaryentry": lambda reader, token: reader.drop("ddd"),
        "glsreset": lambda reader, token: reader.drop("d"),
    }
    found |= dict.fromkeys(_CITATIONS, _cite)
    found |= dict.fromkeys(_REFERENCES, _reference)
    found |= dict.fromkeys(_GLOSSARY, _term)
    found |= dict.fromkeys(_FILES, _file)
    return found


def _cite(reader: LatexReader, token: Token) -> None:
    """Adds the citation keys in brackets, with the notes before and after them."""
    reader.source.star()
    first = reader.source.optional()
    second = reader.source.optional()
    keys = ", ".join(key.strip() for key in reader.source.word().split(","))
    before, after = (first, second) if second is not None else (None, first)
    runs = [Run("[", reader.style)]
    if before:
        runs += [*reader.line_of(before, reader.style), Run(" ", reader.style)]
    runs.append(Run(keys, replace(reader.style, code=False)))
    if after:
        runs += [Run(", ", reader.style), *reader.line_of(after, reader.style)]
    reader.emit_runs([*runs, Run("]", reader.style)])


def _reference(reader: LatexReader, token: Token) -> None:
    reader.source.star()
    keys = ", ".join(key.strip() for key in reader.source.word().split(","))
    reader.sink.emit(f"[{keys}]", replace(reader.style, code=False))


def _footnote(reader: LatexReader, token: Token) -> None:
    """Adds a mark and keeps the note for the end of the section."""
    number = reader.source.optional()
    mark = source_of(number).strip() if number else ""
    if not mark:
        reader.note_count += 1
        mark = str(reader.note_count)
    note = Footnote([], mark)
    reader.notes.append(note)
    note.runs = reader.line()
    _emit_mark(reader, mark)


def _footnote_mark(reader: LatexReader, token: Token) -> None:
    number = reader.source.optional()
    mark = source_of(number).strip() if number else ""
    if not mark:
        reader.note_count += 1
    _emit_mark(reader, mark or str(reader.note_count))


def _footnote_text(reader: LatexReader, token: Token) -> None:
    number = reader.source.optional()
    mark = source_of(number).strip() if number else str(reader.note_count)
    reader.notes.append(Footnote(reader.line(), mark))


def _note_without_mark(reader: LatexReader) -> None:
    reader.notes.append(Footnote(reader.line()))


def _emit_mark(reader: LatexReader, mark: str) -> None:
    """Adds a mark at the end of the word it belongs to."""
    while reader.sink.runs and not reader.sink.runs[-1].text.strip():
        reader.sink.runs.pop()
    if reader.sink.runs:
        last = reader.sink.runs[-1]
        reader.sink.runs[-1] = replace(last, text=last.text.rstrip())
    reader.sink.emit(f"[^{mark}]")


def _beside(reader: LatexReader, token: Token) -> None:
    """Reads a margin note, which is placed behind the paragraph."""
    reader.source.optional()
    runs = reader.line()
    if runs:
        reader.sink.add_aside(Paragraph(runs))


def _link(reader: LatexReader, target: str) -> None:
    shown = _unescape(target)
    reader.sink.emit(shown, replace(reader.style, link=_complete(shown), code=False))


def _href(reader: LatexReader, token: Token) -> None:
    reader.source.optional()
    target = _complete(_unescape(reader.source.braces()))
    reader.open_style(link=target)


def _mail(reader: LatexReader, token: Token) -> None:
    reader.source.optional()
    address = _unescape(reader.source.braces())
    link = f"mailto:{address}" if "@" in address and not address.startswith("mailto:") and " " not in address else ""
    reader.sink.emit(address, replace(reader.style, link=link))


def _code(reader: LatexReader, text: str) -> None:
    reader.sink.emit(_unescape(text), InlineStyle(code=True))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: found[1] or "~", text).strip()


def _complete(target: str) -> str:
    return f"https://{target}" if target.startswith("www.") else target


def _after_options(reader: LatexReader) -> str:
    reader.source.optional()
    return reader.source.word()


def _works(reader: LatexReader, names: str) -> None:
    for name in filter(None, (name.strip() for name in names.split(","))):
        message = f"The list of works in {name} that the text cites is not part of the upload."
        reader.notice("file_not_included", message, where=name)


def _file(reader: LatexReader, token: Token) -> None:
    """Adds a notice about a file whose content is missing."""
    reader.source.optional()
    name = reader.source.word()
    if not name and token.text == "input":  # the old form: a name up to a blank
        return
    _name_file(reader, name)


def _import(reader: LatexReader, token: Token) -> None:
    reader.source.star()
    folder, name = reader.source.word(), reader.source.word()
    _name_file(reader, f"{folder.rstrip('/')}/{name}" if folder else name)


def _name_file(reader: LatexReader, name: str) -> None:
    if name:
        message = f"The file {name} that the text includes is not part of the upload."
        reader.notice("file_not_included", message, where=name)


def _acronym(reader: LatexReader, token: Token) -> None:
    """Defines an acronym; in a list of acronyms it is shown with its meaning."""
    reader.source.optional()
    key = reader.source.word()
    short = reader.source.optional() if token.text != "newacronym" else reader.source.argument()
    long = reader.source.argument()
    shown = short if short is not None else text_tokens_of(key)
    reader.glossary[key] = (shown, long)
    if token.text == "acro":
        reader.sink.paragraph()
        reader.emit_runs([*reader.line_of(shown, InlineStyle(bold=True)), Run(": "), *reader.line_of(long)])
        reader.sink.paragraph()


def text_tokens_of(text: str) -> list[Token]:
    """Returns a word as tokens."""
    return [Token(TEXT, text, text)] if text else []


def _entry(reader: LatexReader, token: Token) -> None:
    key = reader.source.word()
    fields = {found[1]: found[2] or found[3] or "" for found in _KEY_VALUE.finditer(source_of(reader.source.argument()))}
    name = (fields.get("name") or fields.get("short") or key).strip()
    reader.glossary[key] = (text_tokens_of(name), text_tokens_of((fields.get("long") or name).strip()))


def _term(reader: LatexReader, token: Token) -> None:
    """Adds a glossary term; of an acronym the long form if requested."""
    reader.source.star()
    reader.source.optional()
    key = reader.source.word()
    reader.source.charge(TERM_COST)
    short, long = reader.glossary.get(key, (text_tokens_of(key), text_tokens_of(key)))
    name = token.text.lower()
    plural = name.endswith(("pl", "acp", "acfp", "aclp", "acsp"))
    shown = reader.line_of(long if name in _LONG else short, reader.style)
    if name in ("acrfull", "acf", "acfp"):
        shown = [*reader.line_of(long, reader.style), Run(" (", reader.style), *shown, Run(")", reader.style)]
    if shown and token.text[0].isupper():
        shown[0] = replace(shown[0], text=shown[0].text[:1].upper() + shown[0].text[1:])
    reader.emit_runs([*shown, *([Run("s", reader.style)] if plural else [])])
