"""Relations of English verbs between their subjects and their objects, agents and prepositional arguments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from fathom.extraction.rules.relations.relation_vocabulary import readings, word_set
from fathom.extraction.rules.relations.statements import Named, Predicate, Statement
from fathom.extraction.rules.relations.verb_forms import finite_form
from fathom.extraction.rules.text.factuality import has_ended, is_asserted, is_question
from fathom.extraction.rules.text.sentence import Referent, Sentence, first_of_list

# Verbs too general to name a relation between subject and object.
_VAGUE_VERBS = word_set(
    "be have do say tell think get make take give put let seem mean consider compare mention describe see call add ask show "
    "want need like know feel look note state claim suggest believe hope expect try keep become go come bring turn set"
)
# Prepositions of adjuncts: time, manner, comparison.
_ADJUNCT_PREPOSITIONS = word_set(
    "during after before since until till by of about like as than despite without including according because except "
    "between among regarding concerning following per via through over under around throughout across due amid off out in "
    "at on for near behind beside below above beyond inside outside"
)
_LOCATIVE_PREPOSITIONS = frozenset({"in", "at", "on", "from"})  # locative, before a place, organization or event
SITES = word_set(
    "factory plant office works mill smelter store branch site yard shop warehouse centre center laboratory lab depot mine hq "
    "refinery shipyard headquarters restaurant hotel school hospital museum"
)
# Prepositions that change the relation of a verb to its object: `named the fort after X`.
_SHIFTING_PREPOSITIONS = {"name": frozenset({"after", "for"})}
_TRANSFER_VERBS = frozenset({"move", "transfer", "relocate", "loan", "promote"})
# Objects whose move is a move of the subject: `moved its office to Y`.
_WHOLE_NOUNS = word_set("headquarters office base business operations family home production itself himself herself")
_ARTICLES = frozenset({"the", "a", "an"})
_WORK_NOUNS = word_set("book novel film song album story play poem painting report article letter work picture drawing music")
# Nouns of parts and quantities, whose `of` complement is no argument of the verb: `laid the first brick of X`.
_PART_NOUNS = word_set(
    "brick stone foundation cornerstone keel part half third quarter end start beginning middle top bottom side edge corner "
    "piece section stretch share bulk majority most number lot copy page chapter line word role scene series tract acre plot "
    "mile foot couple pair dozen group bit all kind sort type form version member amount portion percent % level rate"
)
# Verbs of speech and judgement, which do not relate the subject to the complement of their object: `announced a package for X`.
_SPEECH_VERBS = word_set(
    "announce criticize criticise condemn praise discuss welcome defend propose plan urge support oppose review study publish "
    "release unveil"
)
_MAX_DISTANCE = 3  # tokens between two coordinated verbs that share an object
_RELATIVE_PRONOUNS = frozenset({"which", "that", "whom"})
_OBJECT_LABELS = frozenset({"dobj", "obj", "dative", "oprd", "attr"})


class _Argument(NamedTuple):
    words: str  # between the verb and the argument, in the form of vocabulary keys: ` contract with`
    written: str
    word: Any
    is_agent: bool = False
    is_own: bool = False  # complement of the object noun: `led the port of X`


def verb_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields the relations that the asserted verbs of the sentence state between two named things."""
    for verb in sentence.span:
        if verb.pos_ not in ("VERB", "AUX") or not is_asserted(verb) or has_ended(verb):
            continue
        subjects = sentence.subjects(verb)
        passive = is_passive(verb)
        for argument in _arguments(verb):
            if verb.lemma_ in _TRANSFER_VERBS and argument.words in (" to", " from") and not passive:  # `moved X to Y`
                moved = [child for child in verb.children if child.dep_ in ("dobj", "obj") and not _moves_whole(child)]
                agents = [referent for child in moved for referent in sentence.all_meant(child)] if moved else subjects
            else:
                agents = subjects
            targets = sentence.within(argument.word)
            for subject, target in _pairs(sentence, agents, targets):
                yield from _argument_statements(verb, subject, target, argument, passive)
        yield from _relative_clause_statements(sentence, verb, subjects)
    if not any(word.pos_ in ("VERB", "AUX") for word in sentence.span):
        yield from _noun_tagged_statements(sentence)


def _noun_tagged_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields relations of verbs tagged as nouns: `Telia sponsors Rosenborg`, `the Bure and the Ant flow into the Thurne`."""
    for place, (named, other) in enumerate(pairwise(sentence.named)):
        words = [token for token in named.head.doc[named.last + 1 : other.first] if token.lower_ not in _ARTICLES]
        if not 1 <= len(words) <= 2 or words[0].pos_ != "NOUN" or not words[0].text.islower():
            continue
        key = " ".join([words[0].lemma_.lower(), *(token.lower_ for token in words[1:])])
        if not readings(key, noun=False) or is_question(sentence.span):
            continue
        before = sentence.named[place - 1] if place else None
        joined = [token.lower_ for token in named.head.doc[before.last + 1 : named.first]] if before is not None else []
        coordinated = (
            [before] if before is not None and joined and joined[0] == "and" and set(joined) <= _ARTICLES | {"and"} else []
        )
        for subject in [*coordinated, named]:
            yield Statement(subject, other, Predicate(key, key), "verb", words[0])


def _pairs(sentence: Sentence, subjects: list[Referent], targets: list[Referent]) -> list[tuple[Referent, Referent]]:
    """Returns pairs of subject and target: the cross product, or pairs in order where the sentence has `respectively`."""
    if len(subjects) == len(targets) > 1 and any(token.lower_ == "respectively" for token in sentence.span):
        return list(zip(subjects, targets, strict=True))
    return [(subject, target) for subject in subjects for target in targets]


def is_passive(verb: Any) -> bool:
    """Returns whether the verb is passive, also without an auxiliary: `Born in Leith, she …`, `a village founded by …`."""
    labels = {child.dep_ for child in verb.children}
    if "nsubjpass" in labels or "auxpass" in labels:
        return True
    if first_of_list(verb) is not None:
        return False
    return bool(verb.tag_ == "VBN" and not labels & {"nsubj", "aux"} and not _follows_have(verb))


def _follows_have(verb: Any) -> bool:
    """Returns whether the participle shares the `has` of the verb before it: `has bought and sold`."""
    return verb.dep_ == "conj" and any(child.dep_ == "aux" and child.lemma_ == "have" for child in verb.head.children)


def _argument_statements(
    verb: Any, subject: Referent, target: Referent, argument: _Argument, passive: bool
) -> Iterator[Statement]:
    base, form = _key_and_form(verb, is_active=argument.is_agent or not passive)
    if argument.is_agent and passive:
        key, written, ends = f"{base}{argument.words}", f"{form}{argument.written}", (target, subject)
    else:
        key, written, ends = f"{'~' if passive else ''}{base}{argument.words}", f"{form}{argument.written}", (subject, target)
    by_agent = f"~{base}{argument.words} by"
    if argument.is_agent and readings(by_agent, noun=False):
        key, ends = by_agent, (subject, target)
    if key == base and any(
        child.lower_ in _SHIFTING_PREPOSITIONS.get(base, ()) for child in verb.children if child.dep_ == "prep"
    ):
        return
    if not readings(key, noun=False) and (verb.dep_ == "pcomp" or not _names_relation(verb, argument, target.named)):
        return
    source, other = ends
    yield Statement(source.named, other.named, Predicate(key, written), "verb", verb, source.by_pronoun or other.by_pronoun)


def _names_relation(verb: Any, argument: _Argument, target: Named) -> bool:
    """Returns whether a predicate outside the vocabulary may name a relation."""
    if verb.lemma_ in _VAGUE_VERBS:
        return False
    words = argument.words.split()
    if not words or argument.is_agent:
        return bool(verb.dep_ != "xcomp")
    if len(words) > 1:
        if verb.lemma_ in _SPEECH_VERBS or words[0] in _PART_NOUNS or _is_possessed(argument.word, words[-1]):
            return False
        return argument.is_own and words[-1] in ("of", "for", "against", "to")
    is_locative = words[-1] in _LOCATIVE_PREPOSITIONS and target.type in ("Location", "Organization", "Event")
    return (is_locative or words[-1] not in _ADJUNCT_PREPOSITIONS) and not _has_unnamed_object(verb)


def _has_unnamed_object(verb: Any) -> bool:
    return any(child.dep_ in ("dobj", "obj") for child in verb.children)


def _key_and_form(verb: Any, *, is_active: bool) -> tuple[str, str]:
    particle = "".join(f" {child.lower_}" for child in verb.children if child.dep_ == "prt")
    return f"{verb.lemma_.lower()}{particle}", f"{finite_form(verb, is_active=is_active)}{particle}"


def _arguments(verb: Any) -> Iterator[_Argument]:
    """Yields the arguments of the verb other than its subject, each with the words that connect it to the verb."""
    nouns = [child for child in verb.children if child.dep_ in ("dobj", "obj")]
    yield from (_Argument("", "", agent, True) for agent in _displaced_agents(verb))
    if not nouns and readings(verb.lemma_.lower(), noun=False):
        yield from _shared_objects(verb)
    for child in verb.children:
        if child.dep_ == "dative" and child.pos_ == "ADP":  # `sold to X`
            yield from _prepositional_arguments(child, nouns)
        elif child.dep_ in _OBJECT_LABELS and child.lower_ not in _RELATIVE_PRONOUNS:
            yield _Argument("", "", child)
            yield from _noun_complements(child)
        elif (
            child.dep_ == "conj" and child.pos_ in ("PROPN", "NOUN") and nouns and not _has_preposition_before(child)
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
            yield from _prepositional_arguments(child, nouns)


def _is_possessed(word: Any, preposition: str) -> bool:
    """Returns whether the noun above the argument has a possessor: `watched his rival's visit to X`."""
    noun = word.head.head if word.head.lower_ == preposition else word.head
    return any(child.dep_ == "poss" and child.pos_ != "PRON" for child in noun.children)


def _has_preposition_before(noun: Any) -> bool:
    """Returns whether a preposition before the noun depends on it: `owned a yard in X, and behind Y`."""
    return any(child.dep_ == "prep" and child.i < noun.i for child in noun.children)


def _displaced_agents(verb: Any) -> Iterator[Any]:
    """Yields passive agents whose `by` the parser attached to a noun: `was succeeded as chairman of X by Y`."""
    if any(child.dep_ == "agent" for child in verb.children) or not any(child.dep_ == "auxpass" for child in verb.children):
        return
    for outer in (child for child in verb.children if child.dep_ == "prep"):
        for noun in (child for child in outer.children if child.dep_ == "pobj" and child.lemma_.lower() not in _WORK_NOUNS):
            for preposition in noun.children:
                if preposition.dep_ == "prep" and preposition.lower_ == "by":
                    yield from (child for child in preposition.children if child.dep_ == "pobj" and child.pos_ == "PROPN")


def _moves_whole(noun: Any) -> bool:
    """Returns whether moving the object moves the subject: `moved its office to Y`."""
    return noun.lower_ in _WHOLE_NOUNS or any(
        child.dep_ == "poss" and child.lower_ in ("its", "their") for child in noun.children
    )


def _shared_objects(verb: Any) -> Iterator[_Argument]:
    """Yields the object that a verb shares with a coordinated verb: `founded and ran X`."""
    for other in verb.children:
        if other.dep_ == "conj" and other.pos_ == "VERB" and 0 < other.i - verb.i <= _MAX_DISTANCE and other.tag_ == verb.tag_:
            between = verb.doc[verb.i + 1 : other.i]
            if all(token.pos_ in ("CCONJ", "ADV") for token in between):
                yield from (_Argument("", "", child) for child in other.children if child.dep_ in ("dobj", "obj"))


def _noun_complements(noun: Any) -> Iterator[_Argument]:
    """Yields the complements of an object noun: X of `led the port of X`."""
    if noun.pos_ != "NOUN":
        return
    for child in noun.children:
        if child.dep_ == "prep":
            for deeper in child.children:
                if deeper.dep_ == "pobj":
                    words = f" {noun.lemma_.lower()} {child.lower_}"
                    yield _Argument(words, f" {noun.lower_} {child.lower_}", deeper, is_own=True)
        elif child.dep_ in ("compound", "nmod", "poss", "amod") and noun.lemma_.lower() in SITES:  # `closed its Derby works`
            yield _Argument(f" {noun.lemma_.lower()} in", "", child)


def _prepositional_arguments(preposition: Any, nouns: list[Any]) -> Iterator[_Argument]:
    for child in preposition.children:
        if child.dep_ == "pobj":
            words = f" {preposition.lower_}"
            yield _Argument(words, words, child)
            for noun in nouns:
                yield _Argument(f" {noun.lemma_.lower()}{words}", f" {noun.lower_}{words}", child)
            yield from (
                _Argument(
                    f"{words} {child.lower_} {deeper_preposition.lower_}",
                    f"{words} {child.lower_} {deeper_preposition.lower_}",
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
                    words = f" {preposition.lower_} {child.lower_}"
                    yield _Argument(words, words, deeper)


def _relative_clause_statements(sentence: Sentence, verb: Any, subjects: list[Referent]) -> Iterator[Statement]:
    """Yields relations of relative clauses whose object is the antecedent: `the company that X bought`."""
    if verb.dep_ != "relcl" or is_passive(verb):
        return
    if not any(child.dep_ in ("dobj", "obj") and child.lower_ in _RELATIVE_PRONOUNS for child in verb.children):
        return
    for target in sentence.described(verb.head):
        for subject in subjects:
            if subject.named.entity != target.named.entity:
                yield from _argument_statements(verb, subject, target, _Argument("", "", verb.head), False)
