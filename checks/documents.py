"""Checks of a converted document before it is cut into chunks."""

from __future__ import annotations

from checks.outcome import CheckOutcome, DocumentCheck
from fathom.conversion.report import ConversionReport
from fathom.threshold_overrides import current_thresholds


def document_has_text(report: ConversionReport) -> CheckOutcome:
    """The document has at least `min_characters` characters of text; blocking, since nothing can come of an empty one."""
    least = current_thresholds().documents.min_characters
    return CheckOutcome(
        report.characters >= least,
        f"{report.characters} characters of text; at least {least} are needed.",
        {"characters": report.characters, "min_characters": least},
    )


def conversion_keeps_text(report: ConversionReport) -> CheckOutcome:
    """At least `min_text_recall` of the words of the file's own source are shown, and at most `max_lost_passages` are lost."""
    least, most = current_thresholds().documents.min_text_recall, current_thresholds().documents.max_lost_passages
    if report.text_recall is None:
        return CheckOutcome(True, "Its source has no words to compare with: it is a picture, or was read by OCR.", {})
    sentence = f"{report.text_recall:.1%} of the {report.reference_words} words of its source are shown; {least:.0%} must be. "
    sentence += f"{report.lost_passages} passages are lost; at most {most} may be"
    return CheckOutcome(
        report.text_recall >= least and report.lost_passages <= most,
        ": ".join([sentence, "; ".join(report.lost_text)]) if report.lost_text else f"{sentence}.",
        {
            "text_recall": report.text_recall,
            "reference_words": report.reference_words,
            "min_text_recall": least,
            "lost_passages": report.lost_passages,
            "max_lost_passages": most,
            "missing_words": ", ".join(report.missing_words) or None,
        },
    )


def pages_all_there(report: ConversionReport) -> CheckOutcome:
    """At most `max_pages_missing` of the pages the file has were not converted."""
    if report.pages_expected is None:
        return CheckOutcome(True, "This kind of document has no pages to count.", {})
    missing = report.pages_expected - report.pages_converted
    return CheckOutcome(
        0 <= missing <= current_thresholds().documents.max_pages_missing,
        f"{report.pages_converted} of {report.pages_expected} pages were converted.",
        {"pages_converted": report.pages_converted, "pages_expected": report.pages_expected, "pages_missing": missing},
    )


def conversion_without_errors(report: ConversionReport) -> CheckOutcome:
    """The converter met at most `max_errors` errors, over all pages."""
    named = "; ".join(
        f"{error.category}{f' on page {error.page}' if error.page else ''}: {error.message}" for error in report.errors[:5]
    )
    return CheckOutcome(
        len(report.errors) <= current_thresholds().documents.max_errors,
        f"{len(report.errors)} errors: {named}" if report.errors else "No errors.",
        {"errors": len(report.errors)},
    )


def characters_readable(report: ConversionReport) -> CheckOutcome:
    """At most `max_replacement_share` of the characters are U+FFFD, which stands for what could not be read."""
    most = current_thresholds().documents.max_replacement_share
    share = report.replacement_characters / max(report.characters, 1)
    return CheckOutcome(
        share <= most,
        f"{report.replacement_characters} of {report.characters} characters are U+FFFD ({share:.2%}); at most {most:.0%} may.",
        {"replacement_characters": report.replacement_characters, "replacement_share": share, "max_replacement_share": most},
    )


def ruled_tables_found(report: ConversionReport) -> CheckOutcome:
    """At least `min_ruled_tables_found` of the grids of painted lines with text in them are tables of the document."""
    least = current_thresholds().documents.min_ruled_tables_found
    if not report.ruled_tables or report.ruled_tables_found is None:
        return CheckOutcome(True, "No grid of painted lines to find tables by.", {})
    share = report.ruled_tables_found / report.ruled_tables
    return CheckOutcome(
        share >= least,
        f"{report.ruled_tables_found} of {report.ruled_tables} grids of painted lines are tables; {least:.0%} must be.",
        {
            "ruled_tables": report.ruled_tables,
            "ruled_tables_found": report.ruled_tables_found,
            "ruled_tables_share": share,
            "min_ruled_tables_found": least,
        },
    )


def little_text_dropped(report: ConversionReport) -> CheckOutcome:
    """At most `max_dropped_share` of the words are not in the body: lost, or set apart as headers, footers, page numbers."""
    most = current_thresholds().documents.max_dropped_share
    if report.dropped_share is None:
        return CheckOutcome(True, "No words to drop.", {})
    return CheckOutcome(
        report.dropped_share <= most,
        f"{report.dropped_share:.1%} of the words are not in the body; at most {most:.0%} may.",
        {"dropped_share": report.dropped_share, "max_dropped_share": most},
    )


def ocr_confident(report: ConversionReport) -> CheckOutcome:
    """The pages that OCR read have a mean confidence, weighted by letters within a page, of at least `min_ocr_confidence`."""
    least = current_thresholds().documents.min_ocr_confidence
    if report.ocr_confidence is None:
        return CheckOutcome(True, "Nothing was read by OCR.", {})
    return CheckOutcome(
        report.ocr_confidence >= least,
        f"OCR read {report.ocr_pages} pages with a mean confidence of {report.ocr_confidence:.2f}; at least {least} is needed. "
        f"{report.ocr_doubtful_lines} of {report.ocr_lines} lines are doubtful.",
        {
            "ocr_confidence": report.ocr_confidence,
            "ocr_pages": report.ocr_pages,
            "ocr_lines": report.ocr_lines,
            "ocr_doubtful_lines": report.ocr_doubtful_lines,
            "min_ocr_confidence": least,
        },
    )


DOCUMENT_CHECKS: tuple[DocumentCheck[ConversionReport], ...] = (
    DocumentCheck("documents", document_has_text, blocking=True, measure="characters", threshold="min_characters"),
    DocumentCheck("documents", conversion_keeps_text, blocking=False, measure="text_recall", threshold="min_text_recall"),
    DocumentCheck("documents", pages_all_there, blocking=False, measure="pages_missing", threshold="max_pages_missing"),
    DocumentCheck("documents", conversion_without_errors, blocking=False, measure="errors", threshold="max_errors"),
    DocumentCheck(
        "documents", characters_readable, blocking=False, measure="replacement_share", threshold="max_replacement_share"
    ),
    DocumentCheck(
        "documents", ruled_tables_found, blocking=False, measure="ruled_tables_share", threshold="min_ruled_tables_found"
    ),
    DocumentCheck("documents", little_text_dropped, blocking=False, measure="dropped_share", threshold="max_dropped_share"),
    DocumentCheck("documents", ocr_confident, blocking=False, measure="ocr_confidence", threshold="min_ocr_confidence"),
)
