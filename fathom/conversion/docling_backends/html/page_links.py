"""Makes the links of a page absolute: by its base, the address it was saved from, or its canonical address."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from lxml import etree

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_UNTAKEN = ("javascript:", "data:", "blob:", "about:", "cid:", "vbscript:", "mid:")
_BLANKS = re.compile(r"[\t\r\n]+")
MAX_LINK = 4000  # characters; longer links carry data


class PageLinks:
    """Resolves the links of a page; `address` is the page's URL, if known."""

    def __init__(self, root: etree._Element, address: str | None = None) -> None:
        own = address or _own_address(root)
        base = next((href for element in root.iter("base") if (href := element.get("href"))), None)
        if base and own:
            base = _resolve(own, base.strip())
        self.base = base.strip() if base else own
        self._own = own.partition("#")[0] if own else None

    def target(self, href: str | None) -> str:
        """Returns the absolute target; empty for an anchor on the page itself and for an invalid address."""
        href = _BLANKS.sub("", href or "").strip()
        if not href or href.startswith("#") or len(href) > MAX_LINK or href.lower().startswith(_UNTAKEN):
            return ""
        if self.base and not _SCHEME.match(href):
            href = _resolve(self.base, href)
        page, sign, _ = href.partition("#")
        return "" if sign and page == self._own else href


def _own_address(root: etree._Element) -> str | None:
    for element in root.iter("link", "meta"):
        if element.tag == "link" and (element.get("rel") or "").lower() == "canonical":
            found = element.get("href")
        elif (element.get("property") or "").lower() == "og:url":
            found = element.get("content")
        else:
            continue
        if found and found.strip().lower().startswith(("http://", "https://")):
            return str(found).strip()
    return None


def _resolve(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:  # such as an invalid host in brackets
        return href
