"""Writes annotations and formats of a text as words and Markdown marks."""

from __future__ import annotations


def struck(text: str) -> str:
    """Marks a text as struck."""
    words = text.strip()
    return text.replace(words, f"~~{words}~~", 1) if words else text


def note(author: str, text: str) -> str:
    """Returns a note for a cell; the author's name, which Excel repeats at its start, is kept once."""
    author, text = author.strip(), " ".join(text.split())
    if author and text.startswith(f"{author}:"):
        text = text[len(author) + 1 :].strip()
    return f"[note by {author}: {text}]" if author else f"[note: {text}]"
