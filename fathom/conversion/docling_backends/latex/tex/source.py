"""The input stream of tokens: macro expansions, then the tokens of the file."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.conversion.docling_backends.latex.tex.tokens import (
    CLOSE,
    COMMAND,
    OPEN,
    PARAGRAPH,
    SPACE,
    STOP,
    TEXT,
    Lexer,
    Token,
    source_of,
)
from fathom.errors import ArchiveBomb

MIN_EXPANSION = 1_000_000  # tokens that macros of a short text may expand to
EXPANSION_FACTOR = 4  # tokens for each character of a longer text
STOP_TOKEN = Token(STOP, "", "")


class TokenSource:
    """Yields tokens; pushed tokens come first. Raises ArchiveBomb if macros expand without end."""

    def __init__(self, text: str) -> None:
        self.lexer = Lexer(text)
        self._frames: list[tuple[Sequence[Token], int]] = []
        self._left = max(MIN_EXPANSION, EXPANSION_FACTOR * len(text))

    def next(self) -> Token | None:
        """Returns the next token, None at the end."""
        while self._frames:
            tokens, index = self._frames.pop()
            if index < len(tokens):
                if index + 1 < len(tokens):
                    self._frames.append((tokens, index + 1))
                return tokens[index]
        return self.lexer.next()

    def push(self, tokens: Sequence[Token]) -> None:
        """Puts tokens before the rest."""
        if tokens:
            self._frames.append((tokens, 0))

    def expand(self, tokens: Sequence[Token]) -> None:
        """Inserts the expansion of a macro before the rest."""
        self.charge(len(tokens) + 1)
        self.push(tokens)

    def charge(self, tokens: int) -> None:
        """Counts the tokens of an expansion. Raises ArchiveBomb beyond the limit."""
        self._left -= tokens
        if self._left < 0:
            raise ArchiveBomb("Its macros expand to more text than any document has.")

    def peek(self) -> Token | None:
        """Returns the next token and leaves it there."""
        token = self.next()
        if token is not None:
            self.push([token])
        return token

    def skip_blank(self) -> None:
        """Advances to the next token that is no white space."""
        if self._comes(over_blank=True) is not None:
            self.lexer.place = self._behind_blank(self.lexer.place)
            return
        while (token := self.next()) is not None:
            if token.kind == TEXT and token.text.startswith(" "):  # the rest of split words
                token = _rest(token, 1)
            if token.kind not in (SPACE, PARAGRAPH) and (token.text or token.kind != TEXT):
                self.push([token])
                return

    def star(self) -> bool:
        """Consumes a star, if it is next."""
        sign = self._comes()
        if sign is not None and sign != "*":
            return False
        token = self.next()
        if token is not None and token.kind == TEXT and token.text.startswith("*"):
            if len(token.text) > 1:
                self.push([_rest(token, 1)])
            return True
        self.push([token] if token is not None else [])
        return False

    def argument(self) -> list[Token]:
        """Returns an argument: the tokens in braces, or a single token; empty if the text ends or a group closes."""
        self.skip_blank()
        token = self.next()
        if token is None:
            return []
        if token.kind == OPEN:
            return self._group()
        if token.kind in (CLOSE, STOP):
            self.push([token])
            return []
        if token.kind == TEXT and len(token.text) > 1:
            self.push([_rest(token, 1)])
            return [Token(TEXT, token.text[0], token.text[0], token.after)]
        return [token]

    def _group(self) -> list[Token]:
        found: list[Token] = []
        depth = 1
        while (token := self.next()) is not None:
            if token.kind == OPEN:
                depth += 1
            elif token.kind == CLOSE:
                depth -= 1
                if depth == 0:
                    break
            elif token.kind == STOP:
                self.push([token])
                break
            found.append(token)
        return found

    def optional(self, opening: str = "[", closing: str = "]", *, near: bool = False) -> list[Token] | None:
        """Returns the tokens in brackets, None if no bracket follows; a group inside may hold brackets of its own.

        `near`: the bracket must follow at once; else a blank may precede it.
        """
        sign = self._comes(over_blank=not near)
        if sign is not None and sign != opening:
            return None
        blank = self.next()
        token = self.next() if blank is not None and blank.kind == SPACE and not near else blank
        if token is None or token.kind != TEXT or not token.text.startswith(opening):
            self.push([part for part in (blank if blank is not token else None, token) if part is not None])
            return None
        found: list[Token] = []
        if len(token.text) > 1:
            self.push([_rest(token, 1)])
        depth = 0
        while (token := self.next()) is not None:
            if token.kind == STOP or (token.kind == PARAGRAPH and depth == 0):
                self.push([token])
                return found
            depth += (token.kind == OPEN) - (token.kind == CLOSE)
            if token.kind == TEXT and depth == 0 and closing in token.text:
                place = token.text.index(closing)
                if place:
                    found.append(Token(TEXT, token.text[:place], token.text[:place], token.after))
                if place + 1 < len(token.text):
                    self.push([_rest(token, place + 1)])
                return found
            if depth < 0:
                self.push([token])
                return found
            found.append(token)
        return found

    def _comes(self, *, over_blank: bool = False) -> str | None:
        """Returns the sign of the file that comes next, empty at its end; None if a macro or a comment comes.

        Reading from the file, not by tokens, keeps verbatim text intact.
        """
        if not self.at_file():
            return None
        text = self.lexer.text
        place = self._behind_blank(self.lexer.place) if over_blank else self.lexer.place
        sign = text[place : place + 1]
        return None if sign == "%" else sign

    def _behind_blank(self, place: int) -> int:
        text = self.lexer.text
        while place < len(text) and text[place] in " \t\n":
            place += 1
        return place

    def word(self) -> str:
        """Returns an argument as its source, without blanks around it."""
        return source_of(self.argument()).strip()

    # Verbatim text. `opened` is the token behind which it begins.

    def verbatim(self, opened: Token) -> str:
        """Returns the text between two equal signs, or in braces, behind the command."""
        text = self._raw_text(opened)
        if text is None:
            return self._pushed_verbatim()
        place = self.lexer.place
        if place >= len(text):
            return ""
        sign = text[place]
        if sign == "{":
            return self.braces()
        end = text.find(sign, place + 1)
        line_end = text.find("\n", place)
        if end < 0 or (0 <= line_end < end):  # not closed in its line: only the line is consumed
            end = line_end if line_end >= 0 else len(text)
        self.lexer.place = min(end + 1, len(text))
        return text[place + 1 : end]

    def braces(self) -> str:
        """Returns the verbatim text in the next braces, or the text of the next argument."""
        if self._frames:
            return source_of(self.argument())
        text, place = self.lexer.text, self.lexer.place
        while place < len(text) and text[place] in " \t\n":
            place += 1
        if text[place : place + 1] != "{":
            return source_of(self.argument())
        start, depth = place + 1, 0
        while place < len(text):
            sign = text[place]
            if sign == "\\":
                place += 1
            elif sign == "{":
                depth += 1
            elif sign == "}":
                depth -= 1
                if depth == 0:
                    break
            place += 1
        self.lexer.place = min(place + 1, len(text))
        return text[start:place]

    def until_end(self, name: str) -> str:
        """Returns the text up to the end of an environment, which is consumed."""
        closing = f"\\end{{{name}}}"
        if self._frames:
            return self._pushed_until(closing)
        text, place = self.lexer.text, self.lexer.place
        end = text.find(closing, place)
        self.lexer.place = end + len(closing) if end >= 0 else len(text)
        return text[place : end if end >= 0 else len(text)]

    def at_file(self) -> bool:
        """Returns whether the next token is the file's own."""
        while self._frames and self._frames[-1][1] >= len(self._frames[-1][0]):
            self._frames.pop()
        return not self._frames

    def _raw_text(self, opened: Token) -> str | None:
        """Moves to the position behind the latest command's name; None if it came from a macro."""
        if not self.at_file() or opened.after < 0:
            return None
        self.lexer.place = opened.after
        return self.lexer.text

    def _pushed_verbatim(self) -> str:
        token = self.next()
        if token is None or not token.raw:
            self.push([token] if token is not None else [])
            return ""
        if token.kind == OPEN:
            return source_of(self._group())
        sign, found = token.raw[:1], token.raw[1:]
        while sign not in found and (token := self.next()) is not None and token.kind != STOP:
            found += token.raw
        inside, _, rest = found.partition(sign)
        self.push([Token(TEXT, rest, rest)] if rest else [])
        return inside

    def _pushed_until(self, closing: str) -> str:
        parts: list[str] = []
        tail = ""
        while (token := self.next()) is not None and token.kind != STOP:
            parts.append(token.raw)
            tail = (tail + token.raw)[-len(closing) :]
            if tail == closing:
                break
        found = "".join(parts)
        return found.removesuffix(closing)


def _rest(token: Token, start: int) -> Token:
    return Token(token.kind, token.text[start:], token.text[start:], token.after)


def is_command(token: Token | None, name: str) -> bool:
    """Returns whether the token is the command with the name."""
    return token is not None and token.kind == COMMAND and token.text == name
