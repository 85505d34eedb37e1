"""Writes an Office formula as LaTeX without loss.

Docling 2.142.1 drops all but the last part between brackets, the base of prescripts and of rare accents, further texts of
a run, and fails if properties are left to their defaults; not needed once it does not.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from docling.backend.docx.latex.latex_dict import D_DEFAULT, FUNC_PLACE, D, T
from docling.backend.docx.latex.omml import escape_latex, get_val, oMath2Latex

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# Elements whose properties docling reads without checking that they exist.
_WITH_PROPERTIES = ("acc", "bar", "groupChr", "d", "nary")


class _FormulaReader(oMath2Latex):
    """Docling's converter with corrected handling of elements that it reads incompletely."""

    _MATH_CHAR_MAP = oMath2Latex._MATH_CHAR_MAP | {
        "→": "\\to ",
        "←": "\\leftarrow ",
        "↔": "\\leftrightarrow ",
        "⇒": "\\Rightarrow ",
        "⇔": "\\Leftrightarrow ",
        "°": "^{\\circ}",
    }

    def process_unknow(self, elm: Any, stag: str) -> Any:
        """Returns the content of an element that docling does not know."""
        known = super().process_unknow(elm, stag)
        return self.process_children(elm) if known is None else known

    def do_d(self, elm: Any) -> str:
        """Returns the parts in their brackets, with their separators."""
        parts = [str(text) for _, text, _ in self.process_children_list(elm, include=("e",))]
        left, right, between = (elm.find(f"{_M}dPr/{_M}{name}") for name in ("begChr", "endChr", "sepChr"))
        given = {
            "left": get_val(None if left is None else left.get(f"{_M}val"), D_DEFAULT["left"], T),
            "right": get_val(None if right is None else right.get(f"{_M}val"), D_DEFAULT["right"], T),
        }
        sides = {side: escape_latex(sign) if sign else D_DEFAULT["null"] for side, sign in given.items()}
        sign = "|" if between is None else between.get(f"{_M}val", "|")
        return str(D % {**sides, "text": escape_latex(sign).join(parts)})

    def do_spre(self, elm: Any) -> str:
        """Returns a base with its prescripts."""
        parts = self.process_children_dict(elm, include=("sub", "sup", "e"))
        return f"{{}}{parts.get('sub', '')}{parts.get('sup', '')}{parts.get('e', '')}"

    def do_fname(self, elm: Any) -> str:
        """Returns the name of a function, separated from its argument."""
        made = str(super().do_fname(elm))
        name = made.replace(FUNC_PLACE, "").strip()
        return f"\\operatorname{{{name}}}{FUNC_PLACE}" if len(name) > 1 and name.isalpha() else made

    def do_acc(self, elm: Any) -> str:
        """Returns the base with its accent."""
        return self._over(elm, super().do_acc(elm))

    def do_groupchr(self, elm: Any) -> str:
        """Returns the base with the sign that groups it."""
        return self._over(elm, super().do_groupchr(elm))

    def _over(self, elm: Any, made: str) -> str:
        """Returns docling's result, unless it is the bare sign."""
        base = self.process_children_dict(elm, include=("e",)).get("e", "")
        return made if base in made else f"\\overset{{{made}}}{{{base}}}"

    tag2meth = oMath2Latex.tag2meth | {
        "d": do_d,
        "sPre": do_spre,
        "fName": do_fname,
        "acc": do_acc,
        "groupChr": do_groupchr,
    }


def latex_of(element: Any) -> str:
    """Returns the LaTeX of an `m:oMath`; its bare text if the LaTeX would lose content."""
    _complete(element)
    bare_text = " ".join("".join(text.text or "" for text in element.iter(f"{_M}t")).split())
    try:
        latex = str(_FormulaReader(element)).strip()
    except (KeyError, IndexError, AttributeError, ValueError, TypeError):  # an element that docling does not know
        return bare_text
    return bare_text if _letters(bare_text) - _letters(latex) else latex


def _complete(element: Any) -> None:
    """Adds missing properties to elements, and joins the texts of a run."""
    for found in list(element.iter(*(f"{_M}{name}" for name in _WITH_PROPERTIES))):
        if found.find(f"{found.tag}Pr") is None:
            found.insert(0, found.makeelement(f"{found.tag}Pr", nsmap=None))
    for run in element.iter(f"{_M}r"):
        texts = list(run.iterfind(f"{_M}t"))
        for text in texts[1:]:
            texts[0].text = (texts[0].text or "") + (text.text or "")
            run.remove(text)


def _letters(text: str) -> Counter[str]:
    """Counts the letters and digits that LaTeX keeps unchanged."""
    return Counter(character for character in text if character.isascii() and character.isalnum())
