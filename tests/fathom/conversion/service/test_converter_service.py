"""One converter a home: started by whoever comes first, shared, replaced when its settings change, gone when told to."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from fathom.conversion.report import DocumentKind, PageProgress
from fathom.errors import (
    ConverterUnreachable,
    DocumentDamaged,
    DocumentTooLarge,
    EmptyDocument,
    StoreFailed,
    UnknownFormat,
)
from tests.fathom.conversion.service.own_converters import ENGINE, Converters, alive, eventually

pytestmark = pytest.mark.integration

ONE_OF_MANY = f"""
import sys
from pathlib import Path
from fathom.settings import Settings
from fathom.conversion.service.converter_client import ConverterClient
client = ConverterClient(Settings(home=Path(sys.argv[1]), convert_workers=1), engine="{ENGINE}")
client.convert(Path(sys.argv[2]), version="v")
print(client.status().pid)
"""


def test_the_first_document_starts_the_converter_and_the_next_finds_it_warm(converters: Converters) -> None:
    client = converters.client()
    with pytest.raises(ConverterUnreachable):
        client.status()
    first = client.convert(converters.text("The bridge."), version="abc", document="a/b.txt")
    status = converters.status(client)
    started = time.monotonic()
    second = client.convert(converters.text("The river."), version="def")
    assert time.monotonic() - started < 0.5
    assert (first.markdown, first.report.version, second.markdown) == ("The bridge.", "abc", "The river.")
    assert first.report.converter == second.report.converter
    assert converters.status(client).pid == status.pid
    assert (status.version, status.documents, status.failed, status.restarts) == ("scripted 1", 1, 0, 0)


def test_a_process_that_holds_more_than_a_thousand_files_can_start_it(converters: Converters) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(1100):
            held.enter_context(Path(os.devnull).open("rb"))
        assert converters.client().convert(converters.text("The bridge."), version="abc").markdown == "The bridge."


def test_six_racing_processes_start_one_converter(converters: Converters) -> None:
    path = converters.text("The bridge.")
    command = [sys.executable, "-c", ONE_OF_MANY, str(converters.settings.home), str(path)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    answers = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 6
    assert len(set(answers)) == 1
    status = converters.status(converters.client())
    assert str(status.pid) == answers[0]
    assert status.documents == 6


def test_it_outlives_the_process_that_started_it_in_a_session_of_its_own(converters: Converters) -> None:
    path = converters.text("The bridge.")
    pid = int(subprocess.check_output([sys.executable, "-c", ONE_OF_MANY, str(converters.settings.home), str(path)], text=True))
    assert alive(pid)
    assert psutil.Process(pid).ppid() != psutil.Process().pid
    assert converters.status(converters.client()).pid == pid


def test_only_its_user_may_connect(converters: Converters) -> None:
    client = converters.client()
    client.ensure_started()
    folder = converters.settings.home / "converter"
    assert stat.S_IMODE((folder / "converter.sock").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_home_whose_path_is_longer_than_a_socket_allows_works_as_well(converters: Converters, tmp_path: Path) -> None:
    client = converters.client(home=tmp_path / ("long" * 30))
    assert client.convert(converters.text("The bridge."), version="v").markdown == "The bridge."


def test_progress_reaches_the_caller_page_by_page(converters: Converters) -> None:
    seen: list[PageProgress] = []
    converters.client().convert(converters.text("pages 4"), version="v", progress=seen.append)
    assert seen == [PageProgress("inspected", 0, None), *(PageProgress("page", page, 4) for page in (1, 2, 3, 4))]


def test_a_rejection_arrives_as_what_it_was(converters: Converters) -> None:
    with pytest.raises(DocumentDamaged, match="is damaged") as caught:
        converters.client().convert(converters.text("reject"), version="v", document="a/b")
    assert (caught.value.document, caught.value.what_to_do, caught.value.retryable) == ("a/b", "Send another copy.", False)


def test_inspection_happens_in_the_worker_and_before_the_engine(converters: Converters, tmp_path: Path) -> None:
    client = converters.client()
    assert client.inspect(converters.text("a,b,c\n1,2,3\n4,5,6\n"), name="upload").kind is DocumentKind.CSV
    (tmp_path / "junk").write_bytes(b"\0\1\2" * 100)
    with pytest.raises(UnknownFormat):
        client.convert(tmp_path / "junk", version="v")


def test_what_needs_no_reading_is_refused_without_a_converter(converters: Converters, tmp_path: Path) -> None:
    client = converters.client(max_file_mb=1)
    (tmp_path / "large").write_bytes(bytes(1024**2 + 1))
    for path, error in [
        (converters.text(""), EmptyDocument),
        (tmp_path / "large", DocumentTooLarge),
        (tmp_path / "no", StoreFailed),
    ]:
        with pytest.raises(error):
            client.convert(path, version="v")
    with pytest.raises(ConverterUnreachable):
        client.status()


def test_a_name_with_a_newline_and_no_unicode_is_converted(converters: Converters, tmp_path: Path) -> None:
    path = converters.text("The bridge.", name="two\nlines \udce9.txt")
    assert converters.client().convert(path, version="v").markdown == "The bridge."


def test_half_a_surrogate_pair_does_not_lose_the_document(converters: Converters) -> None:
    assert converters.client().convert(converters.text("surrogate"), version="v").markdown == "half a pair: \ufffd"


def test_documents_are_shared_among_workers_and_wait_their_turn(converters: Converters) -> None:
    client = converters.client(convert_workers=2)
    paths = [converters.text(f"pages 3\n{n}", name=f"{n}.txt") for n in range(10)]
    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda path: client.convert(path, version="v"), paths))
    assert [converted.markdown for converted in done] == [f"pages 3\n{n}" for n in range(10)]
    eventually(lambda: len(converters.status(client).workers) == 2)
    assert converters.status(client).documents == 10


def test_changed_settings_replace_it_after_it_has_finished_its_work(converters: Converters) -> None:
    client = converters.client()
    at_work = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.convert, converters.text("pages 20"), version="v", progress=lambda _: at_work.set())
        assert at_work.wait(20)
        before = converters.status(client)
        changed = converters.client(convert_timeout_s=77)
        assert changed.convert(converters.text("The river.", name="other.txt"), version="v").markdown == "The river."
        after = converters.status(changed)
        assert (after.pid != before.pid, after.fingerprint != before.fingerprint) == (True, True)
        assert slow.result(20).markdown == "pages 20"
    eventually(lambda: not alive(before.pid))


def test_told_to_stop_it_is_gone_at_once(converters: Converters) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    pid = converters.status(client).pid
    started = time.monotonic()
    assert client.stop() is True
    assert time.monotonic() - started < 2
    assert not alive(pid)
    assert client.stop() is False


def test_it_leaves_when_its_home_is_gone(converters: Converters) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    status = converters.status(client)
    shutil.rmtree(converters.settings.home)
    eventually(lambda: not any(alive(pid) for pid in (status.pid, status.workers[0].pid)), within=5)
    assert not converters.settings.home.exists()


def test_an_engine_that_cannot_start_is_told_as_a_sentence(converters: Converters) -> None:
    client = converters.client(engine="no_such_engine")
    with pytest.raises(ConverterUnreachable, match=r"while it warmed up: .*No module named") as caught:
        client.convert(converters.text("The bridge."), version="v")
    assert "converter.jsonl" in caught.value.what_to_do
    assert "no_such_engine" in (converters.settings.logs_path / "converter.jsonl").read_text()


def test_a_converter_without_workers_leaves_so_that_the_next_caller_starts_a_better_one(converters: Converters) -> None:
    client = converters.client(engine="engine_to_come")
    with pytest.raises(ConverterUnreachable, match="engine_to_come"):
        client.ensure_started(warm=True)
    pid = converters.status(client).pid
    eventually(lambda: not alive(pid))
    converters.provide("engine_to_come")
    assert client.convert(converters.text("The bridge."), version="v").markdown == "The bridge."


def test_workers_know_no_secret(converters: Converters, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOME_API_KEY", "FATHOM_DATABASE_URL", "GRAPH_PASSWORD", "HARMLESS"):
        monkeypatch.setenv(name, "value of " + name)
    client = converters.client()
    client.ensure_started(warm=True)
    environment = psutil.Process(converters.status(client).workers[0].pid).environ()
    assert [name for name, value in environment.items() if value == "value of " + name] == ["HARMLESS"]


def test_its_log_says_which_document_took_how_long_and_nothing_of_its_text(converters: Converters) -> None:
    client = converters.client()
    client.convert(converters.text("The secret bridge."), version="v", document="a/b.txt")
    log = (converters.settings.logs_path / "converter.jsonl").read_text()
    assert '"document": "a/b.txt"' in log
    assert "secret" not in log
