"""Takes screenshots of the page from a temporary deployment: python scripts/screenshots.py FOLDER

start, middle (documents on their way), error, done (a fact and its sentence lit), phone, dark, the graph and an entity, each a
PNG of 256 colours.
Wants what `make install-dev` installs and a Chromium (Debian: apt-get install chromium).
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.material import deployment, locked_pdf
from fathom.api.routes.document_paths import encoded
from fathom.security.api_keys import admin_key
from fathom.security.sign_in_links import new_ticket
from fathom.settings import PROJECT_ROOT, Settings
from fathom.status.document_status import DocumentStatus, status_of

SAMPLES = PROJECT_ROOT / "samples"
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
WITHIN_S = 240.0


class Shots:
    """Takes screenshots of a deployment and saves them in a folder."""

    def __init__(self, of: Settings, browser: Browser, folder: Path) -> None:
        self.of, self.browser, self.folder = of, browser, folder
        self.base = f"http://127.0.0.1:{of.api_port}"

    @contextmanager
    def page(self, path: str = "/", *, size: dict[str, int] = WIDE, dark: bool = False) -> Iterator[Page]:
        """Yields the page at the path, signed in."""
        context = self.browser.new_context(viewport=size, color_scheme="dark" if dark else "light")  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{self.base}/sign-in#once={new_ticket(self.of)}")
        page.wait_for_url(f"{self.base}/")
        if path != "/":
            page.goto(self.base + path)
        try:
            yield page
        finally:
            context.close()

    def keep(self, page: Page, name: str) -> None:
        """Saves the window as a picture of that name."""
        page.wait_for_timeout(400)  # fade-in animations have ended
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        # by distance of colours: a small dot keeps its own beside large areas that are nearly white
        few = shot.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)
        print(f"{name}.png: {(self.folder / f'{name}.png').stat().st_size // 1024} KB")

    def upload(self, path: str, data: bytes) -> str:
        """Uploads the bytes; returns the document's id."""
        collection, _, name = path.partition("/")
        answer = httpx.post(
            f"{self.base}/api/upload",
            headers={"X-API-Key": admin_key(self.of) or ""},
            data={"collection": collection},
            files={"file": (name, data)},
            timeout=60,
        )
        answer.raise_for_status()
        found: str = answer.json()["upload_id"]
        return found

    def until(self, document: str, *states: str, progress: int = 0) -> DocumentStatus:
        """Waits until the document is in any of the states with this progress; returns its status."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            found = status_of(self.of, document)
            if found is not None and found.state in states and found.progress >= progress:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{document}: {found}")
            time.sleep(0.05)


def shots(of: Settings, browser: Browser, folder: Path) -> None:
    """Takes every picture."""
    taken = Shots(of, browser, folder)
    with taken.page() as page:
        taken.keep(page, "start")
    for name in ("harbour-history.pdf", "new-director.html", "oyster-field-notes.md", "budget.xlsx"):
        done = taken.upload(f"harbour/{name}", (SAMPLES / name).read_bytes())
        taken.until(done, "complete")
    locked = taken.upload("letters/contract.pdf", locked_pdf())
    taken.until(locked, "failed")
    with taken.page() as page:
        long = taken.upload("harbour/annual-report.md", _long_text())
        taken.until(long, "running")
        scan = taken.upload("letters/founding-minutes-scan.pdf", (SAMPLES / "founding-minutes-scan.pdf").read_bytes())
        for name in ("works-review.pptx", "engineering-report.docx"):
            taken.upload(f"harbour/{name}", (SAMPLES / name).read_bytes())
        taken.until(long, "running", progress=60)
        page.reload()
        page.wait_for_timeout(1500)
        taken.keep(page, "middle")
        page.goto(f"{taken.base}/documents/{encoded(long)}")
        page.wait_for_timeout(1500)
        taken.keep(page, "on-its-way")
    with taken.page(f"/documents/{encoded(locked)}") as page:
        checked(page)
        taken.keep(page, "error")
    taken.until(scan, "complete")
    taken.until(long, "complete")
    for name, dark, size in (("done", False, {"width": 1280, "height": 1500}), ("dark", True, WIDE)):
        with taken.page(f"/documents/{encoded('harbour/harbour-history.pdf')}", dark=dark, size=size) as page:
            page.locator("#picture img").wait_for()
            fact = page.locator("button.fact").nth(1)
            fact.wait_for()
            fact.click()
            page.locator("#graph svg text").first.wait_for()
            checked(page)
            if not dark:
                page.evaluate("window.scrollTo(0, 0)")
            taken.keep(page, name)
    with taken.page(size=PHONE) as page:
        taken.keep(page, "phone")
    with taken.page(f"/documents/{encoded('harbour/new-director.html')}", size=PHONE, dark=True) as page:
        page.locator("button.fact").first.wait_for()
        taken.keep(page, "phone-document")
    with taken.page("/graph", size=PHONE) as page:
        taken.keep(page, "phone-graph")
    with taken.page("/graph/entities?q=harbour+trust&collection=harbour", size={"width": 1280, "height": 1200}) as page:
        page.get_by_role("link", name="Kelmouth Harbour Trust", exact=True).click()
        page.locator(".timeline li").first.wait_for()
        taken.keep(page, "entity")


def checked(page: Page) -> None:
    """Waits until the page shows the outcome of the checks."""
    page.locator("#checks:not(:has-text('Looking'))").wait_for()


def _long_text() -> bytes:
    line = (
        "Ingrid Solberg of Northgate Engineering met Thomas Okafor in Bergen and sold bridge number {} to Marlow University. "
    )
    return "\n\n".join(f"# Part {number}\n\n" + line.format(number) * 12 for number in range(120)).encode()


def main() -> int:
    """Takes the pictures; returns the exit code."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("There is no Chromium here (Debian: apt-get install chromium).", file=sys.stderr)
        return 3
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["FATHOM_CONVERT_WORKERS"] = "1"
    with deployment() as of, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            shots(of, browser, folder)
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
