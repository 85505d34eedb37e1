"""Decrypts documents of Word, Excel and PowerPoint that have a password."""

from __future__ import annotations

import tempfile
from typing import Any, BinaryIO

from fathom.errors import DocumentLocked


def wants_password(source: BinaryIO) -> bool:
    """Returns whether it is an encrypted document of Office 2007 or later."""
    return _opened(source) is not None


def opened_by(source: BinaryIO, password: str) -> BinaryIO | None:
    """Returns a decrypted copy, at its start, which depends on the source's bytes alone; None for a wrong password.

    Raises DocumentLocked where no password could open it.
    """
    from msoffcrypto.exceptions import InvalidKeyError  # type: ignore[import-untyped]

    document = _opened(source)
    if document is None:
        return None
    copy = tempfile.TemporaryFile()  # noqa: SIM115  the caller reads it to its end; it has no name on the disk
    try:
        document.load_key(password=password, verify_password=True)
        document.decrypt(copy)
    except InvalidKeyError:
        copy.close()
        return None
    except Exception as error:  # a cipher that the library does not know, or a damaged lock
        copy.close()
        raise DocumentLocked(
            "Its lock is damaged, or of a kind that no password opens here.", hint="Remove the password and upload it again."
        ) from error
    copy.seek(0)
    return copy


def _opened(source: BinaryIO) -> Any:
    """Returns the document as the library reads it; None where its lock is none that it knows."""
    from msoffcrypto.format.ooxml import OOXMLFile  # type: ignore[import-untyped]

    source.seek(0)
    try:
        document = OOXMLFile(source)
    except Exception:  # noqa: BLE001  any damage of the container; the inspection of the file will name it
        return None
    return document if document.is_encrypted() else None
