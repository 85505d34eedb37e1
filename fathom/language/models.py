"""Which language model and embedder a deployment has: the one place where they are chosen."""

from __future__ import annotations

from fathom.language.embedder import MiniLM
from fathom.language.extraction import Embedder, LanguageModel
from fathom.settings import Settings

_MINILM = MiniLM()


def open_language_model(settings: Settings) -> LanguageModel:
    """The language model of the deployment; its weights or client are loaded when it is first asked.

    Raises SettingsInvalid where a key that it needs is missing.
    """
    if settings.llm == "offline":
        from fathom.language.rules.extractor import OfflineModel

        return OfflineModel()
    from fathom.language.stack import open_asked_model

    return open_asked_model(settings)


def open_embedder(settings: Settings) -> Embedder:
    """The embedder of the deployment, one a process; its weights are loaded when it is first asked."""
    return _MINILM
