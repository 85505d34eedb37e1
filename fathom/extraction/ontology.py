"""Reads the entity and relation types of collections from a TOML or YAML file, and validates them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from fathom.errors import FathomError, SettingsInvalid
from fathom.extraction.model import FunctionalEnd
from fathom.extraction.response_schema import TYPES, Vocabulary
from fathom.ids import collection_name

ANY_COLLECTION = "*"  # key of the collections without a table of their own
MAX_ENTRIES = 100
_TAKEN = frozenset({"Entity", "Episodic", "Community", "Saga"})  # labels that Graphiti reserves


def _free(name: str) -> str:
    if name in _TAKEN:
        raise ValueError(f"{name} has a meaning of its own in every graph")
    return name


TypeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$"), AfterValidator(_free)]
RelationName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
MeaningText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class CollectionTypes(BaseModel):
    """A table of the file: `[research]`, or `["*"]` for all collections without their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entity_types: dict[TypeName, MeaningText] = Field(
        default_factory=dict, max_length=MAX_ENTRIES, description="name = meaning"
    )
    relations: dict[RelationName, MeaningText] = Field(
        default_factory=dict, max_length=MAX_ENTRIES, description="name = meaning; where there are any, no other is recorded"
    )
    one_at_a_time: dict[RelationName, FunctionalEnd] = Field(
        default_factory=dict,
        max_length=MAX_ENTRIES,
        description="name = the end that has one at a time: source, target, both or never",
    )
    usual_types: bool = Field(True, description="whether Person, Organization, Location and the others are used too")

    def vocabulary(self) -> Vocabulary:
        """Returns the vocabulary of a prompt. Raises ValueError where no entity type is left."""
        types = {**(TYPES if self.usual_types else {}), **self.entity_types}
        if not types:
            raise ValueError("no type of entity is left")
        return Vocabulary(types, dict(self.relations), dict(self.one_at_a_time))


def read_vocabularies(file: Path | None) -> Mapping[str, Vocabulary]:
    """Returns the vocabulary of each collection that has its own, and of `*` (by default the usual types).

    Raises SettingsInvalid that names every wrong part of the file.
    """
    if file is None:
        return {ANY_COLLECTION: Vocabulary()}
    try:
        tables = TypeAdapter(dict[str, CollectionTypes]).validate_python(_tables(file))
        found = {ANY_COLLECTION: Vocabulary()}
        for name, table in tables.items():
            found[name if name == ANY_COLLECTION else collection_name(name)] = table.vocabulary()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:10])
        raise SettingsInvalid(f"{file} is not a file of types: {wrong}.") from None
    except FathomError as error:
        raise SettingsInvalid(f"{file} is not a file of types: {error.message}") from None
    except (OSError, ValueError) as error:  # missing file, invalid TOML or YAML, no entity type
        raise SettingsInvalid(f"{file} is not a file of types: {error}.") from None
    return found


def _tables(file: Path) -> object:
    """Returns the parsed file, by its extension. Raises OSError, ValueError."""
    if file.suffix not in (".yaml", ".yml"):
        return tomllib.loads(file.read_text(encoding="utf-8"))
    import yaml

    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from None
