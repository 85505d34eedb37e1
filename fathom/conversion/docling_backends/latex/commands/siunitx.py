"""Reads quantities (siunitx) and chemical formulas (mhchem) as text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.commands.latex_symbols import symbols
from fathom.conversion.docling_backends.latex.tex.tokens import COMMAND, TEXT, TIE, Token, source_of
from fathom.conversion.docling_backends.markup.markup_inline import Run

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader

_PREFIXES = {
    "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m", "centi": "c",
    "deci": "d", "deca": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E",
}  # fmt: skip
_UNITS = {
    "metre": "m", "meter": "m", "second": "s", "gram": "g", "kilogram": "kg", "ampere": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V",
    "farad": "F", "ohm": "Ω", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H", "celsius": "°C",
    "degreeCelsius": "°C", "degree": "°", "arcminute": "′", "arcsecond": "″", "lumen": "lm", "lux": "lx", "becquerel": "Bq",
    "gray": "Gy", "sievert": "Sv", "litre": "L", "liter": "L", "minute": "min", "hour": "h", "day": "d", "percent": "%",
    "tonne": "t", "bar": "bar", "electronvolt": "eV", "dalton": "Da", "hectare": "ha", "radian": "rad", "byte": "B",
    "bit": "bit", "decibel": "dB", "angstrom": "Å", "knot": "kn", "atomicmassunit": "u", "molar": "M", "kWh": "kWh",
    "kg": "kg", "km": "km", "cm": "cm", "mm": "mm", "um": "µm", "nm": "nm", "ms": "ms", "us": "µs", "ns": "ns",
    "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "mW": "mW", "kW": "kW", "MW": "MW", "kV": "kV", "mV": "mV", "mA": "mA",
    "kPa": "kPa", "MPa": "MPa", "mol": "mol", "ml": "mL", "mg": "mg", "ug": "µg", "eV": "eV", "keV": "keV", "MeV": "MeV",
    "GeV": "GeV", "TeV": "TeV",
}  # fmt: skip
_POWERS = {"squared": "2", "cubed": "3", "square": "2", "cubic": "3"}
_NUMBER = re.compile(r"^\s*([-+]?[\d.,\s]*?\d[\d.,\s]*|[-+]?)\s*(?:[eEdD]\s*([-+]?\d+))?\s*$")
_CHEMISTRY = re.compile(
    r"(?P<arrow><=>|<->|->|<-)|(?P<script>[_^])(?:\{(?P<group>[^{}]*)\}|(?P<one>[\w+-]+))|(?P<count>(?<=[A-Za-z\])])\d+)|[{}$]"
)
_ARROWS = {"->": "→", "<-": "←", "<->": "↔", "<=>": "⇌"}


def commands() -> dict[str, Command]:
    """Returns the handlers for numbers and units."""
    found: dict[str, Command] = {
        "num": lambda reader, token: _emit(reader, _number(reader)),
        "ang": lambda reader, token: _angle(reader),
        "numlist": lambda reader, token: _list(reader, with_unit=False),
        "numrange": lambda reader, token: _range(reader, with_unit=False),
        "SIlist": lambda reader, token: _list(reader, with_unit=True),
        "qtylist": lambda reader, token: _list(reader, with_unit=True),
        "SIrange": lambda reader, token: _range(reader, with_unit=True),
        "qtyrange": lambda reader, token: _range(reader, with_unit=True),
        "ce": _chemistry,
        "cee": _chemistry,
        "chemform": _chemistry,
        "nicefrac": _fraction,
        "sfrac": _fraction,
        "textfrac": _fraction,
        "ion": _ion,
    }
    found |= dict.fromkeys(("SI", "qty"), lambda reader, token: _quantity(reader))
    found |= dict.fromkeys(("si", "unit"), lambda reader, token: _unit_alone(reader))
    return found


def _emit(reader: LatexReader, text: str) -> None:
    place = 0
    for found in re.finditer(r"\^([-−+]?\d+)", text):
        reader.emit(text[place : found.start()])
        reader.sink.emit(found[1], replace(reader.style, script="super"))
        place = found.end()
    reader.emit(text[place:])


def _number(reader: LatexReader) -> str:
    reader.source.optional()
    return _shown_number(source_of(reader.source.argument()))


def _shown_number(text: str) -> str:
    found = _NUMBER.match(text.replace("\\pm", "±").replace("+-", "±")) if "±" not in text else None
    if found is None:
        return text.replace("\\pm", " ± ").replace("+-", " ± ").strip()
    digits, power = found[1].strip(), found[2]
    if power is None:
        return digits
    return f"{digits} × 10^{power}" if digits and digits not in "+-" else f"{digits}10^{power}"


def _quantity(reader: LatexReader) -> None:
    number = _number(reader)
    reader.source.optional()
    unit = _unit(reader.source.argument())
    gap = "" if unit in ("°", "′", "″") else " "
    _emit(reader, f"{number}{gap}{unit}" if unit else number)


def _unit_alone(reader: LatexReader) -> None:
    reader.source.optional()
    _emit(reader, _unit(reader.source.argument()))


def _unit(tokens: list[Token]) -> str:
    """Returns a unit: from names such as `\\kilo\\metre\\per\\second\\squared`, or as written."""
    shown = ""
    power = ""  # precedes its unit
    source = list(tokens)
    index = 0
    while index < len(source):
        token = source[index]
        index += 1
        if token.kind != COMMAND:
            shown += (
                " " if token.kind == TIE else token.text.replace(".", "·") if token.kind == TEXT else token.text.strip("{} ")
            )
            continue
        name = token.text
        if name == "per":
            shown += "/"
        elif name in _PREFIXES:
            shown += _spacing(shown) + _PREFIXES[name] + "\0"
        elif name in ("squared", "cubed"):
            shown += f"^{_POWERS[name]}"
        elif name in ("square", "cubic"):
            power = _POWERS[name]
        elif name in ("tothe", "raiseto") and index < len(source):
            digits = source_of(source[index:]).strip("{} ")
            exponent = re.match(r"-?\d+", digits)
            shown += f"^{exponent[0]}" if exponent is not None else ""
            while index < len(source) and source[index].text not in ("}",) and source[index].kind != COMMAND:
                index += 1
        else:
            unit = _UNITS.get(name) or symbols().get(name) or name
            shown += (_spacing(shown) if not shown.endswith("\0") else "") + unit
            if power:
                shown, power = f"{shown}^{power}", ""
    return shown.replace("\0", "").strip()


def _spacing(shown: str) -> str:
    return "" if not shown or shown.endswith(("/", " ", "\0")) else " "


def _angle(reader: LatexReader) -> None:
    reader.source.optional()
    parts = source_of(reader.source.argument()).split(";")
    reader.emit("".join(part.strip() + sign for part, sign in zip(parts, "°′″", strict=False) if part.strip()))


def _list(reader: LatexReader, *, with_unit: bool) -> None:
    reader.source.optional()
    numbers = [_shown_number(part) for part in source_of(reader.source.argument()).split(";")]
    unit = f" {_unit(reader.source.argument())}" if with_unit else ""
    shown = [f"{number}{unit}" for number in numbers]
    _emit(reader, " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown))


def _range(reader: LatexReader, *, with_unit: bool) -> None:
    first, second = _number(reader), _shown_number(source_of(reader.source.argument()))
    unit = f" {_unit(reader.source.argument())}" if with_unit else ""
    _emit(reader, f"{first}{unit} to {second}{unit}")


def _chemistry(reader: LatexReader, token: Token) -> None:
    """Adds a chemical formula with subscript counts and superscript charges."""
    text = reader.source.braces()
    place = 0
    for found in _CHEMISTRY.finditer(text):
        reader.emit(text[place : found.start()])
        place = found.end()
        if found["arrow"]:
            reader.emit(_ARROWS[found["arrow"]])
        elif found["script"]:
            shown = found["group"] if found["group"] is not None else found["one"]
            if found["script"] == "^" and text[: found.start()][-1:].isdigit():
                shown = f"^{shown}"
            reader.sink.emit(shown, replace(reader.style, script="super" if found["script"] == "^" else "sub"))
        elif found["count"]:
            reader.sink.emit(found["count"], replace(reader.style, script="sub"))
    reader.emit(text[place:])


def _fraction(reader: LatexReader, token: Token) -> None:
    reader.drop("o")
    first, second = reader.line(reader.style), reader.line(reader.style)
    reader.emit_runs([*first, Run("/", reader.style), *second])


def _ion(reader: LatexReader, token: Token) -> None:
    """Adds an ion in astronomical notation: the element and its stage in Roman numerals."""
    element, stage = reader.line(reader.style), source_of(reader.source.argument()).strip()
    numerals = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
    shown = numerals[int(stage)] if stage.isdecimal() and len(stage) < 3 and int(stage) < len(numerals) else stage.upper()
    reader.emit_runs([*element, Run(f" {shown}", reader.style)])
