"""All quality thresholds of Fathom, with their values and reasons."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DocumentThresholds(BaseModel):
    """Thresholds of a converted document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_characters: int = Field(
        1,
        ge=0,
        description="Minimum characters of a document. 1: a note of three words is a document; only empty text is a failure.",
    )
    min_text_recall: float = Field(
        0.90,
        ge=0,
        le=1,
        description="Share of the words of the file's source that must be converted. Good conversions keep .99 and more; "
        "below .90, words are lost in many pieces that are too small to count as lost passages.",
    )
    max_lost_passages: int = Field(
        0,
        ge=0,
        description="Paragraphs, cells, notes and runs of words of the source that may be missing as a whole. 0: a note of "
        "twelve words among five thousand is a small share, and yet may be the searched passage.",
    )
    max_pages_missing: int = Field(
        0,
        ge=0,
        description="Pages of the file that may be missing. 0: a missing page is silent loss of its content.",
    )
    max_errors: int = Field(
        0,
        ge=0,
        description="Errors that the converter may report. 0: no success with errors.",
    )
    max_replacement_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Share of characters that may be U+FFFD. Up to 1 % are stray glyphs; more means a wrongly decoded font or "
        "encoding, whose names cannot be trusted.",
    )
    min_ruled_tables_found: float = Field(
        0.80,
        ge=0,
        le=1,
        description="Share of the grids of ruled lines with text that must be tables. .80: the boxes of a form are sometimes "
        "such a grid without being a table.",
    )
    max_dropped_share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Share of the words that may be missing from the body, lost or classified as headers, footers and page "
        "numbers. These are a few percent, and up to a sixth on a short page; beyond a quarter, body text was "
        "misclassified.",
    )
    min_ocr_confidence: float = Field(
        0.60,
        ge=0,
        le=1,
        description="Confidence of the OCR: the mean over pages of each page's mean, weighted by letters. Clean scans reach .9 "
        "and more, and lines under .5 are dropped (`MIN_CONFIDENCE` in text_recognition.py); below .60 names come out "
        "misspelt and make entities that do not exist.",
    )


class ChunkThresholds(BaseModel):
    """Thresholds of a document's chunks; their token limit is the setting `FATHOM_CHUNK_TOKENS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_over_bound: int = Field(
        0,
        ge=0,
        description="Chunks that may exceed the token limit. 0: the embedder truncates longer texts silently.",
    )
    min_covered: float = Field(
        0.98,
        ge=0,
        le=1,
        description="Share of the document's words that must stand in a chunk made of their item; a heading may stand in the "
        "headings of any chunk. Running headers and footers, page numbers and hidden items do not count; .02 is for cells and "
        "captions that Docling repeats.",
    )
    min_with_items: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of chunks that name their source items. 1: a chunk without provenance cannot be cited.",
    )
    min_with_pages: float = Field(
        0.95,
        ge=0,
        le=1,
        description="Share of chunks with a page, for types that have pages. Items that Docling generates (a group's label) "
        "have none, and are rarely a chunk of their own.",
    )


class GraphThresholds(BaseModel):
    """Thresholds of a document's episodes in the graph."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_unaccounted_chunks: int = Field(
        0,
        ge=0,
        description="Chunks that are neither written, unchanged nor failed. 0: silent loss is the worst kind.",
    )
    max_failed_chunks: int = Field(
        0,
        ge=0,
        description="Quarantined chunks, which failed repeatedly. 0: with any, the document is done in part.",
    )
    min_entities: int = Field(
        1,
        ge=0,
        description="Minimum entities of a document. 1: a text without any named entity is rare and worth a check.",
    )
    max_unread_share: float = Field(
        0.20,
        ge=0,
        le=1,
        description="Share of chunks in a language that the model does not support. Up to a fifth may be quotations and "
        "titles; with more, results are unreliable, and a model that supports the language should be used.",
    )
    max_left_out_share: float = Field(
        0.20,
        ge=0,
        le=1,
        description="Share of the extracted entities, and of the facts, that may be dropped because the text does not name "
        "them or they say too little. A few percent come from the model's own knowledge; beyond a fifth, the model does not "
        "use the text, or its responses are parsed wrongly.",
    )
    max_orphans: int = Field(
        0,
        ge=0,
        description="Entities of the collection without an episode or a fact. 0: removals delete them too.",
    )
    max_missing_embeddings: int = Field(
        0,
        ge=0,
        description="Entities and facts without an embedding. 0: semantic search cannot find them.",
    )
    min_yield_of_usual: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Facts a chunk, as a share of the median of documents alike. .25: single documents vary by half; a quarter "
        "says that the model, the prompt or the text is broken. Smaller losses show in the series of all documents.",
    )
    max_cost_of_usual: float = Field(
        3.0,
        ge=1,
        description="Cost of a written chunk, in medians of documents alike. 3: chunks are of one size, so only retries and "
        "another model cost more.",
    )
    max_time_of_usual: float = Field(
        5.0,
        ge=1,
        description="Time of a written chunk, in medians of documents alike. 5: rate limits and busy servers double it.",
    )


class GraphServerThresholds(BaseModel):
    """Thresholds of the graph's server, by which `fathom graph health` judges it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_latency_ms: float = Field(
        1000.0,
        gt=0,
        description="Duration of a trivial query. Usual are a few milliseconds; a second indicates an overloaded server.",
    )
    min_free_disk_gb: float = Field(
        2.0,
        ge=0,
        description="Free disk space of the graph's data. 2 GB: an hour of ingestion, its logs, and the room in which the "
        "server reorganizes its files.",
    )
    critical_free_disk_gb: float = Field(
        0.2,
        ge=0,
        description="Free disk space below which the graph is unhealthy. .2 GB: the next log file may fill the disk, after "
        "which no write succeeds.",
    )
    max_episode_difference: int = Field(
        0,
        ge=0,
        description="Episodes by which ledger and graph may differ in a collection that nobody writes. 0: the ledger would "
        "skip lost episodes, and removals would miss unknown ones.",
    )


class ValidationThresholds(BaseModel):
    """Thresholds of `fathom graph validate`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_duplicate_cosine: float = Field(
        0.97,
        ge=0.5,
        le=1,
        description="Cosine of the embeddings of two names from which the entities are listed as possible duplicates. .97: "
        "in a hundred articles the pairs from .85 to .96 are mostly different things (`New York` and `York` .94, "
        "`Paul Desmarais` and his father .96).",
    )


class BackupThresholds(BaseModel):
    """Thresholds of the check of backups."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_age_in_intervals: float = Field(
        2.0,
        ge=1,
        description="Age of the newest backup, in intervals of FATHOM_BACKUP_EVERY_HOURS, above which the check fails. 2: a "
        "single missing backup is noticed, and one that is made late is not.",
    )


class DeploymentThresholds(BaseModel):
    """Thresholds of the deployment, by which `fathom health` judges it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_free_disk_gb: float = Field(
        2.0,
        ge=0,
        description="Free disk space of the home. 2 GB: some hours of ingestion and logs, and time to act.",
    )
    critical_free_disk_gb: float = Field(
        0.2,
        ge=0,
        description="Free disk space of the home below which it is full. .2 GB: a backup or the "
        "graph's next log file fills it, after which writes fail.",
    )
    max_failed_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Share of failed documents in a day, and of failed model calls in an hour. .05: the error rate of the "
        "monitoring seeds; single broken files stay below it.",
    )
    min_failed_calls: int = Field(
        3,
        ge=1,
        description="Failed model calls in an hour from which their share counts. 3: a single timeout is repeated and told "
        "to nobody.",
    )
    max_queue_silence_s: float = Field(
        300.0,
        gt=0,
        description="Seconds for which a document may wait while no run works. 300: a run starts within seconds, and after a "
        "restart of Dagster within two minutes.",
    )
    max_sensor_silence_s: float = Field(
        300.0,
        gt=0,
        description="Seconds since the last tick of the upload sensor. 300: it ticks every 5 s, and each minute while nothing "
        "happens.",
    )


class DriftThresholds(BaseModel):
    """Thresholds of drift: of a collection's newest documents against its reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_false_alarms_a_year: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="Probability of a false alarm in a year of looks, for each metric of a collection. .05: a false alarm in "
        "twenty years; a larger one finds drift some documents earlier.",
    )
    min_documents: int = Field(
        20,
        ge=10,
        description="Documents on either side that are needed for a comparison. 20: fewer tell only differences that anybody "
        "sees.",
    )
    reference_documents: int = Field(
        50,
        ge=10,
        description="First documents of a collection that become its reference by themselves. 50: their mixture is known to "
        "about a tenth, and most collections soon have as many.",
    )
    max_psi: float = Field(
        0.1,
        ge=0,
        description="Population stability index that is too small to matter, however certain. .1: by the usual rule there is "
        "no change below it.",
    )
    max_ks: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Distance of Kolmogorov and Smirnov that is too small to matter, however certain. .1: a tenth of the "
        "documents has moved.",
    )
    max_jensen_shannon: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Jensen-Shannon distance of categories that is too small to matter, however certain. .1: 2 % of the "
        "documents have a new category.",
    )
    max_mean_distance: float = Field(
        0.33,
        ge=0,
        description="Distance of mean embeddings that is too small to matter, in distances of a usual document from the mean. "
        ".33: subjects of one field differ by about as much.",
    )
    max_classifier_auc: float = Field(
        0.65,
        ge=0.5,
        le=1,
        description="Area under the ROC curve of a classifier of old and new documents that is too small to matter. .65: it "
        "puts two of three pairs in order.",
    )


class Thresholds(BaseModel):
    """All thresholds by stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    documents: DocumentThresholds = DocumentThresholds()
    chunks: ChunkThresholds = ChunkThresholds()
    graph_episodes: GraphThresholds = GraphThresholds()
    graph_server: GraphServerThresholds = GraphServerThresholds()
    graph_validation: ValidationThresholds = ValidationThresholds()
    graph_backup: BackupThresholds = BackupThresholds()
    deployment: DeploymentThresholds = DeploymentThresholds()
    drift: DriftThresholds = DriftThresholds()


THRESHOLDS = Thresholds()
