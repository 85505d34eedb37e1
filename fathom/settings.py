"""All settings of Fathom, with their names, types, defaults and meanings."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from fathom.alert_settings import AlertSettings
from fathom.errors import SettingsInvalid
from fathom.threshold_overrides import ThresholdOverride
from fathom.web_origin import host_names

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PREFIX = "FATHOM_"
SETTINGS_FILE = "fathom.toml"


class Settings(BaseSettings):
    """The settings of a deployment, read from `FATHOM_…` variables and `fathom.toml`; the environment has precedence."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, toml_file=PROJECT_ROOT / SETTINGS_FILE, env_ignore_empty=True
    )

    home: Path = Field(Path(".fathom"), description="Where local state lives; relative to the project.")
    inbox: Path | None = Field(None, description="Folder watched for uploads; default: inbox in the home.")
    store: str | None = Field(None, description="fsspec URL of the file store; default: the folder store in the home.")
    database_url: SecretStr | None = Field(
        None,
        description="SQLAlchemy URL of the operational tables, and on Postgres of Dagster's storage (in the schema `dagster`); "
        "default: SQLite in the home.",
    )

    graph_uri: str | None = Field(None, description="Bolt address of a Neo4j server; unset: the embedded graph.")
    graph_user: str = Field("neo4j", description="User at graph_uri.")
    graph_password: SecretStr | None = Field(None, description="Password at graph_uri.")
    graph_reader_user: str | None = Field(
        None, description="Read-only user at graph_uri, for queries of people; unset: graph_user in read-only transactions."
    )
    graph_reader_password: SecretStr | None = Field(None, description="Password of graph_reader_user.")
    graph_database: str = Field("neo4j", description="Database at graph_uri.")
    graph_heap_mb: int = Field(512, ge=128, le=65536, description="Java heap of the embedded graph, in MB.")

    llm: Literal["offline", "anthropic", "openai"] = Field(
        "offline", description="Language model that extracts entities and facts; `openai`: any server with its API."
    )
    llm_model: str | None = Field(None, description="Model of the provider; default: claude-sonnet-5-5, gpt-5.4-mini.")
    llm_small_model: str | None = Field(None, description="Model for small requests; default: claude-haiku-5-5, gpt-5.4-nano.")
    llm_base_url: str | None = Field(None, description="Address of the provider's API; default: its own.")
    anthropic_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("anthropic_api_key", "ANTHROPIC_API_KEY"),
        description="Key for the provider anthropic.",
    )
    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY"),
        description="Key for the provider openai; a local server may need none.",
    )
    llm_concurrency: int = Field(16, ge=1, le=256, description="Maximum concurrent LLM calls of a run.")
    llm_requests_per_minute: int | None = Field(
        None, ge=1, le=1_000_000, description="Maximum LLM calls per minute, of all runs of this host."
    )
    llm_tokens_per_minute: int | None = Field(
        None, ge=1000, le=1_000_000_000, description="Maximum input and output tokens per minute, of all runs of this host."
    )
    llm_timeout_s: int = Field(120, ge=1, le=3600, description="Timeout of an LLM call, in seconds.")
    llm_batch: bool = Field(
        False, description="Use Anthropic's message batches: half the price, responses within a day. For back-fills."
    )
    llm_cache_mb: int = Field(1024, ge=1, le=1_048_576, description="Size of the cache of LLM responses in the home, in MB.")
    llm_types: Path | None = Field(
        None,
        description="TOML or YAML by collection: types of entities and relations; which relations are functional.",
    )
    llm_usd_per_mtok_in: float | None = Field(
        None, ge=0, le=10_000, description="USD per million input tokens; default: the price list of genai-prices."
    )
    llm_usd_per_mtok_out: float | None = Field(
        None, ge=0, le=10_000, description="USD per million output tokens; default: the price list of genai-prices."
    )
    min_confidence: float = Field(
        0.7,
        ge=0,
        le=1,
        description="Minimum confidence of entities and facts in the graph, where they have a confidence; applies to documents "
        "ingested from then on.",
    )
    budget_usd_per_day: float | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="Maximum LLM cost per day (UTC), in USD; the remaining work waits for the next day.",
    )
    budget_usd_per_document: float | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="Maximum LLM cost per document, in USD; the remaining work waits until it is raised.",
    )

    docling_artifacts: Path | None = Field(
        None,
        description="Folder of Docling's model weights; set: PDFs and pictures are converted by these models. Needs torch.",
    )
    docling_serve_url: str | None = Field(
        None, description="Address of a docling-serve; set: it converts all files but plain text."
    )
    docling_serve_api_key: SecretStr | None = Field(None, description="Key for docling_serve_url.")

    ocr_languages: str | None = Field(
        None, description="Languages of scans, as in en,de; unset: all that the OCR reads. Lines in others are ignored."
    )

    backups: str | None = Field(None, description="fsspec URL of the backups; default: the folder backups in the home.")
    backup_every_hours: float = Field(24, ge=0, le=8760, description="Hours between scheduled backups of all; 0: none.")
    backup_days: int = Field(30, ge=1, le=3650, description="Retention of backups, in days; the newest three stay longer.")
    backup_passphrase: SecretStr | None = Field(
        None, description="Encrypts scheduled backups, and those before a clear or restore."
    )
    dagster_port: int = Field(3000, ge=1, le=65535, description="Port of Dagster's web page on 127.0.0.1.")
    dagster_days: int = Field(
        14, ge=1, le=3650, description="Retention of Dagster's runs, in days; events of a document's current state stay longer."
    )
    api_port: int = Field(8000, ge=1, le=65535, description="Port of the HTTP API on 127.0.0.1.")
    allowed_hosts: str = Field(
        "127.0.0.1,localhost,[::1]",
        description="Host names, each with any port, that the API and Dagster's web page accept; others are refused.",
    )
    api_requests_per_minute: int = Field(
        6000,
        ge=10,
        le=1_000_000,
        description="Maximum requests per minute with a key, for each API process; bursts of a quarter.",
    )
    export_hours: int = Field(
        24, ge=1, le=8760, description="Retention of graph exports in the home, in hours; those with --output are yours."
    )

    date_from_name: bool = Field(
        False, description="Prefer the date in a file's name, as in 2021-05-04_minutes.pdf, to the date in the file."
    )

    max_file_mb: int = Field(200, ge=1, le=10240, description="Maximum size of an upload, in MB.")
    max_pages: int = Field(2000, ge=1, le=100000, description="Maximum pages of a document.")
    convert_timeout_s: int = Field(600, ge=1, le=86400, description="Timeout of the conversion of a document, in seconds.")
    convert_memory_mb: int = Field(4096, ge=512, le=262144, description="Maximum memory of a conversion worker, in MB.")
    convert_workers: int = Field(2, ge=1, le=64, description="Conversion workers on this host.")
    chunk_tokens: int = Field(
        256, ge=32, le=8192, description="Maximum tokens of a chunk, counted by the embedder's tokenizer."
    )

    batch_documents: int = Field(100, ge=1, le=1000, description="Maximum documents of a run.")
    runs_at_once: int = Field(2, ge=1, le=64, description="Concurrent ingestion runs; an urgent document may add 1 more.")
    undo_days: int = Field(
        14,
        ge=0,
        le=3650,
        description="Retention of what replaced versions and removed documents had in the graph, so that writes and removals "
        "can be undone; in days. 0: nothing is kept.",
    )
    attempts: int = Field(3, ge=1, le=10, description="Maximum tries of a document.")

    thresholds: list[ThresholdOverride] = Field(
        default_factory=list[ThresholdOverride],
        description="Overrides of quality thresholds by collection and file type, as `[[thresholds]]`; see docs/thresholds.md.",
    )

    alerts: AlertSettings = Field(
        AlertSettings(), description="Routes, rules and maintenance windows of alerts, as `[alerts]`; see docs/alerts.md."
    )

    otlp_endpoint: str | None = Field(
        None, description="Receiver of OpenTelemetry spans over OTLP/HTTP, such as http://127.0.0.1:4318; unset: none."
    )
    otlp_headers: SecretStr | None = Field(None, description="Headers for otlp_endpoint, `name=value,name=value`.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Minimum level of the log files; events are logged at any level."
    )

    @field_validator("home")
    @classmethod
    def _below_the_project(cls, value: Path) -> Path:
        return (PROJECT_ROOT / value.expanduser()).resolve()

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, value: str) -> str:
        return ",".join(sorted(host_names(value)))

    @field_validator("llm_types", "docling_artifacts")
    @classmethod
    def _beside_the_project(cls, value: Path | None) -> Path | None:
        return value and (PROJECT_ROOT / value.expanduser()).resolve()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Returns the sources in the order of precedence: arguments, environment, fathom.toml."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))

    @property
    def inbox_path(self) -> Path:
        """The folder watched for uploads, absolute."""
        return self.home / "inbox" if self.inbox is None else (PROJECT_ROOT / self.inbox.expanduser()).resolve()

    @property
    def store_url(self) -> str:
        """The fsspec URL of the file store."""
        return self.store or str(self.home / "store")

    @property
    def backups_url(self) -> str:
        """The location of backups: FATHOM_BACKUPS, or the folder `backups` of the home."""
        return self.backups or str(self.home / "backups")

    @property
    def operational_url(self) -> str:
        """The SQLAlchemy URL of the operational tables."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.home / 'fathom.db'}"

    @property
    def in_postgres(self) -> bool:
        """Whether the operational tables and Dagster's storage are in Postgres."""
        return self.operational_url.startswith("postgresql")

    @property
    def logs_path(self) -> Path:
        """The folder of all log files."""
        return self.home / "logs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own folder, with the generated dagster.yaml."""
        return self.home / "dagster"


def variable(name: str) -> str:
    """Returns the environment variable of a setting; the providers' keys have the names of the providers' own tools."""
    own = name.lower() in ("anthropic_api_key", "openai_api_key")
    return name.upper() if own else PREFIX + name.upper()


def read_settings() -> Settings:
    """Reads the settings from the environment and the file.

    Raises SettingsInvalid with each invalid or unknown key, but no value, which could be a secret.
    """
    known = {variable(name) for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise SettingsInvalid(f"Unknown setting: {', '.join(unknown)}.")
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(f"{variable('.'.join(str(p) for p in e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsInvalid(f"Wrong setting: {problems}.") from None
    except ValueError as error:  # malformed TOML
        raise SettingsInvalid(f"{SETTINGS_FILE} cannot be read: {error}.") from None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Returns the settings of this process, read once."""
    return read_settings()
