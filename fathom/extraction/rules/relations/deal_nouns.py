"""States what nouns of doing say of the two that do it: `X's purchase of Y`, `X's stake in Y`, `a win over Y by X`."""

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
# The same said from the target: `X's defeat by Y`.
_BACKWARDS = {
    ("defeat", "by"): "DEFEATED",
    ("defeat", "to"): "DEFEATED",
    ("defeat", "against"): "DEFEATED",
    ("loss", "to"): "DEFEATED",
}
# What the things are that somebody has, and whether the relation is theirs to the owner.
_MEMBERS = {
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
_SIGNS = word_set("sign agree conclude strike reach")
_DEALS = word_set("contract agreement deal treaty pact memorandum accord truce")
_TOGETHER = {"merge": "MERGED_WITH", "marry": "MARRIED_TO", "meet": "MET"}
_BETWEEN = {
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
_LIGHT = {
    "DEFEATED": word_set("claim record earn secure seal win enjoy score clinch complete post notch suffer"),
    "ACQUIRED": word_set("complete finalise finalize close"),
    "HAS_STAKE_IN": word_set("have own hold retain keep control"),
    "SIGNED_WITH": word_set("agree sign strike reach conclude clinch seal have win announce"),
    "VISITED": word_set("make pay complete end begin"),
    "ATTACKED": word_set("launch mount lead carry"),
}
_HOLDS_WHATEVER = frozenset({"HAS_STAKE_IN", "MEMBER_OF"})  # so whatever is done with it: `may sell its stake in X`
# What a deal is not done by when it suffers this, or stands below it.
_OPEN_VERBS = word_set(
    "block oppose reject approve consider propose plan seek fight await allow prevent back support recommend investigate "
    "expect clear discuss want finance review study abandon halt threaten welcome contemplate favour favor examine vote "
    "cancel delay scrap rule deny exclude"
)
_SEATS = frozenset({"headquarters", "hq", "seat"})
_GIVES_UP = word_set("close shut sell demolish leave lose destroy vacate abandon move")
_OPEN_NOUNS = word_set(
    "bid plan talk talks offer approval opposition rumour rumor speculation proposal possibility prospect attempt hope threat "
    "chance interest permission vote decision opponent option right failure investigation inquiry"
)
_OPEN_ADJECTIVES = word_set(
    "proposed planned possible potential hostile attempted failed rumoured rumored hypothetical likely future "
    "expected scheduled intended anticipated mooted next aborted upcoming forthcoming verbal"
)


def deal_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields what each noun of doing says of the one that does it and the other that it is done to."""
    for noun in sentence.span:
        if noun.lemma_ == "include" and noun.pos_ == "VERB" and is_asserted(noun):
            yield from _of_members(sentence, noun)
        if noun.pos_ == "VERB" and is_asserted(noun):
            yield from _of_two(sentence, noun)
        if noun.pos_ != "NOUN" or sentence.at(noun) is not None:
            continue
        word = noun.lemma_.lower()
        if word in _BETWEEN:
            yield from _between(sentence, noun, _BETWEEN[word])
        if word in SITES or noun.lower_ in SITES:
            yield from _site(sentence, noun)
        for table, backwards in ((_NOUNS, False), (_BACKWARDS, True)):
            for (base, preposition), relation in table.items():
                if base == word:
                    yield from _of_noun(sentence, noun, preposition, relation, backwards)


def _of_members(sentence: Sentence, verb: Any) -> Iterator[Statement]:
    """Yields `X's clients include A and B`."""
    for noun in (child for child in verb.children if child.dep_ == "nsubj" and child.lemma_.lower() in _MEMBERS):
        relation, backwards = _MEMBERS[noun.lemma_.lower()]
        if _before_now(noun):
            continue
        for owner in [one for child in noun.children if child.dep_ == "poss" for one in sentence.all_meant(child)]:
            for part in [one for child in verb.children if child.dep_ in ("dobj", "obj") for one in sentence.all_meant(child)]:
                ends = (part, owner) if backwards else (owner, part)
                predicate = Predicate("", f"{noun.lower_} include", True)
                by_pronoun = owner.by_pronoun or part.by_pronoun
                yield Statement(ends[0].named, ends[1].named, predicate, "noun", verb, by_pronoun, relation)


def _of_two(sentence: Sentence, verb: Any) -> Iterator[Statement]:
    """Yields `X and Y signed a contract`, `X and Y merged` and `X and Y were married`: what two do with each other."""
    if any(child.dep_ in ("agent", "prep") and child.lower_ in ("by", "with", "to", "into") for child in verb.children):
        return
    objects = [child for child in verb.children if child.dep_ in ("dobj", "obj")]
    if verb.lemma_ in _SIGNS:
        with_other = any(objects_of(noun, ("with",)) for noun in objects)
        relation = "SIGNED_WITH" if not with_other and any(noun.lemma_.lower() in _DEALS for noun in objects) else None
    else:
        relation = _TOGETHER.get(verb.lemma_) if not objects else None
    ends = sentence.subjects(verb) if relation else []
    if relation and len(ends) == 2 and ends[0].named.entity != ends[1].named.entity:
        yield Statement(ends[0].named, ends[1].named, Predicate("", verb.lower_), "verb", verb, relation=relation)


def _before_now(noun: Any) -> bool:
    return any(child.lower_ in ("former", "past", "previous", "earlier", "old", "potential") for child in noun.children)


def _between(sentence: Sentence, noun: Any, relation: str) -> Iterator[Statement]:
    """Yields `the border between X and Y`."""
    for word in objects_of(noun, ("between",)):
        ends = sentence.all_meant(word)
        if len(ends) == 2 and ends[0].named.entity != ends[1].named.entity and _is_done(noun, relation):
            predicate = Predicate("", f"{noun.lower_} between", True)
            yield Statement(ends[0].named, ends[1].named, predicate, "noun", noun, relation=relation)


def _site(sentence: Sentence, noun: Any) -> Iterator[Statement]:
    """Yields `X's plant at Y` and `its Y works`."""
    owners = [one for child in noun.children if child.dep_ == "poss" for one in sentence.all_meant(child)]
    if noun.lower_ in _SEATS:
        owners += [one for word in objects_of(noun, ("of",)) for one in sentence.within(word)]
    said = noun.head if noun.dep_ == "nsubj" and noun.head.lemma_ == "be" else noun  # `its headquarters are in X`
    places = [one for word in objects_of(said, ("in", "at", "near")) for one in sentence.within(word)]
    places += [
        Referent(named) for child in noun.children if child.dep_ == "compound" and (named := sentence.at(child)) is not None
    ]
    gone = governing_verb(noun).lemma_ in _GIVES_UP
    for owner in owners if not gone and _is_done(noun, "HAS_SITE_IN") else ():
        for place in places:
            if place.named.type == "Location" and owner.named.type in ("Organization", "Entity") and place != owner:
                relation = "BASED_IN" if noun.lower_ in _SEATS else "HAS_SITE_IN"
                predicate = Predicate("", f"{noun.lower_} in", True)
                yield Statement(owner.named, place.named, predicate, "owner", noun, owner.by_pronoun, relation)


def _of_noun(sentence: Sentence, noun: Any, preposition: str, relation: str, backwards: bool) -> Iterator[Statement]:
    verb = noun.head if noun.dep_ in ("dobj", "obj") else None
    holder = noun if verb is None or objects_of(noun, (preposition,)) else verb  # `signed a deal with X`
    targets = [one for word in objects_of(holder, (preposition,)) for one in sentence.within(word)]
    if not targets or not _is_done(noun, relation):
        return
    for source in _doers(sentence, noun, relation, verb):
        for target in targets:
            ends = (target, source) if backwards else (source, target)
            if source.named.entity != target.named.entity:
                by_pronoun = source.by_pronoun or target.by_pronoun
                predicate = Predicate("", f"{noun.lower_} {preposition}", True)
                yield Statement(ends[0].named, ends[1].named, predicate, "noun", noun, by_pronoun, relation)


def _doers(sentence: Sentence, noun: Any, relation: str, verb: Any) -> list[Referent]:
    owners = [one for child in noun.children if child.dep_ == "poss" for one in sentence.all_meant(child)]
    if owners:
        return owners
    if by := [one for word in objects_of(noun, ("by",)) for one in sentence.within(word)]:
        return by
    if verb is not None and verb.lemma_ in _LIGHT.get(relation, ()) and is_asserted(verb):
        return sentence.subjects(verb)
    return []


def _is_done(noun: Any, relation: str) -> bool:
    """Tells whether the sentence says that it was done, not that it is planned, opposed or awaited."""
    if not is_noun_asserted(noun) or any(child.lower_ in _OPEN_ADJECTIVES for child in noun.children):
        return False
    if relation in _HOLDS_WHATEVER:
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
