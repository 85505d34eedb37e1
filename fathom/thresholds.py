"""All quality thresholds of Fathom, with their values and reasons."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DocumentThresholds(BaseModel):
    """Thresholds of a converted document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_characters: int = Field(
        1,
        ge=0,
        description="Characters a document must have. One: a note of three words is a document; only nothing is a failure.",
    )
    min_text_recall: float = Field(
        0.90,
        ge=0,
        le=1,
        description="Share of the words of the file's own source that must be shown. Good conversions keep .99 and more; what "
        "is below .90 is lost in many small pieces, none of which is a passage of its own.",
    )
    max_lost_passages: int = Field(
        0,
        ge=0,
        description="Paragraphs, cells, notes and runs of words of the source that may be missing whole. None: a note of "
        "twelve words among five thousand is no share worth naming, and yet what somebody will look for.",
    )
    max_pages_missing: int = Field(
        0,
        ge=0,
        description="Pages of the file that may be missing. None: a lost page is silent loss of whatever stood on it.",
    )
    max_errors: int = Field(
        0,
        ge=0,
        description="Errors the converter may report. None: nothing reports success while errors exist.",
    )
    max_replacement_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Share of characters that may be U+FFFD. One in a hundred is a stray glyph; more is a font or an encoding "
        "that was read wrongly, and no name in it can be trusted.",
    )
    min_ruled_tables_found: float = Field(
        0.80,
        ge=0,
        le=1,
        description="Share of the grids of painted lines with text in them that must be tables. Four of five: a form's boxes "
        "are such a grid now and then, and are rightly no table.",
    )
    max_dropped_share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Share of the words that the body may lack, lost or set apart as running headers, footers and page "
        "numbers. They are a few in a hundred, and up to a sixth on a short page; beyond a quarter it is text that was "
        "taken for a margin.",
    )
    min_ocr_confidence: float = Field(
        0.60,
        ge=0,
        le=1,
        description="Mean line confidence of the OCR. RapidOCR drops lines under .5 and reads clean scans at .9 and more; "
        "below .60 names come out misspelt and make entities that do not exist.",
    )


class ChunkThresholds(BaseModel):
    """Thresholds of a document's chunks; their token limit is the setting `FATHOM_CHUNK_TOKENS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_over_bound: int = Field(
        0,
        ge=0,
        description="Chunks that may have more tokens than the bound. None: the embedder silently cuts off what is beyond it.",
    )
    min_covered: float = Field(
        0.98,
        ge=0,
        le=1,
        description="Share of the document's words that must stand in a chunk, in its text or headings. Running headers and "
        "page numbers are left out on purpose and do not count; .02 is for cells and captions that Docling repeats.",
    )
    min_with_items: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of chunks that name the document items they were made of. All: without a source it cannot be cited.",
    )
    min_with_pages: float = Field(
        0.95,
        ge=0,
        le=1,
        description="Share of chunks with a page, for kinds that have pages. Items that Docling makes up (a group's "
        "label) have none, and are rarely a chunk of their own.",
    )


class GraphThresholds(BaseModel):
    """Thresholds of a document's episodes in the graph."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_unaccounted_chunks: int = Field(
        0,
        ge=0,
        description="Chunks that are neither written, unchanged nor failed by name. None: unseen loss is the worst kind.",
    )
    max_failed_chunks: int = Field(
        0,
        ge=0,
        description="Chunks that failed again and again and were set aside. None: with one, the document is done in part.",
    )
    min_entities: int = Field(
        1,
        ge=0,
        description="Entities a document must mention. One: a text that names nobody and nothing is rare, "
        "and worth a look before it is believed.",
    )
    max_unread_share: float = Field(
        0.20,
        ge=0,
        le=1,
        description="Share of chunks in a language the model was not made for. A fifth are quotations and titles; of more, "
        "what is found is chance, and a model that reads the language should be asked.",
    )
    max_left_out_share: float = Field(
        0.20,
        ge=0,
        le=1,
        description="Share of the entities, and of the facts, of the model's answers that may be left out because the text "
        "does not name them or they say too little. A few in a hundred are what a model knows from elsewhere; beyond a fifth "
        "it does not read the text, or Fathom does not read the model.",
    )
    max_orphans: int = Field(
        0,
        ge=0,
        description="Entities of the collection without an episode or a fact. None: removal takes them along.",
    )
    max_missing_embeddings: int = Field(
        0,
        ge=0,
        description="Entities and facts without an embedding. None: search by meaning cannot find what has no vector.",
    )


class Thresholds(BaseModel):
    """All thresholds, stage by stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    documents: DocumentThresholds = DocumentThresholds()
    chunks: ChunkThresholds = ChunkThresholds()
    graph_episodes: GraphThresholds = GraphThresholds()


THRESHOLDS = Thresholds()
