"""A chain gives the first result there is, and tells which strategy gave it and why those before it did not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fathom.errors import GraphUnreachable, LanguageModelUnreachable, QueryRefused, UsageWrong
from fathom.errors.fallback_chain import FallbackChain, Strategy


def fails(error: Exception) -> Callable[[str], str]:
    def run(given: str) -> str:
        raise error

    return run


def chain(*strategies: tuple[str, Callable[[str], str]]) -> FallbackChain[str, str]:
    return FallbackChain(tuple(Strategy(name, run) for name, run in strategies))


AWAY = GraphUnreachable("The graph is away.")


def test_the_first_strategy_answers_where_it_can() -> None:
    found = chain(("graph", str.upper), ("words", str.lower)).run("Tamar")
    assert (found.value, found.strategy, found.fell_back, found.why) == ("TAMAR", "graph", False, ())


def test_the_next_answers_and_says_why_those_before_it_failed() -> None:
    model = LanguageModelUnreachable("No answer.")
    found = chain(("graph", fails(AWAY)), ("model", fails(model)), ("words", str.lower)).run("Tamar")
    assert (found.value, found.strategy, found.fell_back) == ("tamar", "words", True)
    assert found.why == ("graph: The graph is away.", "model: No answer.")
    assert [one.error for one in found.failed] == [AWAY, model]


def test_strategies_after_the_one_that_answers_are_not_tried() -> None:
    tried: list[str] = []
    chain(("first", str.lower), ("second", lambda given: tried.append(given) or given)).run("x")
    assert tried == []


def test_where_all_fail_the_error_of_the_first_is_raised_with_the_others_as_notes() -> None:
    first = GraphUnreachable("The graph is away.")
    with pytest.raises(GraphUnreachable) as caught:
        chain(("graph", fails(first)), ("model", fails(LanguageModelUnreachable("No answer.")))).run("x")
    assert caught.value is first
    assert caught.value.__notes__ == ["The fallback failed, too. model: No answer."]


@pytest.mark.parametrize("error", [UsageWrong("Wrong."), QueryRefused("Not allowed.")])
def test_a_wrong_call_or_a_refusal_is_not_tried_in_another_way(error: Exception) -> None:
    with pytest.raises(type(error)):
        chain(("graph", fails(error)), ("words", str.lower)).run("x")


def test_a_defect_passes() -> None:
    with pytest.raises(ZeroDivisionError):
        chain(("graph", fails(ZeroDivisionError())), ("words", str.lower)).run("x")


def test_a_chain_may_catch_errors_of_a_library() -> None:
    decoded = FallbackChain[bytes, str](
        (Strategy("utf-8", lambda data: data.decode("utf-8")), Strategy("latin-1", lambda data: data.decode("latin-1"))),
        catches=(UnicodeError,),
    )
    found = decoded.run(b"caf\xe9")
    assert (found.value, found.strategy) == ("café", "latin-1")
    assert found.why[0].startswith("utf-8: 'utf-8' codec can't decode")


@pytest.mark.parametrize("names", [(), ("graph", "graph")])
def test_a_chain_without_strategies_or_with_two_of_a_name_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="different names"):
        chain(*((name, str.lower) for name in names))
