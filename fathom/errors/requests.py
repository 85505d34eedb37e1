"""Errors of requests: refused hosts and pages, and forms that are malformed, truncated or too large."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import Refused, Tier, UsageWrong


class HostRefused(Refused):
    """The request was sent to a host name that is not allowed."""

    tier: ClassVar[Tier] = "low"
    hint = "Ask for http://127.0.0.1 or localhost, or add the name to FATHOM_ALLOWED_HOSTS."


class OriginRefused(Refused):
    """A page of another site sent a request that can change something."""

    tier: ClassVar[Tier] = "low"
    hint = "Send it from a program with a key in a header, or from Fathom's own pages; a proxy in front has to pass Host on."


class FormDamaged(UsageWrong):
    """The body of an upload is not valid multipart/form-data."""

    hint = "Send the file as multipart/form-data, in a part named `file`, as curl -F and each HTTP library do."


class UploadCut(FormDamaged):
    """The body of an upload ended before its closing boundary, so the file may be incomplete."""

    hint = "Send it again; nothing of it was kept."


class FormTooLarge(UsageWrong):
    """The form of an upload has more parts, or longer fields, headers or boundaries, than any upload needs."""

    hint = "Send one file a request, with the fields `collection`, `name`, `priority` and `reference_time` at most."
