"""A loopback server that speaks docling-serve's published API (v1: version, submit, poll, result), with faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from docling_core.types.doc import DocItemLabel, DoclingDocument, DocumentOrigin

VERSIONS = {"docling-serve": "1.38.0", "docling": "2.142.1", "docling-core": "2.104.0"}


def converted(text: str) -> dict[str, Any]:
    """The result of a conversion as the server gives it."""
    document = DoclingDocument(
        name="document", origin=DocumentOrigin(mimetype="text/html", binary_hash=1, filename="document.html")
    )
    document.add_heading("Pumps")
    document.add_text(DocItemLabel.TEXT, text)
    return {
        "document": {"filename": "document.html", "json_content": document.export_to_dict()},
        "status": "success",
        "errors": [],
        "processing_time": 0.1,
        "timings": {},
    }


@dataclass
class Served:
    """The server as a test sees it. `faults` are (status, body, headers) to answer next, by the path's first words."""

    url: str = ""
    key: str | None = None
    result: Any = field(default_factory=lambda: converted("Water rises."))
    looks: int = 2
    ends: str = "success"
    faults: dict[str, list[tuple[int, Any, dict[str, str]]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    looked: int = 0
    chunked: bytes | None = None


def _handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else the body waits for the kernel to acknowledge the head, 40 ms a request

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            path = self.path.partition("?")[0]
            served.asked.append(f"{self.command} {path}")
            if served.key is not None and self.headers.get("X-Api-Key") != served.key:
                return self._send(401, {"detail": "Unauthorized"})
            for start, faults in served.faults.items():
                if path.startswith(start) and faults:
                    return self._send(*faults.pop(0))
            if path == "/version":
                return self._send(200, VERSIONS)
            if path == "/v1/convert/file/async":
                self._keep(body)
                return self._send(200, self._task("pending"))
            if path == "/v1/status/poll/t-1":
                served.looked += 1
                return self._send(200, self._task(served.ends if served.looked >= served.looks else "started"))
            if path == "/v1/result/t-1":
                if served.chunked is not None:
                    return self._stream(served.chunked)
                return self._send(200, served.result)
            return self._send(404, {"detail": "Task not found."})

        def _task(self, status: str) -> dict[str, Any]:
            return {"task_id": "t-1", "task_type": "convert", "task_status": status, "task_position": 1, "task_meta": None}

        def _keep(self, body: bytes) -> None:
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
                data = part.get_payload(decode=True)
                assert isinstance(data, bytes)
                if part.get_filename():
                    served.files.append((str(part.get_filename()), data))
                else:
                    served.options[str(part.get_param("name", header="content-disposition"))] = data.decode()

        def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, piece: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            except OSError:
                self.close_connection = True

    return Handler


@contextmanager
def docling_serve(**given: Any) -> Iterator[Served]:
    """The server on a free port of 127.0.0.1."""
    served = Served(**given)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
