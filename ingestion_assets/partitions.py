"""How ingestion is partitioned: one partition a document, named by its id."""

from __future__ import annotations

import dagster as dg

documents_by_id = dg.DynamicPartitionsDefinition(name="documents")
