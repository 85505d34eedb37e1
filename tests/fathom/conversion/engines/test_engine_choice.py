"""Which backend converts is a matter of settings, and a backend that cannot work says so before a document is tried."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from fathom.conversion.engines import engine_choice
from fathom.conversion.engines.docling_models import models_converter
from fathom.conversion.engines.engine_choice import ENGINES, MODEL_FOLDERS, Backend, backend_of, require_usable
from fathom.conversion.engines.self_check import examine_backend
from fathom.conversion.quality.offline_verification import verify_offline
from fathom.conversion.service.converter_client import ConverterClient
from fathom.deployment.doctor import Finding, examine
from fathom.errors import ConverterUnreachable, KeyRefused, SettingsInvalid, UsageWrong
from fathom.settings import Settings
from tests.fathom.conversion.engines.docling_serve import docling_serve
from tests.fathom.conversion.service.own_converters import Converters, alive, eventually


def weights(folder: Path) -> Path:
    for name in MODEL_FOLDERS:
        (folder / name).mkdir(parents=True)
    return folder


def test_the_embedded_one_is_the_default(tmp_path: Path) -> None:
    assert backend_of(None, None) is Backend.EMBEDDED
    assert examine_backend(Settings(home=tmp_path)).startswith("embedded")


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "h", docling_artifacts=tmp_path, docling_serve_url="http://127.0.0.1:1")
    with pytest.raises(SettingsInvalid, match="both set"):
        examine_backend(settings)


def test_a_backend_that_cannot_work_is_named_to_who_wants_a_document_and_stands_in_no_ones_way_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A line.")
    client = ConverterClient(Settings(home=tmp_path / "h", docling_artifacts=tmp_path / "none"))
    with pytest.raises(SettingsInvalid, match="is no folder"):
        client.convert(tmp_path / "a.txt", version="v")
    with pytest.raises(SettingsInvalid, match="is no folder"):
        client.ensure_started()
    assert client.stop() is False
    with pytest.raises(ConverterUnreachable, match="is not running"):
        client.status()


@pytest.mark.parametrize(
    "url", ["serve:5001", "ftp://a", "http://", "http://a/v1", "http://a?key=x", "http://[", "http://u:p@a"]
)
def test_an_address_that_is_none_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="FATHOM_DOCLING_SERVE_URL") as raised:
        require_usable(None, url)
    assert url not in raised.value.message
    assert raised.value.what_to_do


def test_a_folder_of_weights_is_looked_at_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match="is no folder") as raised:
        require_usable(tmp_path / "none", None)
    assert "docling-tools models download" in raised.value.what_to_do
    (tmp_path / "half" / MODEL_FOLDERS[0]).mkdir(parents=True)
    with pytest.raises(SettingsInvalid, match=f"lacks {MODEL_FOLDERS[1]}"):
        require_usable(tmp_path / "half", None)
    found: dict[str, Any] = {"torch": None}
    monkeypatch.setattr(engine_choice, "find_spec", found.get)
    with pytest.raises(SettingsInvalid, match="torch"):
        require_usable(weights(tmp_path / "whole"), None)
    found["torch"] = object()
    assert require_usable(tmp_path / "whole", None) is Backend.MODELS


def test_the_models_pipeline_is_doclings_own_with_weights_from_the_folder_alone(tmp_path: Path) -> None:
    from docling.datamodel.base_models import InputFormat
    from docling.pipeline.standard_pdf_pipeline import StandardPdfPipeline

    option = models_converter(tmp_path).format_to_options[InputFormat.PDF]
    options: Any = option.pipeline_options
    assert option.pipeline_cls is StandardPdfPipeline
    assert (options.artifacts_path, options.enable_remote_services, options.do_table_structure) == (tmp_path, False, True)


def finding(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Finding:
    for name, value in settings.items():
        monkeypatch.setenv(f"FATHOM_{name.upper()}", value)
    from fathom.settings import settings as process_settings

    process_settings.cache_clear()
    found = next(one for one in examine() if one.check == "converter backend")
    process_settings.cache_clear()
    return found


def test_the_doctor_asks_the_server_and_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_HOME", str(tmp_path))
    with docling_serve(key="right") as served:
        fine = finding(monkeypatch, docling_serve_url=served.url, docling_serve_api_key="right")
        assert (fine.fine, fine.finding.split()[:2]) == (True, ["docling-serve", "1.38.0"])
        refused = finding(monkeypatch, docling_serve_api_key="wrong-key")
        assert (refused.fine, "FATHOM_DOCLING_SERVE_API_KEY" in refused.what_to_do) == (False, True)
        assert "wrong-key" not in f"{refused}"
    away = finding(monkeypatch)
    assert (away.fine, "does not answer" in away.finding) == (False, True)


def test_status_of_a_server_that_is_away_or_wants_a_key_is_named(tmp_path: Path) -> None:
    with docling_serve(key="k") as served, pytest.raises(KeyRefused, match="wants a key"):
        examine_backend(Settings(home=tmp_path, docling_serve_url=served.url))
    with pytest.raises(ConverterUnreachable):
        examine_backend(Settings(home=tmp_path, docling_serve_url=served.url))


def test_there_is_nothing_to_verify_offline_where_a_server_converts(tmp_path: Path) -> None:
    with pytest.raises(UsageWrong, match="docling-serve"):
        verify_offline(Settings(home=tmp_path, docling_serve_url="http://127.0.0.1:9"), [])


@pytest.mark.integration
def test_switching_the_setting_replaces_the_converter_once_it_has_done_its_work(converters: Converters) -> None:
    at_work = threading.Event()
    embedded = converters.client()
    page = converters.text("<html><body><p>Water rises.</p></body></html>", name="a.html")
    with docling_serve() as served, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(embedded.convert, converters.text("pages 20"), version="v", progress=lambda _: at_work.set())
        assert at_work.wait(20)
        before = converters.status(embedded)
        serve = converters.client(ENGINES[Backend.SERVE], docling_serve_url=served.url)
        assert serve.convert(page, version="v").report.converter.startswith("docling-serve 1.38.0")
        assert converters.status(serve).pid != before.pid
        assert slow.result(20).markdown == "pages 20"
    eventually(lambda: not alive(before.pid))


@pytest.mark.integration
def test_through_the_converter_process_with_the_key_on_no_command_line(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text("<html><body><p>Water rises.</p></body></html>")
    with docling_serve(key="s3cret-key") as served:
        settings = Settings(
            home=tmp_path / "h",
            docling_serve_url=served.url,
            docling_serve_api_key="s3cret-key",
            convert_workers=1,  # type: ignore[arg-type]
        )
        client = ConverterClient(settings)
        try:
            made = client.convert(page, version="v", name="a.html")
            status = client.status()
            lines = [psutil.Process(pid).cmdline() for pid in (status.pid, *(one.pid for one in status.workers))]
        finally:
            client.stop()
    assert made.report.converter.startswith("docling-serve 1.38.0")
    assert "s3cret-key" not in str(lines)
    written = [path for path in (tmp_path / "h").rglob("*") if path.is_file() and b"s3cret-key" in path.read_bytes()]
    assert (written, sys.argv.count("s3cret-key")) == ([], 0)
