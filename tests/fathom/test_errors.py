"""The error tree: the drawing at its top is the classes, and each says what a caller can do."""

from __future__ import annotations

import inspect
import re

import pytest

from fathom import errors
from fathom.errors import AccountRefused, FathomError, KeyRefused, error_named

CLASSES = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, FathomError)]
CODES = {"UsageWrong": 2, "PartUnreachable": 3, "Refused": 4}


def drawn() -> dict[str, str]:
    """Each class of the drawing with the class it hangs from."""
    parents: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([│├└─ ]*)([A-Z]\w+)(?:\s|$)", line)
        if not found or (not found.group(1) and found.group(2) != "FathomError"):
            continue
        depth, name = len(found.group(1)) // 4, found.group(2)
        above[depth:] = [name]
        if depth:
            parents[name] = above[depth - 1]
    return parents


def test_the_tree_that_is_drawn_is_the_tree_of_the_classes() -> None:
    assert drawn() == {one.__name__: one.__bases__[0].__name__ for one in CLASSES if one is not FathomError}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_error_has_the_exit_code_of_its_branch(kind: type[FathomError]) -> None:
    branch = next((one.__name__ for one in kind.__mro__ if FathomError in one.__bases__), "")
    assert kind.exit_code == CODES.get(branch, 1)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_error_says_in_json_what_it_is_and_whether_trying_again_helps(kind: type[FathomError]) -> None:
    shown = kind("It did not work.", document="a/b").as_dict()
    assert shown["error"] == kind.__name__
    assert shown["message"] == "It did not work."
    assert shown["document"] == "a/b"
    assert shown["retryable"] is kind.retryable
    assert shown["tier"] in ("critical", "high", "medium", "low")


def test_what_to_do_is_the_callers_word_or_the_classs() -> None:
    assert errors.StoreFull("Full.").what_to_do == errors.StoreFull.hint
    assert errors.StoreFull("Full.", hint="Buy a disk.").what_to_do == "Buy a disk."


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("KeyRefused", KeyRefused),
        ("AccountRefused", AccountRefused),
        ("EmptyDocument", AccountRefused),
        ("Tier", AccountRefused),
    ],
)
def test_a_stored_name_is_an_error_of_its_branch_or_the_branch_itself(name: str, found: type[FathomError]) -> None:
    assert error_named(name, AccountRefused) is found
