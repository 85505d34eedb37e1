"""Stores the date of each version of a document, its reference time, and the source of that date.

A date given at ingestion precedes the date in the file name, which precedes the date in the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.calendar.spans import span_of
from fathom.calendar.words import MONTHS
from fathom.errors import UsageWrong
from fathom.settings import settings
from fathom.sql import batched, insert_into
from fathom.tables import document_dates, uploads
from fathom.uploads.attachments_of_mails import mail_links_of

GIVEN, NAME = "given", "file name"
_RANKS = {GIVEN: 0, NAME: 1}  # dates in the file itself rank after these

_MONTH = "|".join(sorted((re.escape(name) for name in MONTHS), key=len, reverse=True))
_IN_NAMES = tuple(
    re.compile(rf"(?<![\dA-Za-z]){form}(?![\dA-Za-z])", re.IGNORECASE)
    for form in (
        r"((?:19|20)\d\d)[-_. ]?([01]\d)[-_. ]?([0-3]\d)(?:T?\d{4,6})?",
        r"([0-3]?\d[-_.][01]?\d[-_.](?:19|20)\d\d)",
        rf"([0-3]?\d[-_. ]?(?:{_MONTH})[-_. ]?(?:19|20)\d\d)",
        rf"((?:{_MONTH})[-_. ]?[0-3]?\d[-_., ]+(?:19|20)\d\d)",
        rf"((?:{_MONTH})[-_. ]?(?:19|20)\d\d)",
        r"((?:19|20)\d\d)[-_. ]([01]\d)",
        r"(Q[1-4][-_. ]?(?:19|20)\d\d|(?:19|20)\d\d[-_. ]?Q[1-4])",
        r"((?:19|20)\d\d)",
    )
)


@dataclass(frozen=True, slots=True)
class DocumentDate:
    """The date of a document and its source: `given`, `file name`, or the part of the file."""

    at: datetime
    source: str


def given_date(text: str) -> DocumentDate:
    """Parses a date given by the caller. Raises UsageWrong if the text is no date."""
    span = span_of(text)
    if span is None:
        raise UsageWrong(f"{text[:60]!r} is no date.", hint="Write it as 2021-05-04, 2021-05, 2021 or 2021-05-04T10:00:00Z.")
    return DocumentDate(span.begins, GIVEN)


def date_in_name(path: str) -> DocumentDate | None:
    """Returns the date in a file's name, as in `2021-05-04_minutes.pdf`; None where there is none."""
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    for form in _IN_NAMES:
        for found in form.finditer(stem):
            text = "-".join(found.groups()) if len(found.groups()) > 1 else re.sub(r"[_.]", " ", found[1])
            if re.fullmatch(r"\d{1,2} \d{1,2} \d{4}", text):
                text = text.replace(" ", "." if "." in found[1] else "/")
            if (span := span_of(text)) is not None:
                return DocumentDate(span.begins, NAME)
    return None


def note_own_date(engine: Engine, document: str, version: str, own: DocumentDate | None) -> DocumentDate | None:
    """Records the date found in the file, or in its name if the settings allow that; returns the date that counts.

    An attachment without a date of its own gets the date of its mail.
    """
    if own is not None:
        note_date(engine, document, version, own)
    if settings().date_from_name and (in_name := date_in_name(document)) is not None:
        note_date(engine, document, version, in_name)
    if (known := date_of(engine, document, version)) is None and (mail := mail_links_of(engine, document).mail) is not None:
        of_mail = latest_date_of(engine, mail)
        if of_mail is not None:
            known = DocumentDate(of_mail.at, "the mail it came with")
            note_date(engine, document, version, known)
    return known


def note_date(engine: Engine, document: str, version: str, date: DocumentDate) -> None:
    """Records the date of the version, unless a date of a higher rank is known."""
    insert = insert_into(engine, document_dates)
    c = document_dates.c
    rank = _RANKS.get(date.source, len(_RANKS))
    values: dict[str, Any] = {
        "document": document,
        "version": version,
        "at": date.at.astimezone(UTC).isoformat(),
        "source": date.source,
        "rank": rank,
    }
    statement = insert.values(**values).on_conflict_do_update(
        index_elements=[c.document, c.version],
        set_={name: insert.excluded[name] for name in ("at", "source", "rank")},
        where=c.rank >= insert.excluded.rank,
    )
    with engine.begin() as connection:
        connection.execute(statement)


def date_of(engine: Engine, document: str, version: str) -> DocumentDate | None:
    """Returns the date of the version; None where none is known."""
    return dates_of(engine, [(document, version)]).get(document)


def latest_date_of(engine: Engine, document: str) -> DocumentDate | None:
    """Returns the date of the version of the document that was accepted last; None where none is known."""
    with engine.begin() as connection:
        version = connection.scalar(sa.select(uploads.c.version).where(uploads.c.document == document))
    return date_of(engine, document, version) if version is not None else None


def dates_of(engine: Engine, versions: Iterable[tuple[str, str | None]]) -> Mapping[str, DocumentDate]:
    """Returns the dates of these versions of documents, by document, for those that have a date."""
    c = document_dates.c
    wanted = {document: version for document, version in versions if version is not None}
    found: dict[str, DocumentDate] = {}
    with engine.begin() as connection:
        for page in batched(wanted):
            query = sa.select(c.document, c.version, c.at, c.source).where(c.document.in_(page))
            for document, version, at, source in connection.execute(query):
                if version == wanted[document]:
                    found[document] = DocumentDate(datetime.fromisoformat(at), source)
    return found


def shown_date(date: DocumentDate | None) -> dict[str, Any]:
    """Returns the date as the fields of a document row."""
    return {"document_date": date and date.at, "document_date_from": date and date.source}
