"""Isolates the clause of a verb, so that the date of another clause is not taken for its own."""

from __future__ import annotations

from typing import Any

_OPENS = frozenset({"relcl", "acl", "advcl", "pcomp", "acl:relcl"})  # dependency labels of both languages
_OPENS_WITH_SUBJECT = frozenset({"ccomp", "parataxis", "conj"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass", "nsubj:pass"})


def clause_text(sentence: Any, verb: Any) -> str:
    """Returns the sentence with the words of other clauses blanked: `… who founded it in 1998` dates no birth.

    A verb after `and` without a number of its own shares the numbers before the first verb: `In 1998 she left and …`, not `she
    was born in 1954 and …`.
    """
    own = _words(sentence, _opening(verb, joined=True), joined=True)
    if any(char.isdigit() for char in own):
        return own
    whole = _words(sentence, _opening(verb, joined=False), joined=False)
    if verb.dep_ != "conj":
        return whole
    first = verb.head
    while first.dep_ == "conj" and first.pos_ in ("VERB", "AUX"):
        first = first.head
    shared = first.idx - sentence.start_char
    return whole[:shared] + own[shared:]


def _words(sentence: Any, opening: int, *, joined: bool) -> str:
    return "".join(
        token.text_with_ws if _opening(token, joined=joined) == opening else " " * len(token.text_with_ws) for token in sentence
    )


def _opening(word: Any, *, joined: bool) -> int:
    """Returns the offset of the head of the word's clause; with `joined`, a verb after `and` opens a clause."""
    while word.dep_ not in _OPENS and word.head.i != word.i:
        is_verb_joined = joined and word.dep_ == "conj" and word.pos_ in ("VERB", "AUX")
        has_subject = word.dep_ in _OPENS_WITH_SUBJECT and any(child.dep_ in _SUBJECTS for child in word.children)
        if is_verb_joined or has_subject:
            break
        word = word.head
    return int(word.i)
