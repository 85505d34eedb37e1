"""Facts that a language model judged to say one thing are one fact: asked about once, joined whole, parted by removal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.embedding.binary_vectors import BinarizingEmbedder
from fathom.embedding.embedder import Embedder
from fathom.errors import AnswerRefused, LanguageModelUnreachable
from fathom.extraction.model import DescribedName, Entity, Extraction, Fact, LanguageModel, PairVerdicts, StatedFact
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write import collection_changes as writing
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import statement_key
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution import resolver
from fathom.resolution.fact_matching import MAX_HAMMING
from fathom.resolution.store.fact_verdict_store import FactVerdictStore
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, WriterOf, chunks_of, digest, erase_texts, held, write_texts

pytestmark = pytest.mark.integration

ACQUIRED = "IBM acquired Red Hat."
BOUGHT = "Red Hat was bought by IBM in 2019."
TOOK_OVER = "IBM took Red Hat over in July 2019."
SUED = "IBM sued Red Hat."
PRAISED = "IBM praised Red Hat."
WENT_TO_COURT = "IBM went to court with Red Hat."
AGAIN = "IBM acquired Red Hat a second time in 2031."
SAID = {
    ACQUIRED: ("ACQUIRED", None),
    BOUGHT: ("BOUGHT", datetime(2019, 1, 1, tzinfo=UTC)),
    TOOK_OVER: ("TOOK_OVER", datetime(2019, 7, 1, tzinfo=UTC)),
    SUED: ("SUED", None),
    PRAISED: ("PRAISED", None),
    WENT_TO_COURT: ("SUED", None),
    AGAIN: ("ACQUIRED", datetime(2031, 1, 1, tzinfo=UTC)),
}
ONE = {ACQUIRED, BOUGHT, TOOK_OVER}
OTHERS = "Armonk is a village."
TEXTS = (ACQUIRED, BOUGHT, TOOK_OVER, SUED, f"{ACQUIRED} {BOUGHT}", f"{SUED} {PRAISED}", AGAIN, OTHERS)
write, remove = partial(write_texts, TEXTS), partial(erase_texts, TEXTS)


class Reader(LanguageModel):
    """Finds the facts that a text has of those above, and holds those of ONE to be one."""

    name = "reader/1"
    prompt = "reader-1"

    def __init__(self) -> None:
        self.questions: list[list[tuple[str, str]]] = []
        self.of_relations: list[set[str]] = []
        self.fault: Exception | None = None
        self.orders = ""  # a sentence that makes it call all pairs of a question one
        self.same: Callable[[set[str]], bool] = ONE.issuperset
        self.relations = {SAID[said][0] for said in ONE}  # that can stand for the same

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [pair for question in self.questions for pair in question]

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [self._extract(text) for text in texts]

    def same_facts(self, pairs: Sequence[tuple[StatedFact, StatedFact]]) -> PairVerdicts:
        if self.fault:
            raise self.fault
        if not pairs[0][0].fact:
            self.of_relations += [{one.relation, other.relation} for one, other in pairs]
            return PairVerdicts([{one.relation, other.relation} <= self.relations for one, other in pairs])
        self.questions.append([(one.fact, other.fact) for one, other in pairs])
        swayed = any(self.orders in pair for pair in self.questions[-1])
        return PairVerdicts([swayed or self.same({one.fact, other.fact}) for one, other in pairs])

    def _extract(self, text: str) -> Extraction:
        names = {name: kind for name, kind in (("IBM", "Organization"), ("Red Hat", "Organization")) if name in text}
        return Extraction(
            entities=[Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in names.items()],
            facts=[
                Fact(source="IBM", target="Red Hat", relation=relation, fact=said, span=(0, 1), valid_at=since)
                for said, (relation, since) in SAID.items()
                if said in text
            ],
        )


FOUNDING = re.compile(r"(.+?)(?: founded (.+))?\.")


class Founders(Reader):
    """Finds who founded what, however it is said, and holds all firms of K to be one."""

    def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
        return PairVerdicts([one.name[0] == other.name[0] == "K" for one, other in pairs])

    def same_facts(self, pairs: Sequence[tuple[StatedFact, StatedFact]]) -> PairVerdicts:
        return PairVerdicts([True for _ in pairs])

    def _extract(self, text: str) -> Extraction:
        said = text.rpartition("\n")[2]  # below its heading
        name, what = FOUNDING.fullmatch(said).groups()  # type: ignore[union-attr]
        found = [Entity(name=name, type="Person" if "Smith" in name else "Organization", mentions=[(0, 1)])]
        if not what:
            return Extraction(entities=found, facts=[])
        found.append(Entity(name=what, type="Organization", mentions=[(0, 1)]))
        return Extraction(entities=found, facts=[Fact(source=name, target=what, relation="FOUNDED", fact=said, span=(0, 1))])


class Linking(Reader):
    """Finds the one sentence of a text, each of a relation of its own, and holds all to be one."""

    def same_facts(self, pairs: Sequence[tuple[StatedFact, StatedFact]]) -> PairVerdicts:
        self.questions.append([(one.fact, other.fact) for one, other in pairs])
        return PairVerdicts([True for _ in pairs])

    def _extract(self, text: str) -> Extraction:
        said = text.rpartition("\n")[2]
        found = [Entity(name=name, type="Organization", mentions=[(0, 1)]) for name in ("IBM", "Red Hat")]
        fact = Fact(source="IBM", target="Red Hat", relation=f"R{len(said)}", fact=said, span=(0, 1))
        return Extraction(entities=found, facts=[fact])


# The first two are too far apart to be asked about, were it not for what is near both.
FAR = ("IBM sued Red Hat.", "Red Hat's Linux runs on IBM mainframes.", "IBM sued Red Hat over the Linux on its mainframes.")
MOVING = {"a": "KYH founded Lotus.", "b": "Kelmouth Yards founded Lotus.", "n": "Kelmouth Yards Harbour."}


@pytest.fixture
def reader() -> Reader:
    return Reader()


def facts(graph: GraphConnection, collection: str) -> dict[str, int]:
    """How many episodes assert each sentence."""
    return {row["fact"]: len(row["episodes"]) for row in held(graph, collection)["RELATES_TO"]}


def agree(graph: GraphConnection, collection: str, ledger: Ledger) -> bool:
    return find_differences(
        graph, collection, {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
    ).agree


def test_what_is_said_again_in_other_words_is_one_fact_with_both_episodes_and_the_date_that_one_gave(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader, ledger: Ledger
) -> None:
    write(writer_of(graph, by=reader), collection, ACQUIRED, BOUGHT, SUED)
    (joined,) = (row for row in held(graph, collection)["RELATES_TO"] if len(row["episodes"]) == 2)
    assert joined["name"] in ("ACQUIRED", "BOUGHT")
    assert joined["fact"] in ONE
    assert str(joined["valid_at"]).startswith("2019-01-01")
    assert joined["fact_embedding"]
    assert len(facts(graph, collection)) == 2
    assert agree(graph, collection, ledger)


def test_a_sentence_is_compared_once_and_an_unchanged_document_asks_nothing(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader
) -> None:
    writer = writer_of(graph, by=reader)
    write(writer, collection, ACQUIRED, BOUGHT)
    assert [{*pair} for pair in reader.asked] == [{ACQUIRED, BOUGHT}]
    write(writer, collection, ACQUIRED, BOUGHT, OTHERS)
    writer.write(chunks_of(f"{collection}/more.md", f"Again: {BOUGHT}"), reference_time=WRITTEN_AT)
    assert len(reader.asked) == 1
    assert sorted(facts(graph, collection).values()) == [3]


def test_facts_of_other_times_are_not_asked_about(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader
) -> None:
    write(writer_of(graph, by=reader), collection, BOUGHT, AGAIN)
    assert reader.asked == []
    assert facts(graph, collection) == {BOUGHT: 1, AGAIN: 1}


@pytest.mark.parametrize("seed", range(2))
def test_any_order_gives_one_graph_and_removal_leaves_what_the_others_say(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path, seed: int
) -> None:
    wanted: dict[str, str] = {}
    both = TEXTS[4]
    for number, order in enumerate(list(permutations((ACQUIRED, BOUGHT, TOOK_OVER, both)))[seed::8]):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        ledger = Ledger(engine)
        writer = writer_of(graph, by=Reader(), keeping=ledger)
        write(writer, collection, SUED, *order)
        assert sorted(facts(graph, collection).values()) == [1, 4]
        assert agree(graph, collection, ledger)
        assert wanted.setdefault("all", digest(graph, collection)) == digest(graph, collection)
        remove(writer, collection, TOOK_OVER, both)
        assert sorted(facts(graph, collection).values()) == [1, 2]
        assert agree(graph, collection, ledger)
        assert wanted.setdefault("two", digest(graph, collection)) == digest(graph, collection)
        remove(writer, collection, ACQUIRED)
        assert facts(graph, collection) == {BOUGHT: 1, SUED: 1}
        remove(writer, collection, SUED, BOUGHT)
        assert not any(held(graph, collection).values())
        assert not FactVerdictStore(engine).has_any(collection)
        engine.dispose()


def test_what_is_one_with_the_same_is_asked_about_in_any_order_however_far_apart_it_is(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    digests = set()
    for number, order in enumerate(permutations(FAR)):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        reader = Linking()
        writer = writer_of(graph, by=reader, keeping=Ledger(engine))
        write_texts(FAR, writer, collection, *order[:2])
        if {*order[:2]} == {*FAR[:2]}:
            assert reader.questions == []
        write_texts(FAR, writer, collection, order[2])
        assert list(facts(graph, collection).values()) == [3]
        digests.add(digest(graph, collection))
        erase_texts(FAR, writer, collection, *FAR)
        engine.dispose()
    assert len(digests) == 1


def test_relations_that_cannot_stand_for_the_same_are_asked_about_once_and_forgotten_with_them(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader, ledger: Ledger, embedder: Embedder
) -> None:
    reader.orders = SUED
    writer = writer_of(graph, by=reader)
    write(writer, collection, ACQUIRED, SUED)
    one, other = (int.from_bytes(bits) for bits in BinarizingEmbedder(embedder).sign_bits([ACQUIRED, WENT_TO_COURT]))
    assert (one ^ other).bit_count() <= MAX_HAMMING  # else it would not be asked about in any case
    assert FactVerdictStore(ledger.engine).relations.of(collection, [("ACQUIRED", "SUED")]) == {("ACQUIRED", "SUED"): False}
    asked = len(reader.asked)
    writer.write(chunks_of(f"{collection}/more.md", WENT_TO_COURT), reference_time=WRITTEN_AT)
    assert [{*pair} for pair in reader.asked[asked:]] == [{SUED, WENT_TO_COURT}]
    assert reader.of_relations == [{"ACQUIRED", "SUED"}]
    remove(writer, collection, ACQUIRED)
    assert not FactVerdictStore(ledger.engine).relations.of(collection, [("ACQUIRED", "SUED")])


def test_one_text_that_says_a_thing_twice_asserts_one_fact(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader, ledger: Ledger
) -> None:
    writer = writer_of(graph, by=reader)
    write(writer, collection, TEXTS[4])
    assert list(facts(graph, collection).values()) == [1]
    (episode,) = held(graph, collection)["Episodic"]
    assert len({*episode["entity_edges"]}) == 1
    assert agree(graph, collection, ledger)


def test_facts_of_one_text_are_never_one_by_what_another_says(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader
) -> None:
    both = TEXTS[5]
    writer = writer_of(graph, by=reader)
    reader.same = lambda pair: ACQUIRED in pair  # whoever reads is made to say so of all that this text has a part in
    reader.relations = {relation for relation, _ in SAID.values()}
    for order in ((both, ACQUIRED), (ACQUIRED, both)):
        write(writer, collection, *order)
        assert {frozenset((ACQUIRED, SUED)), frozenset((ACQUIRED, PRAISED))} <= {frozenset(pair) for pair in reader.asked}
        assert {SUED, PRAISED} <= facts(graph, collection).keys()
        remove(writer, collection, *order)


def test_a_sentence_that_gives_orders_makes_no_other_facts_one(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader
) -> None:
    reader.orders = AGAIN
    writer = writer_of(graph, by=reader)
    writer.write(chunks_of(f"{collection}/evil.md", f"{ACQUIRED} {SUED} {PRAISED} {AGAIN}"), reference_time=WRITTEN_AT)
    write(writer, collection, ACQUIRED, SUED)
    assert {ACQUIRED, SUED, PRAISED} <= facts(graph, collection).keys()


def test_a_sentence_that_gives_orders_is_not_one_with_what_its_relation_cannot_stand_for(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader
) -> None:
    reader.orders = SUED
    write(writer_of(graph, by=reader), collection, ACQUIRED, BOUGHT, SUED)
    assert facts(graph, collection) == {ACQUIRED: 2, SUED: 1}


def test_a_kill_between_verdict_and_graph_asks_nothing_again(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_of(graph, by=reader)
    write(writer, collection, ACQUIRED)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "join_facts", _killed)
        with pytest.raises(KeyboardInterrupt):
            write(writer, collection, BOUGHT)
    assert len(facts(graph, collection)) == 2
    write(writer, collection, BOUGHT)
    assert list(facts(graph, collection).values()) == [2]
    assert len(reader.asked) == 1


def test_what_is_not_answered_leaves_facts_apart_and_an_outage_is_caught_up_on(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader
) -> None:
    writer = writer_of(graph, by=reader)
    reader.fault = LanguageModelUnreachable("It is down.")
    write(writer, collection, ACQUIRED)
    with pytest.raises(LanguageModelUnreachable):
        write(writer, collection, BOUGHT)
    reader.fault = None
    write(writer, collection, BOUGHT)
    assert list(facts(graph, collection).values()) == [2]
    reader.fault = AnswerRefused("No.")
    write(writer, collection, TOOK_OVER)
    assert sorted(facts(graph, collection).values()) == [1, 2]


def test_a_sentence_that_comes_between_two_other_things_is_compared_there(
    graph: GraphConnection, writer_of: WriterOf, collection: str, ledger: Ledger, tmp_path: Path
) -> None:
    """By what another document says: that names are one thing."""
    digests = set()
    for number, order in enumerate(permutations(MOVING)):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        writer = writer_of(graph, by=Founders(), keeping=Ledger(engine))
        for name in order:
            writer.write(chunks_of(f"{collection}/{name}.md", MOVING[name]), reference_time=WRITTEN_AT)
        digests.add(digest(graph, collection))
        assert facts(graph, collection) == {MOVING["a"]: 2}
        for name in order:
            writer.erase(f"{collection}/{name}.md")
        engine.dispose()
    assert len(digests) == 1


def test_a_sentence_that_a_removal_brings_elsewhere_is_compared_when_it_is_written_again(
    graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    writer = writer_of(graph, by=Founders())
    told = {"jane": "James Smith.", "john": "John Smith founded Lotus.", "j": "J Smith founded Lotus."}
    for name, text in told.items():
        writer.write(chunks_of(f"{collection}/{name}.md", text), reference_time=WRITTEN_AT)
    assert sorted(facts(graph, collection).values()) == [1, 1]
    writer.erase(f"{collection}/jane.md")
    writer.write(chunks_of(f"{collection}/j.md", told["j"]), reference_time=WRITTEN_AT)
    assert list(facts(graph, collection).values()) == [2]


def test_an_edit_that_takes_one_wording_away_leaves_the_other(
    graph: GraphConnection, writer_of: WriterOf, collection: str, reader: Reader, ledger: Ledger
) -> None:
    writer = writer_of(graph, by=reader)
    write(writer, collection, ACQUIRED, BOUGHT)
    writer.write(chunks_of(f"{collection}/{TEXTS.index(ACQUIRED)}.md", OTHERS), reference_time=WRITTEN_AT)
    assert facts(graph, collection) == {BOUGHT: 1}
    assert agree(graph, collection, ledger)


@pytest.mark.parametrize("moment", ["saved", "forgotten"])
def test_an_edit_that_was_cut_short_leaves_nothing_of_what_it_took_away(
    graph: GraphConnection,
    writer_of: WriterOf,
    collection: str,
    reader: Reader,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    writer = writer_of(graph, by=reader)
    write(writer, collection, ACQUIRED, BOUGHT)
    edited = chunks_of(f"{collection}/{TEXTS.index(ACQUIRED)}.md", SUED)
    with monkeypatch.context() as patched:
        patched.setattr(*((writing, "save_episodes") if moment == "saved" else (resolver, "prune_verdicts")), _killed)
        with pytest.raises(KeyboardInterrupt):
            writer.write(edited, reference_time=WRITTEN_AT)
    writer.write(edited, reference_time=WRITTEN_AT)
    kept = {statement_key(relation, said) for said, (relation, _) in SAID.items()} - {statement_key("ACQUIRED", ACQUIRED)}
    verdicts = FactVerdictStore(ledger.engine)
    (fact,) = (row for row in held(graph, collection)["RELATES_TO"] if row["fact"] == BOUGHT)
    ends = fact["source"], fact["target"]
    gone, left = ((statement_key(SAID[one][0], one), SAID[one][1], *ends) for one in (ACQUIRED, BOUGHT))
    assert verdicts.uncompared(collection, {gone, left}) == {gone}
    assert kept.issuperset(key for pair in verdicts.closure_of(collection, kept)[0] for key in pair)


def _killed(*_: Any) -> None:
    raise KeyboardInterrupt
