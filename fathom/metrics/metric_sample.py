"""Holds a measured value, and bounds the labels that it may carry."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from fathom.metrics.metric_definitions import METRICS

MAX_LABEL = 100  # characters


@dataclass(frozen=True, slots=True)
class MetricSample:
    """A value of a metric at a time, in seconds since 1970, with its labels."""

    name: str
    value: float
    at: float
    labels: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def key(self) -> str:
        """The labels that the metric has, as a JSON object with sorted keys."""
        known = METRICS[self.name].labels
        return json.dumps({name: (self.labels.get(name) or "")[:MAX_LABEL] for name in sorted(known)}, ensure_ascii=False)

    @property
    def is_valid(self) -> bool:
        """Whether the metric is known, and value and time are finite."""
        return self.name in METRICS and math.isfinite(self.value) and math.isfinite(self.at) and self.at > 0
