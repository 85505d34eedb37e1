"""Converts MathML to TeX, for formulas without TeX in the article."""

from __future__ import annotations

from fathom.conversion.docling_backends.jats.jats_elements import Element, name_of

_SCRIPTS = {"msub": "_", "msup": "^", "munder": "_", "mover": "^"}
_ACCENTS = {
    "¯": "bar",
    "‾": "overline",
    "^": "hat",
    "ˆ": "hat",
    "~": "tilde",
    "˜": "tilde",
    "→": "vec",
    "˙": "dot",
    "¨": "ddot",
}
_SIGNS = {"\u2061": "", "\u2062": "", "\u2063": "", "\u2064": "", "%": "\\%", "&": "\\&", "#": "\\#", "{": "\\{", "}": "\\}"}
_SKIPPED = frozenset({"annotation", "annotation-xml", "mspace", "none", "mprescripts"})


def tex_of(element: Element) -> str:
    """Returns the formula as TeX; elements without a counterpart become their text."""
    return " ".join(_tex(element).split())


def _tex(element: Element) -> str:
    name = name_of(element)
    if not name or name in _SKIPPED:
        return ""
    if name in ("mi", "mn", "mo", "mtext", "ms"):
        return _token(element, name)
    parts = [_tex(child) for child in element if name_of(child)]
    if name in _SCRIPTS and len(parts) == 2:
        if name == "mover" and (accent := _ACCENTS.get(parts[1].strip())):
            return f"\\{accent}{{{parts[0]}}}"
        return f"{_base(parts[0])}{_SCRIPTS[name]}{{{parts[1]}}}"
    if name in ("msubsup", "munderover") and len(parts) == 3:
        return f"{_base(parts[0])}_{{{parts[1]}}}^{{{parts[2]}}}"
    if name == "mfrac" and len(parts) == 2:
        return f"\\frac{{{parts[0]}}}{{{parts[1]}}}"
    if name == "msqrt":
        return f"\\sqrt{{{''.join(parts)}}}"
    if name == "mroot" and len(parts) == 2:
        return f"\\sqrt[{parts[1]}]{{{parts[0]}}}"
    if name == "mfenced":
        between = element.get("separators", ",")[:1]
        return f"{element.get('open', '(')}{between.join(parts)}{element.get('close', ')')}"
    if name == "mtable":
        rows = " \\\\ ".join(parts)
        return f"\\begin{{matrix}}{rows}\\end{{matrix}}"
    if name in ("mtr", "mlabeledtr"):
        return " & ".join(parts)
    return "".join(parts)


def _token(element: Element, name: str) -> str:
    text = " ".join("".join(element.itertext()).split())
    if name == "mtext":
        return f"\\text{{{text}}}" if text else ""
    text = "".join(_SIGNS.get(sign, sign) for sign in text)
    if name == "mi" and len(text) > 1 and text.isalpha():
        return f"\\mathrm{{{text}}}"
    return f" {text} " if name == "mo" and len(text) == 1 and text in "=+−<>≤≥≈×·→±∈" else text


def _base(text: str) -> str:
    return text if len(text.strip()) <= 1 or text.startswith("\\") else f"{{{text}}}"
