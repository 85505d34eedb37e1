"""Decrypts a document on arrival, so that no later step needs its password."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from fathom.conversion.decryption import office_decryption
from fathom.conversion.decryption import pdf_decryption as pdf
from fathom.conversion.inspection.magic_bytes import OLE
from fathom.errors import PasswordWrong, UsageWrong

_HEADER_WITHIN = 1024
_MAX_PASSWORDS = 1000


def passwords_in(path: Path) -> list[str]:
    """Returns the passwords in the file, a line each, as they stand, without empty lines. Raises UsageWrong without any."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise UsageWrong(f"The password file {path} cannot be read: {why}.") from error
    passwords = [line for line in lines if line]
    if not 0 < len(passwords) <= _MAX_PASSWORDS:
        message = f"The password file {path} has {len(passwords)} passwords; it takes 1 to {_MAX_PASSWORDS}."
        raise UsageWrong(message, hint="Write a password a line.")
    return passwords


def decrypted(source: BinaryIO, passwords: Sequence[str]) -> BinaryIO:
    """Returns the source at its start or, for an encrypted document, a decrypted copy.

    Encrypted documents are PDFs, and documents of Word, Excel or PowerPoint since 2007. The passwords are tried in turn, and
    none is stored: the copy is accepted, converted and stored. It depends on the source's bytes alone, so that the same file
    is the same version again. Any other fault of the file is left to its inspection. Raises PasswordWrong where no password
    fits, and DocumentLocked where none could.
    """
    lock = _lock_of(source)
    if lock is None:
        source.seek(0)
        return source
    for password in passwords:
        copy: BinaryIO | None = lock.opened_by(source, password)
        if copy is not None:
            return copy
    tried = "The password does not open" if len(passwords) == 1 else f"None of the {len(passwords)} passwords opens"
    raise PasswordWrong(f"{tried} the document.")


@contextmanager
def decrypted_file(path: Path, passwords: Sequence[str]) -> Iterator[Path]:
    """Yields the file itself, or a decrypted copy for its owner alone that is gone afterwards; as `decrypted`."""
    if not passwords or not path.is_file():
        yield path
        return
    with path.open("rb") as source, decrypted(source, passwords) as copy, tempfile.TemporaryDirectory() as folder:
        if copy is source:
            yield path
            return
        readable = Path(folder) / path.name
        with readable.open("wb") as stream:
            shutil.copyfileobj(copy, stream)
        yield readable


def _lock_of(source: BinaryIO) -> Any:
    """Returns the kind of lock that the source has; None where it has none that a password opens."""
    head = source.read(_HEADER_WITHIN)
    if b"%PDF-" in head and pdf.wants_password(source):
        return pdf
    return office_decryption if head.startswith(OLE) and office_decryption.wants_password(source) else None
