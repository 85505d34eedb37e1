"""Names that a language model judged to be one thing are one entity: asked about once, joined whole, parted by removal."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from functools import partial
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import pytest

from fathom.database import open_database
from fathom.errors import AnswerUnusable, LanguageModelUnreachable
from fathom.extraction.model import DescribedName, PairVerdicts
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write import collection_changes as writing
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.name_normalization import normalize_name
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution import resolver
from fathom.resolution.store.verdict_store import NameVerdictStore
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, WriterOf, chunks_of, digest, erase_texts, held, write_texts
from tests.fathom.resolution.test_one_entity import Lister, entities

pytestmark = pytest.mark.integration

SHORT = "IBM=Organization; Red Hat=Organization"
FULL = "International Business Machines=Organization; Armonk=Location"
LONG = "International Business Machines of Armonk=Organization; Watson=Person"
BOTH = "IBM=Organization; International Business Machines=Organization; Lotus=Organization"
OTHERS = ("Red Hat=Organization; Raleigh=Location", "Watson=Person; Armonk=Location")
TEXTS = (SHORT, FULL, LONG, BOTH, *OTHERS)
ONE = {normalize_name(name) for name in ("IBM", "International Business Machines", "International Business Machines of Armonk")}
write, remove = partial(write_texts, TEXTS), partial(erase_texts, TEXTS)


class Judge(Lister):
    """Finds the names that a text lists, and holds those of one firm to be one."""

    def __init__(self) -> None:
        self.shown: list[tuple[DescribedName, DescribedName]] = []
        self.fault: Exception | None = None
        self.one = ONE

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(one.name, other.name) for one, other in self.shown]

    def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
        if self.fault:
            raise self.fault
        self.shown += pairs
        return PairVerdicts([{normalize_name(one.name), normalize_name(other.name)} <= self.one for one, other in pairs])


@pytest.fixture
def judge() -> Judge:
    return Judge()


def verdicts(ledger: Ledger, collection: str) -> tuple[set[str], bool]:
    known = NameVerdictStore(ledger.engine)
    return set(known.compared_names(collection, limit=99)), bool(known.closure_of(collection, ONE)[0])


def test_a_short_and_a_full_name_are_one_entity_with_all_that_is_said_of_it(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge, ledger: Ledger
) -> None:
    write(writer_of(graph, by=judge), collection, SHORT, FULL)
    assert entities(graph, collection) == {
        ("International Business Machines", "Organization"): 2,
        ("Red Hat", "Organization"): 1,
        ("Armonk", "Location"): 1,
    }
    found = held(graph, collection)
    (firm,) = (row["uuid"] for row in found["Entity"] if row["name"].startswith("International"))
    assert [row["source"] for row in found["RELATES_TO"]] == [firm, firm]
    written = {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
    assert find_differences(graph, collection, written).agree


def test_a_pair_is_asked_about_beside_what_it_is_related_to_and_without_and_then_never_again(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge
) -> None:
    writer = writer_of(graph, by=judge)
    write(writer, collection, SHORT, FULL)
    assert [{one.related for one in pair} for pair in judge.shown] == [{("Red Hat",), ("Armonk",)}, {()}]
    assert len({frozenset(pair) for pair in judge.asked}) == 1
    write(writer, collection, SHORT, FULL, *OTHERS)
    write(writer, collection, SHORT, FULL)
    assert len(judge.asked) == 2


def test_what_comes_later_is_joined_as_it_is_written(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge
) -> None:
    writer = writer_of(graph, by=judge)
    write(writer, collection, SHORT, FULL)
    before = len(judge.asked)
    writer.write(chunks_of(f"{collection}/more.md", f"{SHORT}; Lynher=Location"), reference_time=WRITTEN_AT)
    assert not [pair for pair in judge.asked[before:] if "IBM" in pair]
    assert entities(graph, collection)["International Business Machines", "Organization"] == 3


def test_a_name_that_a_new_version_says_elsewhere_is_compared_with_what_comes_with_it(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge
) -> None:
    writer = writer_of(graph, by=judge)
    for texts in ((SHORT,), ("IBM=Organization; Lotus=Organization", FULL)):
        writer.write(chunks_of(f"{collection}/a.md", *texts), reference_time=WRITTEN_AT)
    assert entities(graph, collection)["International Business Machines", "Organization"] == 2


def test_one_text_with_both_names_mentions_their_thing_once(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge, ledger: Ledger
) -> None:
    for texts in ((BOTH, FULL), (FULL, SHORT, BOTH)):
        writer = writer_of(graph, by=judge)
        write(writer, collection, *texts)
        assert entities(graph, collection)["International Business Machines", "Organization"] == len(texts)
        written = {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
        assert find_differences(graph, collection, written).agree
        remove(writer, collection, *texts)


def test_any_order_gives_one_graph_and_removal_leaves_what_the_others_say(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    digests = set()
    for seed in range(4):
        engine = open_database(f"sqlite:///{tmp_path / f'{seed}.sqlite'}")
        ledger, dice = Ledger(engine), random.Random(seed)
        writer = writer_of(graph, by=Judge(), keeping=ledger)
        first, more = [SHORT, FULL, *OTHERS], [LONG]
        dice.shuffle(first)
        write(writer, collection, *first)
        wanted = digest(graph, collection)
        write(writer, collection, *more)
        assert entities(graph, collection)["International Business Machines of Armonk", "Organization"] == 3
        digests.add(digest(graph, collection))
        remove(writer, collection, *more)
        assert digest(graph, collection) == wanted
        remove(writer, collection, FULL)
        assert ("IBM", "Organization") in entities(graph, collection)
        remove(writer, collection, *first)
        assert not any(held(graph, collection).values())
        assert verdicts(ledger, collection) == (set(), False)
        engine.dispose()
    assert len(digests) == 1


def test_three_names_of_one_thing_are_one_in_any_order(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    """Also where a name comes last that is like one of the others alone, which is no entity any more."""
    digests = set()
    for number, texts in enumerate(permutations((SHORT, FULL, LONG))):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        writer = writer_of(graph, by=Judge(), keeping=Ledger(engine))
        write(writer, collection, *texts)
        assert entities(graph, collection)["International Business Machines of Armonk", "Organization"] == 3
        digests.add(digest(graph, collection))
        remove(writer, collection, *texts)
        engine.dispose()
    assert len(digests) == 1


def test_a_name_that_is_called_the_same_as_two_others_makes_them_no_one_thing(
    graph: GraphConnection, writer_of: WriterOf, collection: str, ledger: Ledger
) -> None:
    class Swayed(Judge):
        """Does what a text in the middle wants: both others are its own thing."""

        def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
            super().same_things(pairs)
            return PairVerdicts(["Kelmouth Yards Harbour" in (one.name, other.name) for one, other in pairs])

    names = [
        "KYH=Organization; Ada=Person",
        "Kelmouth Yards=Organization; Bo=Person",
        "Kelmouth Yards Harbour=Location; Cy=Person",
    ]
    for order in permutations(range(3)):
        writer = writer_of(graph, by=Swayed())
        for number in order:
            writer.write(chunks_of(f"{collection}/{number}.md", names[number]), reference_time=WRITTEN_AT)
        assert {("KYH", "Organization"), ("Kelmouth Yards", "Organization")} <= entities(graph, collection).keys()
        for number in order:
            writer.erase(f"{collection}/{number}.md")


def test_a_text_with_both_names_keeps_them_whatever_came_before_it_and_goes_after(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    digests, left = set(), set()
    for number, texts in enumerate(permutations((BOTH, LONG, SHORT))):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        ledger = Ledger(engine)
        writer = writer_of(graph, by=Judge(), keeping=ledger)
        write(writer, collection, *texts)
        digests.add(digest(graph, collection))
        remove(writer, collection, LONG)
        left.add(digest(graph, collection))
        assert entities(graph, collection)["International Business Machines", "Organization"] == 2
        remove(writer, collection, SHORT)
        assert {normalize_name("IBM"), normalize_name("International Business Machines")} <= verdicts(ledger, collection)[0]
        remove(writer, collection, BOTH)
        assert verdicts(ledger, collection) == (set(), False)
        engine.dispose()
    assert (len(digests), len(left)) == (1, 1)


def test_an_edit_of_the_only_chunk_that_says_a_name_asks_nothing_again(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge
) -> None:
    writer = writer_of(graph, by=judge)
    write(writer, collection, SHORT, FULL)
    asked = list(judge.asked)
    writer.write(chunks_of(f"{collection}/{TEXTS.index(SHORT)}.md", f"{SHORT}; Lynher=Location"), reference_time=WRITTEN_AT)
    assert judge.asked == asked
    assert entities(graph, collection)["International Business Machines", "Organization"] == 2


def test_a_removal_cut_short_leaves_nothing_when_it_is_done_again(
    graph: GraphConnection,
    writer_of: WriterOf,
    collection: str,
    judge: Judge,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writer = writer_of(graph, by=judge)
    write(writer, collection, SHORT, FULL)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(resolver, "prune_verdicts", cut)
        for text in (SHORT, FULL):
            with pytest.raises(KeyboardInterrupt):
                remove(writer, collection, text)
    remove(writer, collection, FULL)
    assert verdicts(ledger, collection) == (set(), False)


def test_an_initial_finds_its_person_by_a_name_that_was_joined_with_a_longer_one(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    digests = set()
    texts = ("Mary Jones=Person; Kel=Location", "Mary Jones Baker=Person; Kel=Location", "M. Jones=Person; Kel=Location")
    for number, some in enumerate(permutations(texts)):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        judge = Judge()
        judge.one = {normalize_name("Mary Jones"), normalize_name("Mary Jones Baker")}
        writer = writer_of(graph, by=judge, keeping=Ledger(engine))
        for text in some:
            writer.write(chunks_of(f"{collection}/{texts.index(text)}.md", text), reference_time=WRITTEN_AT)
        assert entities(graph, collection) == {("Mary Jones Baker", "Person"): 3, ("Kel", "Location"): 3}
        digests.add(digest(graph, collection))
        for text in some:
            writer.erase(f"{collection}/{texts.index(text)}.md")
        engine.dispose()
    assert len(digests) == 1


@pytest.mark.parametrize("moment", ["judged", "joined"])
def test_cut_short_at_any_moment_the_same_call_goes_on_and_asks_nothing_twice(
    graph: GraphConnection,
    writer_of: WriterOf,
    collection: str,
    judge: Judge,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    writer = writer_of(graph, by=judge)
    write(writer, collection, FULL)

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        where = (writing, "save_episodes") if moment == "judged" else (NameVerdictStore, "mark_compared")
        patched.setattr(*where, cut)
        with pytest.raises(KeyboardInterrupt):
            write(writer, collection, SHORT)
    write(writer, collection, SHORT)
    assert len(judge.shown) == len({*judge.shown}) == 2
    assert entities(graph, collection)["International Business Machines", "Organization"] == 2
    assert not NameVerdictStore(ledger.engine).uncompared(collection, {normalize_name("IBM"), normalize_name("Red Hat")})


def test_a_run_that_is_cancelled_asks_nothing_more(
    graph: GraphConnection, writer_of: WriterOf, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, stop = threading.Event(), threading.Event()
    monkeypatch.setattr(resolver, "threading", SimpleNamespace(Event=lambda: stop))

    class Slow(Judge):
        def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
            judged = super().same_things(pairs)
            asked.set()
            stop.wait(10)
            return judged

    def cancel(*_: object) -> None:
        asked.wait(10)
        raise KeyboardInterrupt

    judge = Slow()
    monkeypatch.setattr(writing, "save_episodes", cancel)
    with pytest.raises(KeyboardInterrupt):
        writer_of(graph, by=judge).write(chunks_of(f"{collection}/a.md", SHORT, FULL), reference_time=WRITTEN_AT)
    assert len(judge.shown) == 1


def test_a_model_that_does_not_answer_as_asked_leaves_names_apart_and_the_document_whole(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge
) -> None:
    writer = writer_of(graph, by=judge)
    judge.fault = AnswerUnusable("It was no JSON.")
    write(writer, collection, SHORT, FULL)
    assert {("IBM", "Organization"), ("International Business Machines", "Organization")} <= entities(graph, collection).keys()


def test_a_model_that_cannot_be_reached_is_asked_again_by_the_same_call(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge
) -> None:
    writer = writer_of(graph, by=judge)
    write(writer, collection, FULL)
    judge.fault = LanguageModelUnreachable("It is away.")
    with pytest.raises(LanguageModelUnreachable):
        write(writer, collection, SHORT)
    judge.fault = None
    write(writer, collection, SHORT)
    assert entities(graph, collection)["International Business Machines", "Organization"] == 2


def test_what_goes_by_another_name_again_is_not_accounted_for_as_removed(
    graph: GraphConnection, writer_of: WriterOf, collection: str, judge: Judge
) -> None:
    writer = writer_of(graph, by=judge)
    write(writer, collection, SHORT, FULL)
    joined = held(graph, collection)
    (firm,) = (row["uuid"] for row in joined["Entity"] if row["name"].startswith("International"))
    (red_hat,) = (row["uuid"] for row in joined["Entity"] if row["name"] == "Red Hat")
    (of_short,) = (row["uuid"] for row in joined["RELATES_TO"] if row["target"] == red_hat)
    erased = writer.erase(f"{collection}/{TEXTS.index(FULL)}.md").erased
    assert firm in erased.changed
    assert of_short in erased.changed
    assert len(erased.facts) == len(erased.entities) == 1
