"""Relations of deverbal and relational nouns with two arguments: `X's purchase of Y`, `X's stake in Y`, `a win over Y by X`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fathom.extraction.rules.relations.english_relations import SITES
from fathom.extraction.rules.relations.relation_vocabulary import word_set
from fathom.extraction.rules.relations.statements import Predicate, Statement
from fathom.extraction.rules.text.factuality import governing_verb, is_asserted, is_noun_asserted
from fathom.extraction.rules.text.sentence import Referent, Sentence, objects_of

_NOUNS = {
    ("purchase", "of"): "ACQUIRED",
    ("acquisition", "of"): "ACQUIRED",
    ("takeover", "of"): "ACQUIRED",
    ("buyout", "of"): "ACQUIRED",
    ("stake", "in"): "HAS_STAKE_IN",
    ("shareholding", "in"): "HAS_STAKE_IN",
    ("holding", "in"): "HAS_STAKE_IN",
    ("win", "over"): "DEFEATED",
    ("win", "against"): "DEFEATED",
    ("victory", "over"): "DEFEATED",
    ("victory", "against"): "DEFEATED",
    ("defeat", "of"): "DEFEATED",
    ("invasion", "of"): "ATTACKED",
    ("attack", "on"): "ATTACKED",
    ("attack", "against"): "ATTACKED",
    ("departure", "from"): "LEFT",
    ("resignation", "from"): "LEFT",
    ("visit", "to"): "VISITED",
    ("marriage", "to"): "MARRIED_TO",
    ("membership", "of"): "MEMBER_OF",
    ("contract", "with"): "SIGNED_WITH",
    ("deal", "with"): "SIGNED_WITH",
    ("agreement", "with"): "SIGNED_WITH",
    ("rivalry", "with"): "COMPETES_WITH",
}
# Nouns whose possessive is the target of the relation: `X's defeat by Y`.
_INVERSE_NOUNS = {
    ("defeat", "by"): "DEFEATED",
    ("defeat", "to"): "DEFEATED",
    ("defeat", "against"): "DEFEATED",
    ("loss", "to"): "DEFEATED",
}
# Possessed head nouns, with the relation and its direction: True from the possessed to the possessor.
_POSSESSED_NOUNS = {
    "client": ("CUSTOMER_OF", True),
    "customer": ("CUSTOMER_OF", True),
    "member": ("MEMBER_OF", True),
    "brand": ("OWNED_BY", True),
    "subsidiary": ("SUBSIDIARY_OF", True),
    "shareholder": ("INVESTED_IN", True),
    "investor": ("INVESTED_IN", True),
    "rival": ("COMPETES_WITH", True),
    "competitor": ("COMPETES_WITH", True),
    "supplier": ("SUPPLIES", True),
    "partner": ("PARTNER_OF", True),
    "book": ("WRITTEN_BY", True),
    "novel": ("WRITTEN_BY", True),
    "product": ("MADE_BY", True),
    "child": ("HAS_CHILD", False),
}
_SIGNING_VERBS = word_set("sign agree conclude strike reach")
_DEAL_NOUNS = word_set("contract agreement deal treaty pact memorandum accord truce")
_RECIPROCAL_VERBS = {"merge": "MERGED_WITH", "marry": "MARRIED_TO", "meet": "MET"}
_BETWEEN_NOUNS = {
    "border": "BORDERS",
    "frontier": "BORDERS",
    "agreement": "SIGNED_WITH",
    "deal": "SIGNED_WITH",
    "treaty": "SIGNED_WITH",
    "contract": "SIGNED_WITH",
    "partnership": "PARTNER_OF",
    "alliance": "PARTNER_OF",
    "rivalry": "COMPETES_WITH",
}
_LIGHT_VERBS = {
    "DEFEATED": word_set("claim record earn secure seal win enjoy score clinch complete post notch suffer"),
    "ACQUIRED": word_set("complete finalise finalize close"),
    "HAS_STAKE_IN": word_set("have own hold retain keep control"),
    "SIGNED_WITH": word_set("agree sign strike reach conclude clinch seal have win announce"),
    "VISITED": word_set("make pay complete end begin"),
    "ATTACKED": word_set("launch mount lead carry"),
}
_STATE_RELATIONS = frozenset({"HAS_STAKE_IN", "MEMBER_OF"})  # states, which hold whatever the verb: `may sell its stake in X`
# Verbs that govern a trigger noun without asserting the event.
_OPEN_VERBS = word_set(
    "block oppose reject approve consider propose plan seek fight await allow prevent back support recommend investigate "
    "expect clear discuss want finance review study abandon halt threaten welcome contemplate favour favor examine vote "
    "cancel delay scrap rule deny exclude"
)
_SEAT_NOUNS = frozenset({"headquarters", "hq", "seat"})
_CLOSING_VERBS = word_set("close shut sell demolish leave lose destroy vacate abandon move")
_OPEN_NOUNS = word_set(
    "bid plan talk talks offer approval opposition rumour rumor speculation proposal possibility prospect attempt hope threat "
    "chance interest permission vote decision opponent option right failure investigation inquiry"
)
_OPEN_ADJECTIVES = word_set(
    "proposed planned possible potential hostile attempted failed rumoured rumored hypothetical likely future "
    "expected scheduled intended anticipated mooted next aborted upcoming forthcoming verbal"
)


def deal_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields the relations of deverbal nouns (purchase, visit) between agent and patient, and of related constructions."""
    for noun in sentence.span:
        if noun.lemma_ == "include" and noun.pos_ == "VERB" and is_asserted(noun):
            yield from _member_statements(sentence, noun)
        if noun.pos_ == "VERB" and is_asserted(noun):
            yield from _reciprocal_statements(sentence, noun)
        if noun.pos_ != "NOUN" or sentence.at(noun) is not None:
            continue
        word = noun.lemma_.lower()
        if word in _BETWEEN_NOUNS:
            yield from _between_statements(sentence, noun, _BETWEEN_NOUNS[word])
        if word in SITES or noun.lower_ in SITES:
            yield from _site_statements(sentence, noun)
        for table, backwards in ((_NOUNS, False), (_INVERSE_NOUNS, True)):
            for (base, preposition), relation in table.items():
                if base == word:
                    yield from _noun_statements(sentence, noun, preposition, relation, backwards)


def _member_statements(sentence: Sentence, verb: Any) -> Iterator[Statement]:
    """Yields relations between the possessor and the objects of `include`: `X's clients include A and B`."""
    for noun in (child for child in verb.children if child.dep_ == "nsubj" and child.lemma_.lower() in _POSSESSED_NOUNS):
        relation, backwards = _POSSESSED_NOUNS[noun.lemma_.lower()]
        if _has_former_modifier(noun):
            continue
        for owner in [referent for child in noun.children if child.dep_ == "poss" for referent in sentence.all_meant(child)]:
            for member in [
                referent for child in verb.children if child.dep_ in ("dobj", "obj") for referent in sentence.all_meant(child)
            ]:
                ends = (member, owner) if backwards else (owner, member)
                predicate = Predicate("", f"{noun.lower_} include", True)
                by_pronoun = owner.by_pronoun or member.by_pronoun
                yield Statement(ends[0].named, ends[1].named, predicate, "noun", verb, by_pronoun, relation)


def _reciprocal_statements(sentence: Sentence, verb: Any) -> Iterator[Statement]:
    """Yields reciprocal relations between two coordinated subjects: `X and Y signed a contract`, `X and Y merged`."""
    if any(child.dep_ in ("agent", "prep") and child.lower_ in ("by", "with", "to", "into") for child in verb.children):
        return
    objects = [child for child in verb.children if child.dep_ in ("dobj", "obj")]
    if verb.lemma_ in _SIGNING_VERBS:
        with_other = any(objects_of(noun, ("with",)) for noun in objects)
        relation = "SIGNED_WITH" if not with_other and any(noun.lemma_.lower() in _DEAL_NOUNS for noun in objects) else None
    else:
        relation = _RECIPROCAL_VERBS.get(verb.lemma_) if not objects else None
    ends = sentence.subjects(verb) if relation else []
    if relation and len(ends) == 2 and ends[0].named.entity != ends[1].named.entity:
        yield Statement(ends[0].named, ends[1].named, Predicate("", verb.lower_), "verb", verb, relation=relation)


def _has_former_modifier(noun: Any) -> bool:
    return any(child.lower_ in ("former", "past", "previous", "earlier", "old", "potential") for child in noun.children)


def _between_statements(sentence: Sentence, noun: Any, relation: str) -> Iterator[Statement]:
    """Yields relations of nouns with two objects of `between`: `the border between X and Y`."""
    for word in objects_of(noun, ("between",)):
        ends = sentence.all_meant(word)
        if len(ends) == 2 and ends[0].named.entity != ends[1].named.entity and _is_event_asserted(noun, relation):
            predicate = Predicate("", f"{noun.lower_} between", True)
            yield Statement(ends[0].named, ends[1].named, predicate, "noun", noun, relation=relation)


def _site_statements(sentence: Sentence, noun: Any) -> Iterator[Statement]:
    """Yields the locations of possessed sites: `X's plant at Y`, `its Y works`."""
    owners = [referent for child in noun.children if child.dep_ == "poss" for referent in sentence.all_meant(child)]
    if noun.lower_ in _SEAT_NOUNS:
        owners += [referent for word in objects_of(noun, ("of",)) for referent in sentence.within(word)]
    base = noun.head if noun.dep_ == "nsubj" and noun.head.lemma_ == "be" else noun  # `its headquarters are in X`
    places = [referent for word in objects_of(base, ("in", "at", "near")) for referent in sentence.within(word)]
    places += [
        Referent(named) for child in noun.children if child.dep_ == "compound" and (named := sentence.at(child)) is not None
    ]
    is_closed = governing_verb(noun).lemma_ in _CLOSING_VERBS
    for owner in owners if not is_closed and _is_event_asserted(noun, "HAS_SITE_IN") else ():
        for place in places:
            if place.named.type == "Location" and owner.named.type in ("Organization", "Entity") and place != owner:
                relation = "BASED_IN" if noun.lower_ in _SEAT_NOUNS else "HAS_SITE_IN"
                predicate = Predicate("", f"{noun.lower_} in", True)
                yield Statement(owner.named, place.named, predicate, "owner", noun, owner.by_pronoun, relation)


def _noun_statements(sentence: Sentence, noun: Any, preposition: str, relation: str, backwards: bool) -> Iterator[Statement]:
    verb = noun.head if noun.dep_ in ("dobj", "obj") else None
    head = noun if verb is None or objects_of(noun, (preposition,)) else verb  # `signed a deal with X`
    targets = [referent for word in objects_of(head, (preposition,)) for referent in sentence.within(word)]
    if not targets or not _is_event_asserted(noun, relation):
        return
    for source in _agents(sentence, noun, relation, verb):
        for target in targets:
            ends = (target, source) if backwards else (source, target)
            if source.named.entity != target.named.entity:
                by_pronoun = source.by_pronoun or target.by_pronoun
                predicate = Predicate("", f"{noun.lower_} {preposition}", True)
                yield Statement(ends[0].named, ends[1].named, predicate, "noun", noun, by_pronoun, relation)


def _agents(sentence: Sentence, noun: Any, relation: str, verb: Any) -> list[Referent]:
    owners = [referent for child in noun.children if child.dep_ == "poss" for referent in sentence.all_meant(child)]
    if owners:
        return owners
    if agents := [referent for word in objects_of(noun, ("by",)) for referent in sentence.within(word)]:
        return agents
    if verb is not None and verb.lemma_ in _LIGHT_VERBS.get(relation, ()) and is_asserted(verb):
        return sentence.subjects(verb)
    return []


def _is_event_asserted(noun: Any, relation: str) -> bool:
    """Returns whether the event of a trigger noun is asserted, not planned, opposed or awaited."""
    if not is_noun_asserted(noun) or any(child.lower_ in _OPEN_ADJECTIVES for child in noun.children):
        return False
    if relation in _STATE_RELATIONS:
        return True
    word = noun
    while word.head.i != word.i and word.pos_ not in ("VERB", "AUX"):
        word = word.head
        if word.lemma_.lower() in _OPEN_NOUNS:
            return False
    verb = governing_verb(noun)
    if verb.pos_ not in ("VERB", "AUX"):
        return True
    return verb.lemma_ not in _OPEN_VERBS and is_asserted(verb)
