"""Translates the servers' errors about a person's query to named errors, with the position of the fault in the query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fathom.errors import FathomError, QueryFailed, QueryInvalid, QueryPosition, QueryRefused

if TYPE_CHECKING:
    from neo4j.exceptions import Neo4jError

    from fathom.graphdb.query.query_watch import QueryWatch

MAX_MESSAGE = 500  # characters
# Neo4j: "(line 1, column 5 (offset: 4))". The embedded server: "line 1:4", or "at line 1, column 4", columns from 0.
_NEO4J = re.compile(r"\(line (?P<line>\d+), column (?P<column>\d+) \(offset: (?P<offset>\d+)\)\)")
_EMBEDDED = re.compile(r"\bline (?P<line>\d+)(?::|, column )(?P<column>\d+)")
_REFUSED = re.compile(r"not idempotent|is not allowed to|not authorized|security|access mode|read.?only", re.IGNORECASE)
_TOO_MUCH = re.compile(r"memory|heap|too many|limit of|exceeds the maximum", re.IGNORECASE)


@contextmanager
def named_query_errors(watch: QueryWatch, cypher: str, prefix: str = "") -> Iterator[None]:
    """Raises the named error for an error about the query, which was sent after a `prefix`; other errors pass.

    Raises QueryRefused, QueryInvalid with the position of the fault, QueryFailed, QueryTimedOut.
    """
    from neo4j.exceptions import Neo4jError

    try:
        yield
    except Neo4jError as error:
        watch.raise_if_expired()
        if _is_of_server(error):
            raise
        raise query_error(error, cypher, prefix) from error
    except (OverflowError, TypeError, ValueError, RecursionError) as error:  # of the driver, about a parameter or the text
        raise QueryInvalid(f"The query or a parameter cannot be sent: {error}.") from error


def query_error(error: Neo4jError, cypher: str, prefix: str = "") -> FathomError:
    """Returns the named error for the server's error about `cypher`, which was sent after a `prefix`."""
    message = _message(error)
    code = error.code or ""
    if _is_refusal(code, message):
        return QueryRefused(f"The graph refuses the query: {message}")
    if "OutOfMemory" in code or (not code.startswith("Neo.ClientError") and _TOO_MUCH.search(message)):
        return QueryFailed(f"The graph cannot finish the query: {message}")
    return QueryInvalid.at(
        f"The graph does not accept the query: {message}", query_position(error.message or "", cypher, prefix)
    )


def query_position(message: str, cypher: str, prefix: str = "") -> QueryPosition | None:
    """Returns the position in `cypher` that the server's message tells; None if it tells none within the query."""
    if found := _NEO4J.search(message):
        offset = int(found["offset"]) - len(prefix)
    elif found := _EMBEDDED.search(message):
        lines = (prefix + cypher).splitlines(keepends=True)
        offset = sum(map(len, lines[: int(found["line"]) - 1])) + int(found["column"]) - len(prefix)
    else:
        return None
    if not 0 <= offset <= len(cypher):
        return None
    before = cypher[:offset]
    return QueryPosition(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1, offset)


def _is_of_server(error: Neo4jError) -> bool:
    """Returns whether the error is one of the connection or the disk, which translate_errors knows."""
    from neo4j.exceptions import AuthError, TransientError

    code = error.code or ""
    return (
        isinstance(error, AuthError)
        or (isinstance(error, TransientError) and "OutOfMemory" not in code)
        or "No space left" in str(error)
    )


def _is_refusal(code: str, message: str) -> bool:
    if code.startswith(("Neo.ClientError.Security.", "Neo.ClientError.Statement.AccessMode")):
        return True
    return not code.startswith("Neo.ClientError.Statement.SyntaxError") and bool(_REFUSED.search(message))


def _message(error: Neo4jError) -> str:
    lines = (error.message or str(error)).strip().splitlines() or [type(error).__name__]
    return _NEO4J.sub("", lines[0])[:MAX_MESSAGE].strip()
