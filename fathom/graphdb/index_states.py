"""Lists the indexes of the graph with their states, and names those of Fathom's schema that are missing."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.schema import SCHEMA_NAMES, UNIQUE_NAMES

ONLINE = "ONLINE"
_COLUMNS = "name, type, state, populationPercent, entityType, labelsOrTypes, properties, owningConstraint"
_INDEXES = f"SHOW INDEXES YIELD {_COLUMNS} WHERE type <> 'LOOKUP' RETURN {_COLUMNS}"


class IndexState(BaseModel):
    """An index; `constraint` names the uniqueness constraint that it belongs to."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    state: str = Field(description="ONLINE, POPULATING or FAILED")
    population_percent: float | None
    of: str = Field(description="NODE or RELATIONSHIP")
    labels_or_types: list[str]
    properties: list[str]
    constraint: str | None


def index_states(connection: GraphConnection) -> list[IndexState]:
    """Returns the indexes of the graph, by name. Raises GraphUnreachable."""
    found = [
        IndexState(
            name=row["name"],
            type=row["type"],
            state=row["state"],
            population_percent=row["populationPercent"],
            of=row["entityType"],
            labels_or_types=row["labelsOrTypes"] or [],
            properties=row["properties"] or [],
            constraint=row["owningConstraint"],
        )
        for row in connection.read(_INDEXES)
    ]
    return sorted(found, key=lambda index: index.name)


def index_issues(states: Sequence[IndexState]) -> list[str]:
    """Returns sentences about missing indexes and constraints and those that are not online, with what to do."""
    issues = []
    constraints = {index.constraint for index in states if index.constraint}
    there = constraints | {index.name for index in states}
    lost = sorted(UNIQUE_NAMES - constraints)
    missing = sorted(SCHEMA_NAMES - UNIQUE_NAMES - there)
    create = "They are created before the next document is written; `fathom documents retry ID` writes one."
    if lost:
        issues.append(f"Constraints are missing, so a retry may write twice: {', '.join(lost)}. {create}")
    if missing:
        issues.append(f"Indexes are missing, so reading is slow: {', '.join(missing)}. {create}")
    for index in states:
        if index.state != ONLINE:
            percent = "" if index.population_percent is None else f" ({index.population_percent:.0f} %)"
            what = "Drop it; it is created again." if index.state == "FAILED" else "Wait until it is built."
            issues.append(f"The index {index.name} is {index.state.lower()}{percent}. {what}")
    return issues
