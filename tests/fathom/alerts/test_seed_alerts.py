"""Each of the twelve alerts of the seed fires and is resolved by the real metric, through rules, incidents and a receiver."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fathom.alerts.conftest import Watched


def questions(watched: Watched, count: int, **counts: int) -> None:
    watched.measure("queries", *[1.0] * count)
    for name, some in counts.items():
        watched.measure(name, *[1.0] * some)


def values(name: str, value: float, count: int = 1) -> Drive:
    return lambda watched: watched.measure(name, *[value] * count)


def failing_calls(watched: Watched) -> None:
    watched.measure("llm_calls", *[1.0] * 20)
    watched.measure("llm_errors", *[1.0] * 20)


Drive = Callable[[Watched], None]
CASES: dict[str, tuple[Drive, Drive, float]] = {
    "high_error_rate": (lambda w: questions(w, 90, query_errors=10), lambda w: questions(w, 100), 300),
    "high_latency": (values("query_seconds", 12.0, 50), values("query_seconds", 1.0, 50), 300),
    "very_high_latency": (values("query_seconds", 40.0, 50), values("query_seconds", 1.0, 50), 300),
    "low_cache_hit_rate": (
        lambda w: questions(w, 60, query_cache_hits=6),
        lambda w: questions(w, 60, query_cache_hits=60),
        900,
    ),
    "cache_near_capacity": (values("query_cache_entries", 980), values("query_cache_entries", 100), 600),
    "high_cache_eviction_rate": (values("query_cache_evictions", 9000), values("query_cache_evictions", 1), 600),
    "high_daily_cost": (values("spent_today_usd", 120), values("spent_today_usd", 2), 3600),
    "sudden_cost_spike": (values("llm_cost_usd", 5.0), values("llm_cost_usd", 0.001), 600),
    "low_quality_score": (values("query_quality", 0.5, 20), values("query_quality", 1.0, 20), 600),
    "high_degradation_rate": (lambda w: questions(w, 60, query_degraded=30), lambda w: questions(w, 60), 600),
    "tool_failure_rate_high": (failing_calls, values("llm_calls", 1.0, 50), 600),
    "rag_failure_rate_high": (lambda w: questions(w, 60, retrieval_failures=9), lambda w: questions(w, 60), 600),
}
LOOKS_WHILE_GOOD = 12


@pytest.mark.parametrize("name", CASES)
def test_it_fires_after_its_time_and_is_resolved(watched: Watched, name: str) -> None:
    bad, good, for_s = CASES[name]
    watched.now -= 4 * 3600  # roll-ups take late samples, and none of the future
    if name == "sudden_cost_spike":
        for hour in range(1, 25):
            watched.measure("llm_cost_usd", 0.5, at=watched.now - 3600 * hour)
    notices: list[str] = []
    step = min(240.0, for_s / 5)
    for _ in range(int(for_s / step) + 1):
        bad(watched)
        notices += [title for title in watched.look(after=step) if title.endswith(name)]
    assert len(notices) == 1
    assert notices[0].startswith(("[WARNING]", "[CRITICAL]"))
    for _ in range(LOOKS_WHILE_GOOD):
        good(watched)
        notices += [title for title in watched.look(after=180) if title.endswith(name)]
    assert notices[1:] == [notices[0].split("]")[0] + f"] resolved: {name}"]
    assert name not in {incident.rule for incident in watched.active()}


@pytest.mark.parametrize("name", CASES)
def test_a_short_excess_tells_nobody(watched: Watched, name: str) -> None:
    bad, good, _ = CASES[name]
    watched.now -= 4 * 3600
    bad(watched)
    titles = watched.look(after=60)
    for _ in range(LOOKS_WHILE_GOOD):
        good(watched)
        titles += watched.look(after=180)
    assert [title for title in titles if title.endswith(name)] == []
