"""Reads form controls as displayed: entered text, chosen options, check boxes with their labels.

Docling 2.142.1 skips them; not needed once it reads `draw:control` and field marks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.opendocument.opendocument_markup import DRAW, OFFICE, TEXT, XML_ID

_FORM = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}"
_FIELD = "{urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0}"
CONTROL, FIELD_MARK = f"{DRAW}control", f"{_FIELD}fieldmark"
CHECKED, UNCHECKED = "☒", "☐"


class Forms:
    """The form controls of a file, by the ids that drawings refer to."""

    def __init__(self, root: Any) -> None:
        self._controls: dict[str, Any] = {}
        for form in root.iter(f"{OFFICE}forms"):
            for control in form.iter():
                for key in (control.get(f"{_FORM}id"), control.get(XML_ID)) if isinstance(control.tag, str) else ():
                    if key:
                        self._controls.setdefault(key, control)

    def text_of(self, drawing: Any) -> str:
        """Returns the displayed text of a `draw:control`; empty for a control that is empty or not in the file."""
        control = self._controls.get(drawing.get(CONTROL, ""))
        if control is None:
            return ""
        read = _READERS.get(control.tag.removeprefix(_FORM), _value)
        return " ".join(read(control).split())


def field_mark(element: Any) -> str:
    """Returns the displayed text of a form field converted from Word: a check box, or the chosen entry of a list."""
    settings = [(entry.get(f"{_FIELD}name", ""), entry.get(f"{_FIELD}value", "")) for entry in element.iter(f"{_FIELD}param")]
    values = dict(settings)
    if element.get(f"{_FIELD}type", "").endswith("FORMCHECKBOX"):
        return CHECKED if values.get("Checkbox_Checked") == "true" else UNCHECKED
    entries = [value for name, value in settings if name == "Dropdown_ListEntry"]
    at = whole_number(values.get("Dropdown_Selected"), len(entries))
    return entries[at] if at < len(entries) else ""


def _value(control: Any) -> str:
    own = control.get(f"{_FORM}current-value") or control.get(f"{_FORM}value")
    return own or " ".join("".join(line.itertext()) for line in control.iter(f"{TEXT}p"))


def _label(control: Any) -> str:
    return str(control.get(f"{_FORM}label", ""))


def _box(control: Any) -> str:
    state = control.get(f"{_FORM}current-state") or control.get(f"{_FORM}state", "unchecked")
    return f"{CHECKED if state == 'checked' else UNCHECKED} {_label(control)}"


def _radio(control: Any) -> str:
    return f"{CHECKED if _is_chosen(control) else UNCHECKED} {_label(control)}"


def _chosen(control: Any) -> str:
    return ", ".join(_label(option) for option in control.iter(f"{_FORM}option") if _is_chosen(option))


def _is_chosen(option: Any) -> bool:
    current = option.get(f"{_FORM}current-selected")
    return bool((current if current is not None else option.get(f"{_FORM}selected", "false")) == "true")


def _nothing(control: Any) -> str:
    return ""


_READERS: dict[str, Callable[[Any], str]] = {
    "checkbox": _box,
    "radio": _radio,
    "listbox": _chosen,
    "fixed-text": _label,
    "frame": _label,
    "button": _label,
    "password": _nothing,
    "hidden": _nothing,
}
