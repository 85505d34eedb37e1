"""Builds HTML safely: every string that is not markup is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

# Void elements of HTML, which have no end tag.
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Markup(str):
    """Escaped markup; only `tag` and `join` create it."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"
Attribute: TypeAlias = str | int | float | bool | None


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Returns an element; in attribute names `_` is `-`, a trailing `_` is dropped; None and False omit the attribute."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{written}>") if name in _VOID else Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """Concatenates the children; escapes those that are not markup."""
    return Markup("".join(_child(child) for child in children))


def _child(child: Child) -> str:
    match child:
        case None:
            return ""
        case Markup():
            return child
        case str():
            return escape(_well_formed(child))
        case int() | float():
            return escape(str(child))
        case _:
            return join(*child)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    word = name.rstrip("_").replace("_", "-")
    return f" {word}" if value is True else f' {word}="{escape(_well_formed(str(value)))}"'


def _well_formed(text: str) -> str:
    """Returns text that UTF-8 can encode; a damaged PDF can leave half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
