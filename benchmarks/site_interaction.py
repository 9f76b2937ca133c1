"""How fast a board of 1,000 rows answers in Chromium: script, style, layout and paint of one event.

The limit holds for the time that the page's main thread works, which depends little on what else
the machine does; the time from the event to the painted frame stands beside it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from shutil import rmtree
from typing import Any

from browser import chromium, served
from site_scale import build_site, ionladder, repository

SIZE, RUNS, LIMIT_MS = 1000, 5, 100.0
PATIENCE_SECONDS = 60

# What a reader does, and whether the limit holds for it. ``at(i)`` is the i-th column head.
ACTIONS = (
    ("sort by score, descending", True, "at('mae').click()"),
    ("sort by score, ascending", True, "at('mae').click()"),
    ("sort by another measure", True, "at('rmse').click()"),
    ("sort by name", True, "at('model').click()"),
    ("find '7'", True, "type('find', '7')"),
    ("find '77'", True, "type('find', '77')"),
    ("find nothing", True, "type('find', '')"),
    ("filter by kind", True, "type('kind', 'reference')"),
    ("all kinds again", True, "type('kind', '')"),
    ("choose a tab", False, "document.querySelectorAll('[role=tab]')[1].click()"),
    ("back to the first tab", False, "document.querySelectorAll('[role=tab]')[0].click()"),
    ("show a group of columns", False, "document.querySelector('[data-columns=model]').click()"),
    ("hide it again", False, "document.querySelector('[data-columns=model]').click()"),
)
MEASURE = """
const done = arguments[arguments.length - 1];
const at = key => document.querySelector(`#subset-all [data-key="${key}"] .il-sort`);
const type = (name, text) => {
  const field = document.querySelector(`[data-filter="${name}"]`);
  field.value = text;
  for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));
};
const start = performance.now();
%s;
requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => done(performance.now() - start);
  channel.port2.postMessage(null);
});
"""


def main() -> None:
    """Measure each action several times; exit 1 when the median of one is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=SIZE, help=f"default: {SIZE}")
    parser.add_argument("--site", type=Path, help="a site built before, to measure it again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = arguments.site or board_only(Path(folder), arguments.rows)
        with served(site) as address, chromium() as driver:
            found = measure(driver, f"{address}/obelix/")
    print(f"{'action':<28}{'work ms':>9}{'worst':>7}{'limit':>7}{'to paint ms':>13}")
    over = False
    for (title, is_limited, _), times in zip(ACTIONS, found, strict=True):
        work, painted = zip(*times, strict=True)
        median = statistics.median(work)
        over |= is_limited and median > LIMIT_MS
        limit = f"{LIMIT_MS:g}" if is_limited else "–"
        print(
            f"{title:<28}{median:>9.0f}{max(work):>7.0f}{limit:>7}{statistics.median(painted):>13.0f}"
        )
    sys.exit(over)


def board_only(folder: Path, rows: int) -> Path:
    """A built site with a board of so many rows, without the pages of its submissions."""
    root = repository(folder, "obelix", rows)
    ionladder(root, "site", "--no-build")
    for name in ("submissions", "entries"):
        rmtree(root / "docs" / "generated" / name)
    return build_site(root)


def measure(driver: Any, page: str) -> list[list[tuple[float, float]]]:
    """Of every action in several runs: milliseconds of work, and milliseconds to the paint."""
    driver.set_script_timeout(PATIENCE_SECONDS)
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    driver.get(page)
    times: list[list[tuple[float, float]]] = [[] for _ in ACTIONS]
    for _ in range(RUNS):
        for own, (_, _, action) in zip(times, ACTIONS, strict=True):
            before = work_ms(driver)
            painted = driver.execute_async_script(MEASURE % action)
            own.append((work_ms(driver) - before, painted))
    return times


def work_ms(driver: Any) -> float:
    """How long the page's main thread has worked so far."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return 1000.0 * next(m["value"] for m in metrics if m["name"] == "TaskDuration")


if __name__ == "__main__":
    main()
