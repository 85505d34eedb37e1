"""Proof that conversion needs no network: real documents are converted where there is none."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines.engine_choice import require_usable
from fathom.conversion.service.worker_launch import worker_environment
from fathom.errors import ConversionTimedOut, ConverterUnreachable, UsageWrong
from fathom.settings import PROJECT_ROOT, Settings

SAMPLES = PROJECT_ROOT / "samples"
SAMPLE_SUFFIXES = frozenset({".pdf", ".docx", ".pptx", ".xlsx", ".html", ".md", ".eml"})


class VerifiedDocument(BaseModel):
    """A document that was converted without a network."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    seconds: float
    pages: int = 0
    words: int = 0
    error: str | None = Field(None, description="why it was not converted")


class OfflineVerification(BaseModel):
    """The result of converting documents with the network closed."""

    model_config = ConfigDict(frozen=True)

    closed_by: Literal["network namespace", "socket guard"] = Field(
        description="a namespace holds against native code too; the guard, used where none is permitted, against Python only"
    )
    converter: str
    warm_up_s: float
    documents: list[VerifiedDocument]
    fetched: list[str] = Field(description="hosts and addresses that anything tried to reach")
    loaded_late: list[str] = Field(description="libraries and weights loaded only after the warm-up")

    @property
    def problems(self) -> list[str]:
        """The findings against it, a sentence each; empty if every document converted and nothing was fetched or late."""
        return [
            *(f"{document.name} was not converted: {document.error}" for document in self.documents if document.error),
            *(f"Something tried to reach {address}." for address in self.fetched),
            *(f"{what} was loaded after the warm-up." for what in self.loaded_late),
            *(["No document was converted."] if not self.documents else []),
        ]

    @property
    def passed(self) -> bool:
        """Whether conversion needs no network and no late load."""
        return not self.problems


def sample_documents() -> list[Path]:
    """Returns the project's samples, at least one of each kind."""
    return sorted(path for path in SAMPLES.glob("*") if path.suffix in SAMPLE_SUFFIXES and path.stem != "README")


def verify_offline(settings: Settings, documents: Sequence[Path], *, engine: str | None = None) -> OfflineVerification:
    """Converts the documents in turn in a process of its own that has no network.

    Raises ConverterUnreachable if that process ends without a result (its last words are in the message), ConversionTimedOut
    if it takes longer than `convert_timeout_s` for each of the documents, UsageWrong where a docling-serve converts.
    """
    if engine is None and settings.docling_serve_url:
        message = "A docling-serve converts, which is reached by the network: there is nothing to verify without one."
        raise UsageWrong(message, hint="`fathom docling status` says whether it answers.")
    if engine is None:
        require_usable(settings.docling_artifacts, settings.docling_serve_url)
    within = settings.convert_timeout_s * max(1, len(documents))
    with tempfile.TemporaryFile() as result:
        command = [sys.executable, "-m", "fathom.conversion.quality.offline_probe", str(result.fileno())]
        command += [
            ConverterSettings.of(settings, engine=engine).model_dump_json(),
            *(str(path.absolute()) for path in documents),
        ]
        try:
            probe = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=within,
                pass_fds=(result.fileno(),), env=worker_environment(1), check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ConversionTimedOut(f"The verification took longer than {within} s.") from error
        result.seek(0)
        payload = result.read()
    if probe.returncode != 0 or not payload:
        said = probe.stdout.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise ConverterUnreachable(f"The verification ended with exit code {probe.returncode}: {said[0][:300]}.")
    return OfflineVerification.model_validate_json(payload)
