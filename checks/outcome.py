"""Checks as pure functions, their Dagster specs and their recorded outcomes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import dagster as dg

from fathom.metrics.check_recording import CheckResult, to_json
from fathom.observability.structured_logging import emit
from fathom.threshold_overrides import current_thresholds

Subject = TypeVar("Subject")
Figure = float | int | str | None


@dataclass(frozen=True)
class CheckOutcome:
    """The outcome of a check: passed or not, a sentence, and figures."""

    passed: bool
    description: str
    figures: Mapping[str, Figure] = field(default_factory=dict[str, Figure])

    def asset_result(
        self, asset: str, name: str, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN
    ) -> dg.AssetCheckResult:
        """Returns the result of a check that is not of a document, for Dagster."""
        return dg.AssetCheckResult(
            asset_key=dg.AssetKey(asset),
            check_name=name,
            passed=self.passed,
            severity=severity,
            metadata={figure: value for figure, value in self.figures.items() if value is not None},
            description=self.description,
        )


@dataclass(frozen=True)
class DocumentCheck(Generic[Subject]):
    """A check of a document after a stage; a failed `blocking` check stops the document.

    Attributes:
        measure: the figure of the outcome that is compared with the threshold.
        threshold: the name of the threshold among those of the asset in `fathom.thresholds`.
    """

    asset: str
    holds: Callable[[Subject], CheckOutcome]
    blocking: bool
    measure: str
    threshold: str

    @property
    def name(self) -> str:
        """The function's name, which is the check's name in Dagster."""
        return self.holds.__name__

    def spec(self, partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
        """Returns the check spec for Dagster."""
        with warnings.catch_warnings():
            # Partitioned checks are a preview in Dagster 1.13; tests/test_specs.py shows when they change.
            warnings.simplefilter("ignore", dg.PreviewWarning)
            return dg.AssetCheckSpec(
                name=self.name,
                asset=self.asset,
                description=(self.holds.__doc__ or "").strip(),
                blocking=self.blocking,
                partitions_def=partitions,
                metadata={"blocking": self.blocking},
            )

    def evaluate(self, subject: Subject) -> EvaluatedCheck:
        """Evaluates the check for a document."""
        outcome = self.holds(subject)
        measured = outcome.figures.get(self.measure)
        threshold = getattr(getattr(current_thresholds(), self.asset), self.threshold)
        return EvaluatedCheck(
            self.asset,
            self.name,
            self.blocking,
            outcome,
            measured=float(measured) if isinstance(measured, int | float) else None,
            threshold=float(threshold),
        )


@dataclass(frozen=True)
class EvaluatedCheck:
    """The outcome of a check for a document, ready to be recorded in Dagster."""

    asset: str
    name: str
    blocking: bool
    outcome: CheckOutcome
    measured: float | None = None
    threshold: float | None = None

    @property
    def blocks(self) -> bool:
        """Whether the document must stop here."""
        return self.blocking and not self.outcome.passed

    @property
    def severity(self) -> dg.AssetCheckSeverity:
        """ERROR for a blocking check, else WARN."""
        return dg.AssetCheckSeverity.ERROR if self.blocking else dg.AssetCheckSeverity.WARN

    @property
    def figures(self) -> dict[str, float | int | str]:
        """The figures of the outcome, without those that do not apply."""
        return {name: value for name, value in self.outcome.figures.items() if value is not None}

    def event(self, partition: str) -> dg.AssetCheckEvaluation:
        """Returns the check evaluation for a partition."""
        return dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(self.asset),
            check_name=self.name,
            passed=self.outcome.passed,
            metadata=self.figures,
            severity=self.severity,
            description=self.outcome.description,
            blocking=self.blocking,
            partition=partition,
        )

    def result(self) -> CheckResult:
        """Returns the result as Fathom keeps it."""
        return CheckResult(
            name=self.name,
            passed=self.outcome.passed,
            severity="block" if self.blocking else "warn",
            measured=self.measured,
            threshold=self.threshold,
            detail=self.outcome.description,
        )


def report_checks(asset: str, results: Sequence[CheckResult], *, collection: str | None = None) -> None:
    """Logs the results of an asset's checks as an event, from which Fathom keeps them, and each failed check as another.

    Args:
        asset: its name.
        results: of a document, if one is bound to the log lines, else of a collection or of all.
        collection: of checks without a document.
    """
    figures = {"asset": asset, "results": to_json(results)} | ({"collection": collection} if collection else {})
    failed = [result for result in results if not result.passed]
    emit("quality.checked", f"Checks of {asset}: {len(results) - len(failed)} of {len(results)} passed", **figures)
    for result in failed:
        emit("quality.failed", f"Check failed: {result.name}: {result.detail}", asset=asset, check=result.name)
