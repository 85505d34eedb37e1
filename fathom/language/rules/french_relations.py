"""Relations between named things, read off a French sentence's grammar (Universal Dependencies).

What the English rules have a name for has the same here, so that a collection in both languages has one vocabulary; other
relations are named by the French verb or noun and its preposition, without accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from fathom.language.rules.english_relations import MOST_IN_A_SENTENCE, Named, Relation

_PRONOUNS = {"il": "Person", "elle": "Person", "ils": "Organization", "elles": "Organization"}
_OBJECTS = ("obj", "iobj", "obl:arg", "obl:mod", "obl", "obl:agent", "xcomp", "nmod", "conj", "appos")
_INSIDE_NAMES = ("flat:name", "appos", "flat:foreign")
_DEEPEST = 3
_NOT_LETTERS = re.compile(r"[^A-Za-z]+")
_AS_IN_ENGLISH = {
    "naître à": "BORN_IN",
    "naître en": "BORN_IN",
    "mourir à": "DIE_IN",
    "mourir en": "DIE_IN",
    "décéder à": "DIE_IN",
    "épouser": "MARRY",
    "marier à": "MARRY",
    "marier avec": "MARRY",
    "travailler pour": "WORK_FOR",
    "travailler à": "WORK_AT",
    "travailler chez": "WORK_FOR",
    "fonder": "FOUND",
    "fondre": "FOUND",  # spaCy's lemma of `fonde`
    "créer": "CREATE",
    "construire": "BUILD",
    "écrire": "WRITE",
    "diriger": "LEAD",
    "présider": "CHAIR",
    "acheter": "BUY",
    "racheter": "ACQUIRE",
    "acquérir": "ACQUIRE",
    "vendre": "SELL",
    "vendre à": "SELL_TO",
    "livrer à": "DELIVER_TO",
    "succéder à": "SUCCEED",
    "remplacer": "REPLACE",
    "nommer": "APPOINT",
    "appartenir à": "BELONG_TO",
    "habiter à": "LIVE_IN",
    "habiter": "LIVE_IN",
    "vivre à": "LIVE_IN",
    "voir à": "LIVE_IN",  # spaCy's lemma of `vit`
    "étudier à": "STUDY_AT",
    "enseigner à": "TEACH_AT",
    "rejoindre": "JOIN",
    "quitter": "LEAVE",
    "rencontrer": "MEET",
    "situer à": "LOCATED_IN",
    "situer en": "LOCATED_IN",
    "situer dans": "LOCATED_IN",
    "trouver à": "LOCATED_IN",
    "trouver en": "LOCATED_IN",
    "baser à": "BASED_IN",
    "siège à": "BASED_IN",
    "directeur de": "DIRECTOR_OF",
    "directrice de": "DIRECTOR_OF",
    "président de": "PRESIDENT_OF",
    "présidente de": "PRESIDENT_OF",
    "fondateur de": "FOUNDER_OF",
    "fondatrice de": "FOUNDER_OF",
    "maire de": "MAYOR_OF",
    "ministre de": "MINISTER_OF",
    "roi de": "KING_OF",
    "reine de": "QUEEN_OF",
    "capitale de": "CAPITAL_OF",
    "filiale de": "SUBSIDIARY_OF",
    "membre de": "MEMBER_OF",
    "fils de": "SON_OF",
    "fille de": "DAUGHTER_OF",
    "frère de": "BROTHER_OF",
    "sœur de": "SISTER_OF",
    "époux de": "HUSBAND_OF",
    "épouse de": "WIFE_OF",
    "ingénieur de": "ENGINEER_OF",
}
_BETWEEN_NAMES = {"de": "PART_OF", "à": "LOCATED_IN", "en": "LOCATED_IN", "dans": "LOCATED_IN"}


def french_relations(sentence: Any, named: Sequence[Named], before: Sequence[Named]) -> list[Relation]:
    """What the sentence says of the named things; a pronoun as subject stands for the last fitting name of `before`."""
    by_head = {one.head.i: one for one in named}
    found: dict[tuple[str, str], Relation] = {}
    for relation in (*_of_verbs(sentence, by_head, before), *_of_nouns(named, by_head)):
        if relation.source != relation.target:
            found.setdefault((relation.source, relation.target), relation)
    return list(found.values())[:MOST_IN_A_SENTENCE]


def _of_verbs(sentence: Any, by_head: dict[int, Named], before: Sequence[Named]) -> Iterator[Relation]:
    for word in sentence:
        conjugated = any(child.dep_ in ("cop", "aux:tense", "aux:pass") for child in word.children)
        if word.pos_ not in ("VERB", "AUX") and not conjugated:
            continue
        passive = any(child.dep_ == "aux:pass" for child in word.children)
        for subject in _subjects(word, by_head, before):
            for case, target in _objects(word, by_head, "", word):
                if passive and case == "par":
                    yield Relation(target.entity, subject.entity, _name(word.lemma_, ""), word)
                elif case.startswith("="):  # said by a noun on the way
                    yield Relation(subject.entity, target.entity, case[1:], word)
                else:
                    yield Relation(subject.entity, target.entity, _name(word.lemma_, case), word)


def _subjects(word: Any, by_head: dict[int, Named], before: Sequence[Named]) -> list[Named]:
    own = [child for child in word.children if child.dep_ in ("nsubj", "nsubj:pass")]
    for child in own:
        if child.lower_ in ("qui", "lequel", "laquelle") and word.dep_.startswith("acl"):
            return _named_by(word.head, by_head)
        if wanted := _PRONOUNS.get(child.lower_):
            fitting = [one for one in reversed(before) if one.type == wanted]
            return (fitting or [one for one in reversed(before) if one.type != "Person"])[:1]  # a town is `elle` too
        if found := _named_by(child, by_head):
            return found
    if not own and word.dep_ in ("conj", "xcomp", "advcl") and word.head.i != word.i:
        return _subjects(word.head, by_head, before)
    if word.dep_ in ("acl", "acl:relcl"):  # `Airbus, fondé par …`, `Airbus, dont le siège est à …`, `X est un port fondé par …`
        return _named_by(word.head, by_head) or (_subjects(word.head, by_head, before) if word.head.i != word.i else [])
    return []


def _named_by(word: Any, by_head: dict[int, Named]) -> list[Named]:
    """The thing that the word names, alone or with the name behind a title, and what is joined to it by `et`."""
    if word.i in by_head:
        return [by_head[word.i], *(by_head[child.i] for child in word.children if child.dep_ == "conj" and child.i in by_head)]
    return [by_head[child.i] for child in word.children if child.dep_ in _INSIDE_NAMES and child.i in by_head][:1]


def _objects(word: Any, by_head: dict[int, Named], case: str, verb: Any, depth: int = 0) -> Iterator[tuple[str, Named]]:
    """Named things below a verb, each with the preposition before it, or with `=` and what a noun between says of it."""
    if depth > _DEEPEST:
        return
    for child in word.children:
        if child.dep_ not in _OBJECTS or (child.dep_ == "conj" and child.pos_ in ("VERB", "AUX")):
            continue
        here = _case(child) or (case if child.dep_ in ("conj", "appos") else "")
        if child.i in by_head:
            said = _by_noun(word, here) if word.i != verb.i else None
            yield said or (here if word.i == verb.i else case), by_head[child.i]
            if child.dep_ != "nmod":
                yield from (pair for pair in _objects(child, by_head, here, verb, depth + 1) if pair[1].head.dep_ == "conj")
        else:
            yield from _objects(child, by_head, here or case, verb, depth + 1)


def _by_noun(noun: Any, case: str) -> str | None:
    known = _AS_IN_ENGLISH.get(f"{noun.lemma_} {case}".strip())
    return f"={known}" if known else None


def _of_nouns(named: Sequence[Named], by_head: dict[int, Named]) -> Iterator[Relation]:
    """`X, directeur de Y`; `le Y de X`."""
    for one in named:
        for child in one.head.children:
            if child.dep_ == "appos" and child.i not in by_head:
                for case, target in _objects(child, by_head, "", child):
                    yield Relation(one.entity, target.entity, case[1:] if case.startswith("=") else _name(child.lemma_, case))
            elif child.dep_ == "nmod" and child.i in by_head and (name := _BETWEEN_NAMES.get(_case(child))):
                yield Relation(one.entity, by_head[child.i].entity, name)


def _case(word: Any) -> str:
    """The preposition of the word, as the dictionary has it: `du` is `de`, `aux` is `à`."""
    said = next((child.lower_ for child in word.children if child.dep_ == "case"), "")
    return {"du": "de", "des": "de", "d'": "de", "d’": "de", "au": "à", "aux": "à"}.get(said, said)


def _name(word: str, case: str) -> str:
    words = f"{word} {case}".strip()
    if known := _AS_IN_ENGLISH.get(words):
        return known
    plain = unicodedata.normalize("NFKD", words.replace("œ", "oe")).encode("ascii", "ignore").decode()
    return _NOT_LETTERS.sub("_", plain).strip("_").upper() or "RELATES_TO"
