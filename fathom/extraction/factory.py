"""Chooses the language model of a deployment."""

from __future__ import annotations

from fathom.extraction.model import LanguageModel
from fathom.settings import Settings


def open_language_model(settings: Settings) -> LanguageModel:
    """The language model of the deployment; its weights or client are loaded when it is first asked.

    Raises SettingsInvalid where a key that it needs is missing.
    """
    if settings.llm == "offline":
        from fathom.extraction.rules.extractor import OfflineModel

        return OfflineModel()
    from fathom.extraction.pipeline import open_asked_model

    return open_asked_model(settings)
