"""Names faults of XML that no reader takes: entities that multiply, elements nested without end."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from fathom.errors import ArchiveBomb, DocumentDamaged, FathomError, NestedTooDeep

# Ten times the longest article: past it, entities were written to grow and not to abbreviate.
MAX_EXPANDED_CHARACTERS = 20_000_000
_ENTITY = re.compile(r"""<!ENTITY\s+(?:%\s+)?([\w.:-]+)\s+(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(r"[&%]([\w.:-]+);")
MAX_ENTITY = 200  # characters of an entity that a page declares for itself
# The prolog before the root element, and the declarations within its document type.
_SUBSET = re.compile(
    r"""(\ufeff?(?>\s++|<\?.*?\?>|<!--.*?-->)*+)<!DOCTYPE[^\[>]{0,2000}+\["""
    r"""((?>[^\]"'<]++|"[^"]*+"|'[^']*+'|<!--.*?-->|<(?!!--))*+)\]\s*+>""",
    re.I | re.S,
)
# Messages of libxml2, in any of its versions.
_MULTIPLIES = re.compile(r"entity amplification|entity reference loop|entity nesting|Detected an entity", re.I)
_TOO_DEEP = re.compile(r"Excessive depth|depth in document|maximum recursion depth", re.I)
# odfdo's message about a part that unpacks to more than 200 times its size, however small it is.
_UNPACKS = re.compile(r"High compression ratio|breach of security", re.I)
_UNDECLARED = re.compile(r"Entity '([^']{1,60})' not defined")
_BOMB = "It is XML whose entities expand to more text than any document has."


def refuse_multiplying_entities(text: str) -> None:
    """Raises ArchiveBomb where the entities that the text declares, or its references to them, expand to too much.

    Nothing is expanded: only lengths are added. `text` is a whole document, or its beginning.
    """
    values: dict[str, str] = {}
    last = 0
    for declared in _ENTITY.finditer(text):
        values.setdefault(declared[1], declared[2] if declared[2] is not None else declared[3])
        last = declared.end()
    lengths: dict[str, int] = {}
    for name in values:
        _measure(name, values, lengths)
    used = 0
    for reference in _REFERENCE.finditer(text, last) if values else ():
        used += lengths.get(reference[1], 0)
        if used > MAX_EXPANDED_CHARACTERS:
            raise ArchiveBomb(_BOMB)


def _measure(name: str, values: dict[str, str], lengths: dict[str, int]) -> None:
    """Adds the length that the entity expands to, and those of all that it refers to, in whatever order they are declared."""
    waiting, entered = [name], set[str]()
    while waiting:
        current = waiting[-1]
        if current in lengths:
            waiting.pop()
            continue
        inner = [name for name in _REFERENCE.findall(values[current]) if name in values]
        unknown = [name for name in inner if name not in lengths]
        if current in entered and unknown:
            raise ArchiveBomb("It is XML with an entity that stands for itself, without end.")
        if unknown:
            entered.add(current)
            waiting.extend(dict.fromkeys(unknown))
            continue
        lengths[current] = len(values[current]) + sum(lengths[name] for name in inner)
        if lengths[current] > MAX_EXPANDED_CHARACTERS:
            raise ArchiveBomb(_BOMB)
        waiting.pop()


def with_own_entities(page: str) -> str:
    """Returns a page without the declarations at its head, with textual entities replaced by their values.

    Raises ArchiveBomb where they expand to too much.
    """
    subset = _SUBSET.match(page)
    if subset is None:
        return page
    refuse_multiplying_entities(page)
    values = {found[1]: found[2] if found[2] is not None else found[3] for found in _ENTITY.finditer(subset[2])}
    texts = {name: html.escape(html.unescape(value)) for name, value in values.items() if _is_short_text(value)}
    rest = page[subset.end() :]
    return subset[1] + _REFERENCE.sub(lambda found: texts.get(found[1], found[0]) if found[0][0] == "&" else found[0], rest)


def _is_short_text(value: str) -> bool:
    return len(value) <= MAX_ENTITY and "<" not in value and _REFERENCE.search(html.unescape(value)) is None


def name_xml_fault(said: Iterable[str]) -> FathomError | None:
    """Returns the error that a message of an XML reader stands for; None for an unknown message."""
    for message in said:
        if _MULTIPLIES.search(message):
            return ArchiveBomb(_BOMB)
        if _UNPACKS.search(message):
            return ArchiveBomb("A part of it unpacks to hundreds of times its size.")
        if _TOO_DEEP.search(message):
            return NestedTooDeep("Its elements stand deeper in one another than any reader of XML follows.")
        if undeclared := _UNDECLARED.search(message):
            return DocumentDamaged(
                f"It refers to an entity that it does not declare or that stands in another file: {undeclared[1]}."
            )
    return None


def messages_of(error: BaseException | None) -> Iterator[str]:
    """Yields the messages of an error and of all that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield str(error)
        error = error.__cause__ or error.__context__
