"""Splits a Cypher script into statements, as cypher-shell does: at semicolons outside of strings, names and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fathom.graphdb.connection import GraphConnection

_TOKENS = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:``|[^`])*`|//[^\n]*|;", re.DOTALL)


def statements(script: str) -> Iterator[str]:
    """Each statement, without its semicolon."""
    start = 0
    for token in _TOKENS.finditer(script):
        if token[0] == ";":
            yield script[start : token.start()]
            start = token.end()
    assert not script[start:].strip()


def load(graph: GraphConnection, script: Path) -> int:
    """Runs each statement of the script in a transaction of its own; returns their number."""
    found = list(statements(script.read_text(encoding="utf-8")))
    with graph.driver.session(database=graph.address.database) as session:
        for statement in found:
            session.run(statement).consume()
    return len(found)
