"""States what the verbs of an English sentence say of the things it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fathom.language.rules.factuality import asserts
from fathom.language.rules.relation_vocabulary import readings, word_set
from fathom.language.rules.sentence import Meant, Sentence
from fathom.language.rules.statements import Named, Predicate, Statement

# Verbs that say nothing by themselves, or nothing of the two.
_EMPTY = word_set(
    "be have do say tell think get make take give put let seem mean consider compare mention describe see call add ask show "
    "want need like know feel look note state claim suggest believe hope expect try keep become go come bring turn set"
)
# Prepositions before a time, a manner or a comparison.
_LOOSE = word_set(
    "during after before since until till by of about like as than despite without including according because except "
    "between among regarding concerning following per via through over under around throughout across due amid off out in "
    "at on for near behind beside below above beyond inside outside"
)
_PLACING = frozenset({"in", "at", "on", "from"})  # before a thing that something can be done at
_SITES = word_set(
    "factory plant office works mill smelter store branch site yard shop warehouse centre center laboratory lab depot mine "
    "refinery shipyard headquarters restaurant hotel school hospital museum"
)
# Prepositions with which a verb says something else of its object: `named the fort after X`.
_CHANGES = {"name": frozenset({"after", "for"})}
_RELATIVES = frozenset({"which", "that", "whom"})
_OBJECTS = frozenset({"dobj", "obj", "dative", "oprd", "attr"})


class _Argument(NamedTuple):
    words: str  # after the verb, as keys have them: ` contract with`
    written: str
    word: Any
    is_agent: bool = False
    is_own: bool = False  # the preposition is of the object: `led the port of X`


def verb_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields what each verb of the sentence states of two named things."""
    for verb in sentence.span:
        if verb.pos_ not in ("VERB", "AUX") or not asserts(verb):
            continue
        subjects = sentence.subjects(verb)
        passive = is_passive(verb)
        for argument in _arguments(verb):
            targets = sentence.within(argument.word)
            for subject, target in _paired(sentence, subjects, targets):
                yield from _stated(verb, subject, target, argument, passive)
        yield from _of_antecedent(sentence, verb, subjects)


def _paired(sentence: Sentence, subjects: list[Meant], targets: list[Meant]) -> list[tuple[Meant, Meant]]:
    """Returns which subject goes with which target: each with each, or one after another where they do so respectively."""
    if len(subjects) == len(targets) > 1 and any(token.lower_ == "respectively" for token in sentence.span):
        return list(zip(subjects, targets, strict=True))
    return [(subject, target) for subject in subjects for target in targets]


def is_passive(verb: Any) -> bool:
    """Tells whether the verb is passive, also without an auxiliary: `Born in Leith, she …`, `a village founded by …`."""
    said = {child.dep_ for child in verb.children}
    if "nsubjpass" in said or "auxpass" in said:
        return True
    return bool(verb.tag_ == "VBN" and not said & {"nsubj", "aux"} and not _follows_have(verb))


def _follows_have(verb: Any) -> bool:
    """Tells whether the participle shares the `has` of the verb before it: `has bought and sold`."""
    return verb.dep_ == "conj" and any(child.dep_ == "aux" and child.lemma_ == "have" for child in verb.head.children)


def _stated(verb: Any, subject: Meant, target: Meant, argument: _Argument, passive: bool) -> Iterator[Statement]:
    base, form = _with_particle(verb)
    if argument.is_agent and passive:
        key, written, ends = f"{base}{argument.words}", f"{form}{argument.written}", (target, subject)
    else:
        key, written, ends = f"{'~' if passive else ''}{base}{argument.words}", f"{form}{argument.written}", (subject, target)
    by_agent = f"~{base}{argument.words} by"
    if argument.is_agent and readings(by_agent, noun=False):
        key, ends = by_agent, (subject, target)
    if key == base and any(child.lower_ in _CHANGES.get(base, ()) for child in verb.children if child.dep_ == "prep"):
        return
    if not readings(key, noun=False) and not _says_enough(verb, argument, target.named):
        return
    source, other = ends
    yield Statement(source.named, other.named, Predicate(key, written), "verb", verb, source.by_pronoun or other.by_pronoun)


def _says_enough(verb: Any, argument: _Argument, target: Named) -> bool:
    """Tells whether words that the vocabulary does not have may name a relation by themselves."""
    if verb.lemma_ in _EMPTY:
        return False
    words = argument.words.split()
    if not words or argument.is_agent:
        return bool(verb.dep_ != "xcomp")
    if len(words) > 1:
        return argument.is_own and words[-1] in ("of", "for", "against", "to")
    placed = words[-1] in _PLACING and target.type in ("Location", "Organization", "Event")
    return (placed or words[-1] not in _LOOSE) and not _has_unnamed_object(verb)


def _has_unnamed_object(verb: Any) -> bool:
    return any(child.dep_ in ("dobj", "obj") for child in verb.children)


def _with_particle(verb: Any) -> tuple[str, str]:
    particle = "".join(f" {child.lower_}" for child in verb.children if child.dep_ == "prt")
    return f"{verb.lemma_.lower()}{particle}", f"{verb.lower_}{particle}"


def _arguments(verb: Any) -> Iterator[_Argument]:
    """Yields the words that stand for a second thing below the verb, each with the words that lead to it."""
    nouns = [child for child in verb.children if child.dep_ in ("dobj", "obj")]
    for child in verb.children:
        if child.dep_ in _OBJECTS and child.lower_ not in _RELATIVES:
            yield _Argument("", "", child)
            yield from _beyond_noun(child)
        elif child.dep_ == "conj" and child.pos_ in ("PROPN", "NOUN") and nouns:  # `bought A in 2016 and B in 2018`
            yield _Argument("", "", child)
        elif child.dep_ == "agent":
            yield from (_Argument("", "", deeper, True) for deeper in child.children if deeper.dep_ == "pobj")
            yield from (
                _Argument(f" {noun.lemma_.lower()}", "", deeper, True)
                for noun in nouns
                for deeper in child.children
                if deeper.dep_ == "pobj"
            )
        elif child.dep_ == "prep":
            yield from _of_preposition(child, nouns)


def _beyond_noun(noun: Any) -> Iterator[_Argument]:
    """Yields X of `led the port of X`."""
    if noun.pos_ != "NOUN":
        return
    for child in noun.children:
        if child.dep_ == "prep":
            for deeper in child.children:
                if deeper.dep_ == "pobj":
                    said = f" {noun.lemma_.lower()} {child.lower_}"
                    yield _Argument(said, f" {noun.lower_} {child.lower_}", deeper, is_own=True)
        elif child.dep_ in ("compound", "nmod", "poss", "amod") and noun.lemma_.lower() in _SITES:  # `closed its Derby works`
            yield _Argument(f" {noun.lemma_.lower()} in", "", child)


def _of_preposition(preposition: Any, nouns: list[Any]) -> Iterator[_Argument]:
    for child in preposition.children:
        if child.dep_ == "pobj":
            said = f" {preposition.lower_}"
            yield _Argument(said, said, child)
            for noun in nouns:
                yield _Argument(f" {noun.lemma_.lower()}{said}", f" {noun.lower_}{said}", child)
            yield from (
                _Argument(
                    f"{said} {child.lower_} {deeper_preposition.lower_}",
                    f"{said} {child.lower_} {deeper_preposition.lower_}",
                    deeper,
                )
                for deeper_preposition in child.children
                if deeper_preposition.dep_ == "prep" and child.pos_ == "NOUN"
                for deeper in deeper_preposition.children
                if deeper.dep_ == "pobj"
            )
        elif child.dep_ == "prep":  # `out of X`
            for deeper in child.children:
                if deeper.dep_ == "pobj":
                    said = f" {preposition.lower_} {child.lower_}"
                    yield _Argument(said, said, deeper)


def _of_antecedent(sentence: Sentence, verb: Any, subjects: list[Meant]) -> Iterator[Statement]:
    """Yields `the company that X bought`: the object is what the relative clause describes."""
    if verb.dep_ != "relcl" or is_passive(verb):
        return
    if not any(child.dep_ in ("dobj", "obj") and child.lower_ in _RELATIVES for child in verb.children):
        return
    for target in sentence.described(verb.head):
        for subject in subjects:
            if subject.named.entity != target.named.entity:
                yield from _stated(verb, subject, target, _Argument("", "", verb.head), False)
