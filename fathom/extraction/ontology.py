"""Types of entities and relations that collections have of their own, from a TOML or YAML file, checked before it is used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from fathom.errors import FathomError, SettingsInvalid
from fathom.extraction.model import Ends
from fathom.extraction.response_schema import TYPES, Vocabulary
from fathom.ids import collection_name

ALL = "*"  # the collections that have no table of their own
MOST = 100
_TAKEN = frozenset({"Entity", "Episodic", "Community", "Saga"})  # labels with a meaning in every graph


def _free(name: str) -> str:
    if name in _TAKEN:
        raise ValueError(f"{name} has a meaning of its own in every graph")
    return name


TypeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$"), AfterValidator(_free)]
RelationName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
Meaning = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class CollectionTypes(BaseModel):
    """One table of the file: `[research]`, or `["*"]` for all collections without one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entity_types: dict[TypeName, Meaning] = Field(default_factory=dict, max_length=MOST, description="name = meaning")
    relations: dict[RelationName, Meaning] = Field(
        default_factory=dict, max_length=MOST, description="name = meaning; where there are any, no other is recorded"
    )
    one_at_a_time: dict[RelationName, Ends] = Field(
        default_factory=dict,
        max_length=MOST,
        description="name = the end that has one at a time: source, target, both or never",
    )
    usual_types: bool = Field(True, description="whether Person, Organization, Location and the others are used too")

    def vocabulary(self) -> Vocabulary:
        """The words of a prompt. Raises ValueError where no type of entity is left."""
        types = {**(TYPES if self.usual_types else {}), **self.entity_types}
        if not types:
            raise ValueError("no type of entity is left")
        return Vocabulary(types, dict(self.relations), dict(self.one_at_a_time))


def read_vocabularies(file: Path | None) -> Mapping[str, Vocabulary]:
    """The vocabulary of each collection that has one, and of `*`; the usual one for `*` where the file says nothing.

    Raises SettingsInvalid that names every wrong part of the file.
    """
    if file is None:
        return {ALL: Vocabulary()}
    try:
        tables = TypeAdapter(dict[str, CollectionTypes]).validate_python(_tables(file))
        found = {ALL: Vocabulary()}
        for name, table in tables.items():
            found[name if name == ALL else collection_name(name)] = table.vocabulary()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()[:10])
        raise SettingsInvalid(f"{file} is not a file of types: {wrong}.") from None
    except FathomError as error:
        raise SettingsInvalid(f"{file} is not a file of types: {error.message}") from None
    except (OSError, ValueError) as error:  # no such file, no TOML or YAML, no type left
        raise SettingsInvalid(f"{file} is not a file of types: {error}.") from None
    return found


def _tables(file: Path) -> object:
    """What the file holds, by the ending of its name. Raises OSError, ValueError."""
    if file.suffix not in (".yaml", ".yml"):
        return tomllib.loads(file.read_text(encoding="utf-8"))
    import yaml

    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from None
