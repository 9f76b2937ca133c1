"""What pages leave undone until it is wanted: scripts, the drawer, what is far from the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import DESK, PHONE, Reader

LAID_OUT = "[...document.querySelectorAll(arguments[0])].map(e => e.checkVisibility({seen}))"
SEEN = LAID_OUT.replace("{seen}", "{contentVisibilityAuto: true}")
DRAWER_LINKS = ".md-sidebar--primary .md-nav__link"


def test_a_page_loads_the_scripts_it_needs_and_no_others(reader: Reader) -> None:
    own = {
        "obelix/": {"board.js"},
        "compare/obelix/": {"compare.js"},
        "methods/": set(),
        "": set(),
    }
    for page, scripts in own.items():
        reader.open(page)
        sources = reader.run("return [...document.scripts].map(s => s.src.split('/').pop())")
        assert {name for name in sources if name and not name.startswith("bundle")} == {
            "ionladder.js",
            "frame.js",
            *scripts,
        }


def test_the_list_of_entries_loads_the_script_that_finds_them(built: Path) -> None:
    for page in built.glob("entries/*/index.html"):
        assert "assets/find.js" in page.read_text(encoding="utf-8")


def test_the_drawer_of_a_phone_is_laid_out_once_it_is_opened(reader: Reader) -> None:
    reader.open("methods/", size=PHONE)
    assert not any(reader.run(f"return {SEEN}", DRAWER_LINKS))
    reader.wait("document.querySelector('button.il-drawer')")
    reader.click("button.il-drawer")
    reader.wait(SEEN.replace("arguments[0]", f"'{DRAWER_LINKS}'") + ".some(Boolean)")
    reader.resize(DESK)


def test_the_drawer_opens_and_shuts_by_keyboard_and_says_so(reader: Reader) -> None:
    from selenium.webdriver.common.keys import Keys

    reader.open("methods/", size=PHONE)
    button = reader.wait("document.querySelector('button.il-drawer')")
    for keys, is_open in ((Keys.ENTER, "true"), (Keys.SPACE, "false")):
        button.send_keys(keys)
        assert button.get_attribute("aria-expanded") == is_open
        assert (
            str(reader.run("return document.getElementById('__drawer').checked")).lower() == is_open
        )
    reader.resize(DESK)


def test_the_room_of_the_controls_is_kept_before_a_script_has_run(
    reader: Reader,
) -> None:
    driver = reader.driver
    reader.open("obelix/", size=PHONE)
    top = "return Math.round(document.querySelector('.il-controls + .il-subsets').offsetTop)"
    with_scripts = reader.run(top)
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*.js"]})
    try:
        reader.open("obelix/", size=PHONE)
        assert abs(reader.run(top) - with_scripts) < 40
    finally:
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        reader.resize(DESK)


def test_on_paper_every_table_and_figure_is_laid_out(reader: Reader) -> None:
    reader.open("obelix/")
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert all(reader.run(f"return {SEEN}", "#subset-all tbody tr"))
        assert all(reader.run(f"return {SEEN}", ".il-prose > *, .il-slice-board tbody tr"))
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("page", ["datasets/obelix/", "submissions/obelix/rf-paper/"])
def test_beside_a_command_stands_one_copy_button(reader: Reader, page: str) -> None:
    reader.open(page)
    reader.wait("document.querySelector('.il-command .il-copy')")
    shown = """
    const boxes = [...document.querySelectorAll('.il-command')];
    return boxes.map(box => [...box.querySelectorAll('button')].filter(
      button => button.checkVisibility()).length);
    """
    counts = reader.run(shown)
    assert counts
    assert set(counts) <= {0, 1}
