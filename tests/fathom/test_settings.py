"""Settings: where they come from, what is refused and how, and that their page is up to date."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from pydantic import SecretStr

from fathom import settings as settings_module
from fathom.errors import SettingsInvalid
from fathom.settings import PROJECT_ROOT, Settings, read_settings


@pytest.fixture
def file(tmp_path: Path, home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fathom.toml that is read in the test."""
    path = tmp_path / "fathom.toml"
    monkeypatch.setitem(Settings.model_config, "toml_file", path)
    return path


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("api_port = 8100\ndagster_port = 3100\n")
    monkeypatch.setenv("FATHOM_API_PORT", "8200")
    found = read_settings()
    assert (found.api_port, found.dagster_port, found.max_pages) == (8200, 3100, 2000)


def test_an_empty_variable_means_the_default(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_API_PORT", "")
    assert read_settings().api_port == 8000


def test_an_unknown_variable_is_refused_by_name(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_API_PROT", "8000")
    with pytest.raises(SettingsInvalid, match="FATHOM_API_PROT"):
        read_settings()


def test_an_unknown_key_of_the_file_is_refused_by_name(file: Path) -> None:
    file.write_text("api_prot = 8000\n")
    with pytest.raises(SettingsInvalid, match="API_PROT"):
        read_settings()


def test_a_file_that_is_no_toml_is_refused_by_name(file: Path) -> None:
    file.write_text("api_port 8000")
    with pytest.raises(SettingsInvalid, match=r"fathom\.toml"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_PORT", "0"),
        ("API_PORT", "many"),
        ("LLM", "oracle"),
        ("MAX_FILE_MB", "-1"),
        ("MIN_CONFIDENCE", "1.1"),
        ("MIN_CONFIDENCE", "nan"),
    ],
)
def test_an_impossible_value_is_refused_by_the_settings_name(
    name: str, value: str, home_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FATHOM_{name}", value)
    with pytest.raises(SettingsInvalid, match=f"FATHOM_{name}"):
        read_settings()


def test_no_value_is_in_an_error_since_it_could_be_a_secret(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_API_PORT", "hunter2")
    with pytest.raises(SettingsInvalid) as caught:
        read_settings()
    assert "hunter2" not in caught.value.message


def test_secrets_are_not_shown(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_GRAPH_PASSWORD", "hunter2")
    monkeypatch.setenv("FATHOM_DATABASE_URL", "postgresql://u:hunter2@host/db")
    found = read_settings()
    assert "hunter2" not in repr(found)
    assert found.operational_url == "postgresql://u:hunter2@host/db"


def test_local_state_lives_below_the_home(home_settings: Settings) -> None:
    home = home_settings.home
    paths = (home_settings.inbox_path, home_settings.logs_path, home_settings.dagster_home, Path(home_settings.store_url))
    assert all(path.is_relative_to(home) for path in paths)
    assert str(home) in home_settings.operational_url


def test_a_relative_home_is_below_the_project_wherever_one_stands(
    home_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FATHOM_HOME", "somewhere")
    monkeypatch.chdir(tmp_path)
    assert read_settings().home == PROJECT_ROOT / "somewhere"


def test_a_process_reads_its_settings_once(home_settings: Settings) -> None:
    assert settings_module.settings() is settings_module.settings()


def test_the_page_of_settings_is_up_to_date() -> None:
    page = runpy.run_path(str(PROJECT_ROOT / "scripts" / "generate_docs.py"))["settings_page"]()
    assert (PROJECT_ROOT / "docs" / "settings.md").read_text() == page


def test_each_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"])
def test_a_providers_key_has_the_name_its_own_tools_use_and_is_not_shown(
    name: str, home_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "sk-hunter2")
    found = read_settings()
    key = getattr(found, name.lower())
    assert (key.get_secret_value(), "hunter2" in repr(found)) == ("sk-hunter2", False)
    monkeypatch.setenv(f"FATHOM_{name}", "sk-hunter2")
    with pytest.raises(SettingsInvalid, match=f"FATHOM_{name}"):
        read_settings()


def test_a_providers_key_may_stand_in_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    file.write_text('anthropic_api_key = "sk-hunter2"\n')
    key = read_settings().anthropic_api_key
    assert key is not None
    assert key.get_secret_value() == "sk-hunter2"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-environment")
    key = read_settings().anthropic_api_key
    assert key is not None
    assert key.get_secret_value() == "sk-environment"
    assert Settings(anthropic_api_key=SecretStr("sk-argument")).anthropic_api_key == SecretStr("sk-argument")
