"""A recommendation is made where its figure is beyond its limit, and for nothing that was not measured."""

from __future__ import annotations

import math
import re

import pytest

from fathom.quality.trends.recommendation_rules import RULES, RecommendationRule, recommend
from fathom.settings import Settings, variable


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_holds_beyond_its_limit_only(rule: RecommendationRule) -> None:
    step = 0.01 if rule.side == "above" else -0.01
    (found,) = recommend({rule.figure: rule.limit + step})
    assert (found.rule, found.advice, found.source) == (rule.name, rule.advice, rule.source)
    assert recommend({rule.figure: rule.limit}) == []
    assert recommend({rule.figure: rule.limit - step}) == []


@pytest.mark.parametrize("value", [None, math.nan])
def test_a_figure_that_is_missing_recommends_nothing(value: float | None) -> None:
    assert recommend(dict.fromkeys((rule.figure for rule in RULES), value)) == []
    assert recommend({}) == []


def test_rules_have_names_of_their_own_advice_and_a_source() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.advice.endswith(".") and rule.source for rule in RULES)


def test_settings_that_an_advice_names_exist() -> None:
    known = {variable(name) for name in Settings.model_fields}
    named = {word for rule in RULES for word in re.findall(r"FATHOM_\w+", rule.advice)}
    assert named
    assert named <= known
