"""The IO manager: stores values between assets as files of each document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from fathom.chunking.chunk import ChunkSet
from fathom.conversion.report import ConvertedDocument
from fathom.database import open_database
from fathom.graph.write.write_report import WriteReport
from fathom.settings import settings
from fathom.storage.replaced_artifacts import keep_replaced

if TYPE_CHECKING:
    from fathom.storage.artifacts import ArtifactStore

Artifact = ConvertedDocument | ChunkSet | WriteReport


class Artifacts(dg.ConfigurableIOManager):
    """Stores converted documents and chunks. A write report is not stored: ledger and graph hold its content."""

    _store: ArtifactStore | None = PrivateAttr(default=None)

    @property
    def store(self) -> ArtifactStore:
        """The artifact store of this deployment."""
        if self._store is None:
            from fathom.storage.artifacts import open_artifacts

            self._store = open_artifacts(settings())
        return self._store

    def keep(self, document: str, value: Artifact) -> str | None:
        """Stores the value under the document and returns its address. Raises StoreFull, StoreFailed."""
        if isinstance(value, ConvertedDocument):
            keep_replaced(open_database(settings().operational_url), self.store, document, value.report.version)
            return self.store.save_converted(document, value)
        if isinstance(value, ChunkSet):
            return self.store.save_chunks(document, value)
        return None

    def handle_output(self, context: dg.OutputContext, obj: Artifact) -> None:
        """Stores the output of an asset under its partition."""
        if place := self.keep(context.partition_key, obj):
            context.add_output_metadata({"stored_at": dg.MetadataValue.path(place)})

    def load_input(self, context: dg.InputContext) -> Artifact:
        """Returns the value of the upstream asset for this partition. Raises StoreFailed if there is none."""
        document = context.partition_key
        if context.asset_key == dg.AssetKey("documents"):
            return self.store.load_converted(document)
        return self.store.load_chunks(document)
