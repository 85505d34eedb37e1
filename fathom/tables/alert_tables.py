"""Defines the tables of alerts."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata

# Incidents, of which a rule and key have one that is pending or open. Times in seconds since 1970.
alert_incidents = sa.Table(
    "alert_incidents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("documents", sa.Text, nullable=False),  # the first, as a JSON list
    sa.Column("subjects", sa.Integer, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text),
    sa.Column("began_at", sa.Float, nullable=False),  # of the condition
    sa.Column("opened_at", sa.Float),
    sa.Column("seen_at", sa.Float, nullable=False),
    sa.Column("clear_since", sa.Float),
    sa.Column("resolved_at", sa.Float),
    sa.Column("notified_at", sa.Float),
    sa.Column("notices", sa.Integer, nullable=False, server_default="0"),
    sa.Column("flaps", sa.Integer, nullable=False, server_default="0"),
    sa.Column("escalated_at", sa.Float),
    sa.Column("acknowledged_by", sa.Text),
    sa.Column("acknowledged_at", sa.Float),
    sa.Column("told_subjects", sa.Integer, nullable=False, server_default="0"),  # at the last notice
    sa.Column("told_documents", sa.Text, nullable=False, server_default="[]"),
    sa.Column("resolved_by", sa.Text),  # the person who ended it, else NULL
    sa.Index("alert_incidents_by_state", "state", "resolved_at"),
    sa.Index("alert_incidents_by_key", "rule", "key", "state"),
)

# Notices to send, and those sent: the key is in the notice, so that a receiver knows one that comes twice.
alert_notices = sa.Table(
    "alert_notices",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", sa.Float, nullable=False),
    sa.Column("sent_at", sa.Float),
    sa.Column("given_up_at", sa.Float),
    sa.Column("error", sa.Text),
    sa.Index("alert_notices_to_send", "sent_at", "given_up_at", "next_at"),
)

# Silences by people: incidents of a rule (or pattern) with the labels send no notices until the end.
alert_silences = sa.Table(
    "alert_silences",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("ends_at", sa.Float, nullable=False),
)
