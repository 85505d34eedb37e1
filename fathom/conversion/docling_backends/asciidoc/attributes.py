"""Holds the attributes of an AsciiDoc text and replaces references to them."""

from __future__ import annotations

import re

from fathom.errors import ArchiveBomb

MAX_VALUE = 10_000  # characters of an attribute
MAX_PUT_IN = 20_000_000  # characters that references may insert into a text

_BUILT_IN = {
    "empty": "", "blank": "", "sp": " ", "nbsp": "\u00a0", "zwsp": "", "wj": "", "apos": "'", "quot": '"', "lsquo": "‘",
    "rsquo": "’", "ldquo": "“", "rdquo": "”", "deg": "°", "plus": "+", "brvbar": "¦", "vbar": "|", "amp": "&", "lt": "<",
    "gt": ">", "startsb": "[", "endsb": "]", "caret": "^", "asterisk": "*", "tilde": "~", "backslash": "\\", "backtick": "`",
    "two-colons": "::", "two-semicolons": ";;", "cpp": "C++", "cxx": "C++", "pp": "++",
}  # fmt: skip
_FOR_BROWSERS = {"backend": "html5", "backend-html5": "", "basebackend": "html", "basebackend-html": "", "doctype": "article"}
ENTRY = re.compile(r"^:(!?[\w][\w-]*!?):(?:[ \t]+(.*))?$")
# The second alternative matches passthrough text, in which no reference is replaced.
_REFERENCE = re.compile(
    r"\\?\{(set|counter2?):([\w-]+)!?(?::([^{}]*))?\}|\\?\{(\w[\w-]*)\}"
    r"|(\+\+\+[^\n]{1,400}?\+\+\+|(?<![\w+])\+(?![\s+])[^+\n]{1,400}?(?<![\s+])\+(?![\w+])|pass:\[[^\]\n]{0,400}\])"
)
# Signs that would be read as marks of formatting once their attribute is replaced.
LITERAL = {name: chr(0xE100 + index) for index, name in enumerate(_BUILT_IN) if _BUILT_IN[name] in tuple("+|[]^*~`\\<>{}")}
LITERAL_SIGNS = {sign: _BUILT_IN[name] for name, sign in LITERAL.items()}


class Attributes:
    """The attributes in force at a position of the text, by name in lower case."""

    def __init__(self) -> None:
        self._values = dict(_FOR_BROWSERS)
        self._left = MAX_PUT_IN

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._values or name.casefold() in _BUILT_IN

    def get(self, name: str) -> str:
        """Returns the value, empty if it is not set."""
        return self._values.get(name.casefold(), "")

    def set(self, name: str, value: str) -> None:
        """Sets an attribute to a value, in which references are replaced. Raises ArchiveBomb beyond MAX_VALUE."""
        shown = self.put_in(value)
        if len(shown) > MAX_VALUE:
            raise ArchiveBomb(f"The value of its attribute {name[:60]} grows beyond {MAX_VALUE} characters.")
        self._values[name.casefold()] = shown

    def take(self, line: str) -> bool:
        """Applies an attribute entry, such as `:port: 8080` or `:!port:`; returns False for other lines."""
        found = ENTRY.match(line)
        if found is None:
            return False
        name, value = found[1], found[2] or ""
        if name.startswith("!") or name.endswith("!"):
            self._values.pop(name.strip("!").casefold(), None)
        else:
            self.set(name, value.strip())
        return True

    def put_in(self, text: str) -> str:
        """Returns the text with references to set attributes replaced. Raises ArchiveBomb beyond MAX_PUT_IN."""
        if "{" not in text:
            return text
        return _REFERENCE.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        if found[5]:
            return found[0]
        if found[0].startswith("\\"):
            return found[0][1:].replace("{", LITERAL_BRACE)
        if found[1]:
            return self._directive(found[1], found[2], found[3] or "")
        name = found[4].casefold()
        if name in LITERAL:
            return LITERAL[name]
        value = self._values.get(name, _BUILT_IN.get(name))
        if value is None:
            return found[0]
        self._left -= len(value)
        if self._left < 0:
            raise ArchiveBomb(f"Its attributes bring more than {MAX_PUT_IN} characters into the text.")
        return value

    def _directive(self, kind: str, name: str, value: str) -> str:
        if kind == "set":
            self.set(name, value)
            return ""
        before = self._values.get(name.casefold())
        if before is None:
            count = value or "1"
        elif before.isdecimal():
            count = str(int(before) + 1)
        else:
            count = chr(ord(before[-1]) + 1) if before else "1"
        self._values[name.casefold()] = count
        return count if kind == "counter" else ""


LITERAL_BRACE = "\ue1ff"
LITERAL_SIGNS[LITERAL_BRACE] = "{"
