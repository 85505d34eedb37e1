"""Reads the structure of a text: headings, abstracts, theorems, quotations, slides, the bibliography."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.tex.tokens import Token, source_of
from fathom.conversion.docling_backends.markup.markup_blocks import ItemList, ListItem, MarkupHeading, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle, Run, is_blank, plain

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader, ReadEnvironment

LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
# Environments whose content becomes blocks; `o` and `d` are arguments to skip.
_PLAIN = {
    "": """
        abstractpage acknowledgments appendices appendix CCSXML center declaration dedication document doublespace
        flushleft flushright footnotesize framed frontmatter landscape large Large leftbar letter measuredfigure
        onehalfspace onlyenv quotation quote raggedright samepage scriptsize shaded singlespace sloppypar small
        subequations subfigures thenomenclature tiny titlepage trivlist widetext
    """,
    "d": "adjustbox IEEEbiographynophoto otherlanguage spacing",
    "o": "acronym IEEEbiography columns mdframed refsection scope threeparttable",
    "dd": "adjustwidth changemargin CJK list overlayarea",
    "do": "multicols",
    "od": "column",
    "odd": "restatable",
    "oood": "minipage",
}  # fmt: skip
_HEADED = {"abstract": "Abstract", "acknowledgements": "Acknowledgements", "acknowledgement": "Acknowledgements",
           "acknowledgments": "Acknowledgments", "acks": "Acknowledgments", "ack": "Acknowledgments"}  # fmt: skip
_USUAL_THEOREMS = {
    "theorem": "Theorem", "lemma": "Lemma", "corollary": "Corollary", "proposition": "Proposition", "definition": "Definition",
    "example": "Example", "remark": "Remark", "claim": "Claim", "conjecture": "Conjecture", "proof": "Proof", "note": "Note",
    "exercise": "Exercise", "problem": "Problem", "solution": "Solution", "assumption": "Assumption", "fact": "Fact",
    "question": "Question", "answer": "Answer", "observation": "Observation", "notation": "Notation", "axiom": "Axiom",
    "IEEEproof": "Proof",
}  # fmt: skip
_BOXES = ("tcolorbox", "block", "alertblock", "exampleblock", "infobox", "warningbox", "mybox")
_BOOK = re.compile(r"\\documentclass\s*(?:\[[^\]]*\])?\s*\{(?:book|report|scrbook|scrreprt|memoir)\}")
_TITLE_OPTION = re.compile(r"(?:^|,)\s*(?:frame)?title\s*=\s*(\{.*?\}|[^,]*)", re.S)


def commands() -> dict[str, Command]:
    """Returns the handlers for sectioning."""
    found: dict[str, Command] = {
        "abstract": _abstract_command,
        "frametitle": lambda reader, token: _frame_title(reader),
        "framesubtitle": lambda reader, token: _bold_line(reader),
        "subsubsubsection": lambda reader, token: _heading(reader, Token(token.kind, "paragraph", token.raw)),
        "minisec": lambda reader, token: _bold_line(reader),
        "addsec": lambda reader, token: _heading(reader, Token(token.kind, "section", token.raw)),
        "addchap": lambda reader, token: _heading(reader, Token(token.kind, "chapter", token.raw)),
        "newblock": lambda reader, token: reader.emit(" "),
        "bibinfo": lambda reader, token: reader.drop("d"),
        "bibnamefont": lambda reader, token: None,
        "bibfnamefont": lambda reader, token: None,
        "natexlab": lambda reader, token: None,
        "qedhere": lambda reader, token: None,
        "acknowledgments": lambda reader, token: _named_heading(reader, "Acknowledgments"),
        "acknowledgements": lambda reader, token: _named_heading(reader, "Acknowledgements"),
        "tableofcontents": lambda reader, token: reader.drop("o"),
        "item": lambda reader, token: _stray_item(reader),
        "bibitem": lambda reader, token: _stray_item(reader),
    }
    return found | dict.fromkeys(LEVELS, _heading)


def environments() -> dict[str, ReadEnvironment]:
    """Returns the readers of structural environments."""
    found: dict[str, ReadEnvironment] = {}
    for arguments, names in _PLAIN.items():
        found |= dict.fromkeys(names.split(), _plain(arguments))
    found |= dict.fromkeys(_HEADED, _headed)
    found |= dict.fromkeys(_USUAL_THEOREMS, _theorem)
    found |= dict.fromkeys(_BOXES, _box)
    found |= {
        "frame": _frame,
        "thebibliography": _bibliography,
        "verse": _verse,
        "keywords": _keywords,
        "keyword": _keywords,
        "IEEEkeywords": _keywords,
    }
    return found


def _plain(arguments: str) -> ReadEnvironment:
    return lambda reader, name: reader.plain_environment(name, arguments=arguments)


def level_of(reader: LatexReader, name: str) -> int:
    """Returns the level of a heading, relative to the file's highest level."""
    used = [level for level in LEVELS[:2] if level in reader.used_headings]
    levels = [*used, *LEVELS[2:]]
    return levels.index(name) + 1 if name in levels else 1


def _heading(reader: LatexReader, token: Token) -> None:
    reader.drop("so")
    runs = reader.line()
    reader.notes, added = [], reader.notes
    inside = [note for note in added if f"[^{note.mark}]" in plain(runs)]
    reader.notes = [note for note in added if note not in inside]
    reader.sink.paragraph()
    reader.notes_due()
    reader.notes = inside
    reader.sink.add(MarkupHeading(runs, level_of(reader, token.text)))


def _named_heading(reader: LatexReader, default: str) -> None:
    reader.sink.paragraph()
    reader.notes_due()
    reader.sink.add(MarkupHeading([Run(default)], level_of(reader, "section")))


def _bold_line(reader: LatexReader) -> None:
    reader.sink.paragraph()
    runs = reader.line(InlineStyle(bold=True))
    if not is_blank(runs):
        reader.sink.add(Paragraph(runs))


def _stray_item(reader: LatexReader) -> None:
    """Reads an item outside a list as a paragraph."""
    reader.sink.paragraph()
    label = reader.source.optional()
    if label:
        reader.emit_runs([*reader.line_of(label), Run(" ")])


def _abstract_command(reader: LatexReader, token: Token) -> None:
    """Reads an abstract given as an argument."""
    blocks = reader.blocks()
    if blocks:
        reader.sink.add(MarkupHeading([Run(reader.chosen_macro("abstractname", "Abstract"))], level_of(reader, "section")))
        for block in blocks:
            reader.sink.add(block)


def _headed(reader: LatexReader, name: str) -> None:
    """Reads an environment with a heading set by LaTeX."""
    title = _HEADED[name]
    shown = reader.chosen_macro("abstractname", title) if name == "abstract" else title
    reader.sink.paragraph()
    reader.notes_due()
    reader.sink.add(MarkupHeading([Run(shown)], level_of(reader, "section")))
    reader.plain_environment(name)


def _theorem(reader: LatexReader, name: str) -> None:
    """Reads a theorem-like environment, which begins with its kind in bold and its attribution."""
    title = reader.definitions.theorems.get(name)
    shown = reader.text_of(title) if title is not None else _USUAL_THEOREMS.get(name.rstrip("*"), name.capitalize())
    option = reader.source.optional()
    reader.sink.paragraph()
    lead = InlineStyle(bold=True)
    if name.rstrip("*") == "proof" and option is not None:
        runs = reader.line_of(option, lead)
    else:
        runs = [Run(shown, lead)]
        if option:
            runs += [Run(" (", lead), *reader.line_of(option, lead), Run(")", lead)]
    reader.emit_runs([*runs, Run(".", lead), Run(" ")])
    style = reader.style
    reader.flow(name)
    reader.style = style
    reader.sink.paragraph()


def _box(reader: LatexReader, name: str) -> None:
    """Reads a box, with its title above it in bold."""
    title: list[Run] = []
    option = reader.source.optional()
    if option is not None and (found := _TITLE_OPTION.search(source_of(option))) is not None:
        title = reader.line_of_source(found[1].strip("{}"), InlineStyle(bold=True))
    if name in ("block", "alertblock", "exampleblock"):
        title = reader.line(InlineStyle(bold=True))
    reader.sink.paragraph()
    if not is_blank(title):
        reader.sink.add(Paragraph(title))
    reader.plain_environment(name, arguments="")


def _frame(reader: LatexReader, name: str) -> None:
    """Reads a slide; its title is a heading below section level."""
    option = reader.source.optional()
    reader.sink.paragraph()
    token = reader.source.peek()
    if token is not None and token.text == "{":
        _frame_title(reader)
        token = reader.source.peek()
        if token is not None and token.text == "{":
            _bold_line(reader)
    elif option is not None and (found := _TITLE_OPTION.search(source_of(option))) is not None:
        runs = reader.line_of_source(found[1].strip("{}"))
        reader.sink.add(MarkupHeading(runs, _frame_level(reader)))
    reader.plain_environment(name, arguments="")


def _frame_title(reader: LatexReader) -> None:
    reader.drop("o")
    runs = reader.line()
    reader.sink.paragraph()
    if not is_blank(runs):
        reader.notes_due()
        reader.sink.add(MarkupHeading(runs, _frame_level(reader)))


def _frame_level(reader: LatexReader) -> int:
    return sum(level in reader.used_headings for level in LEVELS[:4]) + 1


def _verse(reader: LatexReader, name: str) -> None:
    reader.plain_environment(name, arguments="o")


def _keywords(reader: LatexReader, name: str) -> None:
    reader.sink.paragraph()
    reader.emit_runs([Run("Keywords: ", InlineStyle(bold=True))])
    reader.flow(name)
    reader.sink.paragraph()


def _bibliography(reader: LatexReader, name: str) -> None:
    """Reads a bibliography; each entry begins with its citation key."""
    reader.drop("d")
    is_book = _BOOK.search(reader.text) is not None
    shown = reader.chosen_macro("bibname", "Bibliography") if is_book else reader.chosen_macro("refname", "References")
    reader.sink.paragraph()
    reader.notes_due()
    reader.sink.add(MarkupHeading([Run(shown)], 1 if is_book else level_of(reader, "section")))
    lead, entries = reader.items(name, "bibitem", lambda: _bibliography_entry(reader))
    for block in lead:
        reader.sink.add(block)
    if entries:
        reader.sink.add(ItemList([ListItem(blocks) for blocks in entries]))


def _bibliography_entry(reader: LatexReader) -> list[Run]:
    reader.source.optional()
    return [Run(f"[{reader.source.word()}] ")]
