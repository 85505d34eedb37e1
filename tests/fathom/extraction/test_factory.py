"""Which language model a deployment has, and that the offline one costs nothing for those that are asked."""

from __future__ import annotations

import subprocess
import sys

from fathom.extraction.factory import open_language_model
from fathom.extraction.rules.extractor import OfflineModel
from fathom.settings import PROJECT_ROOT, Settings


def test_the_offline_model_is_the_default(home_settings: Settings) -> None:
    assert isinstance(open_language_model(home_settings), OfflineModel)


def test_nothing_of_a_provider_is_loaded_for_the_offline_model() -> None:
    code = (
        "import sys, fathom.graph.write.document_writer; from fathom.extraction.factory import open_language_model;"
        "from fathom.settings import Settings; open_language_model(Settings(home='/nowhere', llm='offline'));"
        "names = ('anthropic', 'openai', 'genai_prices', 'httpx2', 'fathom.extraction.pipeline');"
        "print([name for name in names if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert shown.stdout.strip() == "[]"
