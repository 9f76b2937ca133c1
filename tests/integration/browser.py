"""A browser on a built site, for tests that use pages as a reader would."""

import contextlib
import functools
import http.server
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE, DESK = (360, 800), (1400, 1000)
PATIENCE_SECONDS = 10

SHOWN_ROWS = """
const rows = document.querySelectorAll(`#subset-${arguments[0]} .il-board tbody tr`);
return Array.from(rows).filter(row => !row.hidden).map(
  row => row.querySelector('th.il-model a').getAttribute('href').split('/').at(-2));
"""


@dataclass(frozen=True)
class Reader:
    """A browser on the site."""

    driver: Any
    address: str

    def open(self, page: str, *, size: tuple[int, int] = DESK, scheme: str = "light") -> None:
        """Go to a page, on a screen of a size, with a preferred colour scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.resize(size)
        self.driver.get(f"{self.address}/{page}")

    def resize(self, size: tuple[int, int]) -> None:
        """Give the page a screen of another size."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def run(self, script: str, *arguments: object) -> Any:
        """Evaluate a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, script: str) -> Any:
        """Wait until a script gives something true."""
        from selenium.webdriver.support.ui import WebDriverWait

        wanted = f"return {script}"
        return WebDriverWait(self.driver, PATIENCE_SECONDS).until(
            lambda d: d.execute_script(wanted)
        )

    def until(self, ask: Callable[[], Any], wanted: object) -> Any:
        """What a question gives, as soon as it is what is wanted or patience is over."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (found := ask()) != wanted and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def click(self, selector: str) -> None:
        """Click the first element of a selector."""
        self.find(selector).click()

    def find(self, selector: str) -> Any:
        """The first element of a selector."""
        return self.driver.find_element("css selector", selector)

    def choose(self, selector: str, value: str) -> None:
        """Choose in a list, as a reader does."""
        from selenium.webdriver.support.ui import Select

        Select(self.find(selector)).select_by_value(value)

    def panels(self) -> list[str]:
        """Names of the panels of tabs that are shown."""
        found = self.driver.find_elements("css selector", "[role='tabpanel']")
        return [panel.get_attribute("id") for panel in found if panel.is_displayed()]

    def severe(self) -> list[Any]:
        """What failed in the console since the last call of this."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    @contextlib.contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Pages as they are to somebody whose browser runs no scripts."""
        command = "Emulation.setScriptExecutionDisabled"
        self.driver.execute_cdp_cmd(command, {"value": True})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd(command, {"value": False})

    def asked(self) -> set[str]:
        """Addresses asked for since the last call of this."""
        log = self.driver.get_log("performance")
        messages = [json.loads(entry["message"])["message"] for entry in log]
        return {
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        }

    @property
    def local(self) -> tuple[str, ...]:
        """How addresses begin that do not leave the site."""
        return (self.address, "data:", "blob:", "chrome:", "about:")

    def rows(self, subset: str = "all") -> list[str]:
        """Submission names of the rows that are shown, from top to bottom."""
        names: list[str] = self.run(SHOWN_ROWS, subset)
        return names


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def send_error(self, code: int, *words: Any) -> None:
        """What the site has for an address where nothing is, as its hosts answer it."""
        page = Path(self.directory) / "404.html"
        if code != http.HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, *words)
            return
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.read_bytes())


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; gives its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def opened(address: str) -> Iterator[Reader]:
    """Headless Chromium on a site, or a skip that says what is missing."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver_path = shutil.which("chromedriver")
    if browser is None or driver_path is None:
        pytest.skip("needs Chromium and chromedriver (Debian: chromium, chromium-driver)")
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory(prefix="ionladder-browser-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for flag in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
        ):  # fmt: skip
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(driver_path))
        try:
            yield Reader(driver=driver, address=address)
        finally:
            driver.quit()
