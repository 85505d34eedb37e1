"""Opens the language model of a deployment."""

from __future__ import annotations

from fathom.extraction.model import LanguageModel
from fathom.settings import Settings


def open_language_model(settings: Settings) -> LanguageModel:
    """Returns the deployment's language model; its weights or client are loaded at first use.

    Raises SettingsInvalid where a required key is missing.
    """
    if settings.llm == "offline":
        from fathom.extraction.rules.extractor import OfflineModel

        return OfflineModel()
    from fathom.extraction.pipeline import open_llm_extractor

    return open_llm_extractor(settings)
