"""The body of an upload: multipart, parsed as it comes and written to the disk, never held in memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from fathom.conversion.sniffing import sniff
from fathom.errors import EmptyDocument, UnknownFormat
from fathom.ids import DEFAULT_COLLECTION
from fathom.observability.logs import get_logger
from fathom.settings import Settings
from fathom.uploads.arriving import Arrival
from fathom.uploads.placing import Placed

log = get_logger(__name__)

WRITE_AT = 256 * 1024  # bytes in memory before they are written, twice over: of every upload that comes at once
LONGEST_FIELD = 8 * 1024
LONGEST_HEADERS = 16 * 1024


@dataclass
class Form:
    """What has come of a form so far: its fields, and the one file's name; data of the file that is not written yet."""

    fields: dict[str, str] = field(default_factory=dict[str, str])
    file_name: str | None = None
    data: bytearray = field(default_factory=bytearray)
    _headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    _header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    _name: str = ""
    _value: bytearray = field(default_factory=bytearray)
    _in_file: bool = False
    _size_of_headers: int = 0

    def parser(self, boundary: bytes) -> MultipartParser:
        """A parser that fills this form."""
        return MultipartParser(
            boundary,
            callbacks={
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._header_piece(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._header_piece(1, data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._piece,
                "on_part_end": self._part_ends,
            },
        )

    def _part_begins(self) -> None:
        self._headers, self._size_of_headers = {}, 0
        self._header = (bytearray(), bytearray())

    def _header_piece(self, which: int, data: bytes) -> None:
        self._size_of_headers += len(data)
        if self._size_of_headers > LONGEST_HEADERS:
            raise HTTPException(400, "A part of the form has headers that are too long.")
        self._header[which].extend(data)

    def _header_ends(self) -> None:
        self._headers[bytes(self._header[0]).lower()] = bytes(self._header[1])
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._value = bytearray()
        name = options.get(b"filename")
        self._in_file = name is not None
        if name is not None:
            if self.file_name is not None:
                raise HTTPException(400, "One file at a time: send each in a request of its own.")
            self.file_name = name.decode("utf-8", "surrogateescape")

    def _piece(self, data: bytes, start: int, end: int) -> None:
        into = self.data if self._in_file else self._value
        into += data[start:end]
        if not self._in_file and len(into) > LONGEST_FIELD:
            raise HTTPException(400, f"The field {self._name} is too long.")

    def _part_ends(self) -> None:
        if not self._in_file:
            self.fields[self._name] = self._value.decode("utf-8", "replace").strip()


async def receive(request: Request, settings: Settings) -> tuple[Arrival, Form]:
    """The file is on the disk, without its name in the inbox yet; close the arrival whatever happens.

    Raises DocumentTooLarge, StoreFull, and HTTPException for a body that is no such form or has no file.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise HTTPException(415, "Send the file as multipart/form-data, in a part named `file`.")
    form = Form()
    parser = form.parser(boundary)
    arrival = await run_in_threadpool(Arrival, settings)
    try:
        async for block in request.stream():
            parser.write(block)
            if len(form.data) >= WRITE_AT:
                await _written(arrival, form)
        parser.finalize()
        await _written(arrival, form)
        if form.file_name is None:
            raise HTTPException(400, "The form has no file: send it in a part named `file`.")
    except MultipartParseError as error:
        await run_in_threadpool(arrival.close)
        raise HTTPException(400, "The form is damaged or incomplete.") from error
    except BaseException as error:
        arrival.close()
        if isinstance(error, asyncio.CancelledError):
            log.warning("An upload was cut off: the API stopped", name=form.file_name, metrics={"bytes": arrival.size})
        raise
    return arrival, form


def place(arrival: Arrival, form: Form, collection: str | None) -> Placed:
    """The file is in the inbox under its name. Raises EmptyDocument, UnknownFormat, UnsafePath, StoreFull."""
    name = form.fields.get("name") or (form.file_name or "").replace("\\", "/").rsplit("/", 1)[-1]
    if arrival.size == 0:
        raise EmptyDocument("The file has no bytes.")
    sniffed = sniff(arrival.head)
    if sniffed.family == "foreign":
        raise UnknownFormat(
            f"It is {sniffed.called}, which is not converted.",
            hint="Send PDF, DOCX, PPTX, XLSX, HTML, Markdown, CSV, e-mail, EPUB, OpenDocument, LaTeX, pictures or text.",
        )
    return arrival.finish(form.fields.get("collection") or collection or DEFAULT_COLLECTION, name)


async def _written(arrival: Arrival, form: Form) -> None:
    if form.data:
        data, form.data = bytes(form.data), bytearray()
        await run_in_threadpool(arrival.write, data)
