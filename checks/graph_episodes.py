"""Checks of a document in the graph after its episodes were written."""

from __future__ import annotations

from checks.outcome import CheckOutcome, DocumentCheck
from fathom.extraction.dropped_items import count_lost, describe_dropped
from fathom.graph.write.write_report import WriteReport
from fathom.threshold_overrides import current_thresholds


def every_chunk_accounted_for(report: WriteReport) -> CheckOutcome:
    """Each chunk is an episode in the graph or was set aside by name; blocking: a document with chunks missing is not done."""
    there = report.written + report.unchanged
    thresholds = current_thresholds().graph_episodes
    unaccounted = report.chunks - there - len(report.failures)
    reasons = "; ".join(f"chunk {failure.position + 1}: {failure.message}" for failure in report.failures[:5])
    return CheckOutcome(
        0 <= unaccounted <= thresholds.max_unaccounted_chunks and (there > 0 or not report.failures),
        f"{there} of {report.chunks} chunks are in the graph, {len(report.failures)} failed, {unaccounted} are nowhere. "
        f"{reasons}".strip(),
        {"chunks": report.chunks, "in_graph": there, "failed": len(report.failures), "unaccounted": unaccounted},
    )


def no_chunk_set_aside(report: WriteReport) -> CheckOutcome:
    """At most `max_failed_chunks` chunks were set aside because they failed again and again."""
    most = current_thresholds().graph_episodes.max_failed_chunks
    reasons = "; ".join(f"chunk {failure.position + 1}: {failure.message}" for failure in report.failures[:5])
    return CheckOutcome(
        len(report.failures) <= most,
        f"{len(report.failures)} of {report.chunks} chunks were set aside; at most {most} may. {reasons}".strip(),
        {"set_aside": len(report.failures), "max_failed_chunks": most},
    )


def entities_found(report: WriteReport) -> CheckOutcome:
    """The document names at least `min_entities` things."""
    least = current_thresholds().graph_episodes.min_entities
    return CheckOutcome(
        report.entities >= least,
        f"{report.entities} entities and {report.facts} facts; at least {least} entities are expected.",
        {"entities": report.entities, "facts": report.facts, "min_entities": least},
    )


def language_is_read(report: WriteReport) -> CheckOutcome:
    """At most `max_unread_share` of the chunks are in a language that the model was not made for."""
    most = current_thresholds().graph_episodes.max_unread_share
    named = ", ".join(f"{code} ({chunks})" for code, chunks in report.languages.items()) or "no language could be told"
    return CheckOutcome(
        report.unread <= most * report.chunks,
        f"{report.unread} of {report.chunks} chunks are in a language that {report.model} was not made for; found: {named}.",
        {
            "unread": report.unread,
            "chunks": report.chunks,
            "unread_share": report.unread / report.chunks if report.chunks else 0.0,
            "max_unread_share": most,
        },
    )


def answers_kept(report: WriteReport) -> CheckOutcome:
    """At most `max_left_out_share` of the entities and of the facts of the model's answers were left out."""
    most = current_thresholds().graph_episodes.max_left_out_share
    entities, facts = count_lost(report.answers_left_out)
    return CheckOutcome(
        entities <= most * report.entities_answered and facts <= most * report.facts_answered,
        f"Of the answers of {report.model}, {entities} of {report.entities_answered} entities and {facts} of "
        f"{report.facts_answered} facts were left out. {describe_dropped(report.answers_left_out)}".strip(),
        {
            "entities_left_out": entities,
            "facts_left_out": facts,
            "left_out_share": max(entities / max(report.entities_answered, 1), facts / max(report.facts_answered, 1)),
            "max_left_out_share": most,
        },
    )


def no_orphans(report: WriteReport) -> CheckOutcome:
    """At most `max_orphans` entities of the collection have neither an episode nor a fact."""
    most = current_thresholds().graph_episodes.max_orphans
    return CheckOutcome(
        report.orphans <= most,
        f"{report.orphans} entities of the collection have neither an episode nor a fact; at most {most} may.",
        {"orphans": report.orphans, "max_orphans": most},
    )


def embeddings_complete(report: WriteReport) -> CheckOutcome:
    """Every entity and fact of the document can be found by vector search."""
    return CheckOutcome(
        report.missing_embeddings <= current_thresholds().graph_episodes.max_missing_embeddings,
        f"{report.missing_embeddings} entities and facts have no embedding.",
        {"missing_embeddings": report.missing_embeddings},
    )


GRAPH_EPISODE_CHECKS: tuple[DocumentCheck[WriteReport], ...] = (
    DocumentCheck(
        "graph_episodes", every_chunk_accounted_for, blocking=True, measure="unaccounted", threshold="max_unaccounted_chunks"
    ),
    DocumentCheck("graph_episodes", no_chunk_set_aside, blocking=False, measure="set_aside", threshold="max_failed_chunks"),
    DocumentCheck("graph_episodes", entities_found, blocking=False, measure="entities", threshold="min_entities"),
    DocumentCheck("graph_episodes", language_is_read, blocking=False, measure="unread_share", threshold="max_unread_share"),
    DocumentCheck("graph_episodes", answers_kept, blocking=False, measure="left_out_share", threshold="max_left_out_share"),
    DocumentCheck("graph_episodes", no_orphans, blocking=False, measure="orphans", threshold="max_orphans"),
    DocumentCheck(
        "graph_episodes", embeddings_complete, blocking=False, measure="missing_embeddings", threshold="max_missing_embeddings"
    ),
)
