"""The check of the deployment's health: its score is that of a healthy one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from checks.outcome import CheckOutcome
from fathom.metrics.check_recording import CheckResult
from fathom.quality.health_score import MIN_HEALTHY

if TYPE_CHECKING:
    from fathom.quality.health_score import HealthReport

NAME = "deployment_is_healthy"
DESCRIPTION = f"Fails where the health of the deployment is below {MIN_HEALTHY} of 100; its figures are the issues."
LISTED = 5  # issues in the description


def health_outcome(found: HealthReport) -> CheckOutcome:
    """Returns the outcome for a report on the deployment's health."""
    issues = "; ".join(f"{issue.issue} (-{issue.deduction})" for issue in found.issues[:LISTED])
    figures: dict[str, float | int | str | None] = {"score": found.score, "min_score": MIN_HEALTHY, "issues": len(found.issues)}
    return CheckOutcome(found.score >= MIN_HEALTHY, f"{found.score} of 100, {found.status}. {issues}".strip(), figures)


def health_spec(asset: str) -> dg.AssetCheckSpec:
    """Returns the spec of the check on the asset."""
    return dg.AssetCheckSpec(name=NAME, asset=asset, description=DESCRIPTION)


def health_check_result(asset: str, found: HealthReport) -> dg.AssetCheckResult:
    """Returns the result for Dagster; a critical deployment is an error."""
    severity = dg.AssetCheckSeverity.ERROR if found.status == "critical" else dg.AssetCheckSeverity.WARN
    return health_outcome(found).asset_result(asset, NAME, severity)


def result_of_health(found: HealthReport) -> CheckResult:
    """Returns the result as Fathom keeps it."""
    outcome = health_outcome(found)
    detail, passed = outcome.description, outcome.passed
    return CheckResult(name=NAME, passed=passed, severity="warn", measured=found.score, threshold=MIN_HEALTHY, detail=detail)
