"""Renders view data with the templates of `templates/`; every value is escaped, and a value that is missing is an error."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined

from fathom.api.page.page_addresses import asset, dagster
from fathom.security.api_keys import Caller


class View(Protocol):
    """The data of a page or a part of a page, with the template that shows it under the name `view`."""

    template: ClassVar[str]


def render(view: View, caller: Caller | None = None) -> str:
    """Returns the view as HTML that UTF-8 can encode: a damaged PDF can leave half of a surrogate pair."""
    html = environment().get_template(view.template).render(view=view, caller=caller)
    return html.encode("utf-8", "replace").decode("utf-8")


@cache
def environment() -> Environment:
    """Returns the environment of all templates."""
    made = Environment(
        loader=PackageLoader("fathom.api.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(asset=asset, dagster=dagster)
    return made
