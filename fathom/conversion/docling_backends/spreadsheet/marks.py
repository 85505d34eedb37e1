"""Writes what stands at a text, or how it stands, as words and marks of Markdown."""

from __future__ import annotations


def struck(text: str) -> str:
    """Marks a text as struck."""
    words = text.strip()
    return text.replace(words, f"~~{words}~~", 1) if words else text


def note(author: str, text: str) -> str:
    """Returns a note as it stands in a cell; the author's name that Excel puts first is said once."""
    author, text = author.strip(), " ".join(text.split())
    if author and text.startswith(f"{author}:"):
        text = text[len(author) + 1 :].strip()
    return f"[note by {author}: {text}]" if author else f"[note: {text}]"
