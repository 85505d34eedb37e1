"""Commands whose options are the fields of a dataclass, for commands with many options."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar, get_type_hints

R = TypeVar("R")


def options_from(options: type[Any]) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Returns a decorator of a command that makes each field of the dataclass an option; `options` gets an instance.

    Typer reads a command's options from its signature, so the decorated command has the fields there.
    """

    def with_fields(command: Callable[..., R]) -> Callable[..., R]:
        others = [value for name, value in signature(command, eval_str=True).parameters.items() if name != "options"]
        hints = get_type_hints(options, include_extras=True)
        fields = [value.replace(annotation=hints[name]) for name, value in signature(options).parameters.items()]

        @wraps(command)
        def called(**values: Any) -> R:
            own = {other.name: values.pop(other.name) for other in others}
            return command(**own, options=options(**values))

        parameters = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in (*others, *fields)]
        called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return called

    return with_fields
