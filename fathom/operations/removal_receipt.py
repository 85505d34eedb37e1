"""The receipt of a removed document: what went, what stays and why, and the collection's digest before and after."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from fathom.graph.write.deletion import DeletionReceipt

ACTION = "documents.remove"


class Receipt(BaseModel):
    """What was removed of a document, and what was not; it names nothing that the document said."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="of the receipt in the audit log")
    document: str
    version: str | None = Field(description="SHA-256 of the bytes that were accepted last")
    episodes_removed: int
    facts_removed: int = Field(description="those that nothing else asserts")
    entities_removed: int = Field(description="those that nothing else mentions")
    artifacts_removed: int = Field(description="its converted form, the picture of its first page and its chunks, where made")
    answers_removed: int = Field(description="answers of the language model that only it had used")
    bytes_removed: list[str] = Field(description="versions of it that were in the store")
    attachments: list[str] = Field(description="documents that came with it, a mail; they stay till they are removed")
    file_removed: bool = Field(description="whether its file was still in the inbox")
    graph: DeletionReceipt = Field(description="the same by uuid, what stays and why, and the digests before and after")
    stays: list[str] = Field(description="what is kept beside the graph, and why")
    removed_at: float = Field(description="seconds since 1970")
    removed_by: str


class Verification(BaseModel):
    """A receipt held against what is there now."""

    model_config = ConfigDict(frozen=True)

    receipt: str
    document: str
    holds: bool = Field(description="nothing of the document is back, and what else changed since is accounted for")
    differences: list[str]
    explained: list[str] = Field(description="changes since then that the ledger knows of")
    digest_after: str = Field(description="the collection's digest when the document was removed")
    digest_now: str
