"""Carries the named errors of our readers through docling, which keeps an error's text only."""

from __future__ import annotations

from typing import Any

from docling.datamodel.document import ConversionResult
from docling.pipeline.simple_pipeline import SimplePipeline

from fathom.errors import FathomError

_REFUSAL = "fathom_refusal"


class ReaderPipeline(SimplePipeline):
    """Reads a file with its backend, and remembers there with which error of ours the backend gave up.

    docling 2.142.1 makes an ErrorItem of every exception; not needed once that item has the exception.
    """

    def _build_document(self, conv_res: ConversionResult) -> ConversionResult:
        try:
            return super()._build_document(conv_res)
        except FathomError as error:
            setattr(conv_res.input._backend, _REFUSAL, error)
            raise

    def _enrich_document(self, conv_res: ConversionResult) -> ConversionResult:
        """Returns the document as it is; docling would walk through all of it for each of its models, which are off."""
        return conv_res


def refusal_of(result: Any) -> FathomError | None:
    """Returns the error with which the result's backend gave up, or None if it was none of ours."""
    refusal = getattr(getattr(result.input, "_backend", None), _REFUSAL, None)
    return refusal if isinstance(refusal, FathomError) else None
