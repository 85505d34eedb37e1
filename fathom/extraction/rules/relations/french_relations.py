"""Relations of French verbs, nouns and appositions, from a parse with the labels of Universal Dependencies.

The relations come from the same vocabulary as the English ones, so that a collection in both languages shares their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from fathom.extraction.rules.relations.relation_vocabulary import readings, word_set
from fathom.extraction.rules.relations.statements import Predicate, Statement
from fathom.extraction.rules.text.factuality import is_question
from fathom.extraction.rules.text.sentence import Referent, Sentence

_ARGUMENT_LABELS = ("obj", "iobj", "obl:arg", "obl:mod", "obl", "obl:agent", "nmod", "conj")
_NAME_LABELS = ("flat:name", "appos", "flat:foreign")
_NEGATIONS = word_set("ne n' n’ pas jamais plus aucun aucune personne ni rien guère sans")
_CONDITIONALS = frozenset(["si", "s'", "s’"])
_DOUBTS = frozenset(["peut-être", "probablement", "sans-doute", "éventuellement", "prétendument"])
# A clause below any of these verbs is affirmed; below any other it is wished, planned, doubted or denied.
_AFFIRMING_VERBS = word_set(
    "annoncer confirmer montrer révéler rapporter savoir apprendre dire écrire raconter constater indiquer préciser "
    "déclarer souligner rappeler expliquer commencer continuer finir venir"
)
_CLAUSE_LABELS = frozenset({"xcomp", "ccomp", "acl", "advcl"})
_CONTRACTED = {"du": "de", "des": "de", "d'": "de", "d’": "de", "au": "à", "aux": "à", "chez": "chez"}
_PRONOUNS = frozenset({"il", "elle"})
_MAX_DEPTH = 3
_FRENCH_ARTICLES = frozenset({"le", "la", "l'", "l’", "les", "un", "une"})
MAX_ROLE = 5  # tokens of a role with its preposition and article


class _FrenchArgument(NamedTuple):
    key: str
    written: str
    target: Referent
    by_agent: bool
    is_noun: bool = False


def french_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields the relations that verbs, nouns and appositions of the sentence state between two named things."""
    if is_question(sentence.span):
        return
    yield from _verb_statements(sentence)
    yield from _apposition_statements(sentence)
    yield from _word_order_statements(sentence)


def french_asserts(word: Any) -> bool:
    """Returns whether a verb, or a noun with its copula, is asserted: no negation, modality, supposition or doubt."""
    while True:
        for child in word.children:
            form = child.lower_
            if form in _DOUBTS or (child.dep_ in ("advmod", "det", "cc", "mark", "expl", "case") and form in _NEGATIONS):
                return False
            if child.dep_ == "mark" and form in _CONDITIONALS:
                return False
            if child.dep_.startswith("aux") and not _is_realis(child):
                return False
        if word.pos_ in ("VERB", "AUX") and not _is_realis(word):
            return False
        if word.head.i == word.i or word.dep_ in ("acl:relcl", "appos"):
            return True
        if word.dep_ in _CLAUSE_LABELS and word.pos_ in ("VERB", "AUX"):
            if word.dep_ == "acl" and "Part" in word.morph.get("VerbForm"):
                return True
            if word.dep_ in ("xcomp", "ccomp") and word.head.lemma_ not in _AFFIRMING_VERBS:
                return False
            if word.dep_ in ("acl", "advcl") and "Inf" in word.morph.get("VerbForm"):
                return False
        word = word.head


def _is_realis(verb: Any) -> bool:
    """Returns whether the verb is neither future, conditional or subjunctive nor a modal verb or a verb of wishing."""
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


def _verb_statements(sentence: Sentence) -> Iterator[Statement]:
    for word in sentence.span:
        has_auxiliary = any(child.dep_ in ("cop", "aux:tense", "aux:pass") for child in word.children)
        if (word.pos_ not in ("VERB", "AUX") and not has_auxiliary) or not french_asserts(word):
            continue
        is_noun = word.pos_ in ("NOUN", "PROPN")
        passive = any(child.dep_ == "aux:pass" for child in word.children) or _is_bare_participle(word)
        for subject in _subjects(sentence, word):
            for argument in _arguments(sentence, word, is_noun):
                source, target = (argument.target, subject) if passive and argument.by_agent else (subject, argument.target)
                if argument.target.named.head in subject.named.head.conjuncts:
                    continue  # coordinated names
                if not readings(argument.key, noun=argument.is_noun, french=True) and not _names_relation(argument, is_noun):
                    continue
                by_pronoun = source.by_pronoun or target.by_pronoun
                predicate = Predicate(argument.key, argument.written, argument.is_noun)
                yield Statement(source.named, target.named, predicate, "noun" if argument.is_noun else "verb", word, by_pronoun)


def _names_relation(argument: _FrenchArgument, is_noun: bool) -> bool:
    """Returns whether a verb outside the vocabulary names a relation: with a direct object or an agent."""
    return (
        not is_noun
        and not argument.is_noun
        and " " not in argument.key
        and argument.key not in ("être", "avoir", "faire", "dire")
    )


def _is_bare_participle(word: Any) -> bool:
    return word.dep_.startswith("acl") and "Part" in word.morph.get("VerbForm") and "Past" in word.morph.get("Tense")


def _subjects(sentence: Sentence, word: Any, depth: int = 0) -> list[Referent]:
    if depth > _MAX_DEPTH:
        return []
    own = [child for child in word.children if child.dep_ in ("nsubj", "nsubj:pass")]
    if _is_after_name(sentence, word):  # `Alstom fournit …`, parsed as a noun with an adjective
        return _referents(sentence, word.head)
    if own and word.dep_ == "conj" and (first := sentence.at(word.head)) is not None:  # `Airbus et Safran ont créé …`
        between = [token.lower_ for token in word.doc[first.last + 1 : own[0].i]]
        if between == ["et"]:
            return [Referent(first), *(referent for child in own for referent in _referents(sentence, child))]
    for child in own:
        if child.lower_ in ("qui", "lequel", "laquelle") and word.dep_.startswith("acl"):
            return _referents(sentence, word.head) or _subjects(sentence, word.head, depth + 1)
        if found := _referents(sentence, child):
            return found
    if own:
        return []
    if word.dep_ in ("conj", "xcomp", "advcl") and word.head.i != word.i:
        return _subjects(sentence, word.head, depth + 1)
    if word.dep_ in ("acl", "acl:relcl"):  # `Airbus, fondé par …`, `X est un port fondé par …`
        return _referents(sentence, word.head) or _subjects(sentence, word.head, depth + 1)
    return []


def _is_after_name(sentence: Sentence, word: Any) -> bool:
    """Returns whether a finite verb directly follows the name that the parser attached it to."""
    if word.dep_ not in ("amod", "acl", "nmod") or "Fin" not in word.morph.get("VerbForm"):
        return False
    named = sentence.at(word.head)
    return named is not None and word.i == named.last + 1 and word.head.dep_ == "ROOT"


def _referents(sentence: Sentence, word: Any) -> list[Referent]:
    """Returns the things that a word refers to: its name or the name after a title, with names coordinated by `et`."""
    if word.lower_ in _PRONOUNS and word.pos_ == "PRON":  # may refer to persons and things
        known = sentence.antecedents
        return [Referent(known[0], True)] if len({named.entity for named in known}) == 1 else []
    own = sentence.meant(word)
    if own is not None:
        others = [
            Referent(named) for child in word.children if child.dep_ == "conj" and (named := sentence.at(child)) is not None
        ]
        return [own, *others]
    return [
        Referent(named) for child in word.children if child.dep_ in _NAME_LABELS and (named := sentence.at(child)) is not None
    ][:1]


def _arguments(sentence: Sentence, word: Any, is_noun: bool) -> Iterator[_FrenchArgument]:
    """Yields the named arguments of a verb or noun, each with the words that connect it."""
    base = word.lemma_.lower()
    for child in word.children:
        is_name = child.dep_ == "xcomp" and child.pos_ == "PROPN"  # the label that spaCy's small model gives to some objects
        if not is_name and (child.dep_ not in _ARGUMENT_LABELS or child.dep_ == "conj"):
            continue
        case = _case(child)
        if found := _referents(sentence, child):
            key = f"{base} {case}".strip()
            agent = case == "par"
            for referent in found:
                yield _FrenchArgument(
                    base if agent else key, f"{word.lower_} {'' if agent else case}".strip(), referent, agent, is_noun
                )
        elif child.pos_ == "NOUN":
            yield from _noun_complements(sentence, word, child)


def _noun_complements(sentence: Sentence, word: Any, noun: Any) -> Iterator[_FrenchArgument]:
    """Yields the complements of an object noun: X of `signe un contrat avec X`, `devient directeur de X`."""
    base, lemma = word.lemma_.lower(), noun.lemma_.lower()
    for child in [*noun.children, *word.children]:
        if child.i == noun.i or child.dep_ not in ("nmod", "obl:arg", "obl:mod", "obl"):
            continue
        case = _case(child)
        for referent in _referents(sentence, child):
            if readings(f"{base} {lemma} {case}", noun=False, french=True):
                yield _FrenchArgument(f"{base} {lemma} {case}", f"{word.lower_} {noun.lower_} {case}", referent, False)
            elif noun.dep_ in ("xcomp", "obj") and base in ("devenir", "être", "nommer", "élire") and child.head.i == noun.i:
                yield _FrenchArgument(f"{lemma} {case}", f"{lemma} {case}", referent, False, True)


def _apposition_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields relations of appositions, by the parse: `X, directeur de Y`, `le directeur de Y, X`."""
    for named in sentence.named:
        for noun in [child for child in named.head.children if child.dep_ in ("appos", "amod") and sentence.at(child) is None]:
            yield from _noun_statements(sentence, noun, Referent(named))
        if (
            named.head.dep_ in ("appos", "flat:name")
            and sentence.at(named.head.head) is None
            and named.head.head.pos_ == "NOUN"
        ):
            yield from _noun_statements(sentence, named.head.head, Referent(named))


def _noun_statements(sentence: Sentence, noun: Any, holder: Referent) -> Iterator[Statement]:
    words = " ".join([noun.lemma_.lower(), *(c.lower_ for c in noun.children if c.dep_ == "amod" and c.lower_ == "général")])
    for child in noun.children:
        if child.dep_ in ("nmod", "obl:arg") and child.i != holder.named.head.i:
            case = _case(child)
            key = f"{words} {case}" if readings(f"{words} {case}", noun=True, french=True) else f"{noun.lemma_.lower()} {case}"
            if readings(key, noun=True, french=True):
                for referent in _referents(sentence, child):
                    yield Statement(
                        holder.named, referent.named, Predicate(key, key, True), "apposition", noun, referent.by_pronoun
                    )


def _word_order_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields relations of appositions by word order, whatever the parse: `X, directeur de Y,`, `le directeur de Y, X,`."""
    for named, other in pairwise(sentence.named):
        doc = named.head.doc
        between = [token.lower_ for token in doc[named.last + 1 : other.first]]
        if between[:1] == [","] and (key := _role_key(between[1:])):
            yield Statement(named, other, Predicate(key, key, True), "apposition", named.head)
        before = [token.lower_ for token in doc[max(sentence.span.start, named.first - MAX_ROLE) : named.first]]
        ends = other.last + 1 < len(doc) and doc[other.last + 1].text == ","
        if between == [","] and ends:
            for start in range(len(before)):
                if before[start - 1 : start] in (["le"], ["la"], ["l'"], ["l’"]) and (key := _role_key(before[start:])):
                    yield Statement(other, named, Predicate(key, key, True), "apposition", named.head)


def _role_key(words: Sequence[str]) -> str | None:
    """Returns the vocabulary key of `directeur général de la`: noun and preposition; None where the vocabulary lacks it."""
    content = [word for word in words if word not in _FRENCH_ARTICLES]
    if len(content) < 2 or len(words) > MAX_ROLE:
        return None
    key = " ".join([*content[:-1], _CONTRACTED.get(content[-1], content[-1])])
    return key if readings(key, noun=True, french=True) else None


def _case(word: Any) -> str:
    """Returns the preposition of the word without a contracted article: `du` is `de`, `aux` is `à`."""
    form = next((child.lower_ for child in word.children if child.dep_ == "case"), "")
    return _CONTRACTED.get(form, form)
