"""Defines the tables of metrics and of check results."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata

# A metric with a set of labels (a JSON object with sorted keys), its newest value, and the count and sum of all its values.
metric_series = sa.Table(
    "metric_series",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("last_value", sa.Float),
    sa.Column("last_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("samples", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("total", sa.Float, nullable=False, server_default="0"),
    sa.UniqueConstraint("name", "labels"),
)

# Values of a series in a span of `step_s` seconds from `at`: their count, sum, extremes and quantile digest.
metric_rollups = sa.Table(
    "metric_rollups",
    metadata,
    sa.Column("series", sa.Integer, primary_key=True),
    sa.Column("step_s", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("samples", sa.BigInteger, nullable=False),
    sa.Column("total", sa.Float, nullable=False),
    sa.Column("least", sa.Float, nullable=False),
    sa.Column("most", sa.Float, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Index("metric_rollups_by_age", "step_s", "at"),
    sa.Index("metric_rollups_by_change", "step_s", "changed_at"),
    sqlite_with_rowid=False,  # the spans of a series are stored side by side
)

# How far each source was read into metrics, or rolled up.
metric_cursors = sa.Table(
    "metric_cursors",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("position", sa.Float, nullable=False),
)

# The last result of each check of a document; checks of a collection, or of all, have no document.
check_results = sa.Table(
    "check_results",
    metadata,
    sa.Column("asset", sa.Text, primary_key=True),
    sa.Column("check_name", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, primary_key=True, server_default=""),
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("measured", sa.Float),
    sa.Column("threshold", sa.Float),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text),
    sa.Column("checked_at", sa.Float, nullable=False),
    sa.Index("check_results_by_outcome", "passed", "checked_at"),
    sa.Index("check_results_by_document", "document"),
)

# Issues of the deployment's health that were seen, with the time at which each began.
health_issues = sa.Table(
    "health_issues",
    metadata,
    sa.Column("issue", sa.Text, primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
)
