"""Pages of charts: with no model, one and a hundred, whoever named them."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from ionladder.repo import read_json, to_json
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.site.synthetic_board import HOSTILE, TASK, Entry, make_repository, typical
from unit.site.synthetic_history import add_history
from unit.site.test_charts import find, svgs
from unit.site.test_entry_pages import with_data

URL = "charts/obelix/"


def costly(n: int) -> list[Entry]:
    """Submissions that state both costs, each ten per cent more than the one before."""
    names = [text for text in HOSTILE.values() if text.isprintable()]
    return [
        Entry(
            name=f"m{i:03}",
            model=names[i % len(names)][:190],
            value=1.0 + i / 50,
            card={"training_time_s": 0.5 * 1.1**i, "parameters": int(10 * 1.2**i)},
        )
        for i in range(n)
    ]


@pytest.mark.parametrize("n", [1, 100])
def test_every_row_that_states_its_cost_is_drawn_and_listed(tmp_path: Path, n: int) -> None:
    layout = make_repository(tmp_path, [*costly(n), Entry(name="silent"), Entry(name="too")])
    path = layout.leaderboard_json(TASK.name)
    board = read_json(path)
    board["rows"][0]["subsets"]["all"]["mae_ci_high"] = 1e300
    path.write_text(to_json(board))
    page = render_pages(load_site(layout))[URL]
    time = page.split("{: #training-time-s }")[1].split("{: #parameters }")[0]
    drawn = [s for s in svgs(time) if "il-chart--scatter" in (s.get("class") or "")]
    n_drawn = min(n, 98)
    assert [len(find(svg, "il-dot--verified")) for svg in drawn] == [n_drawn, n_drawn]
    assert time.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == n_drawn
    assert "2 of " in time
    assert ("Names that find no room are left out" in page) is (n > 1)
    assert "<script>alert" not in page
    assert "<img" not in page


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [Entry(name="silent")])
    assert render_pages(load_site(layout))[URL].count("No row of the board states it") == 2
    add_history(layout, [Entry(name="silent")])
    assert "The board has been published once" in render_pages(load_site(layout))[URL]


def test_models_are_compared_where_labels_are_and_a_sentence_stands_where_not(
    tmp_path: Path,
) -> None:
    pages = render_pages(load_site(with_data(tmp_path)))
    table = pages["charts/bvel-proto/"].split("{: #agreement }")[1]
    assert table.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == 3
    assert 'title="Random forest, site features and' in html.unescape(table)
    missing = html.unescape(pages[URL].split("{: #agreement }")[1])
    assert "so predictions are not compared here" in missing


def test_a_course_of_several_publications_is_drawn_and_listed(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    add_history(layout, typical()[2:], typical())
    course = render_pages(load_site(layout))[URL].split("{: #course }")[1]
    course = course.split("{: #agreement }")[0]
    assert len(svgs(course)) >= 2
    assert course.count('<th scope="row"') == 2
