"""Names the forms that a PDF only carries: those of XFA, which are no part of its pages."""

from __future__ import annotations

from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.report import Notice


def form_notices(document: Any) -> list[Notice]:
    """Returns a notice where the document's form is only XFA; `document` is pypdfium2's, the caller holds pdfium's lock.

    Forms of XFA that have fields on the pages, too, are read from those.
    """
    if pdfium.FPDF_GetFormType(document.raw) != pdfium.FORMTYPE_XFA_FULL:
        return []
    message = "The form is of the kind XFA: its fields and what was filled in are not read, only the text of its pages."
    return [Notice(kind="xfa_form_not_read", message=message)]
