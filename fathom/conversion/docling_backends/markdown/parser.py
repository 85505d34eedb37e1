"""Configures markdown-it-py: GFM, footnotes, definition lists, admonitions and mathematics; no text is omitted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine, table
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.dollarmath.index import math_block_dollar
from mdit_py_plugins.footnote import footnote_plugin

from fathom.conversion.docling_backends.markdown.grid_tables import grid_table
from fathom.conversion.docling_backends.markdown.simple_tables import simple_table

# Quotes and lists nested deeper are plain text; markdown-it drops content nested deeper than its own bound.
MAX_DEPTH = 100
MAX_FORMULA = 2000
# More unclosed brackets than this are no links; searching the end of each would take quadratic time.
MAX_UNCLOSED = 1000

_TEX = re.compile(r"[\\^_{}=]")
_BESIDE = re.compile(r"([~^])([\w+−-]{1,12})\1")
_MATH_END = re.compile(r"\$\$[ \t]*$", re.M)
_DEFINITION = re.compile(r" {0,3}\[\^?[^\[\]\n]+\]:[ \t]*\S")
_CLOSING = {"\\(": "\\)", "\\[": "\\]"}


@cache
def markdown_parser() -> MarkdownIt:
    """Returns the parser; it keeps no state between texts."""
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_DEPTH + 20}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, move_to_end=False)
    parser.use(deflist_plugin).use(admon_plugin).use(amsmath_plugin)
    parser.use(container_plugin, "note", validate=_is_container, marker=":")
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    parser.block.ruler.at("math_block", math_that_ends)
    parser.block.ruler.at("table", whole_table, {"alt": ["paragraph", "reference"]})
    parser.block.ruler.before("table", "grid_table", grid_table, {"alt": ["paragraph", "reference"]})
    parser.block.ruler.before("grid_table", "simple_table", simple_table)
    parser.block.ruler.before("simple_table", "too_deep", too_deep)
    parser.block.ruler.before("table", "after_definition", definition_follows, {"alt": ["paragraph"]})
    parser.inline.ruler.before("escape", "bracket_math", bracket_math)
    parser.inline.ruler.before("link", "unclosed", unclosed_brackets)
    parser.inline.ruler.before("strikethrough", "beside", superscript_or_subscript)
    for name in ("footnote_ref", "math_inline", "math_inline_double", "script"):
        parser.add_render_rule(name, _render)
    return parser


def note_label(token: Token, taken: Collection[str]) -> str:
    """Returns the label of a footnote mark; inline notes have none and get an unused number."""
    label = token.meta.get("label")
    if label is not None:
        return str(label)
    number = int(token.meta["id"]) + 1
    return str(number) if str(number) not in taken else f"note-{number}"


def whole_table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Reads a table as markdown-it does, and keeps a row's cells beyond the header's width."""
    first = len(state.tokens)
    if not table(state, start_line, end_line, silent):
        return False
    if silent:
        return True
    made, state.tokens[first:] = state.tokens[first:], []
    width = 0
    extra: list[str] = []
    for token in made:
        if token.type == "tr_open" and token.map is not None:
            written = _cells(state, token.map[0])
            width = width or len(written)
            extra = written[width:] if any(written[width:]) else []
        elif token.type == "tr_close":
            for content in extra:
                state.tokens += _cell(content, token)
        state.tokens.append(token)
    return True


def _cells(state: StateBlock, line: int) -> list[str]:
    written = escapedSplit(getLine(state, line).strip())
    if written and not written[0]:
        written.pop(0)
    if written and not written[-1]:
        written.pop()
    return [cell.strip() for cell in written]


def _cell(content: str, row: Token) -> list[Token]:
    inline = Token("inline", "", 0, content=content, children=[], level=row.level + 2)
    return [Token("td_open", "td", 1, level=row.level + 1), inline, Token("td_close", "td", -1, level=row.level + 1)]


def too_deep(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Reads content nested too deep as a paragraph of plain text."""
    if state.level < MAX_DEPTH or silent:
        return False
    line = start_line
    while line < end_line and (state.sCount[line] >= state.blkIndent or state.isEmpty(line)):
        line += 1
    line = max(line, start_line + 1)
    state.push("paragraph_open", "p", 1)
    content = state.push("inline", "", 0)
    content.content = state.getLines(start_line, line, state.blkIndent, False).strip()
    content.children = []
    state.push("paragraph_close", "p", -1)
    state.line = line
    return True


def definition_follows(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Ends a note's paragraph if a definition follows on the next line; reads nothing itself."""
    if not silent or start_line == 0:
        return False
    end = state.eMarks[start_line - 1]
    before = state.src.rfind("\n", 0, end) + 1
    if not _DEFINITION.match(state.src, before, end):
        return False
    return bool(_DEFINITION.match(state.src, state.bMarks[start_line], state.eMarks[start_line]))


_math_block = math_block_dollar(False, str, False)


def math_that_ends(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Reads a formula between lines of `$$`; the last closing line is looked up once per text."""
    last = state.env.get("last_math_end")
    if last is None:
        ends = [found.start() for found in _MATH_END.finditer(state.src)]
        last = state.env["last_math_end"] = ends[-1] if ends else -1
    return state.bMarks[start_line] + state.tShift[start_line] < last and _math_block(state, start_line, end_line, silent)


def unclosed_brackets(state: StateInline, silent: bool) -> bool:
    """Reads brackets as text in a paragraph with thousands of unclosed brackets."""
    if state.src[state.pos] not in "[!" or len(state.src) < MAX_UNCLOSED:
        return False
    if state.env.get("brackets_of") is not state.src:
        state.env["brackets_of"] = state.src
        state.env["brackets_left"] = state.src.count("[") - state.src.count("]") > MAX_UNCLOSED
    if not state.env["brackets_left"]:
        return False
    if not silent:
        state.append_pending(state.src[state.pos])
    state.pos += 1
    return True


def bracket_math(state: StateInline, silent: bool) -> bool:
    r"""Keeps `\(…\)` and `\[…\]` if they contain TeX; else the backslashes are mere escapes."""
    opening = state.src[state.pos : state.pos + 2]
    if opening not in _CLOSING:
        return False
    end = state.src.find(_CLOSING[opening], state.pos + 2, min(state.posMax, state.pos + MAX_FORMULA))
    if end < 0 or not _TEX.search(state.src, state.pos + 2, end):
        return False
    if not silent:
        state.push("math_inline", "math", 0).content = state.src[state.pos : end + 2]
    state.pos = end + 2
    return True


def superscript_or_subscript(state: StateInline, silent: bool) -> bool:
    """Reads `H~2~O` and `x^2^` directly behind a word; a single tilde elsewhere is a tilde."""
    before = state.src[state.pos - 1 : state.pos] if state.pos else ""
    if state.src[state.pos] not in "~^" or not (before.isalnum() or before in (")", "]")):
        return False
    found = _BESIDE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("script", "sub" if found[1] == "~" else "sup", 0)
        token.content = found[2]
    state.pos = found.end()
    return True


def _is_container(params: str, *_: object) -> bool:
    return True


def _render(self: object, tokens: Sequence[Token], index: int, options: object, env: dict[str, object]) -> str:
    """Renders a Fathom token as HTML, for blocks that mix HTML and Markdown."""
    from html import escape

    token = tokens[index]
    if token.type == "footnote_ref":
        return escape(f"[^{note_label(token, ())}]")
    if token.type == "script":
        return f"<{token.tag}>{escape(token.content)}</{token.tag}>"
    return escape(f"${formula(token)}$")


def formula(token: Token) -> str:
    """Returns the TeX of a formula on a single line, without the dollars or brackets around it."""
    content = " ".join(str(token.content).split())
    return content[2:-2].strip() if content.startswith(("\\(", "\\[")) else content
