"""Lighthouse on seven pages of ``site/``: phone and desktop, medians of several runs.

``make lighthouse`` fetches the program; by hand: ``python benchmarks/lighthouse.py …/lighthouse``.
The pages are served from 127.0.0.1 with gzip, as a static host would. Exit code 1 where a median is
below its limit. Speed depends on the machine and on what else it does, so nothing is written down.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from statistics import median

from reports import ROOT, markdown

PAGES = {
    "overview": "",
    "board": "obelix/",
    "submission": "submissions/obelix/hgb-l1/",
    "card": "datasets/obelix/",
    "material": "entries/obelix/jqc/",
    "model": "models/hgb-l1/",
    "compare": "compare/obelix/",
}
LIMITS = {"performance": 95, "accessibility": 100, "best-practices": 95, "seo": 95}
FORMS = {"phone": (), "desktop": ("--preset=desktop",)}
RUNS = int(os.environ.get("LIGHTHOUSE_RUNS", "3"))
PACKED = (".html", ".css", ".js", ".json", ".svg", ".xml")


class Packed(http.server.SimpleHTTPRequestHandler):
    """Static files, with gzip for those that shrink."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        data, is_packed = path.read_bytes(), path.suffix in PACKED
        data = gzip.compress(data, 6, mtime=0) if is_packed else data
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path.name))
        self.send_header("Content-Length", str(len(data)))
        if is_packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Measure each page on each form, print a table, fail below a limit."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    site = ROOT / "site"
    if not (site / "index.html").is_file():
        sys.exit("site/ is not built yet: run `make site` first.")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Packed, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = []
    for page, way in PAGES.items():
        for form, options in FORMS.items():
            address = f"http://127.0.0.1:{server.server_port}/{way}"
            runs = [scores(sys.argv[1], address, options) for _ in range(RUNS)]
            rows.append(
                {"page": page, "form": form} | {k: median(r[k] for r in runs) for k in LIMITS}
            )
    print(markdown(rows))
    low = [row for row in rows if any(row[key] < limit for key, limit in LIMITS.items())]
    if low:
        sys.exit(f"below {LIMITS}: " + ", ".join(f"{row['page']} ({row['form']})" for row in low))


def scores(program: str, address: str, options: tuple[str, ...]) -> dict[str, int]:
    """Category → score of one run, 0 to 100."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or ""
    flags = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                *(program, address, "--quiet", "--output=json", f"--output-path={report}"),
                *(f"--chrome-flags={flags}", f"--only-categories={','.join(LIMITS)}", *options),
            ],
            env=os.environ | {"CHROME_PATH": browser},
            check=True,
        )
        found = json.loads(report.read_text())["categories"]
    return {key: round(100 * found[key]["score"]) for key in LIMITS}


if __name__ == "__main__":
    main()
