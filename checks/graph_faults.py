"""Checks of the graph as a whole: one for each class of faults that `fathom graph validate` finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from checks.outcome import CheckOutcome
from fathom.graph.validation.fault_classes import MEANINGS, FaultClass
from fathom.metrics.check_recording import CheckResult

if TYPE_CHECKING:
    from fathom.graph.validation.fault_tally import FaultCount

ASSET = "graph_validation"
SHOWN = 5  # examples in a description


def check_name(kind: FaultClass) -> str:
    """Returns the name of the check in Dagster, such as `no_orphan_entity`."""
    return f"no_{kind.value}"


def fault_specs() -> list[dg.AssetCheckSpec]:
    """Returns the specs of the checks; none blocks, since nothing is made from the validation."""
    return [
        dg.AssetCheckSpec(name=check_name(kind), asset=ASSET, description=f"Fails where: {about.meaning}")
        for kind, about in MEANINGS.items()
    ]


def fault_outcome(found: FaultCount) -> CheckOutcome:
    """Returns the outcome for a class of faults; it passes without any."""
    examples = "; ".join(example.detail for example in found.examples[:SHOWN])
    sentence = f"{found.count} faults: {examples}." if found.count else "None was found."
    action = found.repair or f"a person decides by `{found.ask}`"
    return CheckOutcome(not found.count, sentence, {"count": found.count, "repair": action if found.count else None})


def fault_result(found: FaultCount) -> dg.AssetCheckResult:
    """Returns the result for Dagster, with the severity WARN: documents are processed all the same."""
    return fault_outcome(found).asset_result(ASSET, check_name(found.name))


def result_of_faults(found: FaultCount) -> CheckResult:
    """Returns the result as Fathom keeps it."""
    outcome = fault_outcome(found)
    return CheckResult(
        name=check_name(found.name),
        passed=outcome.passed,
        severity="warn",
        measured=found.count,
        threshold=0,
        detail=outcome.description,
    )
