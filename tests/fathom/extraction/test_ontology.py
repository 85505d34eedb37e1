"""A collection's own types are asked for in its documents alone, and a file that is wrong is refused before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fathom.errors import SettingsInvalid
from fathom.extraction.ontology import read_vocabularies
from fathom.llm.client import billed_to
from tests.fathom.llm.messages_server import MessagesServer

FILE = """
[bridges]
usual_types = false
entity_types = { Bridge = "something one crosses by", Designer = "who designed one" }
relations = { DESIGNED = "made the plans of" }

["*"]
entity_types = { Vessel = "a named ship" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "types.toml"
    path.write_text(FILE)
    return path


def test_a_collections_types_are_asked_for_in_its_documents_alone(
    file: Path, settings_for: Any, opened: Any, server: MessagesServer
) -> None:
    server.answering = lambda text: {
        "entities": [{"name": "Ada Moreno", "type": "Designer", "aliases": []}, {"name": "Tamar Bridge", "type": "Bridge"}],
        "facts": [],
    }
    model = opened(settings_for(llm_types=file))
    text, versions = "Ada Moreno designed the Tamar Bridge.", []
    for document in ("bridges/a.md", "other/b.md"):
        with billed_to(document):
            versions.append(model.prompt)
            found = model.extract([text])[0]
        assert [one.type for one in found.entities] == (
            ["Designer", "Bridge"] if document == "bridges/a.md" else ["Entity"] * 2
        )
    own, other = (request["body"] for request in server.requests)
    assert ("Bridge" in own["system"][0]["text"][-300:], "Vessel" in own["system"][0]["text"]) == (True, False)
    assert "Vessel" in other["system"][0]["text"]
    kinds = own["output_config"]["format"]["schema"]["properties"]["entities"]["items"]["properties"]["type"]["enum"]
    assert kinds == ["Bridge", "Designer"]
    assert versions[0] != versions[1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[bridges", "Expected"),
        ('[bridges]\nentity_tpyes = { A = "b" }', "entity_tpyes"),
        ('[bridges]\nentity_types = { "a b" = "c" }', "a b"),
        ('[bridges]\nentity_types = { Entity = "c" }', "Entity"),
        ('[bridges]\nrelations = { knows = "c" }', "knows"),
        ('[bridges]\none_at_a_time = { MOORED_AT = "once" }', "MOORED_AT"),
        ("[bridges]\nusual_types = false", "no type"),
        ('["no such/name"]\nrelations = { KNOWS = "c" }', "no such/name"),
        ("bridges = 1", "bridges"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_runs(
    tmp_path: Path, settings_for: Any, opened: Any, text: str, told: str
) -> None:
    file = tmp_path / "types.toml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid) as caught:
        opened(settings_for(llm_types=file))
    assert told in caught.value.message


def test_yaml_says_the_same_as_toml(tmp_path: Path) -> None:
    toml, yaml = tmp_path / "types.toml", tmp_path / "types.yaml"
    toml.write_text(
        '["*"]\nrelations = { KNOWS = "knows" }\n[bridges]\nusual_types = false\nentity_types = { Bridge = "spans" }'
    )
    yaml.write_text('"*":\n  relations: {KNOWS: knows}\nbridges:\n  usual_types: false\n  entity_types:\n    Bridge: spans\n')
    assert read_vocabularies(yaml) == read_vocabularies(toml)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bridges: [", "line"),
        ("bridges:\n  entity_tpyes: {A: b}", "entity_tpyes"),
        ("bridges:\n  relations: {NO: denies}", "relations"),
        ("!!python/object/apply:os.getcwd []", "python/object"),
        ("- bridges", "dictionary"),
    ],
)
def test_wrong_yaml_is_refused_by_name_and_runs_nothing(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "types.yml").write_text(text)
    with pytest.raises(SettingsInvalid) as caught:
        read_vocabularies(tmp_path / "types.yml")
    assert told in caught.value.message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="nowhere"):
        read_vocabularies(tmp_path / "nowhere.toml")


def test_a_collection_says_which_end_of_a_relation_has_one_at_a_time_and_no_prompt_changes_by_it(tmp_path: Path) -> None:
    file = tmp_path / "types.toml"
    file.write_text('[fleet]\none_at_a_time = { MOORED_AT = "source", CEO_OF = "never" }')
    vocabularies = read_vocabularies(file)
    assert vocabularies["fleet"].one_at_a_time == {"MOORED_AT": "source", "CEO_OF": "never"}
    assert vocabularies["fleet"].described() == vocabularies["*"].described()
