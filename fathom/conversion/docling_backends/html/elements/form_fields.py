"""Reads form fields as displayed: label and value, chosen options, ticked or empty boxes."""

from __future__ import annotations

from lxml import etree

# Field types whose values are not displayed.
_UNSHOWN = frozenset({"hidden", "password", "file", "image", "color", "checkbox", "radio"})
_BOXES = frozenset({"checkbox", "radio"})
_SWITCHES = frozenset({"button", "switch", "menuitemcheckbox"})
_BUTTONS = frozenset({"submit", "reset", "button"})


def box_mark(field: etree._Element) -> str | None:
    """Returns the mark of a box or choice, ticked or not; None if the field is neither."""
    if field.tag == "input" and (field.get("type") or "").lower() in _BOXES and field.get("role") not in _SWITCHES:
        return "[x]" if field.get("checked") is not None else "[ ]"
    return None


def button_text(field: etree._Element) -> str | None:
    """Returns the text of an input that is a button; None if it is none."""
    if field.tag == "input" and (field.get("type") or "").lower() in _BUTTONS:
        return (field.get("value") or "").strip()
    return None


def shown_value(field: etree._Element) -> str:
    """Returns the value that the field shows; empty if it shows none."""
    if field.tag == "select":
        return ", ".join(chosen_options(field))
    if field.tag == "textarea":
        return "".join(field.itertext()).strip()
    if (field.get("type") or "text").lower() in _UNSHOWN:
        return ""
    return (field.get("value") or "").strip()


def chosen_options(select: etree._Element) -> list[str]:
    """Returns the chosen options; if none is marked, a drop-down list shows its first."""
    options = list(select.iter("option"))
    chosen = [option for option in options if option.get("selected") is not None]
    is_multiple = select.get("multiple") is not None
    if not chosen and options and not is_multiple and (select.get("size") or "1").strip() in ("", "0", "1"):
        chosen = options[:1]
    if not is_multiple:
        chosen = chosen[-1:]
    return [text for option in chosen if (text := _option_text(option))]


def own_label(field: etree._Element, labels: dict[str, str]) -> str:
    """Returns the name of a field that has no text before it: its label, or its accessible name."""
    named = labels.get(field.get("id") or "")
    return named or " ".join((field.get("aria-label") or "").split())


def labels_of(root: etree._Element) -> dict[str, str]:
    """Returns the texts of the labels, by the id of the field that they name."""
    found: dict[str, str] = {}
    for label in root.iter("label"):
        name = label.get("for")
        if name and next(label.iter("input", "select", "textarea"), None) is None:
            found.setdefault(name, " ".join("".join(label.itertext()).split()))
    return found


def _option_text(option: etree._Element) -> str:
    return " ".join((option.get("label") or "".join(option.itertext())).split())
