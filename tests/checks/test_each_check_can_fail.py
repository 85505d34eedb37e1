"""Every check passes on a good document and fails on one made to break just it."""

from __future__ import annotations

import dagster as dg
import pytest

from checks.chunks import CHUNK_CHECKS
from checks.documents import DOCUMENT_CHECKS
from checks.graph_episodes import GRAPH_EPISODE_CHECKS, answers_kept
from checks.outcome import DocumentCheck
from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.conversion.report import ConversionError, ConversionReport, DocumentKind
from fathom.graph.write.write_report import EpisodeFailure, WriteReport

GOOD_CONVERSION = ConversionReport(
    kind=DocumentKind.PDF,
    version="0" * 64,
    size=1000,
    seconds=0.1,
    pages_expected=3,
    pages_converted=3,
    characters=900,
    words=150,
    reference_words=150,
    text_recall=0.99,
    ocr_pages=1,
    ocr_confidence=0.95,
    converter="test",
)
GOOD_CHUNK = Chunk(
    id="a" * 32, document="c/d.pdf", position=0, text="x", headings=[], pages=[1], items=["#/texts/0"], tokens=10
)
GOOD_CHUNKS = ChunkSet(
    document="c/d.pdf", version="0" * 64, chunks=[GOOD_CHUNK], covered=1.0, max_tokens=256, chunker="test", seconds=0.1
)
GOOD_WRITE = WriteReport(
    document="c/d.pdf",
    version="0" * 64,
    chunks=2,
    written=1,
    unchanged=1,
    removed=0,
    entities=3,
    facts=2,
    orphans=0,
    missing_embeddings=0,
    model="offline",
    prompt="1",
    embedder="minilm",
)
BROKEN_CONVERSIONS = {
    "document_has_text": {"characters": 0},
    "conversion_keeps_text": {"lost_passages": 1, "lost_text": ["footnotes: Nine boats were lost."]},
    "pages_all_there": {"pages_converted": 2},
    "conversion_without_errors": {"errors": [ConversionError(category="parse", message="bad font", page=2)]},
    "characters_readable": {"replacement_characters": 90},
    "ruled_tables_found": {"ruled_tables": 4, "ruled_tables_found": 3},
    "little_text_dropped": {"dropped_share": 0.4},
    "ocr_confident": {"ocr_confidence": 0.2},
}
BROKEN_CHUNKS = {
    "chunks_within_token_bound": {"chunks": [GOOD_CHUNK.model_copy(update={"tokens": 257})]},
    "chunks_cover_document": {"covered": 0.5},
    "chunks_have_provenance": {"chunks": [GOOD_CHUNK.model_copy(update={"items": []})]},
}
BROKEN_WRITES = {
    "every_chunk_accounted_for": {"written": 0},
    "no_chunk_set_aside": {"written": 0, "failures": [EpisodeFailure(chunk="a", position=1, reason="X", message="x")]},
    "entities_found": {"entities": 0},
    "language_is_read": {"unread": 1, "languages": {"en": 1, "de": 1}},
    "answers_kept": {"answers_left_out": {"entity not in the text": 2}, "entities_answered": 5},
    "no_orphans": {"orphans": 1},
    "embeddings_complete": {"missing_embeddings": 1},
}
UNSURE = {"below_confidence": {"entity below the least confidence": 40, "fact below the least confidence": 90}}
CASES = [
    *((check, GOOD_CONVERSION, BROKEN_CONVERSIONS) for check in DOCUMENT_CHECKS),
    *((check, GOOD_CHUNKS, BROKEN_CHUNKS) for check in CHUNK_CHECKS),
    *((check, GOOD_WRITE, BROKEN_WRITES) for check in GRAPH_EPISODE_CHECKS),
]


@pytest.mark.parametrize(("check", "good", "broken"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_it_passes_on_good_work_and_fails_on_what_was_made_to_break_it(check: DocumentCheck, good, broken) -> None:
    assert check.evaluate(good).outcome.passed
    bad = good.model_copy(update=broken[check.name])
    failed = check.evaluate(bad)
    assert not failed.outcome.passed
    assert failed.blocks == check.blocking


@pytest.mark.parametrize(("check", "good", "broken"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_its_outcome_is_a_sentence_with_figures_for_one_partition(check: DocumentCheck, good, broken) -> None:
    event = check.evaluate(good.model_copy(update=broken[check.name])).event("c/d.pdf")
    assert isinstance(event, dg.AssetCheckEvaluation)
    assert (event.partition, event.passed) == ("c/d.pdf", False)
    assert event.description
    assert event.metadata


@pytest.mark.parametrize(("check", "good", "broken"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_its_measure_is_a_figure_that_is_on_the_wrong_side_of_its_threshold(check: DocumentCheck, good, broken) -> None:
    failed = check.evaluate(good.model_copy(update=broken[check.name]))
    assert failed.measured is not None
    assert failed.threshold is not None
    if check.name not in ("conversion_keeps_text",):  # it has a second measure, the lost passages
        least = check.threshold.startswith("min_")
        assert (failed.measured < failed.threshold) if least else (failed.measured > failed.threshold)
    assert failed.result().severity == ("block" if check.blocking else "warn")


def test_one_broken_promise_leaves_the_others_of_its_stage_standing() -> None:
    for check, good, broken in CASES:
        others = [other for other, subject, _ in CASES if subject is good and other is not check]
        bad = good.model_copy(update=broken[check.name])
        assert all(other.evaluate(bad).outcome.passed for other in others), check.name


def test_words_that_are_lost_here_and_there_fail_as_a_lost_passage_does() -> None:
    check = next(check for check in DOCUMENT_CHECKS if check.name == "conversion_keeps_text")
    assert not check.evaluate(GOOD_CONVERSION.model_copy(update={"text_recall": 0.5})).outcome.passed


def test_what_was_lost_is_said() -> None:
    check = next(check for check in DOCUMENT_CHECKS if check.name == "conversion_keeps_text")
    broken = {**BROKEN_CONVERSIONS["conversion_keeps_text"], "missing_words": ["boats", "nine (2)"]}
    outcome = check.evaluate(GOOD_CONVERSION.model_copy(update=broken)).outcome
    assert "footnotes: Nine boats were lost." in outcome.description
    assert outcome.figures["missing_words"] == "boats, nine (2)"


def test_no_chunks_at_all_blocks() -> None:
    empty = GOOD_CHUNKS.model_copy(update={"chunks": [], "covered": 1.0})
    assert any(check.evaluate(empty).blocks for check in CHUNK_CHECKS)


def test_a_chunk_nobody_speaks_of_is_seen() -> None:
    lost = GOOD_WRITE.model_copy(update={"written": 0})
    assert any(check.evaluate(lost).blocks for check in GRAPH_EPISODE_CHECKS)


def test_what_a_setting_leaves_out_for_its_confidence_is_no_fault_of_the_answers() -> None:
    assert answers_kept(GOOD_WRITE.model_copy(update={**UNSURE, "entities_answered": 45, "facts_answered": 95})).passed
