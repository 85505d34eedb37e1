"""Carries Fathom's errors from the backends through docling, which keeps only an error's text."""

from __future__ import annotations

from typing import Any

from docling.datamodel.document import ConversionResult
from docling.pipeline.simple_pipeline import SimplePipeline

from fathom.errors import FathomError

_REFUSAL = "fathom_refusal"


class ReaderPipeline(SimplePipeline):
    """Runs a file's backend, and stores the Fathom error that the backend raised.

    Docling 2.142.1 turns every exception into an ErrorItem; not needed once that item holds the exception.
    """

    def _build_document(self, conv_res: ConversionResult) -> ConversionResult:
        try:
            return super()._build_document(conv_res)
        except FathomError as error:
            setattr(conv_res.input._backend, _REFUSAL, error)
            raise

    def _enrich_document(self, conv_res: ConversionResult) -> ConversionResult:
        """Returns the document unchanged; docling would walk through it for each of its models, all disabled."""
        return conv_res


def refusal_of(result: Any) -> FathomError | None:
    """Returns the Fathom error that the result's backend raised, or None."""
    refusal = getattr(getattr(result.input, "_backend", None), _REFUSAL, None)
    return refusal if isinstance(refusal, FathomError) else None
