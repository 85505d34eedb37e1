"""The protocol between the converter process and its callers: framed JSON over a Unix socket, every frame bounded."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import traceback
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Literal

from fathom import errors
from fathom.conversion.report import PageProgress
from fathom.errors import ConversionFailed, ConversionOutOfMemory, FathomError

# A byte of kind, four of length, then the JSON.
HEADER = struct.Struct(">cI")
MAX_REQUEST_BYTES = 256 * 1024
# Two thousand dense pages make about 200 MB of JSON.
MAX_ANSWER_BYTES = 1024**3
# The payload of an ALIVE frame from when a worker has the caller's document.
TAKEN = b"taken"

Operation = Literal["convert", "inspect", "hello", "status", "stop"]


class WireFrame(Enum):
    """The kinds of frame; callers send REQUEST only, and receive ALIVE and PROGRESS until another kind ends it."""

    REQUEST = b"Q"
    PROGRESS = b"P"
    ALIVE = b"A"
    RESULT = b"R"
    ERROR = b"E"
    SUPERSEDED = b"S"  # the converter leaves, or has other settings than the caller: ask the next converter
    READY = b"Y"  # a worker is warm
    CANCEL = b"C"  # a worker shall give its document up


class ConnectionLost(ConnectionError):
    """The other side is gone, or does not speak this protocol."""


@dataclass(frozen=True)
class Request:
    """A caller's request; a dataclass over plain JSON, because file names need not be valid Unicode."""

    operation: Operation
    fingerprint: str = ""
    path: str = ""
    name: str = ""
    version: str = ""
    document: str | None = None
    # of the caller's log lines, for the converter's own about the document
    run: str | None = None
    request: str | None = None
    # of a docling-serve: goes with each request, so that it is on no command line, in no environment, log or file
    key: str | None = field(default=None, repr=False)

    def encode(self) -> bytes:
        """Returns the request as it goes over the wire."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, payload: bytes) -> Request:
        """Returns the request that was sent. Raises ConnectionLost if it is none."""
        try:
            return cls(**json.loads(payload))
        except (ValueError, TypeError) as error:
            raise ConnectionLost("The caller does not speak the converter's protocol.") from error


class RemoteTraceback(Exception):
    """Where in the converter process an error arose, as text."""


def pack_frame(frame: WireFrame, payload: bytes = b"") -> bytes:
    """Returns the frame as bytes. Raises ValueError past MAX_ANSWER_BYTES."""
    if len(payload) > MAX_ANSWER_BYTES:
        raise ValueError(f"A frame of {len(payload)} bytes is larger than the protocol allows.")
    return HEADER.pack(frame.value, len(payload)) + payload


def receive_frame(connection: socket.socket, limit: int) -> tuple[WireFrame, bytes]:
    """Returns the next frame. Raises ConnectionLost at the end of the stream, and errors of the socket."""
    kind, length = HEADER.unpack(_receive_exactly(connection, HEADER.size))
    frame = _known(kind, length, limit)
    return frame, bytes(_receive_exactly(connection, length))


async def receive_frame_async(reader: asyncio.StreamReader, limit: int) -> tuple[WireFrame, bytes]:
    """Returns the next frame. Raises ConnectionLost at the end of the stream."""
    try:
        kind, length = HEADER.unpack(await reader.readexactly(HEADER.size))
        frame = _known(kind, length, limit)
        return frame, await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise ConnectionLost("The other side closed the connection.") from error


def _known(kind: bytes, length: int, limit: int) -> WireFrame:
    if length > limit:
        raise ConnectionLost(f"The other side announced {length} bytes; at most {limit} are read.")
    try:
        return WireFrame(kind)
    except ValueError as error:
        raise ConnectionLost("The other side does not speak the converter's protocol.") from error


def _receive_exactly(connection: socket.socket, length: int) -> bytearray:
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        count = connection.recv_into(view)
        if count == 0:
            raise ConnectionLost("The other side closed the connection.")
        view = view[count:]
    return buffer


def encode_progress(progress: PageProgress) -> bytes:
    """Returns the progress as it goes over the wire."""
    return json.dumps(asdict(progress)).encode()


def decode_progress(payload: bytes) -> PageProgress:
    """Returns the progress that was sent."""
    return PageProgress(**json.loads(payload))


def encode_error(error: BaseException) -> bytes:
    """Returns the error as it goes over the wire; an error outside Fathom's tree takes its traceback along."""
    if isinstance(error, FathomError):
        wire: dict[str, Any] = error.as_dict()
        wire["cause"] = None if error.__cause__ is None else _trace(error.__cause__)
    else:
        cls = ConversionOutOfMemory if isinstance(error, MemoryError) else ConversionFailed
        wire = cls(_sentence(error)).as_dict()
        wire["cause"] = _trace(error)
    return json.dumps(wire).encode()


def decode_error(payload: bytes, *, document: str | None = None) -> FathomError:
    """Returns the error that was sent, of its own class, with its document and its remote traceback as its cause."""
    wire = json.loads(payload)
    cls = error_classes().get(wire["error"], ConversionFailed)
    error = cls(wire["message"], document=wire.get("document") or document, hint=wire.get("hint") or "")
    if wire.get("cause"):
        error.__cause__ = RemoteTraceback(wire["cause"])
    return error


def error_classes() -> dict[str, type[FathomError]]:
    """Returns every error class of Fathom's tree by its name."""
    return {name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, FathomError)}


def _sentence(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "The conversion ran out of memory."
    # the message may quote the document, so only the class of the error is shown; the rest is in the cause
    return f"The converter stumbled over the document ({type(error).__name__})."


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-20_000:]
