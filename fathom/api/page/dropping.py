"""The drop zone: choice of files and collection, and progress of each upload."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.api.page.html_markup import Markup, tag
from fathom.ids import DEFAULT_COLLECTION


def drop(collection: str | None, known: Sequence[str], *, fixed: bool) -> Markup:
    """Returns the drop zone for a known or new collection; `fixed` if the caller may upload to no other."""
    return tag(
        "section",
        tag(
            "form",
            tag("span", "Drop files anywhere on this page, or ", class_="hint"),
            tag("label", "choose files", tag("input", type="file", multiple=True, id="files"), class_="button main"),
            tag("label", "a folder", tag("input", type="file", id="folder", webkitdirectory=True), class_="button"),
            tag("label", "into the collection", for_="collection"),
            tag(
                "input",
                id="collection",
                list="collections",
                value=collection or DEFAULT_COLLECTION,
                required=True,
                maxlength=64,
                pattern="[A-Za-z0-9][A-Za-z0-9_\\-]*",
                title="Up to 64 letters, digits, - and _",
                readonly=fixed,
                autocomplete="off",
                spellcheck="false",
            ),
            tag("datalist", *(tag("option", value=name) for name in known), id="collections"),
            id="drop",
        ),
        tag("ul", id="sending", aria_label="Files being sent"),
        class_="drop",
        aria_label="Upload",
    )
