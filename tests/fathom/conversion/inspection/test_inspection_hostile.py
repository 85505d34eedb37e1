"""Every file made to harm or broken by accident is accepted or refused by name, and none brings the process down."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.hostile

# A file takes half a millisecond; past this one of them hangs.
ALL_WITHIN_S = 60

# In a process of its own, because the promise is that the process lives.
INSPECT_ALL = """
import json, sys
from pathlib import Path
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import DocumentRejected
for path in sys.stdin.read().splitlines():
    try:
        outcome = inspect_file(Path(path), max_bytes=200 * 1024**2, max_pages=2000).kind.value
    except DocumentRejected as error:
        outcome = error.name
        assert error.message.endswith(".") and error.what_to_do
    print(json.dumps([path, outcome]))
"""


def inspect_all(folder: Path) -> dict[Path, str]:
    files = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    started = time.monotonic()
    command = [sys.executable, "-c", INSPECT_ALL]
    done = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, timeout=ALL_WITHIN_S)
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = {Path(path): outcome for path, outcome in map(json.loads, done.stdout.splitlines())}
    assert len(outcomes) == len(files)
    print(f"{len(files)} files in {time.monotonic() - started:.1f} s")
    return outcomes


def test_every_hostile_file_is_accepted_or_refused_by_name(corpora: Path) -> None:
    outcomes = inspect_all(corpora / "documents_hostile")
    refused = {outcome for outcome in outcomes.values() if outcome[0].isupper()}
    assert refused >= {"DocumentLocked", "DocumentDamaged", "UnknownFormat"}


def test_ordinary_files_are_taken_for_what_they_are(corpora: Path) -> None:
    outcomes = inspect_all(corpora / "documents")
    kinds = {f".{kind}": kind for kind in ("docx", "pptx", "xlsx", "html", "epub", "csv", "odt", "pdf")}
    kinds |= {".md": "markdown", ".eml": "email", ".tex": "latex", ".png": "image", ".jpg": "image", ".nxml": "jats"}
    wrong = {path: outcome for path, outcome in outcomes.items() if kinds.get(path.suffix, outcome) != outcome}
    # two are locked, and the book-keeping of one archive points in front of its own beginning
    assert {path.name for path in wrong} == {"password.pdf", "password_protected.xlsx", "tagged.odt"}
