"""Collects the content that a reader omits on purpose, as a notice per kind."""

from __future__ import annotations

from fathom.conversion.report import Notice

MAX_SAMPLES = 3
MAX_SAMPLE = 80

_MESSAGES = {
    "hidden_text": "Text that the page hides is left out",
    "navigation": "Menus that lead about the site are left out",
    "cookie_banner": "A banner about cookies is left out",
    "noscript_text": "Text for browsers without scripts is left out",
    "frame_not_taken": "Frames show other pages, which are not taken",
    "formatting_left_out": "Bold, italics and links are left out of the rest of the page, which has too many",
}


class OmittedContent:
    """Counts omitted content by kind, with a few samples."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._samples: dict[str, list[str]] = {}

    def add(self, kind: str, text: str = "") -> None:
        """Counts an omission of the kind; `text` is the omitted text."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        samples = self._samples.setdefault(kind, [])
        sample = " ".join(text[: 4 * MAX_SAMPLE].split())
        if sample and len(samples) < MAX_SAMPLES:
            samples.append(sample if len(sample) <= MAX_SAMPLE else f"{sample[:MAX_SAMPLE].rstrip()}…")

    def notices(self) -> list[Notice]:
        """Returns a notice per kind, in order of first occurrence."""
        return [Notice(kind=kind, message=self._message(kind), count=count) for kind, count in self._counts.items()]

    def _message(self, kind: str) -> str:
        samples = ", ".join(f"“{sample}”" for sample in self._samples[kind])
        more = ", …" if self._counts[kind] > len(self._samples[kind]) > 0 else ""
        return f"{_MESSAGES[kind]}{': ' if samples else ''}{samples}{more}."
