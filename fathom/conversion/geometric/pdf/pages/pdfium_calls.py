"""pdfium's calls that are made for every glyph or object of a page, at the least a call from Python can cost.

The interpreter's lock is kept during them: each takes less time than to give it up and get it back among other threads.
Handles are plain addresses, and so are the places that results are written to.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium


def _prototype(function: Any, result: Any, *arguments: Any) -> Any:
    """Returns the same function of the library, called with plain numbers instead of typed pointers."""
    return ctypes.PYFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_HANDLE, _INDEX, _OUT, _INT = ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int

glyph_code = _prototype(pdfium.FPDFText_GetUnicode, ctypes.c_uint, _HANDLE, _INDEX)
glyph_box = _prototype(pdfium.FPDFText_GetLooseCharBox, _INT, _HANDLE, _INDEX, _OUT)
glyph_shape = _prototype(pdfium.FPDFText_GetCharBox, _INT, _HANDLE, _INDEX, _OUT, _OUT, _OUT, _OUT)
glyph_unmapped = _prototype(pdfium.FPDFText_HasUnicodeMapError, _INT, _HANDLE, _INDEX)
glyph_origin = _prototype(pdfium.FPDFText_GetCharOrigin, _INT, _HANDLE, _INDEX, _OUT, _OUT)
glyph_object = _prototype(pdfium.FPDFText_GetTextObject, _HANDLE, _HANDLE, _INDEX)
glyph_size = _prototype(pdfium.FPDFText_GetFontSize, ctypes.c_double, _HANDLE, _INDEX)
glyph_matrix = _prototype(pdfium.FPDFText_GetMatrix, _INT, _HANDLE, _INDEX, _OUT)
text_into = _prototype(pdfium.FPDFText_GetText, _INT, _HANDLE, _INDEX, _INT, _OUT)

text_font = _prototype(pdfium.FPDFTextObj_GetFont, _HANDLE, _HANDLE)
text_mode = _prototype(pdfium.FPDFTextObj_GetTextRenderMode, _INT, _HANDLE)

count_objects = _prototype(pdfium.FPDFPage_CountObjects, _INT, _HANDLE)
object_at = _prototype(pdfium.FPDFPage_GetObject, _HANDLE, _HANDLE, _INDEX)
count_in_form = _prototype(pdfium.FPDFFormObj_CountObjects, _INT, _HANDLE)
object_in_form = _prototype(pdfium.FPDFFormObj_GetObject, _HANDLE, _HANDLE, ctypes.c_ulong)
object_kind = _prototype(pdfium.FPDFPageObj_GetType, _INT, _HANDLE)
object_bounds = _prototype(pdfium.FPDFPageObj_GetBounds, _INT, _HANDLE, _OUT, _OUT, _OUT, _OUT)
object_matrix = _prototype(pdfium.FPDFPageObj_GetMatrix, _INT, _HANDLE, _OUT)
fill_colour = _prototype(pdfium.FPDFPageObj_GetFillColor, _INT, _HANDLE, _OUT, _OUT, _OUT, _OUT)
stroke_colour = _prototype(pdfium.FPDFPageObj_GetStrokeColor, _INT, _HANDLE, _OUT, _OUT, _OUT, _OUT)
has_transparency = _prototype(pdfium.FPDFPageObj_HasTransparency, _INT, _HANDLE)

draw_mode = _prototype(pdfium.FPDFPath_GetDrawMode, _INT, _HANDLE, _OUT, _OUT)
count_segments = _prototype(pdfium.FPDFPath_CountSegments, _INT, _HANDLE)
segment_at = _prototype(pdfium.FPDFPath_GetPathSegment, _HANDLE, _HANDLE, _INDEX)
segment_kind = _prototype(pdfium.FPDFPathSegment_GetType, _INT, _HANDLE)
segment_point = _prototype(pdfium.FPDFPathSegment_GetPoint, _INT, _HANDLE, _OUT, _OUT)
segment_closes = _prototype(pdfium.FPDFPathSegment_GetClose, _INT, _HANDLE)

clip_of = _prototype(pdfium.FPDFPageObj_GetClipPath, _HANDLE, _HANDLE)
count_clips = _prototype(pdfium.FPDFClipPath_CountPaths, _INT, _HANDLE)
count_clip_segments = _prototype(pdfium.FPDFClipPath_CountPathSegments, _INT, _HANDLE, _INDEX)
clip_segment_at = _prototype(pdfium.FPDFClipPath_GetPathSegment, _HANDLE, _HANDLE, _INDEX, _INDEX)

count_marks = _prototype(pdfium.FPDFPageObj_CountMarks, _INT, _HANDLE)
mark_at = _prototype(pdfium.FPDFPageObj_GetMark, _HANDLE, _HANDLE, ctypes.c_ulong)
mark_name = _prototype(pdfium.FPDFPageObjMark_GetName, _INT, _HANDLE, _OUT, ctypes.c_ulong, _OUT)


def address_of(handle: Any) -> int:
    """Returns where a handle of pdfium's points; 0 for none."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
