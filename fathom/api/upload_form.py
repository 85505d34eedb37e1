"""Receives the form of an upload as a stream, within bounds, and writes its file to the disk."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MAX_BOUNDARY_LENGTH, MultipartParser, parse_options_header

from fathom.api.routes.parameters import MAX_COLLECTION
from fathom.conversion.inspection.magic_bytes import sniff
from fathom.errors import EmptyDocument, FormDamaged, FormTooLarge, UnknownFormat, UploadCut
from fathom.ids import DEFAULT_COLLECTION
from fathom.observability.structured_logging import get_logger
from fathom.settings import Settings
from fathom.uploads.inbox.inbox_writer import PlacedFile
from fathom.uploads.inbox.upload_stream import UploadStream
from fathom.uploads.priorities import MAX_PRIORITY, MIN_PRIORITY

log = get_logger(__name__)

WRITE_AT = 256 * 1024  # bytes buffered before they are written; each concurrent upload holds up to twice as many
MAX_AROUND = 64 * 1024  # bytes of a form beside its file
MAX_PARTS = 16
MAX_FIELD = 8 * 1024
MAX_HEADERS = 16 * 1024  # bytes of a part

_TEXT = {"type": "string", "maxLength": MAX_FIELD}
FORM = {  # the schema in the description of the API
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "collection": {"type": "string", "maxLength": MAX_COLLECTION},
                    "name": _TEXT,
                    "priority": {"type": "integer", "minimum": MIN_PRIORITY, "maximum": MAX_PRIORITY},
                    "reference_time": _TEXT,
                },
            }
        }
    },
}


@dataclass
class UploadForm:
    """The received part of a form: its fields, the file's name, and file data that is not written yet.

    Raises FormTooLarge as soon as a bound is exceeded, FormDamaged for a malformed form.
    """

    fields: dict[str, str] = field(default_factory=dict[str, str])
    file_name: str | None = None
    data: bytearray = field(default_factory=bytearray)
    closed: bool = False  # the closing boundary was received
    _parts: int = 0
    _came: int = 0
    _of_file: int = 0
    _headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    _header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    _name: str = ""
    _value: bytearray = field(default_factory=bytearray)
    _in_file: bool = False
    _size_of_headers: int = 0

    def take(self, block: bytes, parser: MultipartParser) -> None:
        """Adds the next bytes of the body."""
        try:
            parser.write(block)
        except FormParserError as error:
            raise FormDamaged("The form of the upload is damaged.") from error
        self._came += len(block)
        if self._came - self._of_file > MAX_AROUND:
            raise FormTooLarge(f"The form has more than {MAX_AROUND // 1024} KB beside its file.")

    def require_whole(self) -> None:
        """Raises UploadCut for a form without its closing boundary, FormDamaged for a form without a file."""
        if not self.closed:
            raise UploadCut("The form of the upload ended before the boundary that closes it.")
        if self.file_name is None:
            raise FormDamaged("The form has no file.")

    def parser(self, boundary: bytes) -> MultipartParser:
        """Returns a parser that fills this form. Raises FormTooLarge for a boundary that is too long."""
        if len(boundary) > MAX_BOUNDARY_LENGTH:
            raise FormTooLarge(f"The boundary of the form has more than {MAX_BOUNDARY_LENGTH} characters.")
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
                "on_end": self._ends,
            },
            max_header_size=MAX_HEADERS,
        )

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FormTooLarge(f"The form has more than {MAX_PARTS} parts.")
        self._headers, self._size_of_headers = {}, 0
        self._header = (bytearray(), bytearray())

    def _header_piece(self, which: int, data: bytes) -> None:
        self._size_of_headers += len(data)
        if self._size_of_headers > MAX_HEADERS:
            raise FormTooLarge("A part of the form has headers that are too long.")
        self._header[which].extend(data)

    def _header_ends(self) -> None:
        self._headers[bytes(self._header[0]).lower()] = bytes(self._header[1])
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if not self._name:
            raise FormDamaged("A part of the form has no name.")
        if self._name in self.fields:
            raise FormDamaged(f"The form has the field {self._name[:60]} twice.")
        self._value = bytearray()
        name = options.get(b"filename")
        self._in_file = name is not None
        if name is not None:
            if b"\0" in name:
                raise FormDamaged("The name of the file has a NUL character.")
            if self.file_name is not None:
                raise FormDamaged("The form has two files.", hint="Send each in a request of its own.")
            self.file_name = name.decode("utf-8", "surrogateescape")

    def _piece(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.data += data[start:end]
            self._of_file += end - start
            return
        self._value += data[start:end]
        if len(self._value) > MAX_FIELD:
            raise FormTooLarge(f"The field {self._name[:60]} has more than {MAX_FIELD // 1024} KB.")

    def _part_ends(self) -> None:
        if not self._in_file:
            self.fields[self._name] = self._value.decode("utf-8", "replace").strip()

    def _ends(self) -> None:
        self.closed = True


async def receive(request: Request, settings: Settings) -> tuple[UploadStream, UploadForm]:
    """Writes the file to the disk, without a name in the inbox; the caller must close the arrival.

    Raises DocumentTooLarge, StoreFull, FormDamaged, UploadCut, FormTooLarge, and 415 for a body of another kind.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise HTTPException(415, "Send the file as multipart/form-data, in a part named `file`.")
    form = UploadForm()
    parser = form.parser(boundary)
    arrival = await run_in_threadpool(UploadStream, settings)
    try:
        async for block in request.stream():
            form.take(block, parser)
            if len(form.data) >= WRITE_AT:
                await _written(arrival, form)
        form.require_whole()
        await _written(arrival, form)
    except BaseException as error:
        arrival.close()
        if isinstance(error, asyncio.CancelledError):
            log.warning("An upload was cut off: the API stopped", name=form.file_name, metrics={"bytes": arrival.size})
        raise
    return arrival, form


def place(arrival: UploadStream, form: UploadForm, collection: str | None) -> PlacedFile:
    """Moves the file to its name in the inbox. Raises EmptyDocument, UnknownFormat, UnsafePath, StoreFull."""
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


async def _written(arrival: UploadStream, form: UploadForm) -> None:
    if form.data:
        data, form.data = bytes(form.data), bytearray()
        await run_in_threadpool(arrival.write, data)
