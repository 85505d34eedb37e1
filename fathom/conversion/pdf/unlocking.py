"""A PDF with a password becomes the same PDF without one, so that nothing behind the door ever needs to know it."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fathom.errors import PasswordWrong, UsageWrong

# pdfium's flag for saving a document without its encryption.
REMOVE_SECURITY = 3
_HEADER_WITHIN = 1024
_TRAILER_BYTES = 1024
_ID = re.compile(rb"/ID\s*\[\s*<([0-9A-Fa-f]*)>\s*<([0-9A-Fa-f]*)>\s*\]")
_MOST_PASSWORDS = 1000


def passwords_in(path: Path) -> list[str]:
    """The passwords in the file, a line each, as they stand; empty lines are none. Raises UsageWrong where there is none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise UsageWrong(f"The password file {path} cannot be read: {why}.") from error
    passwords = [line for line in lines if line]
    if not 0 < len(passwords) <= _MOST_PASSWORDS:
        message = f"The password file {path} has {len(passwords)} passwords; it takes 1 to {_MOST_PASSWORDS}."
        raise UsageWrong(message, hint="Write a password a line.")
    return passwords


def unlocked(source: BinaryIO, passwords: Sequence[str]) -> BinaryIO:
    """The source at its start, or where it is a PDF that wants a password, a copy without its lock.

    The passwords are tried in turn, and none is kept: what is accepted, converted and stored is the copy. It depends on the
    source's bytes alone, so that the same file is the same version again. Whatever else is wrong with the file is left to
    those who inspect it. Raises PasswordWrong where none fits.
    """
    import pypdfium2

    head = source.read(_HEADER_WITHIN)
    source.seek(0)
    if b"%PDF-" not in head or not _wants_password(source):
        return source
    for password in passwords:
        try:
            document = pypdfium2.PdfDocument(source, password=password)
        except pypdfium2.PdfiumError:
            continue
        try:
            return _saved(document, source)
        finally:
            document.close()
    tried = "The password does not open" if len(passwords) == 1 else f"None of the {len(passwords)} passwords opens"
    raise PasswordWrong(f"{tried} the PDF.")


@contextmanager
def unlocked_file(path: Path, passwords: Sequence[str]) -> Iterator[Path]:
    """The file itself, or a copy without its lock that is gone afterwards and meanwhile its owner's alone; as `unlocked`."""
    if not passwords or not path.is_file():
        yield path
        return
    with path.open("rb") as source, unlocked(source, passwords) as copy, tempfile.TemporaryDirectory() as folder:
        if copy is source:
            yield path
            return
        readable = Path(folder) / path.name
        with readable.open("wb") as stream:
            shutil.copyfileobj(copy, stream)
        yield readable


def _wants_password(source: BinaryIO) -> bool:
    import pypdfium2
    from pypdfium2 import raw

    try:
        pypdfium2.PdfDocument(source).close()
    except pypdfium2.PdfiumError:
        return bool(raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD)
    finally:
        source.seek(0)
    return False


def _saved(document: object, source: BinaryIO) -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115  the caller reads it to its end; it has no name on the disk
    document.save(copy, flags=REMOVE_SECURITY)  # type: ignore[attr-defined]
    size = copy.tell()
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest().upper().encode()  # type: ignore[arg-type]
    begin = max(0, size - _TRAILER_BYTES)
    copy.seek(begin)
    trailer = copy.read()
    for found in list(_ID.finditer(trailer))[-1:]:  # pdfium draws its ids by lot
        for group in (1, 2):
            copy.seek(begin + found.start(group))
            copy.write((digest * 2)[: found.end(group) - found.start(group)])
    copy.seek(0)
    return copy
