"""States what the verbs of an English sentence say of the things it names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from fathom.extraction.rules.relations.relation_vocabulary import readings, word_set
from fathom.extraction.rules.relations.statements import Named, Predicate, Statement
from fathom.extraction.rules.relations.verb_forms import finite_form
from fathom.extraction.rules.text.factuality import has_ended, is_asserted, is_question
from fathom.extraction.rules.text.sentence import Referent, Sentence, first_of_list

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
SITES = word_set(
    "factory plant office works mill smelter store branch site yard shop warehouse centre center laboratory lab depot mine hq "
    "refinery shipyard headquarters restaurant hotel school hospital museum"
)
# Prepositions with which a verb says something else of its object: `named the fort after X`.
_CHANGES = {"name": frozenset({"after", "for"})}
_MOVES = frozenset({"move", "transfer", "relocate", "loan", "promote"})
# `moved its office to Y` moves the whole.
_OWN = word_set("headquarters office base business operations family home production itself himself herself")
_ARTICLES = frozenset({"the", "a", "an"})
_WORKS = word_set("book novel film song album story play poem painting report article letter work picture drawing music")
# Of what has one of these, the whole is no end of the relation: `laid the first brick of X`.
_PARTS = word_set(
    "brick stone foundation cornerstone keel part half third quarter end start beginning middle top bottom side edge corner "
    "piece section stretch share bulk majority most number lot copy page chapter line word role scene series tract acre plot "
    "mile foot couple pair dozen group bit all kind sort type form version member amount portion percent % level rate"
)
# What is said of a thing that has a name only behind a noun says nothing of the two: `announced a package for X`.
_SPEAKS = word_set(
    "announce criticize criticise condemn praise discuss welcome defend propose plan urge support oppose review study publish "
    "release unveil"
)
_NEAR = 3  # words from a verb to the one that shares its object
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
        if verb.pos_ not in ("VERB", "AUX") or not is_asserted(verb) or has_ended(verb):
            continue
        subjects = sentence.subjects(verb)
        passive = is_passive(verb)
        for argument in _arguments(verb):
            if verb.lemma_ in _MOVES and argument.words in (" to", " from") and not passive:  # `moved X to Y`
                moved = [child for child in verb.children if child.dep_ in ("dobj", "obj") and not _is_own(child)]
                doing = [one for child in moved for one in sentence.all_meant(child)] if moved else subjects
            else:
                doing = subjects
            targets = sentence.within(argument.word)
            for subject, target in _paired(sentence, doing, targets):
                yield from _stated(verb, subject, target, argument, passive)
        yield from _of_antecedent(sentence, verb, subjects)
    if not any(word.pos_ in ("VERB", "AUX") for word in sentence.span):
        yield from _of_misread(sentence)


def _of_misread(sentence: Sentence) -> Iterator[Statement]:
    """Yields `Telia sponsors Rosenborg` and `the Bure and the Ant flow into the Thurne`, where the verb was read as a noun."""
    for place, (one, other) in enumerate(pairwise(sentence.named)):
        words = [token for token in one.head.doc[one.last + 1 : other.first] if token.lower_ not in _ARTICLES]
        if not 1 <= len(words) <= 2 or words[0].pos_ != "NOUN" or not words[0].text.islower():
            continue
        key = " ".join([words[0].lemma_.lower(), *(token.lower_ for token in words[1:])])
        if not readings(key, noun=False) or is_question(sentence.span):
            continue
        before = sentence.named[place - 1] if place else None
        joined = [token.lower_ for token in one.head.doc[before.last + 1 : one.first]] if before is not None else []
        also = [before] if before is not None and joined and joined[0] == "and" and set(joined) <= _ARTICLES | {"and"} else []
        for subject in [*also, one]:
            yield Statement(subject, other, Predicate(key, key), "verb", words[0])


def _paired(sentence: Sentence, subjects: list[Referent], targets: list[Referent]) -> list[tuple[Referent, Referent]]:
    """Returns which subject goes with which target: each with each, or one after another where they do so respectively."""
    if len(subjects) == len(targets) > 1 and any(token.lower_ == "respectively" for token in sentence.span):
        return list(zip(subjects, targets, strict=True))
    return [(subject, target) for subject in subjects for target in targets]


def is_passive(verb: Any) -> bool:
    """Tells whether the verb is passive, also without an auxiliary: `Born in Leith, she …`, `a village founded by …`."""
    said = {child.dep_ for child in verb.children}
    if "nsubjpass" in said or "auxpass" in said:
        return True
    if first_of_list(verb) is not None:
        return False
    return bool(verb.tag_ == "VBN" and not said & {"nsubj", "aux"} and not _follows_have(verb))


def _follows_have(verb: Any) -> bool:
    """Tells whether the participle shares the `has` of the verb before it: `has bought and sold`."""
    return verb.dep_ == "conj" and any(child.dep_ == "aux" and child.lemma_ == "have" for child in verb.head.children)


def _stated(verb: Any, subject: Referent, target: Referent, argument: _Argument, passive: bool) -> Iterator[Statement]:
    base, form = _with_particle(verb, is_active=argument.is_agent or not passive)
    if argument.is_agent and passive:
        key, written, ends = f"{base}{argument.words}", f"{form}{argument.written}", (target, subject)
    else:
        key, written, ends = f"{'~' if passive else ''}{base}{argument.words}", f"{form}{argument.written}", (subject, target)
    by_agent = f"~{base}{argument.words} by"
    if argument.is_agent and readings(by_agent, noun=False):
        key, ends = by_agent, (subject, target)
    if key == base and any(child.lower_ in _CHANGES.get(base, ()) for child in verb.children if child.dep_ == "prep"):
        return
    if not readings(key, noun=False) and (verb.dep_ == "pcomp" or not _says_enough(verb, argument, target.named)):
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
        if verb.lemma_ in _SPEAKS or words[0] in _PARTS or _is_of_other(argument.word, words[-1]):
            return False
        return argument.is_own and words[-1] in ("of", "for", "against", "to")
    placed = words[-1] in _PLACING and target.type in ("Location", "Organization", "Event")
    return (placed or words[-1] not in _LOOSE) and not _has_unnamed_object(verb)


def _has_unnamed_object(verb: Any) -> bool:
    return any(child.dep_ in ("dobj", "obj") for child in verb.children)


def _with_particle(verb: Any, *, is_active: bool) -> tuple[str, str]:
    particle = "".join(f" {child.lower_}" for child in verb.children if child.dep_ == "prt")
    return f"{verb.lemma_.lower()}{particle}", f"{finite_form(verb, is_active=is_active)}{particle}"


def _arguments(verb: Any) -> Iterator[_Argument]:
    """Yields the words that stand for a second thing below the verb, each with the words that lead to it."""
    nouns = [child for child in verb.children if child.dep_ in ("dobj", "obj")]
    yield from (_Argument("", "", agent, True) for agent in _agents_below(verb))
    if not nouns and readings(verb.lemma_.lower(), noun=False):
        yield from _shared(verb)
    for child in verb.children:
        if child.dep_ == "dative" and child.pos_ == "ADP":  # `sold to X`
            yield from _of_preposition(child, nouns)
        elif child.dep_ in _OBJECTS and child.lower_ not in _RELATIVES:
            yield _Argument("", "", child)
            yield from _beyond_noun(child)
        elif (
            child.dep_ == "conj" and child.pos_ in ("PROPN", "NOUN") and nouns and not _is_placed(child)
        ):  # `bought A in 2016 and B in 2018`
            yield _Argument("", "", child)
        elif child.dep_ == "agent":
            yield from (_Argument("", "", deeper, True) for deeper in child.children if deeper.dep_ == "pobj")
            yield from (
                _Argument(f" {noun.lemma_.lower()}", "", deeper, True)
                for noun in nouns
                for deeper in child.children
                if deeper.dep_ == "pobj"
            )
        elif child.dep_ == "prep" or (child.dep_ == "conj" and child.pos_ == "ADP"):  # `played for A and then for B`
            yield from _of_preposition(child, nouns)


def _is_of_other(word: Any, preposition: str) -> bool:
    """Tells whether what leads to the word is another's: `watched his rival's visit to X`."""
    noun = word.head.head if word.head.lower_ == preposition else word.head
    return any(child.dep_ == "poss" and child.pos_ != "PRON" for child in noun.children)


def _is_placed(noun: Any) -> bool:
    """Tells whether a preposition before the noun says where something is: `owned a yard in X, and behind Y`."""
    return any(child.dep_ == "prep" and child.i < noun.i for child in noun.children)


def _agents_below(verb: Any) -> Iterator[Any]:
    """Yields who does a passive verb where `by` hangs on a noun below it: `was succeeded as chairman of X by Y`."""
    if any(child.dep_ == "agent" for child in verb.children) or not any(child.dep_ == "auxpass" for child in verb.children):
        return
    for outer in (child for child in verb.children if child.dep_ == "prep"):
        for noun in (child for child in outer.children if child.dep_ == "pobj" and child.lemma_.lower() not in _WORKS):
            for preposition in noun.children:
                if preposition.dep_ == "prep" and preposition.lower_ == "by":
                    yield from (child for child in preposition.children if child.dep_ == "pobj" and child.pos_ == "PROPN")


def _is_own(noun: Any) -> bool:
    """Tells whether moving this moves the whole: `moved its office to Y`."""
    return noun.lower_ in _OWN or any(child.dep_ == "poss" and child.lower_ in ("its", "their") for child in noun.children)


def _shared(verb: Any) -> Iterator[_Argument]:
    """Yields the object that a verb shares with the next: `founded and ran X`."""
    for other in verb.children:
        if other.dep_ == "conj" and other.pos_ == "VERB" and 0 < other.i - verb.i <= _NEAR and other.tag_ == verb.tag_:
            between = verb.doc[verb.i + 1 : other.i]
            if all(token.pos_ in ("CCONJ", "ADV") for token in between):
                yield from (_Argument("", "", child) for child in other.children if child.dep_ in ("dobj", "obj"))


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
        elif child.dep_ in ("compound", "nmod", "poss", "amod") and noun.lemma_.lower() in SITES:  # `closed its Derby works`
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


def _of_antecedent(sentence: Sentence, verb: Any, subjects: list[Referent]) -> Iterator[Statement]:
    """Yields `the company that X bought`: the object is what the relative clause describes."""
    if verb.dep_ != "relcl" or is_passive(verb):
        return
    if not any(child.dep_ in ("dobj", "obj") and child.lower_ in _RELATIVES for child in verb.children):
        return
    for target in sentence.described(verb.head):
        for subject in subjects:
            if subject.named.entity != target.named.entity:
                yield from _stated(verb, subject, target, _Argument("", "", verb.head), False)
