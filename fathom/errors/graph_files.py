"""Errors of files that hold a graph: those to import, and exports that a format cannot hold."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import DocumentRejected, FathomError, Tier


class GraphFileInvalid(DocumentRejected):
    """The file to import is not a graph of a known form, or has lines that are invalid; nothing was changed."""

    hint = "Correct the lines and import it again; docs/graph.md has the forms."


class ValueNotWritable(FathomError):
    """The graph has a value that the format of the export cannot hold."""

    tier: ClassVar[Tier] = "low"
    hint = "Export it as json, which holds every value."
