"""The generated dagster.yaml: taken by Dagster as it is, stable, private, and carrying our log lines into its event log."""

from __future__ import annotations

import logging
from pathlib import Path

import dagster as dg
import pytest

from fathom.errors import StoreFailed
from fathom.observability.structured_logging import get_logger, stage
from fathom.orchestration.dagster_home import FILE, dagster_config, prepare_storage, write_dagster_home
from fathom.orchestration.warm_runs.run_launcher import WarmRunLauncher
from fathom.settings import Settings

log = get_logger("fathom.test")


@dg.op
def tells() -> None:
    """Logs a line as the work does."""
    with stage("docling", document="a/b.pdf"):
        for page in range(1, 11):
            log.info(f"Page {page} of 10 converted", sub_stage="page", metrics={"page": page})
        log.warning("Page 3 has no text", sub_stage="convert")
        log.info("Conversion complete", sub_stage="complete", metrics={"pages": 10, "api_key": "hunter2"})


@dg.job(executor_def=dg.in_process_executor)
def telling() -> None:
    tells()


def test_it_is_written_once_and_again_only_when_a_setting_changed(home_settings: Settings) -> None:
    assert write_dagster_home(home_settings) is True
    assert write_dagster_home(home_settings) is False
    assert write_dagster_home(home_settings.model_copy(update={"log_level": "DEBUG"})) is True


def test_dagster_takes_it_and_everything_stays_below_the_home(home_settings: Settings) -> None:
    write_dagster_home(home_settings)
    assert prepare_storage(home_settings) is True
    assert prepare_storage(home_settings) is False
    with dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as instance:
        assert isinstance(instance.run_launcher, WarmRunLauncher)
        assert instance.managed_python_loggers == ["fathom.shown"]
        assert instance.telemetry_enabled is False
        assert Path(instance.storage_directory()).is_relative_to(home_settings.home)


def test_it_names_no_address_outside_and_no_secret(home_settings: Settings) -> None:
    settings = home_settings.model_copy(update={"graph_user": "somebody"})
    write_dagster_home(settings)
    text = (settings.dagster_home / FILE).read_text()
    assert "http" not in text
    assert "somebody" not in text
    assert dagster_config(settings)["telemetry"] == {"enabled": False}


def test_the_end_of_a_stage_and_what_was_wrong_are_in_dagsters_event_log_as_sentences(home_settings: Settings) -> None:
    write_dagster_home(home_settings)
    level = logging.getLogger("fathom").level
    try:
        with dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as instance:
            result = telling.execute_in_process(instance=instance)
            messages = [entry.user_message for entry in instance.all_logs(result.run_id)]
    finally:
        logging.getLogger("fathom").setLevel(level)
    assert "a/b.pdf: Conversion complete  pages=10 api_key=[hidden]" in messages
    assert "a/b.pdf: Page 3 has no text" in messages
    assert not any("of 10 converted" in message for message in messages)


def test_a_home_that_cannot_be_written_is_told(home_settings: Settings) -> None:
    home_settings.home.write_text("a file where the folder should be")
    with pytest.raises(StoreFailed, match="cannot be written") as caught:
        write_dagster_home(home_settings)
    assert "FATHOM_HOME" in caught.value.what_to_do
