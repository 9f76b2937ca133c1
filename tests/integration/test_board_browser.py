"""The board and the comparison in a browser: state in the address, back, columns, keys, pairs."""

import gzip
import re
import urllib.request
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import yaml
from browser import DESK, PHONE

from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages.materials import index_of
from ionladder.site.render import build_site, render_site
from unit.site import synthetic_board as board_of

pytestmark = pytest.mark.slow

N_MANY, FIRST_ROWS = 230, 100
BOARD, COMPARE = "obelix/", "compare/bvel-proto/"
PAIRS = {
    ("rf-sites", "hgb-bonds"): (-0.03, -0.08, 0.02, 0.9),
    ("rf-sites", "family-median"): (-0.21, -0.31, -0.11, 1.0),
    ("rf-sites", "train-median"): (-0.39, -0.5, -0.28, 1.0),
}
NARROW = (390, 844)
MEASURES, UNNAMED, WALK, SEEN, SAVED = yaml.safe_load(
    Path(__file__).with_name("board_scripts.yaml").read_text(encoding="utf-8")
).values()
HOPELESS = ["Xx2", "(", "\U0001f600", "))((", "Te, not Te", "no-such-word"]


def many():
    """Enough rows that a page shows only the first of them."""
    return [
        board_of.Entry(
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
def built(once):
    """A large board without data, and a small one whose entries are at hand."""
    return once("large-board", build_large_board)


def build_large_board(root):
    layout = board_of.add_data(
        board_of.make_repository(root, [*board_of.typical(), *board_of.hostile(), *many()])
    )
    board_of.add_analysis(layout, "bvel-proto", pairs=board_of.pair_table(PAIRS))
    render_site(load_site(layout))
    return build_site(layout)


def query(reader):
    """What the address says after the question mark."""
    found = parse_qs(urlsplit(reader.driver.current_url).query)
    return {name: values[0] for name, values in found.items()}


def head(reader, key):
    """The button in the head of a column."""
    return reader.find(f"#subset-all [data-key='{key}'] .il-sort")


def heads_in_sight(reader, subset="all"):
    """Keys of the columns that are drawn."""
    keys: list[str] = reader.run(
        "return Array.from(document.querySelectorAll(`#subset-${arguments[0]} thead [data-key]`))"
        ".filter(head => head.offsetWidth > 0).map(head => head.dataset.key)",
        subset,
    )
    return keys


def test_sorting_and_searching_are_in_the_address_and_going_back_undoes_them(reader):
    reader.open(BOARD)
    first = reader.rows()
    head(reader, "r2").click()
    assert query(reader) == {"sort": "-r2"}, "what is better when larger comes first"
    head(reader, "model").click()
    assert query(reader) == {"sort": "model"}
    reader.until(lambda: (len(reader.rows()), reader.rows()[0]), (FIRST_ROWS, "hgb-l1"))
    by_name = reader.rows()
    assert by_name != first
    assert by_name == sorted(by_name)
    reader.driver.back()
    assert query(reader) == {"sort": "-r2"}
    reader.driver.back()
    reader.wait("!location.search")
    assert reader.until(reader.rows, first) == first
    sorted_by = "return document.querySelector('#subset-all [aria-sort=ascending]').dataset.key"
    assert reader.run(sorted_by) == "mae"
    reader.find("[data-filter='find']").send_keys("forest")
    assert query(reader) == {"find": "forest"}
    reader.driver.back()
    reader.wait("!location.search")
    assert reader.until(reader.rows, first) == first, "a whole word is undone"


def test_a_shared_link_restores_all_and_a_made_up_one_nothing(reader):
    reader.open(f"{BOARD}?subset=cif&sort=-rmse&kind=verified&find=forest&columns=rmse,r2")
    forests = ["rf-paper-cif", "rf-paper"]
    assert reader.until(lambda: reader.rows("cif"), forests) == forests
    assert reader.panels() == ["subset-cif"]
    heads = ["rank", "model", "mae", "rmse", "r2"]
    assert reader.until(lambda: heads_in_sight(reader, "cif"), heads) == heads
    state = "const box = document.querySelector('[data-columns=metrics-0]');"
    assert reader.run(f"{state} return [box.checked, box.indeterminate]") == [False, True]
    values = "return Array.from(document.querySelectorAll('[data-filter]'), field => field.value)"
    assert reader.run(values) == ["forest", "verified", "", "", ""]
    reader.severe()
    reader.open(f"{BOARD}?sort=nothing&subset=%3Cimg%20src=x%3E&kind=x%22%3E&columns=none&x=1#%")
    assert reader.run("return document.querySelectorAll('img[src=x]').length") == 0
    assert reader.until(lambda: len(reader.rows()), FIRST_ROWS) == FIRST_ROWS
    heads = ["rank", "model", "mae"]
    assert reader.until(lambda: heads_in_sight(reader), heads) == heads
    assert reader.severe() == []


def test_filters_add_up_and_other_tabs_follow_them(reader):
    reader.open(BOARD)
    reader.choose("[data-filter='external']", "yes")
    using = [f"many-{i:03d}" for i in range(N_MANY) if i % 3 == 0]
    rows = reader.until(reader.rows, using)
    assert rows == using
    reader.choose("[data-filter='seeds']", "several")
    assert reader.until(reader.rows, using[1::2]) == using[1::2]
    reader.choose("[data-filter='inputs']", "both")
    assert reader.until(reader.rows, []) == []
    assert reader.run("return document.querySelector('.il-shown').value").startswith("0 of ")
    assert query(reader) == {"external": "yes", "seeds": "several", "inputs": "both"}
    reader.driver.back()
    reader.driver.back()
    reader.wait("location.search === '?external=yes'")
    assert reader.until(reader.rows, rows) == rows
    reader.open(BOARD)
    reader.choose("[data-filter='kind']", "reference")
    head(reader, "rmse").click()
    reader.click("#tab-subset-no_cif")
    assert query(reader) == {"kind": "reference", "sort": "rmse", "subset": "no_cif"}
    assert reader.until(lambda: len(reader.rows("no_cif")), 4) == 4


def test_columns_are_hidden_alone_or_in_groups_and_remembered(reader):
    reader.open(BOARD)
    before = heads_in_sight(reader)
    assert "enrichment" not in " ".join(before)
    reader.click(".il-chooser summary")
    reader.click("[data-columns='metrics-1']")
    assert len(heads_in_sight(reader)) == len(before) + 5
    reader.click("[data-columns='metrics-1']")
    reader.click("[data-column='rmse']")
    without = [key for key in before if key != "rmse"]
    assert heads_in_sight(reader) == without
    script = """
      const table = document.querySelector('#subset-all .il-board');
      const seen = row => Array.from(row.cells).filter(cell => cell.offsetWidth).length;
      return seen(table.tBodies[0].rows[0]) === seen(table.tHead.rows[1]);
    """
    assert reader.run(script)
    reader.driver.refresh()
    reader.wait("document.querySelector('.il-controls:not([hidden])')")
    assert heads_in_sight(reader) == without
    reader.click(".il-controls button[type='reset']")
    assert heads_in_sight(reader) == before
    assert query(reader) == {}


def test_of_many_rows_the_first_are_in_the_page_and_the_others_come_when_asked_for(reader):
    n = len(board_of.typical()) + len(board_of.hostile()) + N_MANY
    shape = (
        "Array.from(document.getElementById(arguments[0]).children, c => [c.tagName, c.className])"
    )
    with reader.without_scripts():
        reader.open(BOARD)
        assert (len(reader.rows()), len(reader.rows("cif"))) == (FIRST_ROWS, 10)
        assert f"The first {FIRST_ROWS} of {n} rows" in reader.find("article").text
    reader.open(BOARD)
    reader.asked()
    told = "return document.querySelector('.il-shown').value"
    assert reader.run(told) == f"first {FIRST_ROWS} of {n} rows"
    first, drawn = reader.rows(), reader.run(f"return {shape}", "many-000")
    head(reader, "mae").click()
    last = f"many-{N_MANY - 1:03d}"
    assert reader.until(lambda: reader.rows()[0], last) == last
    assert reader.until(lambda: len(reader.rows()), FIRST_ROWS) == FIRST_ROWS
    assert {url.rpartition("/")[2] for url in reader.asked()} == {"obelix.rows.all.json"}
    assert reader.run(f"return {shape}", last) == drawn, (
        "rows from data look like those of the page"
    )
    reader.click("[data-more]")
    assert reader.until(lambda: len(reader.rows()), n) == n
    assert query(reader)["rows"] == "all"
    assert not reader.find("[data-more]").is_displayed()
    reader.click(".il-controls button[type='reset']")
    assert reader.until(reader.rows, first) == first
    reader.click("#tab-subset-cif")
    assert reader.until(lambda: len(reader.rows("cif")), FIRST_ROWS) == FIRST_ROWS
    reader.open(f"{BOARD}#many-200")
    assert reader.wait("document.getElementById('many-200')?.getBoundingClientRect().top < 1000")


def test_rows_that_cannot_be_had_are_told_of_and_the_first_stay_usable(reader, built):
    file = built / "data" / "obelix.rows.all.json"
    reader.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    try:
        file.rename(file.with_suffix(".away"))
        reader.open(f"{BOARD}?sort=-mae")
        told = "document.querySelector('.il-shown').value"
        assert reader.wait(f"{told}.includes('could not be loaded') && {told}").startswith("100 of")
        assert len(reader.rows()) > 0
    finally:
        file.with_suffix(".away").rename(file)
    reader.severe()


def test_the_board_is_used_by_keyboard_alone(reader):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    reader.open(BOARD)
    reader.run("document.querySelector('[data-filter=find]').focus()")
    ActionChains(reader.driver).send_keys("forest").perform()
    chooser = "document.activeElement.closest('.il-chooser')"
    for _ in range(8):  # a button for more rows is among them while there are more
        if reader.run(f"return {chooser} !== null"):
            break
        ActionChains(reader.driver).send_keys(Keys.TAB).perform()
    ActionChains(reader.driver).send_keys(Keys.ENTER).perform()
    assert reader.run(f"return {chooser}.open")
    tabs = reader.driver.find_elements("css selector", "[role='tab']")
    assert [tab.get_attribute("tabindex") for tab in tabs] == ["0", "-1", "-1", "-1"]
    tabs[0].send_keys(Keys.ARROW_RIGHT)
    assert reader.panels() == ["subset-cif"]
    tabs[1].send_keys(Keys.END)
    assert query(reader)["subset"] == "uncensored"
    tabs[3].send_keys(Keys.HOME)
    assert "subset" not in query(reader)
    assert reader.run("return document.activeElement.id") == "tab-subset-all"
    head(reader, "rmse").send_keys(Keys.SPACE)
    assert query(reader)["sort"] == "rmse"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert reader.run(outline) == "solid"


# The comparison


def verdict(reader, word="has the"):
    """The sentence about a pair, once it holds a word."""
    reader.wait(f"document.querySelector('[data-verdict]').textContent.includes({word!r})")
    text: str = reader.run("return document.querySelector('[data-verdict]').textContent")
    return text


def test_two_submissions_are_compared_and_the_pair_is_in_the_address(reader):
    reader.open("bvel-proto/")
    reader.click("a[href='../compare/bvel-proto/']")
    told = verdict(reader)
    assert "Random forest, site features has the smaller" in told
    assert "by 0.03 eV (95 % interval of this pair alone −0.02 to +0.08)" in told
    assert "the data do not separate the two" in told
    reader.choose("[data-side='b']", "family-median")
    assert "+0.31" in verdict(reader, "+0.31")
    assert query(reader) == {"a": "rf-sites", "b": "family-median"}
    reader.click("[data-swap]")
    assert query(reader) == {"a": "family-median", "b": "rf-sites"}
    assert "by 0.21 eV (95 % interval of this pair alone +0.11 to +0.31)" in verdict(
        reader, "+0.31"
    )
    points = reader.run("return document.querySelectorAll('.il-compare .il-point').length")
    assert points == len(board_of.embedded_labels()), "every entry is drawn"
    rows = "#entries ~ .il-scroll tbody tr"
    assert reader.run(f"return document.querySelectorAll('{rows}').length") >= 20
    first = "document.querySelector('#entries ~ .il-scroll tbody a').href"
    assert reader.run(f"return fetch({first}).then(got => got.ok)")
    reader.driver.back()
    reader.driver.back()
    assert "+0.08" in verdict(reader, "+0.08")
    reader.open("submissions/bvel-proto/rf-sites/")
    reader.run("document.querySelector('.il-pairs caption a').click()")
    assert verdict(reader)
    assert query(reader)["a"] == "rf-sites"


def test_what_is_not_stored_not_there_or_hostile_is_said_as_text(reader):
    reader.open(f"{COMPARE}?a=hgb-bonds&b=train-median")
    command = "ionladder compare submissions/bvel-proto/hgb-bonds submissions/bvel-proto/train-"
    assert command in verdict(reader)
    reader.open(f"{COMPARE}?a=../../x&b=%3Cimg%20src=x%3E")
    assert "Random forest, site features" in verdict(reader), "the usual pair"
    assert reader.run("return document.querySelector('[data-side=b]').value") == "hgb-bonds"
    reader.open("compare/obelix/?a=hostile-0&b=hostile-1")
    assert "<script>alert(1)</script>" in verdict(reader)
    assert reader.run("return document.querySelectorAll('.il-compare script').length") == 0
    assert reader.run("return document.querySelectorAll('img[src=\"x\"]').length") == 0
    result = reader.run("return document.querySelector('[data-result]').textContent")
    assert "were not on the machine" in result


def test_a_phone_has_both_models_of_a_comparison_in_sight(reader):
    reader.open(COMPARE, size=(390, 844))
    verdict(reader)
    script = """
      const style = document.createElement('style');
      style.textContent = '* {content-visibility: visible !important}';
      document.head.append(style);
      const end = each => each.getBoundingClientRect().right;
      return [...document.querySelectorAll('.il-compare .il-scroll')].map(box => [
        [...box.querySelectorAll('thead th')].filter(head => head.offsetWidth).length,
        Math.max(...[...box.querySelectorAll('th, td')].map(end)) - end(box)]);
    """
    for n_columns, beyond in reader.run(script):
        assert n_columns >= 3
        assert beyond < 40, "the last column can be read without scrolling"
    reader.resize(DESK)


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_board_and_comparison_fit_the_screen_in_the_dark(reader, size):
    for page in (BOARD, COMPARE, "compare/obelix/?a=hostile-9&b=hostile-10"):
        reader.open(page, size=size, scheme="dark")
        reader.wait("document.body.dataset.mdColorScheme === 'slate'")
        if page != BOARD:
            verdict(reader)
        assert reader.run("return document.documentElement.scrollWidth") <= size[0], page
        field = "document.querySelector('.md-content select')"
        colours = f"const {{color, backgroundColor}} = getComputedStyle({field});"
        ink, ground = reader.run(f"{colours} return [color, backgroundColor]")
        assert ink != ground, page
    assert reader.severe() == []


def test_without_scripts_everybody_stands_against_the_leader(reader):
    with reader.without_scripts():
        reader.open(COMPARE)
        command = reader.driver.execute_cdp_cmd
        root = command("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        html = command("DOM.getOuterHTML", {"nodeId": root})["outerHTML"]
    rows = html.split(' il-against"')[1].split("<tbody>")[1].split("</tbody>")[0]
    assert rows.count("<tr") == 3
    assert "+0.21" in rows
    assert 'data-compare="" hidden=""' in html


SEARCH = """
const [index, queries] = arguments, made = ionladderFind.prepare(index);
return queries.map(query => {
  const {found, said} = ionladderFind.search(made, query);
  return [found.map(entry => entry.id), said];
});
"""


@pytest.mark.parametrize("where", ["embedded", "all"])
def test_a_search_counts_elements_as_pymatgen_does(where, tmp_path, reader):
    from pymatgen.core import Composition

    layout = (
        board_of.add_data(board_of.make_repository(tmp_path, []))
        if where == "embedded"
        else Layout(board_of.REPOSITORY)
    )
    index = index_of(load_site(layout))
    made: dict[str, set[str]] = {}
    for part in index["datasets"]:
        for place, (entry, formula) in enumerate(zip(part["id"], part["formula"], strict=True)):
            read = Composition(part["parsed"].get(place, formula).replace("*", ""))
            made[entry] = {each.symbol for each in read}
    elements = sorted(set().union(*made.values()))
    asked = [*elements, *(f"Li, not {each}" for each in elements), *HOPELESS]
    reader.open("entries/")
    found = reader.run(SEARCH, index, asked)
    n = len(elements)
    for element, (ids, _), (without, _) in zip(elements, found, found[n:], strict=False):
        assert set(ids) == {each for each, has in made.items() if element in has}
        assert set(without) == {e for e, has in made.items() if "Li" in has and element not in has}
    for query, (ids, said) in zip(HOPELESS, found[2 * n :], strict=False):
        assert ids == []
        assert ("is no element or formula" in said) == (query in {"(", "Xx2", "))(("}), query
    if where == "all" and any(part["title"] == "OBELiX" for part in index["datasets"]):
        wanted = {
            "Li7P3S11": "mdp",
            "S11P3Li7": "ptg",
            "li7p3s11": "mdp",
            "10.1038/nmat3066": "1hh",
        }
        queries = [*wanted, *index["aliases"]]
        answers = dict(zip(queries, reader.run(SEARCH, index, queries), strict=True))
        assert {query for query, (ids, _) in answers.items() if not ids} == set()
        assert all(entry in answers[query][0] for query, entry in wanted.items())


def test_a_search_box_fetches_nothing_before_it_is_used_and_little_then(reader):
    reader.asked()
    reader.open("bvel-proto/")
    assert [url for url in reader.asked() if url.endswith(".json")] == []
    reader.find(".il-search input").send_keys("hgb-bonds")  # its name on boards, in badges and API
    found = "document.querySelector('.il-search__found a')"
    reader.wait(found)
    assert reader.run(f"return {found}.href").endswith("/hgb-bonds/")
    fetched = {url for url in reader.asked() if url.endswith(".json")}
    assert fetched == {f"{reader.address}/data/{name}.json" for name in ("materials", "pages")}
    sizes = [len(gzip.compress(urllib.request.urlopen(url).read())) for url in fetched]
    assert sum(sizes) <= 60_000
    reader.open("entries/?q=%F0%9F%98%80")
    reader.wait("document.querySelector('#found p')")
    assert reader.find("#found").text == "0 entries."
    assert reader.severe() == []


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (NARROW, "dark")])
def test_axes_are_chosen_the_front_is_named_and_the_address_keeps_both(size, scheme, reader):
    reader.severe()
    reader.open("charts/bvel-proto/", size=size, scheme=scheme)
    reader.run("document.querySelector('#measures').scrollIntoView()")
    reader.wait("document.querySelector('[data-scatter] svg')")
    columns, rows = reader.run(MEASURES)
    numbers = [i for i, column in enumerate(columns) if column["sortKey"] == "number"]
    compared = []
    for i, j in pairwise(numbers):
        across, up = (int(columns[each]["better"]) for each in (i, j))
        at = [(across * float(v[i]), up * float(v[j]), n) for n, v in rows if v[i] and v[j]]
        reader.choose("[data-axis='x']", str(i))
        reader.choose("[data-axis='y']", str(j))
        marks = reader.run("return document.querySelectorAll('[data-scatter] [data-to]').length")
        assert marks == len(at)
        beats = [[c >= a and d >= b and (c, d) != (a, b) for c, d, _ in at] for a, b, _ in at]
        front = {each[2] for each, by in zip(at, beats, strict=True) if not any(by)}
        told = reader.find("[data-scatter] .il-note").text.split(". References")[0]
        if across and up and at:
            compared.append(set(told.split("in both: ")[-1].split("; ")) == front)
    assert compared.count(True) == len(compared) > 2
    reader.click("[data-log='x']")
    assert (query(reader)["x"], query(reader)["log"]) == (columns[i]["key"], "x")
    reader.choose("[data-axis='colour']", "-1")
    reader.open(f"charts/bvel-proto/?{urlencode(query(reader))}#measures", size=size)
    kept = "document.querySelector('[data-scatter] [data-axis=colour]')?.value"
    assert reader.wait(kept) == "-1", "no colour is a choice too"
    assert reader.run("return document.documentElement.scrollWidth") <= size[0]
    assert reader.severe() == []
    with reader.without_scripts():
        reader.open("charts/bvel-proto/", size=size)
        assert len(reader.driver.find_elements("css selector", "#measures-table tbody tr")) == 4
        assert reader.driver.find_elements("css selector", "[data-scatter] *") == []


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "dark"), (NARROW, "light")])
def test_the_map_is_fetched_on_a_click_and_shows_the_structure_of_a_mark(size, scheme, reader):
    reader.asked()
    reader.open("entries/", size=size, scheme=scheme)
    assert [url for url in reader.asked() if "/data/" in url] == []
    reader.click("[data-map] button")
    reader.wait("document.querySelector('[data-pick]')")
    titles = "return [...document.querySelectorAll('[data-pick] title')].map(t => t.textContent)"
    said, labels = reader.run(titles), board_of.embedded_labels()
    assert len(said) == labels[board_of.BARRIERS.targets[0].name].notna().sum()
    pairs = [text.rpartition("): ")[2].split(", predicted ") for text in said]
    assert all(a.split()[-1] == b.split()[-1] for a, b in pairs), "the first model is right"
    reader.find(".il-atlas svg").send_keys("\ue014\ue007")  # the right arrow, enter
    reader.wait("document.querySelector('.il-entry canvas')")
    assert said[0].startswith(reader.find(".il-entry h3").text.rpartition(" ")[0])
    reader.click(".il-axes .il-button:last-child")
    assert (query(reader)["x"], query(reader)["y"]) == ("distance", "error")
    assert reader.find(".il-chosen"), "it stays chosen"
    assert reader.run("return document.documentElement.scrollWidth") <= size[0]
    reader.open(f"entries/bvel-proto/{labels['id'][1]}/", size=size)
    reader.driver.get(reader.find("a[href*='#map']").get_attribute("href"))
    assert reader.wait("document.querySelector('.il-entry code')?.textContent") == labels["id"][1]
    reader.open("entries/?board=gone&x=no&y=%3Cb%3E&colour=&pick=none", size=size)
    reader.wait("document.querySelector('[data-pick]')")
    assert reader.severe() == []


def test_every_mark_has_a_name_and_every_chart_can_be_saved(reader):
    entry = f"entries/bvel-proto/{board_of.embedded_labels()['id'][0]}/"
    pages = ["", "obelix/", "charts/obelix/", "charts/bvel-proto/#measures", entry, COMPARE]
    for page in (*pages, "datasets/bvel_proto/", "submissions/bvel-proto/rf-sites/"):
        reader.open(page)
        reader.wait(SEEN)
        for unnamed, saved in reader.run(UNNAMED):
            assert (unnamed, saved) == ([], ["SVG", "PNG", "data"]), page
        text = reader.driver.execute_async_script(SAVED)
        assert "paint-order: stroke" in text.replace(":stroke", ": stroke"), "words stay readable"
        assert re.search(r"IonLadder: [^#]+ · .*scorer version", text)
    assert reader.severe() == []


def test_the_keyboard_walks_every_mark_which_has_a_name_of_its_own_and_leads_on(reader):
    labels, target = board_of.embedded_labels().set_index("id"), board_of.TARGETS[0]
    reader.driver.set_script_timeout(120)
    pages = (f"entries/bvel-proto/{labels.index[0]}/", "charts/bvel-proto/")
    for page in (*pages, "submissions/bvel-proto/hgb-bonds/"):
        reader.asked()
        reader.open(page, size=NARROW)
        assert not [address for address in reader.asked() if "entries.json" in address], "far away"
        charts = reader.driver.execute_async_script(WALK)
        for name, n, said, has_left in charts:
            assert len(said) == n == len({tuple(each[:2]) for each in said}), name
            assert all(text and "undefined" not in text for text, *_ in said), name
            assert all(reader.address in way for _, way, _ in said), name
            across = [x for *_, x in said]
            assert (across == sorted(across), has_left) == (True, True), name
    told = {name: said for name, _, said, _ in charts}[f"parity-{target}"]
    pattern = re.compile(r".+ \((\S+)\): computed \S+, predicted (\S+)")
    found = {pattern.fullmatch(text).groups(): way.split("/")[-2] for text, way, _ in told}
    sent = {(e, f"{value + 0.1:.2f}"): e for e, value in labels[target].dropna().items()}
    assert {(e, value.replace("−", "-")): way for (e, value), way in found.items()} == sent
    assert reader.severe() == []
