"""Checks that the sentence has words for a learned relation, so that a verdict is not mere world knowledge.

The training corpus labels true relations even where the sentence only names both entities; the model learns these labels too,
and this check removes them.
"""

from __future__ import annotations

from collections.abc import Sequence

from fathom.extraction.rules.pairs.pair_features import Candidate, PathStep, kind_of

_IN_PLACE = frozenset({"in", "of", "at", "on", "within"})
_PLACING = frozenset(
    word
    for words in (
        "locate situate base headquarter lie stand sit be find place settle city town village capital part state province",
        "county district region municipality island river lake mountain area suburb neighborhood neighbourhood community",
        "township borough parish port side coast north south east west northeast northwest southeast southwest department",
        "prefecture territory company band club university school college station team church airport museum newspaper",
        "hamlet commune locality settlement valley peninsula site estate park village",
        "bank firm hospital institute organization organisation agency court castle bridge stadium hotel theatre theater venue",
    )
    for word in words.split()
)
_NAMING = frozenset({"appos", "compound", "amod", "nmod", "npadvmod", "poss"})
_JOINING = frozenset({"conj", "cc", "punct"})
_OF_PERSON = frozenset({"nsubj", "nsubjpass", "appos", "attr", "compound", "amod", "nmod", "conj"})

_MADE = "by write author create book novel story poem play writer novelist creator pen compose music song lyric"
_SUNG = "by perform sing record release album single song track singer artist band musician cover star feature"
_BEFORE = "follow succeed precede successor predecessor after before replace sequel prequel next previous"
_WHOLE = "part member consist include comprise belong divide of in series trilogy branch division"
_OWNED = "own owner buy acquire subsidiary division parent owned belong sell purchase company group unit of"
_FOUGHT = "fight serve war battle campaign command lead participate in during at victory defeat invade general army troop"
_RULED = "president king queen emperor monarch minister chancellor mayor governor premier leader head chief lead rule"

# Trigger words by property, any of which must stand on or near the path. Families (P22, P25, P26, P40, P3373), leagues
# (P118) and participants (P710, P1344) are left to grammar: their learned precision is too low (`make train`).
_WORDS: dict[str, frozenset[str]] = {
    name: frozenset(words.split())
    for names, words in {
        "P19": "bear birth birthplace native",
        "P20": "die death kill murder execute assassinate pass",
        "P50 P58 P170 P676": _MADE,
        "P86": f"{_MADE} composer score soundtrack",
        "P57": "direct director film by movie documentary",
        "P162": "produce producer production by",
        "P161": "star cast play appear feature role portray actor actress film",
        "P175": _SUNG,
        "P800": f"{_MADE} {_SUNG} direct film produce develop design paint build",
        "P264": "label release record sign records album single on through by via under",
        "P123 P178 P176 P272": "publish develop produce manufacture make release by publisher developer build design",
        "P449": "air broadcast premiere network show channel on series television",
        "P69": "study graduate attend educate degree alumnus school student earn university college bachelor doctorate",
        "P108": "work employ professor teach lecturer join employee researcher engineer journalist hire serve at for staff",
        "P54": "play player sign join club team footballer transfer debut captain striker midfielder defender loan career",
        "P102": "member party politician join candidate leader elect represent of",
        "P463": "member join band group guitarist vocalist singer drummer bassist frontman founder found leave belong accede",
        "P112": "found founder establish create start co-found cofounder by",
        "P127 P749 P355": _OWNED,
        "P137": "operate operator run by manage",
        "P159": "base headquarter headquarters office seat in",
        "P36 P1376": "capital seat",
        "P37 P1412 P364": "language speak official word write",
        "P140": "religion church convert bishop priest catholic muslim christian follower faith monk cardinal saint",
        "P166": "win award receive prize medal honor honour earn nominate recipient winner",
        "P155 P156 P1365 P1366": _BEFORE,
        "P361 P527": _WHOLE,
        "P179": f"{_WHOLE} episode season book novel film game volume entry installment instalment",
        "P607": _FOUGHT,
        "P276": "in at hold place take host occur fight near",
        "P6 P35 P488": f"{_RULED} chairman chairwoman chair chairperson",
        "P1001": f"{_RULED} parliament court law constitution act congress senate minister government secretary of",
        "P194": "parliament legislature congress senate assembly house council of",
        "P241": "serve army navy officer force corps general air soldier admiral commander enlist join military",
        "P403": "flow tributary river mouth empty join into drain of",
        "P206": "river lake sea bank shore coast bay on ocean of into near along gulf",
        "P205": "river flow basin drain lake in through",
        "P706": "mountain range island in on of peninsula valley park locate lie",
        "P30": "in of country continent",
        "P495": "film album song series band by of in show television novel game produce drama comedy",
        "P674 P1441": "character in play protagonist appear role portray of novel film series star fictional villain hero",
        "P400": "for on release platform version console play",
        "P551 P937": "live reside move work settle home residence resident",
        "P740": "form found establish band from in start",
        "P31 P279 P171": "be type kind genus species class family",
        "P172": "people tribe ethnic descent origin",
        "P136": "genre music rock pop style",
    }.items()
    for name in names.split()
}
_CONTAINED = frozenset({"P131", "P17", "P150"})


def is_stated(candidate: Candidate, name: str) -> bool:
    """Returns whether the words on and around the path between two names state the relation with this Wikidata property."""
    if name in _CONTAINED:
        whole = kind_of(candidate.source if name == "P150" else candidate.target)
        if whole == "Nation":
            return name != "P150" and _describes(candidate.path)
        return (whole == "Country" or (whole == "Location" and name != "P17")) and all(map(_places, candidate.path))
    if name == "P27":
        return kind_of(candidate.target) == "Nation" and _describes(candidate.path)
    needed = _WORDS.get(name)
    return needed is not None and not needed.isdisjoint(_words_at(candidate))


def _places(step: PathStep) -> bool:
    """Returns whether the step fits `X in Y`, `X, Y`, `the city of X, in Y`, `X is located in Y`, `the Danish city of X`."""
    word = step.word
    if word.ent_type_ == "PERSON":
        return False
    if step.label in _NAMING or step.label in _JOINING or word.pos_ == "PROPN":
        return True
    return word.lower_ in _IN_PLACE if word.dep_ in ("prep", "agent") else word.lemma_.lower() in _PLACING


def _describes(path: Sequence[PathStep]) -> bool:
    """Returns whether the path ends in an adjective of the noun that describes its start: `X is a Danish singer`."""
    return (
        path[-1].label in ("amod", "compound", "nmod")
        and not path[-1].up
        and all(step.label in _OF_PERSON or step.word.lemma_ == "be" for step in path)
    )


def _words_at(candidate: Candidate) -> set[str]:
    """Returns the lemmas and forms on the path, next to it, and of the nouns that describe the names."""
    words = [step.word for step in candidate.path]
    heads = (candidate.source.head, candidate.target.head)
    near = [
        child
        for word in (*words, *heads)
        for child in word.children
        if child.dep_ not in ("relcl", "advcl", "conj", "parataxis")
    ]
    forms = {form for word in (*words, *near) if word.pos_ != "PROPN" for form in (word.lemma_.lower(), word.lower_)}
    return forms | candidate.source.called | candidate.target.called
