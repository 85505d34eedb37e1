"""Encrypts and decrypts parts of a backup with age."""

from __future__ import annotations

from collections.abc import Callable

from fathom.errors import BackupDamaged, PassphraseWrong

Cipher = Callable[[bytes], bytes]


def plain(data: bytes) -> bytes:
    """Returns the bytes as they are: the cipher of a backup that is not encrypted."""
    return data


def new_cipher(passphrase: str) -> tuple[bytes, Cipher]:
    """Creates a new identity; returns it encrypted with the passphrase, and the cipher that encrypts for it."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    recipient = identity.to_public()
    key = pyrage.passphrase.encrypt(str(identity).encode(), passphrase)
    return key, lambda data: bytes(pyrage.encrypt(data, [recipient]))


def open_cipher(key: bytes, passphrase: str) -> Cipher:
    """Returns the cipher that decrypts with the identity in `key`. Raises PassphraseWrong; the cipher raises BackupDamaged."""
    import pyrage

    try:
        identity = pyrage.x25519.Identity.from_str(pyrage.passphrase.decrypt(key, passphrase).decode())
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError) as error:
        raise PassphraseWrong("The passphrase does not open this backup.") from error

    def decrypt(data: bytes) -> bytes:
        try:
            return bytes(pyrage.decrypt(data, [identity]))
        except pyrage.DecryptError as error:
            raise BackupDamaged("A part of the backup cannot be decrypted.") from error

    return decrypt
