"""The process that closes its own network, converts, and reports attempts to reach the network and late loading."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any, Literal

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines.conversion_engine import ConversionEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.quality.offline_verification import OfflineVerification, VerifiedDocument
from fathom.conversion.service.conversion_worker import warm_engine
from fathom.errors import FathomError

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
# TEST-NET-1 (RFC 5737): has no owner, so a packet to it does no harm should the network be open after all.
NOBODY = ("192.0.2.1", 9)
WEIGHTS = (".onnx", ".ort", ".pt", ".pth", ".safetensors", ".bin", ".tflite", ".traineddata")
NETWORK_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})


class Watch:
    """Sees every connection and opened file of this interpreter: an audit hook, which nothing can take off again."""

    def __init__(self) -> None:
        self.refuse = False
        self.testing = False
        self.fetched: list[str] = []
        self._weights: set[str] = set()
        self._warm_modules: set[str] = set()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Records events of the audit hook."""
        if event in NETWORK_EVENTS:
            self._network(event, arguments)
        elif self._warm_modules and event == "open" and str(arguments[0]).lower().endswith(WEIGHTS):
            self._weights.add(Path(str(arguments[0])).name)

    def _network(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in {"socket.connect", "socket.sendto"}:
            connection, address = arguments[0], arguments[1]
            if connection.family not in {socket.AF_INET, socket.AF_INET6}:
                return
        else:
            address = arguments[0]
        if not self.testing:
            self.fetched.append(str(address))
        if self.refuse:
            raise PermissionError("The network is closed for this verification.")

    def start_noting(self) -> None:
        """Marks everything that is loaded from here on as late."""
        self._warm_modules = set(sys.modules)
        self._note_sessions()

    def late(self) -> list[str]:
        """Returns the weights, then the modules, of libraries other than Python's own and Fathom."""
        modules = set(sys.modules) - self._warm_modules
        foreign = {name for name in modules if name.partition(".")[0] not in {*sys.stdlib_module_names, "fathom"}}
        return sorted(self._weights) + sorted(foreign)

    def _note_sessions(self) -> None:
        """Records models loaded into onnxruntime: their files are opened by native code, which no hook sees."""
        runtime = sys.modules.get("onnxruntime")
        if runtime is None:
            return
        original = runtime.InferenceSession.__init__

        def noted(session: Any, model: Any, *arguments: Any, **named: Any) -> None:
            self._weights.add(Path(model).name if isinstance(model, (str, os.PathLike)) else "a model in memory")
            original(session, model, *arguments, **named)

        runtime.InferenceSession.__init__ = noted


def close_network(watch: Watch) -> Literal["network namespace", "socket guard"]:
    """Closes the network for this process; a namespace if the system permits one, else every connection is refused.

    Raises OSError if the network is open in spite of it.
    """
    by: Literal["network namespace", "socket guard"] = "network namespace"
    if not _enter_empty_namespace():
        by, watch.refuse = "socket guard", True
    watch.testing = True
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(NOBODY)  # sends nothing; fails where no route leads anywhere
    except OSError:
        return by
    finally:
        watch.testing = False
    raise OSError("the network could not be closed")


def _enter_empty_namespace() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def verify_document(path: Path, settings: ConverterSettings, engine: ConversionEngine) -> VerifiedDocument:
    """Returns the document converted, or why not."""
    started = time.monotonic()
    kind = "?"
    try:
        inspection = inspect_file(path, max_bytes=settings.max_bytes, max_pages=settings.max_pages)
        kind = inspection.kind.value
        report = engine.convert_file(path, inspection, version="verification").report
    except FathomError as error:
        return VerifiedDocument(name=path.name, kind=kind, seconds=time.monotonic() - started, error=error.message)
    problem = report.errors[0].message if report.errors else None
    if report.words == 0 and problem is None:
        problem = "There is no word in what came out."
    seconds = time.monotonic() - started
    return VerifiedDocument(
        name=path.name, kind=kind, seconds=seconds, pages=report.pages_converted, words=report.words, error=problem
    )


def main() -> None:
    """Verifies. Arguments: the descriptor for the result, the settings as JSON, the documents."""
    result, settings = int(sys.argv[1]), ConverterSettings.model_validate_json(sys.argv[2])
    watch = Watch()
    sys.addaudithook(watch)
    closed_by = close_network(watch)
    started = time.monotonic()
    engine = warm_engine(settings)
    warm_up_s = time.monotonic() - started
    watch.start_noting()
    documents = [verify_document(Path(path), settings, engine) for path in sys.argv[3:]]
    verification = OfflineVerification(
        closed_by=closed_by,
        converter=engine.converter_version(),
        warm_up_s=warm_up_s,
        documents=documents,
        fetched=watch.fetched,
        loaded_late=watch.late(),
    )
    with os.fdopen(result, "wb") as file:
        file.write(verification.model_dump_json().encode())


if __name__ == "__main__":
    main()
