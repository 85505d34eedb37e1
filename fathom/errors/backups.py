"""Errors of backups: files that are damaged, foreign, too new or encrypted, and restores that are refused."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import FathomError, Refused, Tier, UsageWrong


class BackupRefused(FathomError):
    """The file cannot be restored; nothing was changed."""

    tier: ClassVar[Tier] = "high"


class BackupDamaged(BackupRefused):
    """The backup is truncated or has changed since it was written, by its checksums."""

    hint = "Take another copy of it, or another backup (`fathom graph backups`)."


class BackupForeign(BackupRefused):
    """The file is no backup of Fathom."""

    hint = "Give the file that `fathom graph backup` wrote; `fathom graph import` reads other formats."


class BackupTooNew(BackupRefused):
    """A newer version of Fathom wrote the backup, in a format that this version cannot read."""

    hint = "Upgrade Fathom to restore it."


class PassphraseMissing(UsageWrong):
    """The backup is encrypted, and no passphrase was given."""

    hint = "Give the file with its passphrase: --passphrase-file."


class PassphraseWrong(BackupRefused):
    """The passphrase does not open the backup."""

    hint = "Give the passphrase that was used for the backup; without it nobody can read it."


class BackupMissing(UsageWrong):
    """There is no backup with this id or at this path."""

    hint = "`fathom graph backups` lists them."


class CollectionOccupied(Refused):
    """The collection to restore into is not empty."""

    hint = "Add --replace to replace it (it is backed up first), or --collection NAME for a copy."


class RestoreFailed(FathomError):
    """The restored graph is not what the backup has, or the restore could not be finished."""

    tier: ClassVar[Tier] = "critical"
    hint = "Run the same command again: it continues; the collection takes no writes until it is done."


class RestoreUnfinished(Refused):
    """A restore of the collection was interrupted, so the collection is incomplete and takes no writes."""

    tier: ClassVar[Tier] = "high"
    hint = "Run `fathom graph restore` with the same backup again; it continues."
