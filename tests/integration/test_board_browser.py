"""The board and the comparison in a browser: state in the address, back, columns, keys, pairs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import DESK, PHONE, Reader

from ionladder.site.context import load_site
from ionladder.site.render import build_site, render_site
from unit.site.synthetic_barriers import add_board, barriers
from unit.site.synthetic_board import Entry, hostile, make_repository, typical
from unit.site.test_entry_pages import TARGETS, TASK, embedded_labels

pytestmark = pytest.mark.slow

N_MANY = 230
FIRST_ROWS = 50
BOARD, COMPARE = "obelix/", "compare/bvel-proto/"
PAIRS = (
    ("rf-sites", "hgb-bonds", -0.03, -0.08, 0.02, 0.9),
    ("rf-sites", "family-median", -0.21, -0.31, -0.11, 1.0),
    ("rf-sites", "train-median", -0.39, -0.5, -0.28, 1.0),
)
COLUMNS = ("submission", "other", "difference", "ci_low", "ci_high", "probability_better")


def many() -> list[Entry]:
    """Enough rows that a page shows only the first of them."""
    return [
        Entry(
            name=f"many-{i:03d}",
            value=3.5 + i / 100,
            model=f"Model {i}",
            n_seeds=1 + i % 2,
            tie_group=4,
            ranks=(6, 200),
            card={
                "inputs": ("composition", "structure", "both")[i % 3],
                "uses_external_data": (True, False, None)[i % 3],
            },
        )
        for i in range(N_MANY)
    ]


@pytest.fixture(scope="module")
def built(once: Callable[[str, Callable[[Path], Path]], Path]) -> Path:
    """A large board without data, and a small one whose entries are at hand."""
    return once("large-board", build_large_board)


def build_large_board(root: Path) -> Path:
    layout = make_repository(root, [*typical(), *hostile(), *many()])
    add_board(layout, barriers(), with_data=True)
    labels = embedded_labels()
    for place, entry in enumerate(barriers()):
        rows = labels.assign(**{t: labels[t].fillna(9.0) + place / 10 for t in TARGETS})
        rows.to_csv(layout.submission_dir(TASK.name, entry.name) / "predictions.csv", index=False)
    path = layout.analysis_json(TASK.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pairs": {"columns": COLUMNS, "rows": PAIRS}}), encoding="utf-8")
    render_site(load_site(layout))
    return build_site(layout)


def query(reader: Reader) -> dict[str, str]:
    """What the address says after the question mark."""
    found = parse_qs(urlsplit(reader.driver.current_url).query)
    return {name: values[0] for name, values in found.items()}


def head(reader: Reader, key: str, subset: str = "all") -> Any:
    """The button in the head of a column."""
    return reader.driver.find_element(
        "css selector", f"#subset-{subset} [data-key='{key}'] .il-sort"
    )


def choose(reader: Reader, name: str, value: str) -> None:
    """Choose in a filter, as a reader does."""
    from selenium.webdriver.support.ui import Select

    field = reader.driver.find_element("css selector", f"[data-filter='{name}']")
    Select(field).select_by_value(value)


def heads_in_sight(reader: Reader, subset: str = "all") -> list[str]:
    """Keys of the columns that are drawn."""
    keys: list[str] = reader.run(
        "return Array.from(document.querySelectorAll(`#subset-${arguments[0]} thead [data-key]`))"
        ".filter(head => head.offsetWidth > 0).map(head => head.dataset.key)",
        subset,
    )
    return keys


def test_sorting_is_in_the_address_and_going_back_undoes_it(reader: Reader) -> None:
    reader.open(BOARD)
    first = reader.rows()
    head(reader, "r2").click()
    assert query(reader) == {"sort": "-r2"}, "what is better when larger comes first"
    head(reader, "model").click()
    assert query(reader) == {"sort": "model"}
    by_name = reader.rows()
    assert by_name != first
    assert by_name == sorted(by_name)
    reader.driver.back()
    assert query(reader) == {"sort": "-r2"}
    reader.driver.back()
    reader.wait("!location.search")
    assert reader.rows() == first
    assert reader.run(
        "return document.querySelector('#subset-all [aria-sort=ascending]').dataset.key"
    ) == "mae"  # fmt: skip
    reader.driver.forward()
    assert query(reader) == {"sort": "-r2"}


def test_a_shared_link_restores_tab_order_filters_and_columns(reader: Reader) -> None:
    reader.open(f"{BOARD}?subset=cif&sort=-rmse&kind=verified&find=forest&columns=rmse,r2")
    assert reader.rows("cif") == ["rf-paper-cif", "rf-paper"]
    shown = [p.get_attribute("id") for p in _panels(reader) if p.is_displayed()]
    assert shown == ["subset-cif"]
    assert heads_in_sight(reader, "cif") == ["rank", "model", "mae", "rmse", "r2"]
    values = reader.run(
        "return Array.from(document.querySelectorAll('[data-filter]'), field => field.value)"
    )
    assert values == ["forest", "verified", "", "", ""]


def _panels(reader: Reader) -> list[Any]:
    panels: list[Any] = reader.driver.find_elements("css selector", "[role='tabpanel']")
    return panels


def test_filters_by_external_data_inputs_and_trainings_add_up(reader: Reader) -> None:
    reader.open(BOARD)
    choose(reader, "external", "yes")
    rows = reader.rows()
    using = [f"many-{i:03d}" for i in range(N_MANY) if i % 3 == 0]
    assert rows == using[:FIRST_ROWS]
    choose(reader, "seeds", "several")
    assert reader.rows() == [name for name in using if int(name[-3:]) % 2]
    choose(reader, "inputs", "both")
    assert reader.rows() == []
    told = reader.run("return document.querySelector('.il-shown').value")
    assert told.startswith("0 of ")
    assert query(reader) == {"external": "yes", "seeds": "several", "inputs": "both"}
    reader.driver.back()
    reader.driver.back()
    reader.wait("location.search === '?external=yes'")
    assert reader.rows() == rows


def test_other_tabs_follow_filters_and_order_when_they_are_chosen(reader: Reader) -> None:
    reader.open(BOARD)
    choose(reader, "kind", "reference")
    head(reader, "rmse").click()
    reader.driver.find_elements("css selector", "[role='tab']")[2].click()
    assert query(reader) == {"kind": "reference", "sort": "rmse", "subset": "no_cif"}
    assert len(reader.rows("no_cif")) == 4
    reader.driver.back()
    reader.wait("!document.querySelector('#subset-all').hidden")


def test_going_back_undoes_a_whole_word(reader: Reader) -> None:
    reader.open(BOARD)
    first = reader.rows()
    field = reader.driver.find_element("css selector", "[data-filter='find']")
    field.send_keys("forest")
    assert query(reader) == {"find": "forest"}
    reader.driver.back()
    reader.wait("!location.search")
    assert reader.rows() == first
    assert field.get_attribute("value") == ""


def test_a_single_column_is_hidden_with_its_share_of_the_heading(reader: Reader) -> None:
    reader.open(BOARD)
    before = heads_in_sight(reader)
    reader.click(".il-chooser summary")
    reader.click("[data-column='rmse']")
    assert heads_in_sight(reader) == [key for key in before if key != "rmse"]
    script = """
      const table = document.querySelector('#subset-all .il-board');
      const group = table.querySelector('[data-key=r2]').dataset.group;
      const heading = table.querySelector(`thead tr:first-child [data-group=${group}]`);
      const cells = Array.from(table.tBodies[0].rows[0].cells).filter(cell => cell.offsetWidth);
      const heads = Array.from(table.tHead.rows[1].cells).filter(cell => cell.offsetWidth);
      return [heading.colSpan, cells.length === heads.length];
    """
    assert reader.run(script) == [5, True]
    assert "rmse" not in query(reader)["columns"].split(",")
    reader.driver.refresh()
    reader.wait("document.querySelector('.il-controls:not([hidden])')")
    assert heads_in_sight(reader) == [key for key in before if key != "rmse"]
    reader.click(".il-controls button[type='reset']")
    assert heads_in_sight(reader) == before
    assert query(reader) == {}


def test_a_group_that_is_shown_in_part_is_neither_ticked_nor_empty(reader: Reader) -> None:
    reader.open(f"{BOARD}?columns=rmse")
    state = "const box = document.querySelector('[data-columns=metrics-0]');"
    assert reader.run(f"{state} return [box.checked, box.indeterminate]") == [False, True]


def test_of_many_rows_the_first_are_shown_and_all_when_asked_for(reader: Reader) -> None:
    n = len(typical()) + len(hostile()) + N_MANY
    reader.open(BOARD)
    assert len(reader.rows()) == FIRST_ROWS
    told = reader.run("return document.querySelector('.il-shown').value")
    assert told == f"first {FIRST_ROWS} of {n} rows"
    head(reader, "mae").click()
    assert reader.rows()[0] == f"many-{N_MANY - 1:03d}", "rows out of sight take part in sorting"
    reader.click("[data-more]")
    assert len(reader.rows()) == n
    assert query(reader)["rows"] == "all"
    assert not reader.driver.find_element("css selector", "[data-more]").is_displayed()


def test_the_board_is_used_by_keyboard_alone(reader: Reader) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    reader.open(BOARD)
    reader.run("document.querySelector('[data-filter=find]').focus()")
    keys = ActionChains(reader.driver)
    keys.send_keys("forest").send_keys(Keys.TAB * 6).send_keys(Keys.ENTER).perform()
    assert reader.run("return document.activeElement.closest('.il-chooser').open")
    tabs = reader.driver.find_elements("css selector", "[role='tab']")
    assert [tab.get_attribute("tabindex") for tab in tabs] == ["0", "-1", "-1", "-1"]
    tabs[0].send_keys(Keys.END)
    assert query(reader)["subset"] == "uncensored"
    tabs[3].send_keys(Keys.HOME)
    assert "subset" not in query(reader)
    assert reader.run("return document.activeElement.id") == "tab-subset-all"
    head(reader, "rmse").send_keys(Keys.SPACE)
    assert query(reader)["sort"] == "rmse"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert reader.run(outline) == "solid"


def test_a_made_up_address_changes_nothing(reader: Reader) -> None:
    reader.open(f"{BOARD}?sort=nothing&subset=%3Cimg%20src=x%3E&kind=x%22%3E&columns=none&x=1")
    assert reader.run("return document.querySelectorAll('img[src=x]').length") == 0
    assert len(reader.rows()) == FIRST_ROWS
    assert heads_in_sight(reader) == ["rank", "model", "mae"]


def test_two_submissions_are_compared_and_the_pair_is_in_the_address(reader: Reader) -> None:
    from selenium.webdriver.support.ui import Select

    reader.open(COMPARE)
    told = _verdict(reader)
    assert "Random forest, site features has the smaller" in told
    assert "by 0.03 eV (95 % interval −0.02 to 0.08): zero is inside" in told
    assert "90 %" in told
    other = reader.driver.find_element("css selector", "[data-side='b']")
    Select(other).select_by_value("family-median")
    assert "zero is outside" in _verdict(reader, "zero is outside")
    assert query(reader) == {"a": "rf-sites", "b": "family-median"}
    reader.click("[data-swap]")
    assert query(reader) == {"a": "family-median", "b": "rf-sites"}
    assert "by 0.21 eV (95 % interval 0.11–0.31)" in _verdict(reader, "0.11–0.31")
    reader.driver.back()
    reader.driver.back()
    assert "zero is inside" in _verdict(reader, "zero is inside")


def _verdict(reader: Reader, word: str = "has the") -> str:
    """The sentence about a pair, once it holds a word."""
    reader.wait(f"document.querySelector('[data-verdict]').textContent.includes({word!r})")
    text: str = reader.run("return document.querySelector('[data-verdict]').textContent")
    return text


def test_a_pair_that_is_not_stored_says_which_command_computes_it(reader: Reader) -> None:
    reader.open(f"{COMPARE}?a=hgb-bonds&b=train-median")
    told = _verdict(reader)
    command = "ionladder compare submissions/bvel-proto/hgb-bonds submissions/bvel-proto/train-"
    assert command in told


def test_the_comparison_shows_every_entry_and_the_largest_disagreements(reader: Reader) -> None:
    reader.open(f"{COMPARE}?a=rf-sites&b=family-median")
    _verdict(reader)
    points = reader.run("return document.querySelectorAll('.il-compare .il-point').length")
    assert points == len(embedded_labels())
    rows = "#entries ~ .il-scroll tbody tr"
    assert reader.run(f"return document.querySelectorAll('{rows}').length") >= 20
    first = "document.querySelector('#entries ~ .il-scroll tbody a').href"
    assert reader.run(f"return fetch({first}).then(got => got.ok)")
    assert reader.run("return document.querySelectorAll('#parts ~ .il-scroll').length") == 1


def test_names_in_the_address_that_are_not_there_give_the_usual_pair(reader: Reader) -> None:
    reader.open(f"{COMPARE}?a=../../x&b=%3Cimg%20src=x%3E")
    assert "Random forest, site features" in _verdict(reader)
    assert reader.run("return document.querySelector('[data-side=b]').value") == "hgb-bonds"


def test_without_entries_the_comparison_says_so(reader: Reader) -> None:
    reader.open("compare/obelix/")
    assert "is not stored" in _verdict(reader)
    assert "were not on the machine" in reader.run(
        "return document.querySelector('[data-result]').textContent"
    )


def test_hostile_names_are_compared_as_text(reader: Reader) -> None:
    reader.open("compare/obelix/?a=hostile-0&b=hostile-1")
    told = _verdict(reader)
    assert "<script>alert(1)</script>" in told
    assert reader.run("return document.querySelectorAll('.il-compare script').length") == 0
    assert reader.run("return document.querySelectorAll('img[src=\"x\"]').length") == 0


@pytest.mark.parametrize("page", [BOARD, COMPARE, "compare/obelix/?a=hostile-9&b=hostile-10"])
@pytest.mark.parametrize("size", [PHONE, DESK])
def test_board_and_comparison_fit_the_screen_in_the_dark(
    reader: Reader, page: str, size: tuple[int, int]
) -> None:
    reader.open(page, size=size, scheme="dark")
    reader.wait("document.body.dataset.mdColorScheme === 'slate'")
    if page != BOARD:
        _verdict(reader)
    assert reader.run("return document.documentElement.scrollWidth") <= size[0]
    field = "document.querySelector('.md-content select')"
    colours = f"const {{color, backgroundColor}} = getComputedStyle({field});"
    ink, ground = reader.run(f"{colours} return [color, backgroundColor]")
    assert ink != ground


def test_board_links_to_the_comparison_and_so_does_every_pair(reader: Reader) -> None:
    reader.open("bvel-proto/")
    reader.click("a[href='../compare/bvel-proto/']")
    _verdict(reader)
    reader.open("submissions/bvel-proto/rf-sites/")
    reader.click(".il-pairs a[href*='b=train-median']")
    assert "Train median" in _verdict(reader)


def test_without_scripts_everybody_stands_against_the_leader(reader: Reader) -> None:
    driver = reader.driver
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        reader.open(COMPARE)
        text = driver.execute_cdp_cmd("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        html = driver.execute_cdp_cmd("DOM.getOuterHTML", {"nodeId": text})["outerHTML"]
        rows = html.split('class="il-table il-against"')[1].split("<tbody>")[1].split("</tbody>")[0]
        assert rows.count("<tr") == 3
        assert "+0.21" in rows
        assert 'data-compare="" hidden=""' in html
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_nothing_fails_in_the_console(reader: Reader) -> None:
    reader.driver.get_log("browser")
    reader.open(BOARD)
    reader.wait("document.querySelector('.il-controls:not([hidden])')")
    reader.open(COMPARE)
    _verdict(reader)
    severe = [entry for entry in reader.driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []
