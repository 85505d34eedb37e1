"""Finite verb forms for the names of relations outside the vocabulary: TRAVELLED_TO of `when travelling to X`."""

from __future__ import annotations

from typing import Any

from fathom.extraction.rules.relations.relation_vocabulary import word_set

_IRREGULAR = word_set(
    "arise:arose awake:awoke bear:bore beat:beat become:became begin:began bend:bent bet:bet bid:bid bind:bound bite:bit "
    "bleed:bled blow:blew break:broke breed:bred bring:brought build:built burn:burned buy:bought cast:cast catch:caught "
    "choose:chose cling:clung come:came cost:cost creep:crept cut:cut deal:dealt die:died dig:dug do:did draw:drew "
    "drink:drank drive:drove dwell:dwelt eat:ate fall:fell feed:fed feel:felt fight:fought find:found flee:fled fly:flew "
    "forbid:forbade forget:forgot forgive:forgave forsake:forsook freeze:froze get:got give:gave go:went grind:ground "
    "grow:grew hang:hung have:had hear:heard hide:hid hit:hit hold:held hurt:hurt keep:kept kneel:knelt know:knew lay:laid "
    "lead:led leave:left lend:lent let:let lie:lay light:lit lose:lost make:made mean:meant meet:met mistake:mistook "
    "outbid:outbid outdo:outdid outsell:outsold overcome:overcame override:overrode oversee:oversaw overtake:overtook "
    "overthrow:overthrew pay:paid put:put quit:quit read:read rebuild:rebuilt retake:retook rewrite:rewrote rid:rid "
    "ride:rode ring:rang rise:rose run:ran say:said see:saw seek:sought sell:sold send:sent set:set sew:sewed shake:shook "
    "shed:shed shine:shone shoot:shot show:showed shrink:shrank shut:shut sing:sang sink:sank sit:sat sleep:slept "
    "slide:slid sow:sowed speak:spoke speed:sped spend:spent spin:spun split:split spread:spread spring:sprang stand:stood "
    "steal:stole stick:stuck sting:stung strike:struck strive:strove swear:swore sweep:swept swim:swam swing:swung "
    "take:took teach:taught tear:tore tell:told think:thought throw:threw tie:tied tread:trod undergo:underwent "
    "understand:understood undertake:undertook uphold:upheld vie:vied wake:woke wear:wore weave:wove weep:wept win:won "
    "wind:wound withdraw:withdrew withhold:withheld withstand:withstood write:wrote"
)
_PAST = dict(pair.split(":") for pair in _IRREGULAR)
_VOWELS = frozenset("aeiou")


def finite_form(verb: Any, *, is_active: bool) -> str:
    """Returns the verb as written, or its past tense where it is a participle: `wrote` of `has written`, `written by X`.

    `is_active` is true where the agent is the source of the relation; a passive participle is kept otherwise: `~taken to`.
    """
    if verb.tag_ == "VBG":
        return past_of(verb.lemma_.lower(), verb.lower_)
    if verb.tag_ == "VBN" and is_active:
        return _PAST.get(verb.lemma_.lower(), str(verb.lower_))
    return str(verb.lower_)


def past_of(lemma: str, gerund: str) -> str:
    """Returns the past tense of a verb; the gerund of a regular verb shows a doubled consonant: `travelled`."""
    if lemma in _PAST:
        return _PAST[lemma]
    stem = gerund.removesuffix("ing")
    if stem == gerund:
        return gerund
    return f"{stem[:-1]}ied" if stem.endswith("y") and stem[-2:-1] not in _VOWELS else f"{stem}ed"
