"""A chunk: a bounded piece of a document with its identity and where it stands."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from fathom.conversion.structure.document_inline import Hyperlink
from fathom.conversion.structure.provenance import PageBox


class Chunk(BaseModel):
    """A structure-aware, token-bounded piece of a document."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="fathom.ids.chunk_identity of document, text and rank among equal texts")
    document: str
    position: int = Field(description="0-based place in the document")
    text: str = Field(description="the piece itself, without its headings")
    headings: list[str] = Field(description="headings above it, outermost first")
    pages: list[int] = Field(description="1-based pages it stands on; empty where the kind has none")
    boxes: list[PageBox] = Field(default_factory=list[PageBox])
    items: list[str] = Field(description="docling references of the items it was made of")
    tokens: int = Field(description="tokens of `embedding_text`, by the embedder's tokenizer")
    kind: str = Field("text", description="text, table, list or code")
    links: list[Hyperlink] = Field(default_factory=list[Hyperlink], description="links in its text, in order")
    language: str | None = Field(None, description="ISO 639 code of its language; None where nothing of the document tells")

    @property
    def embedding_text(self) -> str:
        """The text with its headings in front, as it is embedded and sent to the language model."""
        return "\n".join([*self.headings, self.text])


class ChunkSet(BaseModel):
    """All chunks of a version of a document."""

    model_config = ConfigDict(frozen=True)

    document: str
    version: str
    chunks: list[Chunk]
    covered: float = Field(description="share of the document's words that stand in a chunk, 0-1")
    max_tokens: int
    chunker: str = Field(description="name and version of the chunker")
    seconds: float
