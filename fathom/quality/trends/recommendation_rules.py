"""Recommends what to change, by rules in the open: a figure of the deployment beyond a limit, and what to do then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RecommendationRule:
    """A rule.

    Args:
        name: its name.
        figure: name of the figure, as `read_figures` gives it.
        side: whether the figure is to be above or below the limit.
        limit: in the unit of the figure.
        unit: unit of the figure, for its sentence.
        advice: what to do.
        source: where the limit comes from.
    """

    name: str
    figure: str
    side: Literal["above", "below"]
    limit: float
    unit: str
    advice: str
    source: str


@dataclass(frozen=True)
class Recommendation:
    """A rule that holds, with the value of its figure."""

    rule: str
    sentence: str
    advice: str
    value: float
    limit: float
    source: str


RULES: Sequence[RecommendationRule] = (
    RecommendationRule(
        "slow_search",
        "query_seconds_mean",
        "above",
        0.5,
        "s",
        "Look at the graph's indexes (`fathom graph health`), and ask for fewer results.",
        "seed 002: average search time above 0.5 s",
    ),
    RecommendationRule(
        "slow_answers",
        "query_seconds_p95",
        "above",
        2.0,
        "s",
        "Use a faster model (FATHOM_LLM_MODEL), or raise FATHOM_LLM_CONCURRENCY if its provider allows it.",
        "seed 002: 95 % of the answers within 2 s",
    ),
    RecommendationRule(
        "growing_memory",
        "memory_growth_per_day",
        "above",
        0.1,
        "of itself a day",
        "Compare `fathom metrics memory_bytes --by component` with the number of documents; restart the component that grows.",
        "seed 002: memory growth above 0.1",
    ),
    RecommendationRule(
        "uncached_tokens",
        "uncached_tokens_per_minute",
        "above",
        1000.0,
        "tokens a minute",
        "Most of the tokens are for new answers: ingest versions of a document under one name, so that unchanged chunks are "
        "found in the cache, and use message batches where answers may take a day.",
        "seed 002: more than 1,000 tokens a minute",
    ),
    RecommendationRule(
        "failing_documents",
        "document_error_rate",
        "above",
        0.05,
        "of the tries",
        "`fathom patterns` lists the most common errors with examples; each names its next step.",
        "seed 002: error rate above 5 %",
    ),
    RecommendationRule(
        "failing_model",
        "llm_error_rate",
        "above",
        0.05,
        "of the calls",
        "Look at the provider's status and at docs/language_models.md; a lower FATHOM_LLM_CONCURRENCY avoids overload.",
        "seed 002: error rate above 5 %",
    ),
    RecommendationRule(
        "throttled_model",
        "llm_throttled_share",
        "above",
        0.25,
        "of the time of calls",
        "Raise FATHOM_LLM_REQUESTS_PER_MINUTE and FATHOM_LLM_TOKENS_PER_MINUTE to what the provider's account allows.",
        "a quarter of the time is spent waiting for a limit that is set here",
    ),
    RecommendationRule(
        "full_disk",
        "days_until_disk_full",
        "below",
        14.0,
        "days",
        "Free some space, shorten FATHOM_BACKUP_DAYS and FATHOM_DAGSTER_DAYS, or move FATHOM_HOME to a larger disk.",
        "two weeks are time to buy a disk",
    ),
    RecommendationRule(
        "long_queue",
        "wait_to_start_p95",
        "above",
        600.0,
        "s",
        "Raise FATHOM_RUNS_AT_ONCE if `fathom status` shows free cores, or spread the uploads over the quiet hours below.",
        "ten minutes are longer than most documents take",
    ),
)


def recommend(figures: Mapping[str, float | None], rules: Sequence[RecommendationRule] = RULES) -> list[Recommendation]:
    """Returns the rules that hold, in their order; a figure that is missing or not a number holds for none."""
    found = []
    for rule in rules:
        value = figures.get(rule.figure)
        if value is None or not (value > rule.limit if rule.side == "above" else value < rule.limit):
            continue
        sentence = f"{rule.figure} is {value:.3g} {rule.unit}, {rule.side} {rule.limit:g}."
        found.append(Recommendation(rule.name, sentence, rule.advice, value, rule.limit, rule.source))
    return found
