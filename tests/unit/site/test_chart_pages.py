"""Charts that answer questions: with no model, one, two and a hundred, whoever named them."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ionladder.repo import Layout, read_json, to_json
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.site.synthetic_board import HOSTILE, TASK, Entry, make_repository, typical
from unit.site.synthetic_history import add_history
from unit.site.test_entry_pages import with_data

URL = "charts/obelix/"


def page_of(root: Path, entries: list[Entry]) -> str:
    return render_pages(load_site(make_repository(root, entries)))[URL]


def svgs(text: str) -> list[ET.Element]:
    parts = str(text).split("<svg")[1:]
    return [ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>") for part in parts]


def circles(svg: ET.Element, kind: str) -> list[ET.Element]:
    return [item for item in svg.iter() if kind in (item.get("class") or "").split()]


def costly(n: int) -> list[Entry]:
    """Submissions that state both costs, each ten per cent more than the one before."""
    return [
        Entry(
            name=f"m{i:03}",
            model=f"Model {i}",
            value=1.0 + i / 50,
            card={"training_time_s": 0.5 * 1.1**i, "parameters": int(10 * 1.2**i)},
        )
        for i in range(n)
    ]


@pytest.mark.parametrize("n", [1, 2, 100])
def test_every_row_that_states_its_cost_is_drawn_and_listed(tmp_path: Path, n: int) -> None:
    page = page_of(tmp_path, costly(n))
    time = page.split("{: #training-time-s }")[1].split("{: #parameters }")[0]
    (wide, narrow) = [s for s in svgs(time) if "il-chart--scatter" in (s.get("class") or "")]
    assert len(circles(wide, "il-dot--verified")) == n
    assert len(circles(narrow, "il-dot--verified")) == n
    assert time.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == n


def test_costs_that_nobody_states_are_counted_or_named_as_missing(tmp_path: Path) -> None:
    entries = [*costly(2), Entry(name="silent"), Entry(name="silent-too", value=1.7)]
    assert "2 of 4 rows do not state it and are not drawn" in page_of(tmp_path, entries)
    (tmp_path / "other").mkdir()
    silent = page_of(tmp_path / "other", [Entry(name="silent")])
    assert silent.count("No row of the board states it") == 2


def test_hostile_names_stay_text_on_charts(tmp_path: Path) -> None:
    entries = [
        Entry(name=f"h{i}", value=1 + i / 9, model=text[:190], card={"training_time_s": 2.0 + i})
        for i, text in enumerate(HOSTILE.values())
        if text.isprintable()
    ]
    page = page_of(tmp_path, entries)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page or "&#60;script&#62;" in page
    assert svgs(page)  # every chart is well-formed


def test_a_board_published_once_has_a_sentence_instead_of_a_course(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    add_history(layout, typical())
    page = render_pages(load_site(layout))[URL]
    assert "The board has been published once" in page


def test_models_are_compared_where_labels_are_and_a_sentence_stands_where_not(
    tmp_path: Path,
) -> None:
    pages = render_pages(load_site(with_data(tmp_path)))
    table = pages["charts/bvel-proto/"].split("{: #agreement }")[1]
    assert table.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == 3
    assert 'title="Random forest, site features and' in html.unescape(table)
    missing = html.unescape(pages[URL].split("{: #agreement }")[1])
    assert "so predictions are not compared here" in missing


def test_infinite_intervals_do_not_break_the_page(tmp_path: Path) -> None:
    layout: Layout = make_repository(tmp_path, costly(3))
    path = layout.leaderboard_json(TASK.name)
    board = read_json(path)
    board["rows"][0]["mae_ci_high"] = board["rows"][0]["subsets"]["all"]["mae_ci_high"] = 1e300
    path.write_text(to_json(board))
    assert svgs(render_pages(load_site(layout))[URL])
