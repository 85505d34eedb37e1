"""A fallback chain: strategies in order, of which the first that succeeds gives the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fathom.errors.base import FathomError, Refused, UsageWrong

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Strategy(Generic[Given, Result]):
    """A named way to a result; it fails by raising one of the errors that its chain catches."""

    name: str
    run: Callable[[Given], Result]


@dataclass(frozen=True)
class FailedStrategy:
    """A strategy that failed, with its error."""

    name: str
    error: Exception

    @property
    def why(self) -> str:
        """The reason as a sentence."""
        said = self.error.message if isinstance(self.error, FathomError) else f"{self.error}"
        return f"{self.name}: {said or type(self.error).__name__}"


@dataclass(frozen=True)
class FallbackResult(Generic[Result]):
    """A result, the strategy that gave it, and those before it that failed."""

    value: Result
    strategy: str
    failed: tuple[FailedStrategy, ...] = ()

    @property
    def fell_back(self) -> bool:
        """Whether the first strategy failed."""
        return bool(self.failed)

    @property
    def why(self) -> tuple[str, ...]:
        """Why each strategy before failed."""
        return tuple(one.why for one in self.failed)


@dataclass(frozen=True)
class FallbackChain(Generic[Given, Result]):
    """Strategies in the order in which they are tried.

    Args:
        strategies: at least one, with different names.
        catches: errors after which the next strategy is tried. UsageWrong and Refused are never caught: a wrong call stays
            wrong, and what is not allowed to one strategy must not be done by another. Other errors are defects, and pass.
    """

    strategies: tuple[Strategy[Given, Result], ...]
    catches: tuple[type[Exception], ...] = (FathomError,)

    def __post_init__(self) -> None:
        names = [strategy.name for strategy in self.strategies]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"A chain needs strategies of different names, not {names}.")

    def run(self, given: Given) -> FallbackResult[Result]:
        """Returns the first result; where all strategies fail, raises the error of the first with notes on the others."""
        failed: list[FailedStrategy] = []
        for strategy in self.strategies:
            try:
                return FallbackResult(strategy.run(given), strategy.name, tuple(failed))
            except (UsageWrong, Refused):
                raise
            except self.catches as error:
                failed.append(FailedStrategy(strategy.name, error))
        first = failed[0].error
        for other in failed[1:]:
            first.add_note(f"The fallback failed, too. {other.why}")
        raise first
