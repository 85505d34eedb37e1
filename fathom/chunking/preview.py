"""The first chunks as a small Markdown table, for a person to look at."""

from __future__ import annotations

from fathom.chunking.chunk import ChunkSet

TEXT_WIDTH = 160


def chunks_preview(chunk_set: ChunkSet, limit: int = 5) -> str:
    """Returns a Markdown table of the first `limit` chunks: place, pages, headings, tokens and the beginning of the text."""
    if not chunk_set.chunks:
        return "_No chunks._"
    lines = ["| # | pages | headings | kind | tokens | text |", "|-:|:-|:-|:-|-:|:-|"]
    for chunk in chunk_set.chunks[:limit]:
        pages = ", ".join(str(page) for page in chunk.pages) or "-"
        headings = _cell(" › ".join(chunk.headings)) or "-"
        lines.append(f"| {chunk.position + 1} | {pages} | {headings} | {chunk.kind} | {chunk.tokens} | {_cell(chunk.text)} |")
    rest = len(chunk_set.chunks) - limit
    if rest > 0:
        lines.append(f"\n_… and {rest} more._")
    return "\n".join(lines)


def _cell(text: str) -> str:
    line = " ".join(text.split())
    line = line if len(line) <= TEXT_WIDTH else line[: TEXT_WIDTH - 1].rstrip() + "…"
    for mark in "\\|<>`*_[]":
        line = line.replace(mark, "\\" + mark)
    return line
