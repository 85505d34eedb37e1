"""A fault of the language model that comes again and again stops the document, and is named."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fathom.errors import AnswerRefused, AnswersUnusable, AnswerTruncated, AnswerUnusable, ExtractionFailed
from fathom.extraction.model import Extraction, LanguageModel
from fathom.graph.write.extraction_queue import ChunkExtraction, extract_chunks
from fathom.graph.write.repeated_failure import shared_fault
from fathom.graph.write.write_report import EpisodeFailure
from tests.fathom.graphdb.small_corpus import chunks_of

NO_JSON = "The language model's answer is malformed: it is no JSON."
Script = Sequence[ExtractionFailed | None]


class ByScript(LanguageModel):
    """Answers chunk by chunk as written down; None is a good answer."""

    name, prompt = "openai/small", "p-1"

    def __init__(self, script: Script, concurrency: int | None) -> None:
        self.script = script
        self.asked: list[int] = []
        self.concurrency = concurrency

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        found = []
        for text in texts:
            number = int(text.rpartition(" ")[2])
            self.asked.append(number)
            if (error := self.script[number]) is not None:
                raise error
            found.append(Extraction(entities=[], facts=[]))
        return found


def run(script: Script, concurrency: int | None = 1) -> tuple[list[ChunkExtraction], AnswersUnusable | None, list[int]]:
    model = ByScript(script, concurrency)
    chunks = chunks_of("c/a.md", *(f"chunk {number}" for number in range(len(script)))).chunks
    found: list[ChunkExtraction] = []
    try:
        found.extend(extract_chunks(model, chunks, 4))
    except AnswersUnusable as error:
        return found, error, model.asked
    return found, None, model.asked


@pytest.mark.parametrize("concurrency", [None, 1, 4])
def test_three_chunks_in_a_row_with_one_fault_stop_the_document(concurrency: int | None) -> None:
    found, error, asked = run([None, None] + [AnswerUnusable(NO_JSON)] * 40, concurrency)
    assert error is not None
    assert "openai/small" in error.message
    assert "3 to 5" in error.message or concurrency == 4
    assert "it is no JSON" in error.message
    assert not error.retryable
    assert len(found) >= 5
    assert len(set(asked)) < 5 + (concurrency or 1)


@pytest.mark.parametrize(
    "script",
    [
        [AnswerUnusable(NO_JSON), AnswerUnusable(NO_JSON), None] * 4,
        [AnswerUnusable(NO_JSON), AnswerUnusable("It is empty.")] * 6,
        [AnswerRefused("It refused to answer for this chunk.")] * 6,
        [None] + [AnswerTruncated("It was cut off.")] * 6,
        [ExtractionFailed("It found nothing.")] * 6,
    ],
    ids=["two in a row", "not the same", "what the chunks say", "long tables", "another"],
)
def test_other_faults_leave_the_rest_of_the_document_to_be_asked_about(script: Script) -> None:
    found, error, _ = run(script)
    assert error is None
    assert len(found) == len(script)


def test_faults_that_differ_in_their_figures_are_one() -> None:
    script = [AnswerUnusable(f"It has {size:,} characters.") for size in (612_000, 733_000, 9_000_000, 1)]
    assert run(script)[1] is not None


def test_answers_that_are_cut_off_from_the_first_chunk_on_are_the_models_fault() -> None:
    assert run([AnswerTruncated("It was cut off.")] * 6)[1] is not None


def failures(*reasons: tuple[str, str]) -> list[EpisodeFailure]:
    return [EpisodeFailure(chunk=str(at), position=at, reason=name, message=said) for at, (name, said) in enumerate(reasons)]


def test_a_short_document_all_of_which_fails_by_one_fault_is_stopped_too() -> None:
    bad = ("AnswerUnusable", NO_JSON)
    assert shared_fault(failures(bad, bad), 2, 1, "openai/small") is not None
    assert shared_fault(failures(bad), 1, 1, "openai/small") is None
    error = shared_fault(failures(bad), 1, 2, "openai/small")
    assert error is not None
    assert "openai/small" in error.message
    assert shared_fault(failures(bad, bad), 3, 2, "m") is None
    assert shared_fault(failures(bad, ("AnswerUnusable", "It is empty.")), 2, 2, "m") is None
    assert shared_fault(failures(("AnswerRefused", "x"), ("AnswerRefused", "x")), 2, 2, "m") is None
