"""Errors of queries: refused, invalid, failed or out of time in the graph, and searches with an invalid result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from fathom.errors.base import FathomError, Refused, Tier, UsageWrong


@dataclass(frozen=True)
class QueryPosition:
    """A place in the text of a query: line and column from 1, and the offset in characters from 0."""

    line: int
    column: int
    offset: int


class QueryRefused(Refused):
    """The query would write, or asks for more than its bounds."""


class QueryInvalid(UsageWrong):
    """The graph does not accept the query: a syntax error, an unknown name, a missing parameter, a wrong type."""

    hint = "Correct the query; docs/graph.md lists what the servers understand differently."

    position: QueryPosition | None = None

    @classmethod
    def at(cls, message: str, position: QueryPosition | None) -> QueryInvalid:
        """Returns the error with the position of the fault in the query, where the server tells it."""
        error = cls(message)
        error.position = position
        return error

    def details(self) -> dict[str, object]:
        """Returns the position of the fault."""
        return {"position": None if self.position is None else asdict(self.position)}


class QueryFailed(FathomError):
    """The graph could not finish the query: it needs too much memory, or met a value that it cannot compute with."""

    tier: ClassVar[Tier] = "low"
    hint = "Ask for less at a time: name labels, filter earlier, add a LIMIT."


class QueryTimedOut(QueryFailed):
    """The query took longer than its timeout and was ended on the server."""

    hint = "Ask for less at a time, or give it longer with --timeout (HTTP: `timeout`)."


class ResultInvalid(FathomError):
    """A strategy of a search gave a result that breaks the rules of results, such as a score that is no number."""

    hint = "The next strategy answers, if there is one; the log names the rule."
