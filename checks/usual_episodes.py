"""Checks of a document's episodes against documents alike: their yield, cost and time."""

from __future__ import annotations

from dataclasses import dataclass

from checks.outcome import CheckOutcome, DocumentCheck
from fathom.graph.write.write_report import WriteReport
from fathom.quality.usual_figures import UsualFigures
from fathom.threshold_overrides import current_thresholds

FEW = "Too few documents alike to know what is usual."
MIN_CHUNKS = 2  # of a document whose yield is judged: a single chunk may well say nothing


@dataclass(frozen=True)
class ComparedWrite:
    """The write report of a document, with the medians of documents alike."""

    report: WriteReport
    usual: UsualFigures

    @property
    def chunks(self) -> int:
        """Its chunks in the graph."""
        return self.report.written + self.report.unchanged


def yield_is_usual(write: ComparedWrite) -> CheckOutcome:
    """A chunk has at least `min_yield_of_usual` of the facts that a chunk of documents alike has."""
    least, usual = current_thresholds().graph_episodes.min_yield_of_usual, write.usual.facts
    if not usual or write.chunks < MIN_CHUNKS:
        return CheckOutcome(True, FEW if not usual else "Too few chunks to judge.", {})
    facts = write.report.facts / write.chunks
    return CheckOutcome(
        facts >= least * usual,
        f"{facts:.2f} facts a chunk; {usual:.2f} are usual for documents alike, and at least {least:.0%} of that is expected.",
        {
            "facts_per_chunk": facts,
            "usual_facts_per_chunk": usual,
            "yield_of_usual": facts / usual,
            "min_yield_of_usual": least,
        },
    )


def cost_is_usual(write: ComparedWrite) -> CheckOutcome:
    """A written chunk costs at most `max_cost_of_usual` times what a chunk of documents alike costs."""
    most, usual = current_thresholds().graph_episodes.max_cost_of_usual, write.usual.cost_usd
    if not usual or not write.report.written:
        return CheckOutcome(True, FEW if not usual else "Nothing was written.", {})
    cost = write.report.cost_usd / write.report.written
    return CheckOutcome(
        cost <= most * usual,
        f"${cost:.4f} a chunk; ${usual:.4f} is usual for documents alike, and at most {most:g} times that is expected.",
        {
            "cost_per_chunk_usd": cost,
            "usual_cost_per_chunk_usd": usual,
            "cost_of_usual": cost / usual,
            "max_cost_of_usual": most,
        },
    )


def time_is_usual(write: ComparedWrite) -> CheckOutcome:
    """A written chunk takes at most `max_time_of_usual` times as long as a chunk of documents alike."""
    most, usual = current_thresholds().graph_episodes.max_time_of_usual, write.usual.seconds
    if not usual or not write.report.written:
        return CheckOutcome(True, FEW if not usual else "Nothing was written.", {})
    seconds = (write.report.seconds_extracting + write.report.seconds_writing) / write.report.written
    return CheckOutcome(
        seconds <= most * usual,
        f"{seconds:.2f} s a chunk; {usual:.2f} s are usual for documents alike, and at most {most:g} times that is expected.",
        {
            "seconds_per_chunk": seconds,
            "usual_seconds_per_chunk": usual,
            "time_of_usual": seconds / usual,
            "max_time_of_usual": most,
        },
    )


USUAL_CHECKS: tuple[DocumentCheck[ComparedWrite], ...] = (
    DocumentCheck("graph_episodes", yield_is_usual, blocking=False, measure="yield_of_usual", threshold="min_yield_of_usual"),
    DocumentCheck("graph_episodes", cost_is_usual, blocking=False, measure="cost_of_usual", threshold="max_cost_of_usual"),
    DocumentCheck("graph_episodes", time_is_usual, blocking=False, measure="time_of_usual", threshold="max_time_of_usual"),
)
