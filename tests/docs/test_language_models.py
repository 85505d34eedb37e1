"""The page of language models names errors that there are, and says of each what becomes of the document."""

from __future__ import annotations

import re

from fathom import errors
from fathom.errors import AccountRefused, LanguageModelUnreachable, SettingsInvalid
from fathom.settings import PROJECT_ROOT

ROWS = re.findall(
    r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+ \| ([^|]+) \|$", (PROJECT_ROOT / "docs" / "language_models.md").read_text(), re.M
)


def test_each_error_of_a_language_model_is_in_the_table_with_what_becomes_of_the_document() -> None:
    told = {name: fate for names, fate in ROWS for name in re.findall(r"`(\w+)`", names)}
    assert all(hasattr(errors, name) for name in told)
    fates = {
        AccountRefused: "paused: account",
        SettingsInvalid: "failed until",
        LanguageModelUnreachable: "failed",
    }
    for kind, fate in fates.items():
        for one in kind.__subclasses__():
            assert fate in told[one.__name__]
