"""The code location: every asset, check, job, sensor and resource that Dagster loads."""

from __future__ import annotations

import dagster as dg

from fathom.home import own_home
from fathom.orchestration.dagster_home import keep_logs_in_deployment
from fathom.settings import settings
from ingestion_assets.assets import chunks, documents, graph_episodes
from ingestion_assets.drifted_collections import drifted_collections
from ingestion_assets.graph_backup import back_up_graph_job, backup_is_recent_and_proven, check_backups_job, graph_backup
from ingestion_assets.jobs import EXECUTOR, ingest_backlog, ingest_document
from ingestion_assets.quality_metrics import quality_metrics, watch_metrics_job
from ingestion_assets.validated_graph import graph_validation, validate_graph_job
from resources.artifacts import Artifacts
from resources.chunker import Chunker
from resources.converter import Converter
from resources.graph import GraphResource
from resources.uploads import Uploads
from sensors.alerts import alerts
from sensors.backup_due import graph_backup_due
from sensors.metric_rollups import metric_rollups
from sensors.metrics_due import quality_metrics_due
from sensors.old_runs import old_runs
from sensors.uploads import new_uploads
from sensors.validation_due import graph_validation_due

own_home(settings().home)
keep_logs_in_deployment(settings())

defs = dg.Definitions(
    assets=[documents, chunks, graph_episodes, graph_validation, drifted_collections, graph_backup, quality_metrics],
    asset_checks=[backup_is_recent_and_proven],
    jobs=[ingest_document, ingest_backlog, validate_graph_job, back_up_graph_job, check_backups_job, watch_metrics_job],
    sensors=[new_uploads, alerts, old_runs, graph_validation_due, graph_backup_due, metric_rollups, quality_metrics_due],
    resources={
        "artifacts": Artifacts(),
        "chunker": Chunker(),
        "converter": Converter(),
        "graph": GraphResource(),
        "uploads": Uploads(),
    },
    executor=EXECUTOR,
)
