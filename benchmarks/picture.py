"""The README's picture of a board: the chart of ``site/obelix/`` as a PNG of at most 60 kB.

Run after ``make site``; needs Chromium with its driver, selenium and Pillow (``make setup-dev``).
"""

from __future__ import annotations

import base64
import io
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET, MOST = ROOT / "docs" / "assets" / "board.png", 60_000
HIDE = """
const style = document.createElement('style');
style.textContent = '.il-save {display: none} * {content-visibility: visible !important}';
document.head.append(style);
"""
FIGURE = """
const box = document.querySelector('.il-figure').getBoundingClientRect();
return {x: box.x, y: box.y, width: box.width, height: box.height, scale: 1.8};
"""


def main() -> None:
    """Take the picture, with few colours; exit 1 where it is too large."""
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    from browser import opened, served
    from PIL import Image

    with served(ROOT / "site") as address, opened(address) as reader:
        reader.open("obelix/", size=(920, 2400))
        reader.run(HIDE)
        time.sleep(1)
        shot = {"format": "png", "clip": reader.run(FIGURE)}
        data = reader.driver.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
    picture = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    packed = io.BytesIO()
    picture.quantize(40).save(packed, "PNG", optimize=True)
    if len(packed.getvalue()) > MOST:
        sys.exit(f"{len(packed.getvalue())} bytes: more than {MOST}. Nothing is written.")
    TARGET.write_bytes(packed.getvalue())
    print(f"{TARGET.relative_to(ROOT)}: {picture.size}, {len(packed.getvalue())} bytes")


if __name__ == "__main__":
    main()
