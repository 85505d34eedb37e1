"""A check as a pure function, and how Dagster comes to know of it and its outcome."""

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
    """Whether a promise holds, in a sentence with its figures."""

    passed: bool
    description: str
    figures: Mapping[str, Figure] = field(default_factory=dict[str, Figure])


@dataclass(frozen=True)
class DocumentCheck(Generic[Subject]):
    """A promise about one document after one stage; `blocking` stops the document there when it is broken."""

    asset: str
    holds: Callable[[Subject], CheckOutcome]
    blocking: bool

    @property
    def name(self) -> str:
        """The function's name, which is the check's name in Dagster."""
        return self.holds.__name__

    def spec(self, partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
        """The check as Dagster lists it."""
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

    def evaluate(self, subject: Subject) -> Evaluated:
        """The outcome for one document."""
        return Evaluated(self.asset, self.name, self.blocking, self.holds(subject))


@dataclass(frozen=True)
class Evaluated:
    """One check's outcome for one document, ready to be recorded."""

    asset: str
    name: str
    blocking: bool
    outcome: CheckOutcome

    @property
    def blocks(self) -> bool:
        """Whether the document must go no further."""
        return self.blocking and not self.outcome.passed

    @property
    def severity(self) -> dg.AssetCheckSeverity:
        """ERROR for a check that blocks, WARN for one that tells."""
        return dg.AssetCheckSeverity.ERROR if self.blocking else dg.AssetCheckSeverity.WARN

    @property
    def figures(self) -> dict[str, float | int | str]:
        """The outcome's figures, without those that do not apply."""
        return {name: value for name, value in self.outcome.figures.items() if value is not None}

    def event(self, partition: str) -> dg.AssetCheckEvaluation:
        """The outcome as Dagster records it for one partition."""
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
