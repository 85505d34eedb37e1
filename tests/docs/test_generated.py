"""The generated description of the API is the one that the code gives now."""

from __future__ import annotations

import runpy

from fathom.settings import PROJECT_ROOT


def test_the_page_of_the_api_is_up_to_date() -> None:
    page = runpy.run_path(str(PROJECT_ROOT / "scripts" / "generate_docs.py"))["api_page"]()
    assert (PROJECT_ROOT / "docs" / "api.md").read_text() == page, "run `make docs`"
    assert str(PROJECT_ROOT) not in page


def test_the_pages_of_thresholds_metrics_and_alerts_are_up_to_date() -> None:
    pages = runpy.run_path(str(PROJECT_ROOT / "scripts" / "generate_docs.py"))
    for name in ("thresholds", "metrics", "alerts"):
        assert (PROJECT_ROOT / "docs" / f"{name}.md").read_text() == pages[f"{name}_page"](), "run `make docs`"


def test_the_page_of_faults_is_up_to_date() -> None:
    page = runpy.run_path(str(PROJECT_ROOT / "scripts" / "generate_docs.py"))["faults_page"]()
    assert (PROJECT_ROOT / "docs" / "graph_faults.md").read_text() == page, "run `make docs`"


def test_the_page_of_errors_is_up_to_date() -> None:
    page = runpy.run_path(str(PROJECT_ROOT / "scripts" / "generate_docs.py"))["errors_page"]()
    assert (PROJECT_ROOT / "docs" / "errors.md").read_text() == page, "run `make docs`"
