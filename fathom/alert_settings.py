"""The settings of alerts: routes, changes of rules, maintenance windows, a dead man's switch; `[alerts]` in fathom.toml."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

AlertSeverity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[AlertSeverity, ...] = ("info", "warning", "critical")
MAX_NAME = 64


class AlertRoute(BaseModel):
    """A receiver of notices: an apprise URL, and which notices it gets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = Field(description="such as json://127.0.0.1:9000/hook, slack://…, mailto://…, pagerduty://…")
    severities: tuple[AlertSeverity, ...] = Field(SEVERITIES, min_length=1)
    labels: dict[str, str] = Field(default_factory=dict[str, str], description="only incidents with these labels")

    @field_validator("url")
    @classmethod
    def _with_scheme(cls, value: SecretStr) -> SecretStr:
        scheme, separator, rest = value.get_secret_value().partition("://")
        if not (scheme and separator and rest.strip("/ ")):
            raise ValueError("a route's url is an apprise URL with a receiver, such as json://127.0.0.1:9000/hook")
        return value

    def takes(self, severity: AlertSeverity, labels: dict[str, str]) -> bool:
        """Returns whether the route gets notices of an incident with this severity and these labels."""
        same = all(value in labels.get(name, "").split(",") for name, value in self.labels.items())  # several collections
        return severity in self.severities and same


class RuleChange(BaseModel):
    """A change of a built-in rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    severity: AlertSeverity | None = None
    threshold: float | None = None
    for_s: float | None = Field(None, ge=0, le=86_400)
    escalate_after_s: float | None = Field(
        None, gt=0, le=30 * 86_400, description="seconds after which an incident that nobody acknowledged becomes critical"
    )


class MaintenanceWindow(BaseModel):
    """A time in which notices of some incidents are held back; its begin and end are announced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begin: datetime
    end: datetime
    reason: str = Field(min_length=1)
    rule: str = Field("*", description="a rule's name, or a pattern such as component_*")

    @model_validator(mode="after")
    def _forward(self) -> MaintenanceWindow:
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("the times of a maintenance window need an offset, such as 2026-01-31T22:00:00+01:00")
        if self.end <= self.begin:
            raise ValueError("a maintenance window ends after it begins")
        return self


class AlertSettings(BaseModel):
    """The settings of alerts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    routes: dict[str, AlertRoute] = Field(default_factory=dict[str, AlertRoute])
    rules: dict[str, RuleChange] = Field(default_factory=dict[str, RuleChange])
    maintenance: tuple[MaintenanceWindow, ...] = ()
    stale_hours: dict[str, float] = Field(
        default_factory=dict[str, float],
        description="by collection: hours after which it counts as stale without a new document",
    )
    ping_url: SecretStr | None = Field(None, description="is requested each minute while the sensors tick: a dead man's switch")

    @field_validator("ping_url")
    @classmethod
    def _is_web(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("ping_url is an address that begins with http:// or https://")
        return value

    @field_validator("routes")
    @classmethod
    def _named(cls, value: dict[str, AlertRoute]) -> dict[str, AlertRoute]:
        for name in value:
            if not name.replace("-", "").replace("_", "").isalnum() or len(name) > MAX_NAME:
                raise ValueError(f"{name} is no name of a route: letters, digits, - and _")
        return value
