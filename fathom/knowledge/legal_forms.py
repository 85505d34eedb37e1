"""Removes the legal forms of companies from their names: `Ltd`, `GmbH & Co. KG`, `S.A. de C.V.`, `ООО`, `株式会社`.

Forms of the same meaning have the same word: `Limited`, `Pty Ltd` and `Co., Ltd.` are `ltd`. Case does not count. Short forms
are words, too (`Bath Spa`, `iPhone SE`): whether a text means a company is decided by fathom/knowledge/name_disambiguation.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from fathom.knowledge.letter_folding import fold_letters, strip_accents

# By the word for it: the spellings of a form behind a name, with spaces between words, without dots.
_BEHIND = {
    "ltd": (
        *("ltd", "limited", "pty ltd", "pty limited", "pty", "pte ltd", "pte limited", "pvt ltd", "pvt limited", "co ltd"),
        *("co limited", "company limited", "company ltd", "private limited", "private ltd", "proprietary limited"),
    ),
    "inc": ("inc", "incorporated", "co inc"),
    "llc": ("llc", "limited liability company", "co llc"),
    "llp": ("llp", "limited liability partnership"),
    "plc": ("plc", "public limited company"),
    "corp": ("corp",),
    "gmbh": ("gmbh", "g mbh", "ges mbh", "gesmbh", "gesellschaft mit beschrankter haftung"),
    "ag": ("ag", "aktiengesellschaft"),
    "sa": ("sa", "societe anonyme", "sociedad anonima"),
    "ab": ("ab", "aktiebolag", "ab publ"),
    "kabushiki kaisha": ("株式会社", "kabushiki kaisha", "kk"),
    "有限会社": ("有限会社",),
    "合同会社": ("合同会社",),
    "股份有限公司": ("股份有限公司",),
    "有限公司": ("有限公司", "有限责任公司", "有限責任公司"),
    "주식회사": ("주식회사",),
    "유한회사": ("유한회사",),
    "ооо": ("ооо", "ooo"),
    "оао": ("оао", "oao"),
    "зао": ("зао", "zao"),
    "пао": ("пао", "pjsc"),
    "ао": ("ао", "jsc"),
    "sp zoo": ("sp zoo", "sp z oo"),
    "sa de cv": ("sa de cv", "sab de cv"),
    "s de rl de cv": ("s de rl de cv", "s de rl"),
    "sdn bhd": ("sdn bhd", "bhd"),
    "จำกัด": ("จำกัด", "จำกัด มหาชน"),
    "בעמ": ("בעמ",),
    **{
        form: (form,)
        for form in (
            *("se", "kg", "kgaa", "ohg", "gbr", "ug", "sas", "srl", "spa", "sarl", "eurl", "sasu", "snc", "scs", "sca"),
            *("oy", "oyj", "as", "asa", "aps", "ehf", "nv", "bv", "bvba", "sprl", "vof", "sl", "slu", "sgps"),
            *("lda", "ltda", "eirl", "sro", "doo", "kft", "zrt", "nyrt", "uab", "oü", "eood", "ead", "tbk", "cjsc"),
            *("ojsc", "тов", "прат", "еоод", "оод", "еад", "αε", "επε", "ικε", "شمم", "شمع", "ذمم"),
        )
    },
}
_PARTNER = ("gmbh", "ag", "se", "ug", "ltd", "kg")
_PARTNERSHIP = ("kg", "kgaa", "ohg")
_BEFORE = (
    *("株式会社", "有限会社", "合同会社", "주식회사", "유한회사", "ооо", "оао", "зао", "пао", "ао"),
    *("ooo", "oao", "zao", "pjsc", "ojsc", "cjsc"),
)
# Written to the name without a space.
_GLUED = ("株式会社", "有限会社", "合同会社", "股份有限公司", "有限责任公司", "有限責任公司", "有限公司", "주식회사")
_IN_BRACKETS = {"(株)": "株式会社", "(有)": "有限会社", "(同)": "合同会社", "(주)": "주식회사"}


def _words(form: str) -> tuple[str, ...]:
    return tuple(strip_accents(fold_letters(form)).split())


_FORMS: dict[tuple[str, ...], str] = {_words(spelling): form for form, spellings in _BEHIND.items() for spelling in spellings}
for _partner in ("", *_PARTNER):
    for _kind in _PARTNERSHIP:
        for _and in ("and co", "co", "and compagnie", "and cie"):
            _FORMS[tuple(f"{_partner} {_and} {_kind}".split())] = f"{_partner} and co {_kind}".strip()
_FIRST: dict[tuple[str, ...], str] = {_words(spelling): _FORMS[_words(spelling)] for spelling in _BEFORE}
_MAX_WORDS = max(map(len, _FORMS))
_ATTACHED = tuple(sorted(("".join(_words(spelling)) for spelling in _GLUED), key=len, reverse=True))
_OF_ATTACHED = {"".join(words): form for words, form in _FORMS.items()}

MAX_SHORT = 4  # letters of a form that is a word or part of a name as well

Tokens = Sequence[str]  # words of a name, folded and without accents


def expand_bracketed_forms(text: str) -> str:
    """Returns the folded name with the forms that are written as a single letter in brackets, `(株)`, written out."""
    for short, form in _IN_BRACKETS.items():
        text = text.replace(short, f" {form} ")
    return text


def strip_trailing_form(words: Tokens) -> tuple[int, str]:
    """Returns the number of words without the legal form behind them, at least 1, and the form; "" for none."""
    for size in range(min(_MAX_WORDS, len(words) - 1), 0, -1):
        if form := _FORMS.get(tuple(words[-size:])):
            return len(words) - size, form
    return len(words), ""


def strip_leading_form(words: Tokens) -> tuple[int, str]:
    """Returns the number of words of a legal form before the name, and the form; 0 and "" for none."""
    for size in range(min(_MAX_WORDS, len(words) - 1), 0, -1):
        if form := _FIRST.get(tuple(words[:size])):
            return size, form
    return 0, ""


def strip_attached_form(word: str) -> tuple[int, int, str]:
    """Returns where the name begins and ends in a word that a legal form is written to, and the form; "" for none."""
    for form in _ATTACHED:
        if len(word) > len(form) and word.endswith(form):
            return 0, len(word) - len(form), _OF_ATTACHED[form]
        if len(word) > len(form) and word.startswith(form):
            return len(form), len(word), _OF_ATTACHED[form]
    return 0, len(word), ""


def is_common_word(form: str) -> bool:
    """Returns whether the form is so short that a name of something else may end in it, as `Bath Spa` does."""
    return len(form) <= MAX_SHORT and form not in ("ltd", "inc", "llc", "llp", "plc", "gmbh", "corp", "kgaa")
