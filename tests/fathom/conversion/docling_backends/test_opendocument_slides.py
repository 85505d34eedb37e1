"""An OpenDocument presentation is read as its slides are shown, with notes and comments; hidden slides are named."""

from __future__ import annotations

from pathlib import Path

from tests.fathom.conversion.docling_backends.office_files import converted, notices, open_slides, said

HIDDEN = '<style:drawing-page-properties presentation:visibility="hidden"/>'
STYLE = f'<style:style style:name="hid" style:family="drawing-page">{HIDDEN}</style:style>'
PLACE = 'svg:x="{}cm" svg:y="{}cm" svg:width="5cm" svg:height="1cm"'


def frame(content: str, left: float, top: float, more: str = "") -> str:
    """Returns a frame with a text box at a place."""
    return f"<draw:frame {PLACE.format(left, top)} {more}><draw:text-box>{content}</draw:text-box></draw:frame>"


def page(content: str, name: str = "page1", more: str = "") -> str:
    """Returns a slide."""
    return f'<draw:page draw:name="{name}" {more}>{content}</draw:page>'


def test_shapes_are_read_from_top_to_bottom_and_titles_are_headings(tmp_path: Path) -> None:
    below = frame("<text:p>Below right</text:p>", 15, 8) + frame("<text:p>Below left</text:p>", 1, 8)
    title = frame("<text:p>North</text:p><text:p>berths</text:p>", 1, 1, 'presentation:class="title"')
    group = f"<draw:g><draw:custom-shape {PLACE.format(1, 4)}><text:p>Grouped</text:p></draw:custom-shape></draw:g>"
    chrome = frame("<text:p>CHROME</text:p>", 1, 18, 'presentation:class="footer"')
    made = converted(open_slides(tmp_path / "a.odp", page(below + title + group + chrome)))
    assert said(made) == ("# North berths Grouped Below left Below right", "North berths Grouped Below left Below right")


def test_notes_and_comments_stand_at_the_end_of_their_slide(tmp_path: Path) -> None:
    spoken = frame("<text:p>Say the toll.</text:p>", 1, 1, 'presentation:class="notes"')
    comment = "<office:annotation><dc:creator>Mia</dc:creator><text:p>Check it.</text:p></office:annotation>"
    first = page(comment + frame("<text:p>Toll</text:p>", 1, 1) + f"<presentation:notes>{spoken}</presentation:notes>")
    made = converted(open_slides(tmp_path / "a.odp", first + page(frame("<text:p>Next slide</text:p>", 1, 1))))
    for text in said(made):
        places = [text.find(found) for found in ("Toll", "Say the toll.", "Mia", "Check it.", "Next slide")]
        assert places == sorted(places)
        assert min(places) == 0


def test_comments_of_older_versions_are_read(tmp_path: Path) -> None:
    comment = "<officeooo:annotation><dc:creator>Mia</dc:creator><text:p>Check it.</text:p></officeooo:annotation>"
    for text in said(converted(open_slides(tmp_path / "a.odp", page(frame("<text:p>Toll</text:p>", 1, 1) + comment)))):
        assert text.index("Toll") < text.index("Mia") < text.index("Check it.")


def test_hidden_slides_are_left_out_with_their_notes_and_named(tmp_path: Path) -> None:
    title = frame("<text:p>Secret plan</text:p>", 1, 1, 'presentation:class="title"')
    notes = f"<presentation:notes>{frame('<text:p>NOTE</text:p>', 1, 1)}</presentation:notes>"
    seen, hidden = page(frame("<text:p>Seen</text:p>", 1, 1)), page(title + notes, "two", 'draw:style-name="hid"')
    made = converted(open_slides(tmp_path / "a.odp", seen + hidden, STYLE))
    assert said(made) == ("Seen", "Seen")
    assert notices(made) == {"hidden_slide": 1}
    assert "Slide 2 (Secret plan)" in made.report.notices[0].message


def test_tables_lists_and_named_slides_come_through_and_generated_names_do_not(tmp_path: Path) -> None:
    row = "<table:table-row>{}</table:table-row>"
    cells = "<table:table-cell><text:p>{}</text:p></table:table-cell><table:table-cell><text:p>{}</text:p></table:table-cell>"
    table = f"<table:table>{row.format(cells.format('Bay', 'Load'))}{row.format(cells.format('B3', '40 t'))}</table:table>"
    first = page(f"<draw:frame {PLACE.format(1, 3)}>{table}</draw:frame>", "Loads of the bays")
    second = page(frame("<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>", 1, 1), "page2")
    made = converted(open_slides(tmp_path / "a.odp", first + second))
    assert made.markdown == "# Loads of the bays\n\n| Bay | Load |\n|-|-|\n| B3 | 40 t |\n\n- one"
