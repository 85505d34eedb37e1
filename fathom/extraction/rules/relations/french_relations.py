"""States what a French sentence says of the things it names, by its grammar in the labels of Universal Dependencies.

The relations are those of the vocabulary, so that a collection in both languages has one set of names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from fathom.extraction.rules.relations.relation_vocabulary import readings, word_set
from fathom.extraction.rules.relations.statements import Predicate, Statement
from fathom.extraction.rules.text.factuality import is_question
from fathom.extraction.rules.text.sentence import Referent, Sentence

_OBJECTS = ("obj", "iobj", "obl:arg", "obl:mod", "obl", "obl:agent", "nmod", "conj")
_INSIDE_NAMES = ("flat:name", "appos", "flat:foreign")
_NEGATIONS = word_set("ne n' n’ pas jamais plus aucun aucune personne ni rien guère sans")
_SUPPOSES = frozenset(["si", "s'", "s’"])
_DOUBTS = frozenset(["peut-être", "probablement", "sans-doute", "éventuellement", "prétendument"])
# A verb or clause below one of these is so; below any other it is wished, planned, doubted or denied.
_TELLS = word_set(
    "annoncer confirmer montrer révéler rapporter savoir apprendre dire écrire raconter constater indiquer préciser "
    "déclarer souligner rappeler expliquer commencer continuer finir venir"
)
_OPEN = frozenset({"xcomp", "ccomp", "acl", "advcl"})
_CONTRACTED = {"du": "de", "des": "de", "d'": "de", "d’": "de", "au": "à", "aux": "à", "chez": "chez"}
_PRONOUNS = frozenset({"il", "elle"})
_DEEPEST = 3
_FRENCH_ARTICLES = frozenset({"le", "la", "l'", "l’", "les", "un", "une"})
MAX_ROLE = 5  # words of a role with its preposition and article


class _FrenchArgument(NamedTuple):
    key: str
    written: str
    target: Referent
    by_agent: bool
    is_noun: bool = False


def french_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields what the verbs, nouns and appositions of the sentence state of two named things."""
    if is_question(sentence.span):
        return
    yield from _of_verbs(sentence)
    yield from _of_nouns(sentence)
    yield from _beside_names(sentence)


def french_asserts(word: Any) -> bool:
    """Tells whether the sentence asserts what the verb, or the noun with its copula, says."""
    while True:
        for child in word.children:
            said = child.lower_
            if said in _DOUBTS or (child.dep_ in ("advmod", "det", "cc", "mark", "expl", "case") and said in _NEGATIONS):
                return False
            if child.dep_ == "mark" and said in _SUPPOSES:
                return False
            if child.dep_.startswith("aux") and not _is_real(child):
                return False
        if word.pos_ in ("VERB", "AUX") and not _is_real(word):
            return False
        if word.head.i == word.i or word.dep_ in ("acl:relcl", "appos"):
            return True
        if word.dep_ in _OPEN and word.pos_ in ("VERB", "AUX"):
            if word.dep_ == "acl" and "Part" in word.morph.get("VerbForm"):
                return True
            if word.dep_ in ("xcomp", "ccomp") and word.head.lemma_ not in _TELLS:
                return False
            if word.dep_ in ("acl", "advcl") and "Inf" in word.morph.get("VerbForm"):
                return False
        word = word.head


def _is_real(verb: Any) -> bool:
    """Tells whether the verb is neither of the future nor of the conditional, nor one of wishing before another."""
    if "Cnd" in verb.morph.get("Mood") or "Fut" in verb.morph.get("Tense") or "Sub" in verb.morph.get("Mood"):
        return False
    return verb.lemma_ not in (
        "pouvoir",
        "devoir",
        "vouloir",
        "espérer",
        "souhaiter",
        "refuser",
        "envisager",
        "prévoir",
        "compter",
    )


def _of_verbs(sentence: Sentence) -> Iterator[Statement]:
    for word in sentence.span:
        helped = any(child.dep_ in ("cop", "aux:tense", "aux:pass") for child in word.children)
        if (word.pos_ not in ("VERB", "AUX") and not helped) or not french_asserts(word):
            continue
        is_noun = word.pos_ in ("NOUN", "PROPN")
        passive = any(child.dep_ == "aux:pass" for child in word.children) or _is_bare_participle(word)
        for subject in _subjects(sentence, word):
            for one in _arguments(sentence, word, is_noun):
                source, target = (one.target, subject) if passive and one.by_agent else (subject, one.target)
                if one.target.named.head in subject.named.head.conjuncts:
                    continue  # two of a list
                if not readings(one.key, noun=one.is_noun, french=True) and not _says_enough(one, is_noun):
                    continue
                by_pronoun = source.by_pronoun or target.by_pronoun
                predicate = Predicate(one.key, one.written, one.is_noun)
                yield Statement(source.named, target.named, predicate, "noun" if one.is_noun else "verb", word, by_pronoun)


def _says_enough(one: _FrenchArgument, is_noun: bool) -> bool:
    """Tells whether a verb that the vocabulary does not have names a relation: with a direct object or its agent."""
    return not is_noun and not one.is_noun and " " not in one.key and one.key not in ("être", "avoir", "faire", "dire")


def _is_bare_participle(word: Any) -> bool:
    return word.dep_.startswith("acl") and "Part" in word.morph.get("VerbForm") and "Past" in word.morph.get("Tense")


def _subjects(sentence: Sentence, word: Any, depth: int = 0) -> list[Referent]:
    if depth > _DEEPEST:
        return []
    own = [child for child in word.children if child.dep_ in ("nsubj", "nsubj:pass")]
    if _is_after_name(sentence, word):  # `Alstom fournit …`, read as a noun with an adjective
        return _meant(sentence, word.head)
    if own and word.dep_ == "conj" and (first := sentence.at(word.head)) is not None:  # `Airbus et Safran ont créé …`
        between = [token.lower_ for token in word.doc[first.last + 1 : own[0].i]]
        if between == ["et"]:
            return [Referent(first), *(one for child in own for one in _meant(sentence, child))]
    for child in own:
        if child.lower_ in ("qui", "lequel", "laquelle") and word.dep_.startswith("acl"):
            return _meant(sentence, word.head) or _subjects(sentence, word.head, depth + 1)
        if found := _meant(sentence, child):
            return found
    if own:
        return []
    if word.dep_ in ("conj", "xcomp", "advcl") and word.head.i != word.i:
        return _subjects(sentence, word.head, depth + 1)
    if word.dep_ in ("acl", "acl:relcl"):  # `Airbus, fondé par …`, `X est un port fondé par …`
        return _meant(sentence, word.head) or _subjects(sentence, word.head, depth + 1)
    return []


def _is_after_name(sentence: Sentence, word: Any) -> bool:
    """Tells whether a verb with its own form for a person stands right behind the name that it is read as a part of."""
    if word.dep_ not in ("amod", "acl", "nmod") or "Fin" not in word.morph.get("VerbForm"):
        return False
    named = sentence.at(word.head)
    return named is not None and word.i == named.last + 1 and word.head.dep_ == "ROOT"


def _meant(sentence: Sentence, word: Any) -> list[Referent]:
    """Returns the thing that the word names, alone or with the name behind a title, and what is joined to it by `et`."""
    if word.lower_ in _PRONOUNS and word.pos_ == "PRON":  # of persons and things alike
        known = sentence.antecedents
        return [Referent(known[0], True)] if len({one.entity for one in known}) == 1 else []
    own = sentence.meant(word)
    if own is not None:
        others = [
            Referent(named) for child in word.children if child.dep_ == "conj" and (named := sentence.at(child)) is not None
        ]
        return [own, *others]
    return [
        Referent(named) for child in word.children if child.dep_ in _INSIDE_NAMES and (named := sentence.at(child)) is not None
    ][:1]


def _arguments(sentence: Sentence, word: Any, is_noun: bool) -> Iterator[_FrenchArgument]:
    """Yields the things named below a verb or noun, each with the words that lead to it."""
    base = word.lemma_.lower()
    for child in word.children:
        is_name = child.dep_ == "xcomp" and child.pos_ == "PROPN"  # how spaCy's small model reads some objects
        if not is_name and (child.dep_ not in _OBJECTS or child.dep_ == "conj"):
            continue
        case = _case(child)
        if found := _meant(sentence, child):
            key = f"{base} {case}".strip()
            agent = case == "par"
            for one in found:
                yield _FrenchArgument(
                    base if agent else key, f"{word.lower_} {'' if agent else case}".strip(), one, agent, is_noun
                )
        elif child.pos_ == "NOUN":
            yield from _beyond_noun(sentence, word, child)


def _beyond_noun(sentence: Sentence, word: Any, noun: Any) -> Iterator[_FrenchArgument]:
    """Yields X of `signe un contrat avec X` and `devient directeur de X`."""
    base, said = word.lemma_.lower(), noun.lemma_.lower()
    for child in [*noun.children, *word.children]:
        if child.i == noun.i or child.dep_ not in ("nmod", "obl:arg", "obl:mod", "obl"):
            continue
        case = _case(child)
        for one in _meant(sentence, child):
            if readings(f"{base} {said} {case}", noun=False, french=True):
                yield _FrenchArgument(f"{base} {said} {case}", f"{word.lower_} {noun.lower_} {case}", one, False)
            elif noun.dep_ in ("xcomp", "obj") and base in ("devenir", "être", "nommer", "élire") and child.head.i == noun.i:
                yield _FrenchArgument(f"{said} {case}", f"{said} {case}", one, False, True)


def _of_nouns(sentence: Sentence) -> Iterator[Statement]:
    """Yields `X, directeur de Y` and `le directeur de Y, X`."""
    for one in sentence.named:
        for noun in [child for child in one.head.children if child.dep_ in ("appos", "amod") and sentence.at(child) is None]:
            yield from _of_noun(sentence, noun, Referent(one))
        if one.head.dep_ in ("appos", "flat:name") and sentence.at(one.head.head) is None and one.head.head.pos_ == "NOUN":
            yield from _of_noun(sentence, one.head.head, Referent(one))


def _of_noun(sentence: Sentence, noun: Any, holder: Referent) -> Iterator[Statement]:
    words = " ".join([noun.lemma_.lower(), *(c.lower_ for c in noun.children if c.dep_ == "amod" and c.lower_ == "général")])
    for child in noun.children:
        if child.dep_ in ("nmod", "obl:arg") and child.i != holder.named.head.i:
            case = _case(child)
            key = f"{words} {case}" if readings(f"{words} {case}", noun=True, french=True) else f"{noun.lemma_.lower()} {case}"
            if readings(key, noun=True, french=True):
                for one in _meant(sentence, child):
                    yield Statement(holder.named, one.named, Predicate(key, key, True), "apposition", noun, one.by_pronoun)


def _beside_names(sentence: Sentence) -> Iterator[Statement]:
    """Yields `X, directeur de Y,` and `le directeur de Y, X,` by the order of the words, however they are read."""
    for one, other in pairwise(sentence.named):
        doc = one.head.doc
        between = [token.lower_ for token in doc[one.last + 1 : other.first]]
        if between[:1] == [","] and (key := _role_key(between[1:])):
            yield Statement(one, other, Predicate(key, key, True), "apposition", one.head)
        before = [token.lower_ for token in doc[max(sentence.span.start, one.first - MAX_ROLE) : one.first]]
        ends = other.last + 1 < len(doc) and doc[other.last + 1].text == ","
        if between == [","] and ends:
            for start in range(len(before)):
                if before[start - 1 : start] in (["le"], ["la"], ["l'"], ["l’"]) and (key := _role_key(before[start:])):
                    yield Statement(other, one, Predicate(key, key, True), "apposition", one.head)


def _role_key(words: Sequence[str]) -> str | None:
    """Returns the noun and preposition of `directeur général de la`, as the vocabulary has them; None where it has none."""
    said = [word for word in words if word not in _FRENCH_ARTICLES]
    if len(said) < 2 or len(words) > MAX_ROLE:
        return None
    key = " ".join([*said[:-1], _CONTRACTED.get(said[-1], said[-1])])
    return key if readings(key, noun=True, french=True) else None


def _case(word: Any) -> str:
    """Returns the preposition of the word, as the dictionary has it: `du` is `de`, `aux` is `à`."""
    said = next((child.lower_ for child in word.children if child.dep_ == "case"), "")
    return _CONTRACTED.get(said, said)
