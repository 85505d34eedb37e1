"""pdfium's calls that are made for every glyph of a page, at the least a call from Python can cost.

The interpreter's lock is kept during them: each takes less time than to give it up and get it back among other threads.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium


def _prototype(function: Any, result: Any, *arguments: Any) -> Any:
    """The same function of the library, called with plain numbers instead of typed pointers."""
    return ctypes.PYFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_TEXT, _INDEX, _OUT = ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p

glyph_code = _prototype(pdfium.FPDFText_GetUnicode, ctypes.c_uint, _TEXT, _INDEX)
glyph_box = _prototype(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, _TEXT, _INDEX, _OUT)
glyph_origin = _prototype(pdfium.FPDFText_GetCharOrigin, ctypes.c_int, _TEXT, _INDEX, _OUT, _OUT)
glyph_object = _prototype(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, _TEXT, _INDEX)


def address_of(handle: Any) -> int:
    """Where a handle of pdfium's points; 0 for none."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
