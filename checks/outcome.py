"""Checks as pure functions, their Dagster specs and their recorded outcomes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import dagster as dg

Subject = TypeVar("Subject")
Figure = float | int | str | None


@dataclass(frozen=True)
class CheckOutcome:
    """The outcome of a check: passed or not, a sentence, and figures."""

    passed: bool
    description: str
    figures: Mapping[str, Figure] = field(default_factory=dict[str, Figure])


@dataclass(frozen=True)
class DocumentCheck(Generic[Subject]):
    """A check of a document after a stage; a failed `blocking` check stops the document."""

    asset: str
    holds: Callable[[Subject], CheckOutcome]
    blocking: bool

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
        return EvaluatedCheck(self.asset, self.name, self.blocking, self.holds(subject))


@dataclass(frozen=True)
class EvaluatedCheck:
    """The outcome of a check for a document, ready to be recorded in Dagster."""

    asset: str
    name: str
    blocking: bool
    outcome: CheckOutcome

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
