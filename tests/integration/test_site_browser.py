"""The built site: strictly built, every link alive, and used in a browser as a reader would."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import DESK, PHONE

from ionladder.cli.maintainer import site
from ionladder.errors import SiteError
from ionladder.site.context import load_site
from ionladder.site.render import build_site, render_site
from unit.site.synthetic_board import make_repository, typical

PAGES = (
    *("", "obelix/", "obelix-cif/3d-models/", "submissions/obelix/rf-paper/", "datasets/obelix/"),
    *("bvel-proto/", "submissions/bvel-proto/rf-sites/", "datasets/bvel_proto/", "methods/"),
)
HAND_WRITTEN = ("reading/", "submit/", "tutorial/")
OWN_SCRIPTS = {"obelix/": {"board.js"}, "compare/obelix/": {"compare.js"}, "methods/": set()}
LAID_OUT = "[...document.querySelectorAll(arguments[0])].map(e => e.checkVisibility({seen}))"
SEEN = LAID_OUT.replace("{seen}", "{contentVisibilityAuto: true}")
DRAWER_LINKS = ".md-sidebar--primary .md-nav__link"


class _Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        del tag
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.links.add(value)
            if name in {"id", "name"} and value:
                self.anchors.add(value)


def test_every_link_and_anchor_of_the_built_site_leads_somewhere(built):
    pages = {path: _Page(path) for path in built.rglob("*.html") if path.name != "404.html"}
    dead = []
    ways: dict[Path, set[Path]] = {path: set() for path in pages}
    for path, page in pages.items():
        for link in page.links:
            if "://" in link or link.startswith(("data:", "mailto:")):
                continue
            way, _, anchor = link.partition("#")
            way = way.partition("?")[0]
            target = (path.parent / way).resolve() if way else path
            target = target / "index.html" if target.is_dir() else target
            is_alive = target.is_file() and (not anchor or anchor in pages[target].anchors)
            ways[path].add(target)
            if not is_alive:
                dead.append(f"{path.relative_to(built)}: {link}")
    assert dead == []
    one = ways[built / "index.html"]
    two = {target for way in one if way in ways for target in ways[way]}
    assert {str(path) for path in pages if path not in one | two} == set(), "two clicks to each"
    for path in pages:
        tabs = path.read_text(encoding="utf-8").count("aria-current=")
        assert tabs == (0 if "http-equiv" in path.read_text() else 1), path
    for page in built.glob("entries/*/index.html"):
        assert "assets/find.js" in page.read_text(encoding="utf-8")
    methods = (built / "methods" / "index.html").read_text(encoding="utf-8")
    assert "submissions/obelix/rf-paper" not in methods, "navigation does not grow"


@pytest.mark.slow
def test_the_command_builds_and_a_broken_link_leaves_the_former_site_standing(
    tmp_path, monkeypatch, capsys
):
    layout = make_repository(tmp_path, typical()[:1])
    monkeypatch.chdir(layout.root)
    site(build=False)
    assert not (tmp_path / "site").exists()
    site()
    assert "Site built into site/" in capsys.readouterr().out
    former = (tmp_path / "site" / "obelix" / "index.html").read_bytes()
    page = layout.docs_dir / "reading.md"
    page.write_text(page.read_text() + "\n[gone](nowhere.md)\n")
    render_site(load_site(layout))
    with pytest.raises(SiteError, match=r"nowhere\.md"):
        build_site(layout)
    assert (tmp_path / "site" / "obelix" / "index.html").read_bytes() == former
    assert not list(tmp_path.glob(".site.*"))


def test_a_board_is_sorted_by_exact_values_missing_ones_last_and_searched(reader):
    from selenium.webdriver.common.keys import Keys

    reader.open("obelix/")
    first = reader.rows()
    reader.click("#subset-all th.il-number[aria-sort='ascending'] .il-sort")
    assert reader.rows() == list(reversed(first))
    heads = reader.driver.find_elements("css selector", "#subset-all .il-sort")
    spread = next(head for head in heads if head.text.startswith("SD of MAE"))
    for _ in range(2):
        spread.send_keys(Keys.ENTER)
        assert set(reader.rows()[:2]) == {"rf-paper", "mlp-paper"}
    reader.find("[data-filter='find']").send_keys("forest CIF")
    assert reader.rows() == ["rf-paper-cif"]
    reader.open("obelix/#subset-no_cif")
    reader.driver.refresh()
    assert reader.panels() == ["subset-no_cif"]


def test_targets_are_tabs_and_their_table_is_filtered_and_sorted(reader):
    reader.open("submissions/bvel-proto/rf-sites/")
    tabs = reader.driver.find_elements("css selector", "[role='tab']")
    assert [tab.text for tab in tabs][1:] == ["E_1D", "E_2D", "E_3D"]
    tabs[3].click()
    assert reader.panels() == ["scores-e_3d_ev"]
    reader.open("bvel-proto/")
    rows = """return Array.from(document.querySelectorAll('.il-targets tbody tr'))
      .filter(row => !row.hidden).map(row => row.querySelector('th.il-model').dataset.sort)"""
    reader.driver.find_elements("css selector", ".il-targets .il-sort")[3].click()
    found = reader.run(rows)
    assert found.index("rf-sites") < found.index("train-median")
    reader.find("[data-filter='find']").send_keys("forest")
    assert reader.run(rows) == ["rf-sites"]


def _brightness(colour):
    parts = colour[colour.index("(") + 1 : colour.index(")")].replace("/", ",").split(",")
    return sum(float(part) for part in parts[:3]) / 3


def test_every_page_is_readable_in_the_dark_on_a_phone_and_asks_no_other_host(reader):
    reader.asked()
    for page in (*PAGES, *HAND_WRITTEN):
        reader.open(page, size=PHONE, scheme="dark")
        reader.wait("document.body.dataset.mdColorScheme === 'slate'")
        reader.wait("document.readyState === 'complete'")
        background = reader.run("return getComputedStyle(document.body).backgroundColor")
        ink = reader.run("return getComputedStyle(document.querySelector('h1')).color")
        assert _brightness(background) < 60, page
        assert _brightness(ink) > 180, page
        assert reader.run("return document.documentElement.scrollWidth") <= PHONE[0], page
    asked = reader.asked()
    assert len(asked) > len(PAGES)
    assert {url for url in asked if not url.startswith(reader.local)} == set()
    assert reader.severe() == []


def test_charts_follow_the_colour_scheme_and_the_width(reader):
    colours = set()
    for scheme, name in (("light", "default"), ("dark", "slate")):
        reader.open("obelix/", scheme=scheme)
        reader.wait(f"document.body.dataset.mdColorScheme === '{name}'")
        script = "return getComputedStyle(document.querySelector('.il-wide .il-floor-line')).stroke"
        colours.add(reader.run(script))
    assert len(colours) == 2
    script = """
      const seen = kind => document.querySelector(`.il-figure .${kind}`).offsetHeight > 0;
      return [seen('il-wide'), seen('il-narrow')];
    """
    for size, shown in ((DESK, [True, False]), (PHONE, [False, True])):
        reader.open("", size=size)
        assert reader.run(script) == shown


def test_marks_say_their_names_by_keyboard_and_tap(reader):
    from selenium.webdriver.common.keys import Keys

    reader.severe()
    reader.open("charts/obelix/")
    chart, tip = ".il-wide svg:has(.il-marks)", "document.querySelector('.il-tip')?.textContent"
    reader.find(chart).send_keys(Keys.ARROW_RIGHT)
    former = reader.wait(tip)
    assert "submissions/obelix/" in reader.find(".il-tip a").get_attribute("href")
    place = "const box = document.querySelector('.il-here').lastChild.getBoundingClientRect();"
    at = reader.run(f"{place} return [(box.left + box.right) / 2, (box.top + box.bottom) / 2]")
    reader.find(chart).send_keys(Keys.ESCAPE)
    assert not reader.run(f"return {tip}")
    point = """
      const [kind, pointerType, x, y] = arguments, chart = document.querySelector('CHART');
      const how = {bubbles: true, cancelable: true, pointerType, clientX: x + 3, clientY: y};
      return chart.dispatchEvent(new PointerEvent(kind, how));
    """.replace("CHART", chart)
    reader.run(point, "pointermove", "mouse", *at)
    assert former.startswith(reader.run(f"return {tip}")), "on hover, beside the mark too"
    assert reader.find(".il-here").tag_name == "a"
    reader.run(point, "pointermove", "mouse", 0, 0)
    assert not reader.run(f"return {tip}")
    reader.run(point, "click", "touch", *at)
    assert reader.wait(tip) == former, "a tap names a mark and does not leave the page"
    reader.find(chart).send_keys(Keys.ARROW_RIGHT)
    way = reader.run("return document.activeElement.href.baseVal")
    reader.driver.switch_to.active_element.send_keys(Keys.ENTER)
    reader.wait(f"location.href === {way!r}")
    assert reader.severe() == []


def test_first_column_and_heads_stay_in_sight_and_an_edge_says_that_a_table_goes_on(reader):
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
    script = """
      const box = document.querySelector('#subset-all .il-scroll'), said = [];
      for (const [left, top] of [[0, 0], [1e6, 1e6]]) {
        [box.scrollLeft, box.scrollTop] = [left, top];
        box.dispatchEvent(new Event('scroll'));
        said.push(box.hasAttribute('data-goes-on'));
      }
      const head = box.querySelector('thead').getBoundingClientRect();
      return [...said, Math.abs(head.top - box.getBoundingClientRect().top) < 3];
    """
    assert reader.run(script) == [True, False, True]


def test_explanations_rows_and_parts_need_no_mouse(reader):
    reader.open("obelix/#rf-paper")
    assert reader.run("return document.querySelectorAll('article table [title]').length") == 0
    assert (
        reader.run("return document.querySelector('tr:target th.il-model').dataset.sort")
        == "rf-paper"
    )
    reader.find("#subset-all .il-more summary").send_keys("\ue007")
    assert "ranks that the data allow" in reader.find("#subset-all .il-terms").text
    marks = reader.driver.find_elements("css selector", "#subset-all .il-what")
    names = {mark.get_attribute("aria-label"): mark.get_attribute("href") for mark in marks}
    assert {"What is Rank?", "What is MAE?", "What is RMSE?", "What is Inputs?"} <= names.keys()
    assert all(mark.rect["height"] >= 24 for mark in marks if mark.is_displayed())
    assert reader.find("#board .headerlink").get_attribute("href").endswith("#board")
    assert reader.driver.title.startswith("OBELiX")
    reader.open("submissions/obelix/rf-paper/")
    assert re.match(r"Random forest on OBELiX: MAE \d", reader.driver.title)
    assert reader.find(".il-foot a").get_attribute("href") == f"{reader.address}/#all-pages"
    for page in ("", "obelix/"):
        reader.open(page)
        ways = set(
            reader.run("return [...document.querySelectorAll('.il-map a')].map(a => a.pathname)")
        )
        assert {"/contribute/", "/security/", "/umlip/", "/api/", "/changes/", "/entries/"} <= ways
    reader.open("glossary/")
    terms = reader.run("return [...document.querySelectorAll('dt')].map(term => term.id)")
    assert {href.split("/glossary/#")[1] for href in names.values()} <= {*terms}


def test_the_front_page_of_a_phone_has_three_columns_and_filled_boards_first(reader):
    reader.open("", size=PHONE)
    script = """
      const rows = [...document.querySelectorAll('.il-overview tr')];
      return rows.map(row => [...row.cells].filter(cell => cell.offsetWidth).length);
    """
    assert set(reader.run(script)) == {3}
    best = reader.run(
        "return [...document.querySelectorAll('.il-overview .il-primary')].map(c => c.textContent)"
    )
    assert best == sorted(best, key=lambda text: text == "–")


@pytest.mark.parametrize(
    ("page", "head"), [("obelix/at/1/", "Rank"), ("changes/", "Difference"), ("", "Perfect model")]
)
def test_a_phone_has_the_column_in_sight_that_a_table_is_read_for(reader, page, head):
    reader.open(page, size=(390, 800))
    right = """
    const right = element => element.getBoundingClientRect().right;
    const own = th => th.checkVisibility() && th.innerText.includes(arguments[0]);
    const head = [...document.querySelectorAll('thead th')].find(own);
    return right(head) - right(head.closest('.il-scroll'));"""
    assert reader.run(right, head) <= 0


def test_without_scripts_every_subset_is_there_to_read_and_no_dead_control(reader):
    with reader.without_scripts():
        reader.open("obelix/")
        command = reader.driver.execute_cdp_cmd
        root = command("DOM.getDocument", {})["root"]["nodeId"]

        def heights(selector):
            """Height of each element of a selector; 0 where it is not drawn."""
            query = {"nodeId": root, "selector": selector}
            found = []
            for node in command("DOM.querySelectorAll", query)["nodeIds"]:
                try:
                    box = command("DOM.getBoxModel", {"nodeId": node})
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


def test_versions_of_a_board_are_chosen_without_scripts_and_one_that_is_gone_leads_back(reader):
    with reader.without_scripts():
        reader.open("obelix/")
        reader.click(".il-versions summary")
        reader.click(".il-versions a[href='at/1/']")
        assert "version 1" in reader.find("h1").text
        reader.click(".il-lede a")
        assert reader.find(".il-versions summary").text.startswith("Version 2 of this board")
        reader.open("obelix/at/99/")
        assert "at/ with its number" in reader.find(".il-lede").text
    reader.severe()
    for address in ("obelix/at/99/", "obelix/at/%3Cimg src=x%3E/"):
        reader.open(address)
        link = reader.find(".il-lede a")
        assert (link.text, link.get_attribute("href")) == ("OBELiX", f"{reader.address}/obelix/")
        assert {entry["source"] for entry in reader.severe()} == {"network"}
    reader.open("elsewhere/at/3/")
    assert not reader.driver.find_elements("css selector", ".il-lede a")
    reader.severe()


def test_hostile_names_are_shown_found_and_never_run(reader):
    for page in ("", "obelix/", "submissions/obelix/hostile-1/"):
        reader.open(page)
        assert reader.run("return document.querySelectorAll('img[src=\"x\"]').length") == 0
        assert reader.run("return document.querySelectorAll('.md-content script').length") == 0
        assert reader.run("return document.querySelectorAll('a[href^=\"javascript\"]').length") == 0
        article = reader.run("return document.querySelector('article').innerText")
        assert "onerror=alert(1)" in article
    reader.find(".il-search input").send_keys("onerror")
    reader.wait("document.querySelector('.il-search__found a')")
    assert reader.run("return document.querySelectorAll('img[src=\"x\"]').length") == 0


def test_a_page_loads_the_scripts_it_needs_and_beside_a_command_stands_one_button(reader):
    for page, scripts in OWN_SCRIPTS.items():
        reader.open(page)
        sources = reader.run("return [...document.scripts].map(s => s.src.split('/').pop())")
        found = {name for name in sources if name and not name.startswith("bundle")}
        assert found == {"ionladder.js", "frame.js", "find.js", "marks.js", *scripts}
    reader.open("submissions/obelix/rf-paper/")
    assert reader.wait("document.querySelectorAll('.il-hashes .il-copy').length") == 2
    shown = """
    return [...document.querySelectorAll('.il-command')].map(box => [
      ...box.querySelectorAll('button')].filter(button => button.checkVisibility()).length);
    """
    counts = reader.run(shown)
    assert counts
    assert set(counts) <= {0, 1}


def test_the_drawer_of_a_phone_opens_by_click_and_keyboard_and_says_so(reader):
    from selenium.webdriver.common.keys import Keys

    for page in ("methods/", "submissions/obelix/rf-paper/"):
        reader.open(page, size=PHONE)
        assert not any(reader.run(f"return {SEEN}", DRAWER_LINKS)), "laid out once it is opened"
        button = reader.wait("document.querySelector('button.il-drawer')")
        for keys, is_open in ((Keys.ENTER, True), (Keys.SPACE, False)):
            button.send_keys(keys)
            assert button.get_attribute("aria-expanded") == str(is_open).lower()
            assert reader.run("return document.getElementById('__drawer').checked") is is_open
        button.click()
        reader.wait(SEEN.replace("arguments[0]", f"'{DRAWER_LINKS}'") + ".some(Boolean)")
        ways = f"return [...document.querySelectorAll('{DRAWER_LINKS}')].map(a => a.pathname)"
        assert {"/obelix/", "/choose/", "/tutorial/"} <= set(reader.run(ways))
    reader.resize(DESK)


def test_chosen_colours_stay_on_other_pages_and_are_there_before_any_script_of_its_own(reader):
    seen = []
    reader.severe()
    for page in ("methods/", "submissions/obelix/rf-paper/", "obelix/", ""):
        reader.open(page)
        seen.append(reader.run("return document.body.dataset.mdColorScheme"))
        assert reader.severe() == []
        reader.wait("document.querySelector('.il-scheme')")
        reader.click(".il-scheme")
    assert seen == ["default", "default", "slate", "default"], (
        "the system's, light, dark, and again"
    )
    reader.run("localStorage.clear()")
    reader.open("submissions/obelix/rf-paper/", scheme="dark")
    contents = "return [...document.querySelectorAll('.md-sidebar--secondary a')].map(a => a.hash)"
    assert {"#scores", "#card", "#cite"} <= set(reader.run(contents))
    badge = f"/badges/obelix/rf-paper.svg)]({reader.address}/submissions/obelix/rf-paper/)"
    assert badge in reader.find("pre.il-badge").text


def test_the_room_of_the_controls_is_kept_before_a_script_has_run(reader):
    command = reader.driver.execute_cdp_cmd
    reader.open("obelix/", size=PHONE)
    top = "return Math.round(document.querySelector('.il-controls + .il-subsets').offsetTop)"
    with_scripts = reader.run(top)
    command("Network.enable", {})
    command("Network.setBlockedURLs", {"urls": ["*.js"]})
    try:
        reader.open("obelix/", size=PHONE)
        assert abs(reader.run(top) - with_scripts) < 40
    finally:
        command("Network.setBlockedURLs", {"urls": []})
        reader.resize(DESK)


PRINTED = """
  let least = 99;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, at = text.parentElement, around = document.createRange();
    around.selectNodeContents(text);
    if (!text.data.trim() || !around.getBoundingClientRect().width) continue;
    if (at.closest('.il-hidden')) continue;
    const size = parseFloat(getComputedStyle(at).fontSize), svg = at.closest('svg[viewBox]');
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    least = Math.min(least, size * scale * 72 / 96);
  }
  return [least, document.documentElement.scrollWidth];
"""
"""Size of the smallest text in points, and the width that the page takes."""
PAPER = (703, 1000)


def test_on_paper_no_text_is_under_seven_points_and_no_table_wider_than_the_page(reader):
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        reader.resize(PAPER)
        for page in (*PAGES, *HAND_WRITTEN, "charts/obelix/", "compare/bvel-proto/", "glossary/"):
            reader.driver.get(f"{reader.address}/{page}")
            least, width = reader.run(PRINTED)
            assert least > 6.95, page
            assert width <= PAPER[0] + 20, page
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        reader.resize(DESK)


def test_on_paper_every_table_and_figure_is_laid_out(reader):
    reader.open("obelix/")
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        for selector in ("#subset-all tbody tr", ".il-prose > *, .il-slice-board tbody tr"):
            assert all(reader.run(f"return {SEEN}", selector))
        script = """
          const seen = [...document.querySelectorAll('#subset-all .il-table :is(th, td, span, a)')];
          return Math.min(...seen.filter(each => each.offsetWidth && each.textContent.trim())
            .map(each => parseFloat(getComputedStyle(each).fontSize)));
        """
        assert reader.run(script) >= 7 * 96 / 72 - 0.01
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
