"""Recognises items of lists by the bullet or number they begin with."""

from __future__ import annotations

import re

from fathom.conversion.geometric.layout.page_content import PageLine

# Signs that only say that an item begins; those of boxes and ticks say more.
SIGNS = "•◦▪▫■□●○◆◇‣∙·⁃➢➔➤►▶▸→❖❑❏◾◼\uf000-\uf0ff"
BULLET = re.compile(rf"^[{SIGNS}☐☑☒✓✔✗✘*]\s*(?=\S)")
SIGN_ALONE = re.compile(rf"^[{SIGNS}]$")
DASH = re.compile(r"^[-–—]\s+(?=\S)")
NUMBER = re.compile(r"^(?:\(?(\d{1,3}|[a-zA-Z]|[ivx]{1,5}|[IVX]{2,5})[.)]|\[\d{1,3}\])\s+(?=\S)")
BOXES = ("[x] ", "[ ] ")  # of forms (see form_fields.py)
NUMBERED_HEADING = re.compile(r"^\d{1,2}\.?\s+[A-Z\u00c0-\u00de]")


def starts_item(line: PageLine, after: PageLine | None) -> bool:
    """Returns whether the line begins an item of a list."""
    text = line.text
    if len(text) < 3:
        return bool(SIGN_ALONE.match(text.strip())) and text.strip() != "·"
    if text.startswith(BOXES):
        return True
    if BULLET.match(text):
        return not text.startswith(("*", "·")) or text[1:2] == " "
    if DASH.match(text):
        return len(text) > 3 and not text[2:3].isdigit()
    match = NUMBER.match(text)
    if match is None:
        return False
    if line.bold and NUMBERED_HEADING.match(text):
        return False
    marker = match.group(1) or ""
    # "A. Smith" and "I. e." are no items; a letter is a mark only when it stands off or is lower case in brackets
    name = len(marker) == 1 and marker.isalpha() and text[0] != "(" and ")" not in text[:4]
    return not name or _stands_off(line)


def _stands_off(line: PageLine) -> bool:
    return len(line.words) > 1 and line.words[1].l - line.words[0].r > 0.45 * line.size
