"""The receipt of a removed document: removed and retained data, and the collection's digest before and after."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from fathom.graph.write.deletion import DeletionReceipt

ACTION = "documents.remove"


class Receipt(BaseModel):
    """Lists the removed and retained data of a document; contains none of its text."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="id of the receipt in the audit log")
    document: str
    version: str | None = Field(description="SHA-256 of the bytes that were accepted last")
    episodes_removed: int
    facts_removed: int = Field(description="facts that no other document asserts")
    entities_removed: int = Field(description="entities that no other document mentions")
    artifacts_removed: int = Field(description="its converted form, the picture of its first page and its chunks, if any")
    answers_removed: int = Field(description="cached LLM responses that only this document used")
    bytes_removed: list[str] = Field(description="versions of it that were deleted from the store")
    bytes_kept: list[str] = Field(default_factory=list, description="versions of it that stay with the restorable copy")
    restorable_until: float | None = Field(
        None, description="seconds since 1970; until then a copy is kept, from which it can be brought back"
    )
    attachments: list[str] = Field(description="attachments of the mail; they stay until they are removed")
    file_removed: bool = Field(description="whether its file was still in the inbox")
    graph: DeletionReceipt = Field(
        description="the same by uuid, the retained data with reasons, and the digests before and after"
    )
    stays: list[str] = Field(description="retained data outside the graph, with reasons")
    removed_at: float = Field(description="seconds since 1970")
    removed_by: str


class Verification(BaseModel):
    """The result of verifying a receipt against the current state."""

    model_config = ConfigDict(frozen=True)

    receipt: str
    document: str
    holds: bool = Field(description="nothing of the document is back, and all other changes since are explained")
    differences: list[str]
    explained: list[str] = Field(description="changes since then that are in the ledger")
    digest_after: str = Field(description="the collection's digest when the document was removed")
    digest_now: str
