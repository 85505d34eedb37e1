"""The base classes of errors, with severity, retryability and exit code."""

from __future__ import annotations

from typing import ClassVar, Literal

Tier = Literal["critical", "high", "medium", "low"]


class FathomError(Exception):
    """A named error; its message is a sentence for people."""

    tier: ClassVar[Tier] = "high"
    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1
    hint: ClassVar[str] = ""

    def __init__(self, message: str, *, document: str | None = None, hint: str | None = None, final: bool = False) -> None:
        """`final` if the work was already retried as often as that can help."""
        super().__init__(message)
        self.final = final
        self.message = message
        self.document = document
        self.what_to_do = hint if hint is not None else self.hint

    @property
    def name(self) -> str:
        """The class name, which is the error's public name."""
        return type(self).__name__

    def as_dict(self) -> dict[str, object]:
        """Returns the error in its JSON form."""
        return {
            "error": self.name,
            "message": self.message,
            "document": self.document,
            "tier": self.tier,
            "retryable": self.retryable and not self.final,
            "hint": self.what_to_do or None,
            **self.details(),
        }

    def details(self) -> dict[str, object]:
        """Returns the members that only this kind of error has, for its JSON form and its problem document."""
        return {}


class UsageWrong(FathomError):
    """The command or call is invalid."""

    tier: ClassVar[Tier] = "low"
    exit_code = 2


class SettingsInvalid(UsageWrong):
    """A setting has an unknown name or an impossible value."""

    tier: ClassVar[Tier] = "critical"
    hint = "See docs/settings.md for the names and their values."


class PartUnreachable(FathomError):
    """A component of the deployment does not respond."""

    tier: ClassVar[Tier] = "critical"
    retryable = True
    exit_code = 3
    hint = "Start the parts with `fathom up` and look at them with `fathom status`."


class Refused(FathomError):
    """The caller may not do this, or has not confirmed it."""

    tier: ClassVar[Tier] = "medium"
    exit_code = 4


class DocumentRejected(FathomError):
    """The upload can never become a document: locked, damaged, empty, too large, of no known kind."""

    tier: ClassVar[Tier] = "low"


class DocumentFailed(FathomError):
    """The work on a valid document failed; a retry can help."""

    retryable = True
    hint = "Try it again: `fathom documents retry ID`."


class StoreFailed(FathomError):
    """The store could not write or read bytes."""

    tier: ClassVar[Tier] = "critical"
    retryable = True
