"""The partitions of ingestion: each document is a partition, its id is the key."""

from __future__ import annotations

import dagster as dg

documents_by_id = dg.DynamicPartitionsDefinition(name="documents")
