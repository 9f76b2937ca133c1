"""The built site: strictly built, every link alive, and used in a browser as a reader would."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import DESK, PHONE, Reader

from ionladder.errors import SiteError
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.render import build_site, render_site
from unit.site.synthetic_board import make_repository, typical

PAGES = (
    "",
    "obelix/",
    "obelix-cif/3d-models/",
    "submissions/obelix/rf-paper/",
    "datasets/obelix/",
    "bvel-proto/",
    "submissions/bvel-proto/rf-sites/",
    "datasets/bvel_proto/",
    "methods/",
)
HAND_WRITTEN = ("reading/", "submit/", "tutorial/")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.links.add(value)
            if name in {"id", "name"} and value:
                self.anchors.add(value)


def read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_every_link_and_anchor_of_the_built_site_leads_somewhere(built: Path) -> None:
    pages = {path: read(path) for path in built.rglob("*.html") if path.name != "404.html"}
    dead = []
    for path, page in pages.items():
        for link in page.links:
            if "://" in link or link.startswith(("data:", "mailto:")):
                continue
            way, _, anchor = link.partition("#")
            way = way.partition("?")[0]
            target = (path.parent / way).resolve() if way else path
            target = target / "index.html" if target.is_dir() else target
            is_alive = target.is_file() and (not anchor or anchor in pages[target].anchors)
            if not is_alive:
                dead.append(f"{path.relative_to(built)}: {link}")
    assert dead == []


def test_a_broken_link_is_an_error_and_leaves_the_former_site_standing(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [])
    former = tmp_path / "site" / "index.html"
    former.parent.mkdir()
    former.write_text("former")
    page = layout.docs_dir / "reading.md"
    page.write_text(page.read_text() + "\n[gone](nowhere.md)\n")
    render_site(load_site(layout))
    with pytest.raises(SiteError, match=r"nowhere\.md"):
        build_site(layout)
    assert former.read_text() == "former"
    assert not list(tmp_path.glob(".site.*"))


def test_navigation_does_not_grow_with_submissions(built: Path) -> None:
    assert "submissions/obelix/rf-paper" not in (built / "methods" / "index.html").read_text()


def test_no_page_names_a_script_style_or_font_of_another_host(built: Path) -> None:
    for path in built.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for needle in ('src="http', 'src="//', 'rel="stylesheet" href="http', "fonts.g"):
            assert needle not in text, path


def test_clicking_a_column_head_sorts_by_exact_values_and_says_so(reader: Reader) -> None:
    reader.open("obelix/")
    first = reader.rows()
    head = "#subset-all th.il-number[aria-sort='ascending'] .il-sort"
    reader.click(head)
    assert reader.rows() == list(reversed(first))
    sorted_heads = "document.querySelectorAll(\"#subset-all [aria-sort='descending']\").length"
    assert reader.run(f"return {sorted_heads}") == 1


def test_enter_on_a_column_head_sorts_too_and_missing_values_stay_last(reader: Reader) -> None:
    from selenium.webdriver.common.keys import Keys

    reader.open("obelix/")
    heads = reader.driver.find_elements("css selector", "#subset-all .il-sort")
    spread = next(head for head in heads if head.text.startswith("SD of MAE"))
    for _ in range(2):
        spread.send_keys(Keys.ENTER)
        assert set(reader.rows()[:2]) == {"rf-paper", "mlp-paper"}


def test_words_find_models_by_name_folder_or_author(reader: Reader) -> None:
    reader.open("obelix/")
    field = reader.driver.find_element("css selector", "[data-filter='find']")
    field.send_keys("forest CIF")
    assert reader.rows() == ["rf-paper-cif"]
    assert "1 of " in reader.run("return document.querySelector('.il-shown').value")


def test_rows_are_filtered_by_kind_in_every_subset(reader: Reader) -> None:
    reader.open("obelix/")
    reader.driver.find_element("css selector", "[data-filter='kind']").send_keys("ref")
    expected = {"space-group-median", "nearest-composition", "train-median", "train-mean"}
    assert set(reader.rows()) == expected
    reader.driver.find_elements("css selector", "[role='tab']")[1].click()
    assert set(reader.rows("cif")) == expected


def test_subsets_are_tabs_that_arrow_keys_reach(reader: Reader) -> None:
    from selenium.webdriver.common.keys import Keys

    reader.open("obelix/")
    tabs = reader.driver.find_elements("css selector", "[role='tab']")
    assert [tab.text for tab in tabs][1] == "With CIF (67)"
    tabs[0].send_keys(Keys.ARROW_RIGHT)
    shown = [p.get_attribute("id") for p in _panels(reader) if p.is_displayed()]
    assert shown == ["subset-cif"]
    reader.open("obelix/#subset-no_cif")
    reader.driver.refresh()
    shown = [p.get_attribute("id") for p in _panels(reader) if p.is_displayed()]
    assert shown == ["subset-no_cif"]


def _panels(reader: Reader) -> list[Any]:
    panels: list[Any] = reader.driver.find_elements("css selector", "[role='tabpanel']")
    return panels


def test_targets_are_tabs_on_the_page_of_a_submission(reader: Reader) -> None:
    reader.open("submissions/bvel-proto/rf-sites/")
    tabs = reader.driver.find_elements("css selector", "[role='tab']")
    assert [tab.text for tab in tabs][1:] == ["E_1D", "E_2D", "E_3D"]
    tabs[3].click()
    shown = [p.get_attribute("id") for p in _panels(reader) if p.is_displayed()]
    assert shown == ["scores-e_3d_ev"]
    names = reader.run("return document.querySelector('[role=tablist]').ariaLabel")
    assert names == "Targets"


def test_filters_reach_the_table_of_targets_and_it_sorts_by_itself(reader: Reader) -> None:
    reader.open("bvel-proto/")
    rows = """return Array.from(document.querySelectorAll('.il-targets tbody tr'))
      .filter(row => !row.hidden).map(row => row.querySelector('th.il-model').dataset.sort)"""
    reader.driver.find_element("css selector", "[data-filter='find']").send_keys("forest")
    assert reader.run(rows) == ["rf-sites"]
    reader.open("bvel-proto/")
    reader.driver.find_elements("css selector", ".il-targets .il-sort")[3].click()
    found = reader.run(rows)
    assert len(found) > 4
    assert found.index("rf-sites") < found.index("train-median")


def test_column_groups_are_shown_when_asked_for(reader: Reader) -> None:
    reader.open("obelix/")
    heads = (
        "Array.from(document.querySelectorAll('#subset-all tr:last-child [data-group=metrics-1]'))"
        ".filter(head => head.offsetWidth)"
    )
    assert reader.run(f"return {heads}.length") == 0
    reader.click(".il-chooser summary")
    reader.click("[data-columns='metrics-1']")
    assert reader.run(f"return {heads}.length") == 5


@pytest.mark.parametrize("page", [*PAGES, *HAND_WRITTEN])
def test_a_dark_preference_gives_a_dark_page_with_light_text(reader: Reader, page: str) -> None:
    reader.open(page, scheme="dark")
    assert reader.wait("document.body.dataset.mdColorScheme === 'slate'")
    background = reader.run("return getComputedStyle(document.body).backgroundColor")
    ink = reader.run("return getComputedStyle(document.querySelector('h1')).color")
    assert _brightness(background) < 60
    assert _brightness(ink) > 180


def test_charts_follow_the_colour_scheme(reader: Reader) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        reader.open("obelix/", scheme=scheme)
        reader.wait(f"document.body.dataset.mdColorScheme === '{_SCHEMES[scheme]}'")
        script = "return getComputedStyle(document.querySelector('.il-wide .il-floor-line')).stroke"
        colours[scheme] = reader.run(script)
    assert colours["light"] != colours["dark"]


_SCHEMES = {"light": "default", "dark": "slate"}


def _brightness(colour: str) -> float:
    parts = colour[colour.index("(") + 1 : colour.index(")")].replace("/", ",").split(",")
    return sum(float(part) for part in parts[:3]) / 3


@pytest.mark.parametrize("page", [*PAGES, *HAND_WRITTEN])
def test_no_page_is_wider_than_a_phone(reader: Reader, page: str) -> None:
    reader.open(page, size=PHONE)
    reader.wait("document.readyState === 'complete'")
    assert reader.run("return document.documentElement.scrollWidth") <= PHONE[0]


def test_the_first_column_stays_in_sight_when_a_phone_scrolls_the_table(reader: Reader) -> None:
    reader.open("obelix/", size=PHONE)
    box = "document.querySelector('#subset-all .il-scroll')"
    # What is far from the screen is not laid out yet.
    reader.run(f"{box}.scrollIntoView()")
    reader.wait(f"{box}.scrollWidth > {box}.clientWidth")
    script = """
      const box = document.querySelector('#subset-all .il-scroll');
      box.scrollLeft = 400;
      const name = box.querySelector('tbody th.il-model').getBoundingClientRect();
      return [box.scrollLeft, name.left - box.getBoundingClientRect().left, name.width];
    """
    scrolled, left, width = reader.run(script)
    assert scrolled == 400
    assert -1 <= left <= 2
    assert width < PHONE[0] / 2


def test_narrow_and_wide_pages_each_show_one_drawing_of_the_board(reader: Reader) -> None:
    script = """
      const seen = kind => document.querySelector(`.il-figure .${kind}`).offsetHeight > 0;
      return [seen('il-wide'), seen('il-narrow')];
    """
    reader.open("", size=DESK)
    assert reader.run(script) == [True, False]
    reader.open("", size=PHONE)
    assert reader.run(script) == [False, True]


def test_without_scripts_every_subset_is_there_to_read_and_no_dead_control(reader: Reader) -> None:
    driver = reader.driver
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        reader.open("obelix/")
        root = driver.execute_cdp_cmd("DOM.getDocument", {})["root"]["nodeId"]

        def heights(selector: str) -> list[float]:
            """Height of each element of a selector; 0 where it is not drawn."""
            query = {"nodeId": root, "selector": selector}
            found = []
            for node in driver.execute_cdp_cmd("DOM.querySelectorAll", query)["nodeIds"]:
                try:
                    box = driver.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})
                    found.append(box["model"]["height"])
                except Exception as error:  # noqa: BLE001 - the driver has no narrower class
                    assert "box model" in str(error)  # noqa: PT017
                    found.append(0)
            return found

        assert len(heights(".il-subset")) == 4
        assert all(height > 100 for height in heights(".il-subset"))
        assert all(height > 0 for height in heights("#subset-all tbody tr"))
        assert heights(".il-controls") == [0]
        assert heights(".il-sort") == heights(".il-tabs") == []
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_no_page_asks_another_host_for_anything(reader: Reader) -> None:
    reader.asked()
    for page in (*PAGES, *HAND_WRITTEN):
        reader.open(page)
        reader.wait("document.readyState === 'complete'")
    asked = reader.asked()
    assert len(asked) > len(PAGES)
    assert {url for url in asked if not url.startswith(reader.local)} == set()


@pytest.mark.parametrize("page", ["", "obelix/", "submissions/obelix/hostile-1/"])
def test_hostile_names_are_shown_and_never_run(reader: Reader, page: str) -> None:
    reader.open(page)
    assert reader.run("return document.querySelectorAll('img[src=\"x\"]').length") == 0
    assert reader.run("return document.querySelectorAll('.md-content script').length") == 0
    assert reader.run("return document.querySelectorAll('a[href^=\"javascript\"]').length") == 0
    assert "onerror=alert(1)" in reader.run("return document.querySelector('article').innerText")


def test_searching_for_a_hostile_name_does_not_run_it_either(reader: Reader) -> None:
    reader.open("")
    field = reader.wait("document.querySelector('.md-search__input')")
    field.click()
    field.send_keys("onerror")
    reader.wait("document.querySelector('.md-search-result__link')")
    assert reader.run("return document.querySelectorAll('img[src=\"x\"]').length") == 0


def test_nothing_fails_in_the_console(reader: Reader) -> None:
    reader.driver.get_log("browser")
    for page in PAGES:
        reader.open(page)
        reader.wait("document.querySelector('.il-enhanced')")
    severe = [entry for entry in reader.driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []


def test_hashes_and_commands_can_be_copied(reader: Reader) -> None:
    reader.open("submissions/obelix/rf-paper/")
    assert reader.wait("document.querySelectorAll('.il-hashes .il-copy').length") == 4
    # the command, the badge and the BibTeX
    assert reader.run("return document.querySelectorAll('.il-command .il-copy').length") == 3


@pytest.mark.slow
def test_the_command_renders_and_builds_from_the_repository_s_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ionladder.cli.maintainer import site

    layout: Layout = make_repository(tmp_path, typical()[:1])
    monkeypatch.chdir(layout.root)
    site(build=False)
    assert not (tmp_path / "site").exists()
    site()
    assert (tmp_path / "site" / "obelix" / "index.html").is_file()
    assert "Site built into site/" in capsys.readouterr().out
