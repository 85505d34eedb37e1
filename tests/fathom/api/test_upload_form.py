"""The form of an upload: taken when it is whole and within its bounds, refused by name with nothing left otherwise."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from fathom.api.upload_form import MAX_AROUND, MAX_FIELD, MAX_HEADERS, MAX_PARTS, UploadForm
from fathom.errors import FormDamaged, FormTooLarge
from fathom.uploads.inbox.upload_stream import MAX_ID_BYTES
from tests.fathom.api.conftest import Api

DATA = b"# A\n\nIngrid Solberg lives in Bergen.\n" * 40
FIELD = b'--b\r\nContent-Disposition: form-data; name="collection"\r\n\r\nc\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\nContent-Type: text/markdown\r\n\r\n'
WHOLE = FIELD + FILE + DATA + b"\r\n--b--\r\n"
KIND = "multipart/form-data; boundary=b"


def sent(api: Api, body: bytes, kind: str = KIND) -> httpx.Response:
    answer: httpx.Response = api.client.post("/api/upload", content=body, headers={**api.key("operator"), "Content-Type": kind})
    return answer


def assert_refused(api: Api, answer: httpx.Response, status: int, title: str) -> None:
    assert (answer.status_code, answer.json()["title"]) == (status, title), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(api.settings.inbox_path.rglob("*.*")) == []
    assert [one for one in (api.settings.home / "store").rglob("*") if one.is_file()] == []
    assert api.intake.counts() == {}


@pytest.mark.parametrize(
    "cut",
    [
        0,
        len(b"--b"),
        len(FIELD) - 5,
        len(FIELD),
        len(FIELD) + 20,
        len(FIELD + FILE) - 2,
        len(FIELD + FILE),
        len(FIELD + FILE) + 100,
        len(FIELD + FILE + DATA),
        len(FIELD + FILE + DATA) + 2,
        len(FIELD + FILE + DATA) + 5,
        len(FIELD + FILE + DATA) + 6,
    ],
)
def test_a_form_that_is_cut_is_refused_wherever_it_is(shared: Api, cut: int) -> None:
    assert_refused(shared, sent(shared, WHOLE[:cut]), 400, "UploadCut")


def test_every_cut_of_a_small_form_is_refused(api: Api) -> None:
    small = FILE + b"text\r\n--b--"
    for cut in range(len(small)):
        assert_refused(api, sent(api, small[:cut]), 400, "UploadCut")
    assert sent(api, small).status_code == 202


@pytest.mark.parametrize(
    "body",
    [WHOLE, WHOLE[:-2], WHOLE + b"an epilogue\r\n--b\r\n", b"\r\n" + WHOLE, FIELD + b"--b \t" + FILE[3:] + DATA + b"\r\n--b--"],
    ids=["usual", "no last line end", "epilogue", "leading line end", "padded boundary"],
)
def test_a_whole_form_is_taken_to_the_byte(api: Api, body: bytes) -> None:
    answer = sent(api, body)
    assert (answer.status_code, answer.json().get("size")) == (202, len(DATA)), answer.text
    assert (api.settings.inbox_path / "c" / "a.md").read_bytes() == DATA


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 4096])
def test_a_form_is_the_same_in_pieces_of_any_size(size: int) -> None:
    data = b"\r\n--\r\n--bb\r\n-" * 50 + b"\r\n--"
    body = FIELD + FILE + data + b"\r\n--b--\r\n"
    for cut in (len(body), len(body) - 4, len(body) - 8):
        form = UploadForm()
        parser = form.parser(b"b")
        for start in range(0, cut, size):
            form.take(body[start : min(start + size, cut)], parser)
        assert form.closed == (cut == len(body))
        assert data.startswith(bytes(form.data))
        assert (bytes(form.data) == data) or not form.closed
        assert (form.fields, form.file_name) == ({"collection": "c"}, "a.md")


TWO = FILE + b"one\r\n" + FILE + b"two"


@pytest.mark.parametrize(
    "body",
    [
        b"a preamble" + WHOLE,
        WHOLE.replace(b"--b", b"--other"),
        TWO,
        TWO + b"\r\n--b--\r\n",
        FIELD + FIELD + FILE + DATA + b"\r\n--b--\r\n",
        b"--b--\r\n",
        FIELD + b"--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; filename="a.md"\r\n\r\ntext\r\n--b--\r\n',
        b"--b\r\n\r\ntext\r\n--b--\r\n",
        b"--b\r\nContent\0-Disposition: x\r\n\r\ntext\r\n--b--\r\n",
        b"--b\r\n: x\r\n\r\ntext\r\n--b--\r\n",
        b"{}",
    ],
    ids=[
        "preamble",
        "another boundary",
        "two files, one cut",
        "two files",
        "a field twice",
        "nothing in it",
        "no file",
        "a file without a field",
        "a part without headers",
        "NUL in a header",
        "a header without a name",
        "json",
    ],
)
def test_a_damaged_form_is_refused(shared: Api, body: bytes) -> None:
    assert_refused(shared, sent(shared, body), 400, "FormDamaged")


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=b"]
)
def test_a_body_of_another_kind_is_refused(shared: Api, kind: str) -> None:
    assert_refused(shared, sent(shared, WHOLE, kind), 415, "Unsupported Media Type")


@pytest.mark.parametrize("length", [257, 5000])
def test_a_boundary_that_is_too_long_is_refused(shared: Api, length: int) -> None:
    boundary = "b" * length
    body = WHOLE.replace(b"--b", b"--" + boundary.encode())
    assert_refused(shared, sent(shared, body, f"multipart/form-data; boundary={boundary}"), 413, "FormTooLarge")


def part(name: str, value: bytes = b"x", headers: bytes = b"") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n' + headers + b"\r\n" + value + b"\r\n"


@pytest.mark.parametrize(
    "body",
    [
        part("note", b"x" * (MAX_FIELD + 1)) + WHOLE,
        b"".join(part(f"field{n}") for n in range(MAX_PARTS)) + WHOLE,
        b"".join(part(f"field{n}", b"x" * MAX_FIELD) for n in range(MAX_AROUND // MAX_FIELD)) + WHOLE,
        part("note", headers=b"X-Long: " + b"x" * (MAX_HEADERS // 2) + b"\r\nX-Too: " + b"x" * (MAX_HEADERS // 2) + b"\r\n")
        + WHOLE,
        WHOLE + b"x" * MAX_AROUND,
        b"\r\n" * MAX_AROUND + WHOLE,
    ],
    ids=["a long field", "many parts", "many long fields", "long headers", "a long epilogue", "a long preamble"],
)
def test_a_form_beyond_its_bounds_is_refused(shared: Api, body: bytes) -> None:
    assert_refused(shared, sent(shared, body), 413, "FormTooLarge")


@pytest.mark.parametrize(
    "header", [b"x" * (MAX_HEADERS + 1) + b": x\r\n", b"X: " + b"x" * (MAX_HEADERS + 1), b"X: y\r\n" * 100]
)
def test_headers_of_a_part_beyond_their_bounds_are_refused(shared: Api, header: bytes) -> None:
    answer = sent(shared, part("note", headers=header) + WHOLE)
    assert answer.status_code in (400, 413)
    assert_refused(shared, answer, answer.status_code, {400: "FormDamaged", 413: "FormTooLarge"}[answer.status_code])


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"", lambda number: part(f"field{number}", b"x" * 500)),
        (b"", lambda number: part("field", b"x" * 500)),
        (b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n', lambda number: b"x" * 500),
        (b"--b\r\nX-Long: ", lambda number: b"x" * 500),
        (b"--b\r\n", lambda number: b"X-%d: %s\r\n" % (number, b"x" * 500)),
        (b"\r\n", lambda number: b"\n" * 500),
        (WHOLE, lambda number: b"x" * 500),
        (b"--b\r\n", lambda number: b"x" * 500),
        (b"--b", lambda number: b" " * 500),
    ],
    ids=["fields", "one name", "a field", "a header", "headers", "preamble", "epilogue", "a header's name", "padding"],
)
def test_the_bounds_hold_while_the_body_comes(begin: bytes, more: Callable[[int], bytes]) -> None:
    form = UploadForm()
    parser = form.parser(b"b")
    came = 0

    def fed() -> None:
        nonlocal came
        for number in range(10**6):
            block = more(number) if came else begin + more(number)
            came += len(block)
            form.take(block, parser)

    with pytest.raises((FormTooLarge, FormDamaged)):
        fed()
    assert came <= MAX_AROUND + len(WHOLE) + 1000


@pytest.mark.parametrize("name", [b"a\0.md", b"\0", b"a/\0/b.md"])
def test_nul_in_a_name_is_refused(shared: Api, name: bytes) -> None:
    in_field = part("name", name) + FILE + DATA + b"\r\n--b--\r\n"
    assert_refused(shared, sent(shared, in_field), 400, "UnsafePath")
    in_part = FILE.replace(b"a.md", b"x" + name) + DATA + b"\r\n--b--\r\n"
    assert_refused(shared, sent(shared, in_part), 400, "FormDamaged")


@pytest.mark.parametrize("name", [b"a" * 256 + b".md", b"a/" * (MAX_ID_BYTES // 2) + b"a.md", "東".encode() * 100])
def test_a_name_that_is_too_long_is_refused(shared: Api, name: bytes) -> None:
    assert_refused(shared, sent(shared, part("name", name) + FILE + DATA + b"\r\n--b--\r\n"), 400, "UnsafePath")


@pytest.mark.parametrize("field", ["priority", "reference_time", "collection"])
@pytest.mark.parametrize("value", ["²", "٣", "9" * 5000, "1\0", "\0", "-", "1.5 ", "x" * 5000, "\u202e", "\ud800"])
def test_a_field_of_a_wrong_form_is_refused(shared: Api, field: str, value: str) -> None:
    body = part(field, value.encode("utf-8", "surrogatepass")) + FILE + DATA + b"\r\n--b--\r\n"
    answer = sent(shared, body)
    assert answer.status_code == 400, answer.text
    assert_refused(shared, answer, 400, answer.json()["title"])
