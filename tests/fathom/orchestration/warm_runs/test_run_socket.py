"""The run server is found at a socket whose path always fits."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from fathom.orchestration.warm_runs.run_socket import MAX_ADDRESS, ask, run_server_address


def test_a_deep_home_still_has_an_address_that_a_socket_can_have() -> None:
    deep = Path("/" + "/".join(["a" * 30] * 6))
    assert len(str(run_server_address(deep)).encode()) <= MAX_ADDRESS
    assert run_server_address(deep) != run_server_address(deep / "b")


def test_asking_where_nobody_listens_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ask(tmp_path / "none.sock", run="r")


def test_an_answer_that_is_no_json_is_a_value_error(tmp_path: Path) -> None:
    address = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen(1)

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"hello")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ValueError, match="Expecting"):
            ask(address, run="r")
        thread.join()
