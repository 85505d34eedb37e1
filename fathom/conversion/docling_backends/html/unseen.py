"""Finds content that is not visible text of a page: hidden elements, menus, cookie banners.

Docling 2.142.1 drops everything before the first heading instead; not needed once it distinguishes menus from text.
"""

from __future__ import annotations

import re

from lxml import etree

from fathom.conversion.docling_backends.html.html_left_out import OmittedContent
from fathom.conversion.docling_backends.html.html_styles import StyleSheet, hides

# Elements that are never shown. A hidden element is renamed to the first.
HIDDEN = "template"
NEVER = frozenset({HIDDEN, "script", "style", "head", "title", "meta", "link", "datalist", "canvas", "param", "area", "rp"})
FALLBACKS = frozenset({"audio", "video"})
WITHOUT_SCRIPTS = frozenset({"noscript", "noframes"})

MAX_BANNER = 4000  # characters
MAX_MENU = 40_000  # characters; a longer element is the page itself
MENU_LINK_SHARE = 0.8
MIN_LINKED = 0.3  # share of links below which a navigation element of some length is text
LONG_NAV = 400  # characters

_MENU_WORDS = frozenset({
    "nav", "navbar", "navigation", "menu", "menubar", "topnav", "sidenav", "mainnav", "subnav", "sitenav", "breadcrumb",
    "breadcrumbs", "pagination", "pager", "mainmenu", "submenu",
})  # fmt: skip
_COOKIE_WORDS = frozenset({
    "cookie", "cookies", "consent", "gdpr", "ccpa", "onetrust", "cookiebot", "cybotcookiebotdialog", "didomi", "cookieconsent",
    "cookiebanner", "cookienotice", "cookiebar", "cookielaw",
})  # fmt: skip
_ASKS = re.compile(
    r"\b(?:accept|agree|allow|reject|decline|consent|got it|preferences|akzeptier\w*|zustimm\w*|ablehn\w*|accept\w*|refus\w*|"
    r"aceptar|rechazar|accetta|rifiuta|aanvaard\w*|weiger\w*|godta|avvis|godkänn|ok)\b",
    re.I,
)
_SKIP_LINK = re.compile(r"\s*(?:skip|jump)\s+(?:to|navigation)\b", re.I)
# Links with these signs beside a heading lead to the heading itself.
_OWN_PLACE = frozenset("¶#§🔗⚓∞\uf0c1\uf0c9")
_OWN_PLACE_NAME = re.compile(r"header-?link|anchor|perma-?link|hash-?link|self-?link", re.I)
_EDITED = "mw-editsection"
_WORD_OF_NAME = re.compile(r"[a-z]+")
_MENU_ROLES = frozenset({"navigation", "menubar", "search"})
_TEXTS = etree.XPath("descendant::text()[not(parent::script or parent::style or parent::noscript)]", smart_strings=False)
_PART_OF_TEXT = ("article", "main", "section", "blockquote", "td", "th", "dialog")


def is_shadow_root(template: etree._Element) -> bool:
    """Returns whether the template's content is shown in its parent element."""
    return bool((template.get("shadowrootmode") or "").lower() in ("open", "closed"))


class UnseenMarker:
    """Renames elements that are not to be read to `template`; `menus` are the texts of menus."""

    def __init__(self, root: etree._Element, left_out: OmittedContent, notes: frozenset[etree._Element]) -> None:
        self.menus: list[str] = []
        self.without_scripts: list[etree._Element] = []
        self._left_out = left_out
        self._notes = notes  # shown when their marks are clicked, though hidden at first
        self._sheet = StyleSheet(root)
        self._mark_link_lists(root)
        self._walk(root)

    def _walk(self, root: etree._Element) -> None:
        walker = etree.iterwalk(root, events=("start",))
        for _, element in walker:
            if self._is_left_out(element):
                walker.skip_subtree()

    def _is_left_out(self, element: etree._Element) -> bool:
        tag = element.tag
        if tag in NEVER:
            if tag == HIDDEN and is_shadow_root(element):
                element.tag = "div"
                return False
            return True
        if tag in FALLBACKS:
            element.tag = HIDDEN
            return True
        if tag in WITHOUT_SCRIPTS:
            self.without_scripts.append(element)
            element.tag = HIDDEN
            return True
        if tag in ("nav", "search"):
            return self._set_apart("navigation", element) if _is_menu(element) else False
        if tag == "dialog" and element.get("open") is None:
            return self._hide(element)
        if not element.attrib:
            return False
        return self._is_left_out_by_attributes(element)

    def _is_left_out_by_attributes(self, element: etree._Element) -> bool:
        attributes = element.attrib
        if element.tag == "a" and _leads_to_itself(element):
            element.tag = HIDDEN
            return True
        if "hidden" in attributes and attributes["hidden"].lower() != "until-found" and element.tag != "body":
            return self._hide(element)
        if ("style" in attributes and hides(attributes["style"])) or (
            ("class" in attributes or "id" in attributes)
            and element.tag not in ("html", "body", "main")
            and self._sheet.hides(element)
        ):
            return self._hide(element)
        if attributes.get("aria-hidden") == "true" and _is_double(element):
            element.tag = HIDDEN
            return True
        if attributes.get("role") in _MENU_ROLES and element.tag not in ("body", "main") and _is_menu(element):
            return self._set_apart("navigation", element)
        if element.tag == "a" and (attributes.get("href") or "").startswith("#") and _SKIP_LINK.match(_text(element, 60)):
            return self._set_apart("navigation", element)
        if "class" in attributes or "id" in attributes:
            return self._is_named_apart(element)
        return False

    def _is_named_apart(self, element: etree._Element) -> bool:
        name = f"{element.get('id') or ''} {element.get('class') or ''}"[:400].lower()
        words = set(_WORD_OF_NAME.findall(name))
        if element.tag in ("body", "html", "main", "article", "p", "h1", "h2", "h3"):
            return False
        if words & _COOKIE_WORDS and _is_banner(element):
            return self._set_apart("cookie_banner", element)
        if _EDITED in name.split():
            return self._set_apart("navigation", element)
        if words & _MENU_WORDS and _is_mostly_links(element, least=2, headings=True):
            return self._set_apart("navigation", element)
        return False

    def _mark_link_lists(self, root: etree._Element) -> None:
        """Marks lists of links in the header and the footer of the page; those of an article are text."""
        for frame in [*root.iter("header", "footer")]:
            if next(frame.iterancestors(*_PART_OF_TEXT), None) is not None:
                continue
            for element in [*frame.iter("ul", "ol")]:
                if element.tag != HIDDEN and next(element.iterancestors("nav", HIDDEN), None) is None:
                    _ = _is_mostly_links(element, least=3) and self._set_apart("navigation", element)

    def _hide(self, element: etree._Element) -> bool:
        if element in self._notes:
            return False
        if _is_spoken_formula(element):
            picture = element.getnext()
            assert picture is not None
            picture.tag = HIDDEN
            return False
        element.tag = HIDDEN
        if text := _text(element, 400):
            self._left_out.add("hidden_text", text)
        return True

    def _set_apart(self, kind: str, element: etree._Element) -> bool:
        text = _text(element)
        element.tag = HIDDEN
        if text:
            self._left_out.add(kind, text)
            self.menus.append(text)
        return True


def _is_double(element: etree._Element) -> bool:
    """Returns whether an element hidden from screen readers is a picture or the visual copy of a formula."""
    if element.tag in ("svg", "img", "picture"):
        return True
    parent = element.getparent()
    return parent is not None and next(parent.iter("math"), None) is not None and next(element.iter("math"), None) is None


def _is_menu(element: etree._Element) -> bool:
    """Returns whether a navigation element is site navigation, as nearly always, and not misplaced text."""
    length = _length(element)
    return length < LONG_NAV or _linked(element) >= MIN_LINKED * length


def _is_mostly_links(element: etree._Element, least: int, *, headings: bool = False) -> bool:
    """Returns whether the element is mostly links; `headings`: headings above its links do not count."""
    if _is_longer(element, MAX_MENU):
        return False
    links = [link for link in element.iter("a") if link.get("href") is not None]
    named = 0
    if headings and next(element.iter("h1"), None) is None:
        named = sum(_length(heading) - _linked(heading) for heading in element.iter("h2", "h3", "h4", "h5", "h6"))
    elif _has_heading(element):
        return False
    return len(links) >= least and _linked(element) >= MENU_LINK_SHARE * (_length(element) - named)


def _leads_to_itself(link: etree._Element) -> bool:
    """Returns whether the link is the permalink sign beside a heading or a term."""
    text = _text(link, 4)
    if not text or not set(text) <= _OWN_PLACE or "#" not in (link.get("href") or ""):
        return False
    if _OWN_PLACE_NAME.search(f"{link.get('class') or ''} {link.get('rel') or ''}"):
        return True
    return next(link.iterancestors("h1", "h2", "h3", "h4", "h5", "h6", "dt"), None) is not None


def _is_spoken_formula(element: etree._Element) -> bool:
    """Returns whether a hidden element is the screen-reader text of the formula picture behind it."""
    picture = element.getnext()
    if picture is None or picture.tag not in ("img", "svg") or (element.tail or "").strip():
        return False
    return element.tag == "math" or (len(element) == 1 and element[0].tag == "math")


def _is_banner(element: etree._Element) -> bool:
    if _is_longer(element, 2 * MAX_BANNER):
        return False
    text = _text(element)
    return (
        0 < len(text) <= MAX_BANNER
        and "cookie" in text.lower() + (element.get("id") or "").lower() + (element.get("class") or "").lower()
        and (next(element.iter("button", "input"), None) is not None or _ASKS.search(text) is not None)
        and next(element.iter("article", "main", "h1"), None) is None
    )


def _has_heading(element: etree._Element) -> bool:
    return next(element.iter("h1", "h2", "h3", "h4", "h5", "h6"), None) is not None


def _linked(element: etree._Element) -> int:
    return sum(_length(link) for link in element.iter("a") if link.get("href") is not None)


def _length(element: etree._Element) -> int:
    """Returns the number of characters in the element, without blanks."""
    return sum(len("".join(text.split())) for text in _TEXTS(element))


def _is_longer(element: etree._Element, most: int) -> bool:
    """Returns whether the element has more than `most` characters; stops counting there, since elements nest."""
    length = 0
    for text in element.itertext():
        length += len(text)
        if length > most:
            return True
    return False


def _text(element: etree._Element, most: int | None = None) -> str:
    """Returns the element's text on a single line, its first `most` characters or all."""
    text = " ".join(" ".join(_TEXTS(element)).split())
    return text if most is None else text[:most]
