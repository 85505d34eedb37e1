"""Renders documents as table rows, or as cards on a narrow screen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from fathom.api.page import figures_in_words
from fathom.api.page.html_markup import Child, Markup, join, tag
from fathom.api.routes.document_paths import encoded
from fathom.status.document_status import DocumentStatus

_COLUMNS = ("Document", "State", "Progress", "Chunks", "Entities", "Facts", "Cost", "Accepted")
_FIGURES = 3  # the first column of figures


def table(statuses: Sequence[DocumentStatus], now: datetime) -> Markup:
    """Returns the table of documents."""
    heads = (tag("th", name, scope="col", class_="n" if at >= _FIGURES else None) for at, name in enumerate(_COLUMNS))
    rows = (_row(status, now) for status in statuses)
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), class_="documents"),
        id="documents",
    )


def state(status: DocumentStatus) -> Markup:
    """Returns the state as a coloured word."""
    return tag("span", figures_in_words.STATES[status.state], class_=f"dot {status.state}")


def bar(status: DocumentStatus) -> Markup:
    """Returns the progress bar."""
    return tag("progress", f"{status.progress} %", value=status.progress, max=100, aria_label="Progress")


def progress_words(status: DocumentStatus, now: datetime) -> str:
    """Returns the progress and the estimated time left."""
    detail = status.progress_detail
    stage = figures_in_words.STAGES.get(status.stage, status.stage)
    done = f"{stage}, {detail.current:,} of {detail.total:,} {detail.unit}" if detail else stage
    return ", ".join(part for part in (done, figures_in_words.estimate(status, now)) if part)


def _row(status: DocumentStatus, now: datetime) -> Markup:
    collection, _, name = status.upload_id.partition("/")
    figures = status.metrics
    link = tag("a", tag("small", f"{collection}/"), name, href=f"/documents/{encoded(status.upload_id)}")
    cells: list[Child] = [
        tag("th", link, scope="row"),
        tag("td", state(status), _sentence(status), class_="state"),
        tag("td", _progress(status, now), class_="progress"),
        _figure(_chunks(status), " chunks"),
        _figure(figures_in_words.number(figures["entities_extracted"]), " entities"),
        _figure(figures_in_words.number(figures["relations_extracted"]), " facts"),
        _figure(figures_in_words.dollars(figures["cost_usd"])),
        _figure(figures_in_words.ago(status.accepted_at, now), title=figures_in_words.instant(status.accepted_at)),
    ]
    digest = hashlib.sha256(status.upload_id.encode("utf-8", "replace")).hexdigest()[:16]
    return tag("tr", *cells, id=f"d{digest}", class_=status.state)


def _sentence(status: DocumentStatus) -> Child:
    by_hand = tag("small", status.by_hand.sentence) if status.by_hand else None
    if status.state == "complete":
        return by_hand
    return join(tag("small", status.detail), by_hand) if by_hand else tag("small", status.detail)


def _progress(status: DocumentStatus, now: datetime) -> Child:
    if status.state in ("complete", "partial"):
        spent = sum(value for value in status.durations.values() if value)
        return tag("small", f"{figures_in_words.seconds(spent)} of work" if spent else "")
    if status.state == "failed":
        return tag(
            "small",
            f"stopped at {figures_in_words.STAGES.get(status.stage, status.stage).lower()}" if status.stage != "upload" else "",
        )
    return join(bar(status), tag("small", progress_words(status, now)))


def _chunks(status: DocumentStatus) -> str:
    total, written = status.metrics["chunks_total"], status.metrics["chunks_processed"]
    if total is None or total == written or status.state == "complete":
        return figures_in_words.number(total if total is not None else written or None)
    return f"{figures_in_words.number(written)}/{figures_in_words.number(total)}"


def _figure(value: str, unit: str | None = None, title: str | None = None) -> Markup:
    """Returns a cell; its unit is shown in cards, which have no column heads."""
    return tag("td", value, class_="n", data_unit=unit, title=title)
