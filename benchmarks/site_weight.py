"""What a reader's browser loads for a page: bytes with gzip, theme included."""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from browser import chromium, served
from site_scale import build, repository

SIZE, LIMIT_KB = 200, 350.0
PAGES = ("", "obelix/", "submissions/obelix/synthetic-0000/", "compare/obelix/", "entries/obelix/")
LIMITED = "obelix/"
COMPRESSED = (".png", ".jpg", ".woff2", ".gz", ".parquet")
LOADED = """
return [location.href, ...performance.getEntriesByType('resource').map(entry => entry.name)];
"""
IS_QUIET = """
const done = arguments[arguments.length - 1];
const wait = n => setTimeout(() => {
  const now = performance.getEntriesByType('resource').length;
  if (now === n && document.readyState === 'complete') done(n); else wait(now);
}, 700);
wait(-1);
"""


def main() -> None:
    """Weigh pages of a site with 200 submissions; exit 1 when the board is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=SIZE, help=f"default: {SIZE}")
    parser.add_argument("--site", type=Path, help="a site built before, to weigh it again")
    arguments = parser.parse_args()
    over = False
    print(f"{'page':<36}{'files':>6}{'kB, gzip':>10}{'limit':>7}   heaviest")
    with tempfile.TemporaryDirectory() as folder:
        site = arguments.site or whole_site(Path(folder), arguments.rows)
        with served(site) as address, chromium() as driver:
            for page in PAGES:
                sizes = weigh(driver, site, address, page)
                total = sum(sizes.values()) / 1000
                over |= page == LIMITED and total > LIMIT_KB
                heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:4]
                named = ", ".join(f"{Path(n).name or n} {size / 1000:.0f}" for n, size in heaviest)
                limit = f"{LIMIT_KB:g}" if page == LIMITED else "–"
                print(f"{page or '(home)':<36}{len(sizes):>6}{total:>10.0f}{limit:>7}   {named}")
    sys.exit(over)


def whole_site(folder: Path, rows: int) -> Path:
    """A built site with a board of so many rows."""
    root = repository(folder, "obelix", rows)
    build(root, "obelix")
    return root / "site"


def weigh(driver: Any, site: Path, address: str, page: str) -> dict[str, int]:
    """File → bytes of everything that a browser with an empty cache loads for a page."""
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get(f"{address}/{page}")
    driver.execute_async_script(IS_QUIET)
    asked: list[str] = driver.execute_script(LOADED)
    foreign = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    if foreign:
        sys.exit(f"{page} asks another host: {', '.join(foreign)}")
    files = {_file(site, url) for url in asked if url.startswith(address)}
    return {str(path.relative_to(site)): transferred(path) for path in files}


def _file(site: Path, url: str) -> Path:
    path = site / unquote(urlsplit(url).path).lstrip("/")
    return path / "index.html" if path.is_dir() else path


def transferred(path: Path) -> int:
    """Bytes of a file as a server with gzip sends it."""
    content = path.read_bytes()
    return len(content) if path.suffix in COMPRESSED else len(gzip.compress(content, 6))


if __name__ == "__main__":
    main()
