"""How rendering and building the website grow with the number of submissions of one board."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from measure import Cost, measure_or_exit
from rescore import ROOT, committed_predictions, synthetic_repository

SIZES = (100, 300, 1000)
LIMIT_CPU_S, LIMIT_MB = 40.0, 800.0
STEEPEST = 1.5
"""A submission of the largest board may cost this many times one of the smallest."""
STILL_PAGE = "methods/index.html"
"""A page that says nothing of submissions: it may not grow with them."""
THEME = "src/ionladder/site/theme"
_FOREIGN = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)="(?:https?:)?//')
_CANONICAL = re.compile(r'<link rel="canonical"[^>]*>')
_NAMED = re.compile(r"^\s+- .*: (\S+\.md)$")
_QUIET = {"NO_MKDOCS_2_WARNING": "1"}


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a website cost and weighs: CPU-seconds, megabytes, bytes."""

    render_s: float
    build_s: float
    peak_mb: float
    site_mb: float
    board_bytes: int
    still_bytes: int
    foreign: tuple[str, ...]

    @property
    def cpu_s(self) -> float:
        """Rendering and building together."""
        return self.render_s + self.build_s


def main() -> None:
    """Render and build boards of several sizes; exit 1 beyond a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--task", default="obelix", help="default: obelix")
    parser.add_argument("--keep", type=Path, help="leave the largest repository in this folder")
    arguments = parser.parse_args()
    print(
        f"{'submissions':>11}{'render s':>10}{'build s':>9}{'CPU s':>8}{'ms each':>9}{'peak MB':>9}"
        f"{'site MB':>9}{'board kB':>10}"
    )
    found: dict[int, Built] = {}
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = repository(Path(folder), arguments.task, size)
            cost = found[size] = build(root, arguments.task)
            if arguments.keep and size == max(arguments.sizes):
                shutil.copytree(root, arguments.keep, dirs_exist_ok=True)
        print(
            f"{size:>11}{cost.render_s:>10.1f}{cost.build_s:>9.1f}{cost.cpu_s:>8.1f}"
            f"{1000 * cost.cpu_s / size:>9.1f}{cost.peak_mb:>9.0f}{cost.site_mb:>9.0f}"
            f"{cost.board_bytes / 1000:>10.0f}",
            flush=True,
        )
    complaints = judge(found)
    print("\n".join(complaints or ["Within the limits."]))
    sys.exit(bool(complaints))


def repository(folder: Path, task: str, size: int) -> Path:
    """A repository with a scored board of ``size`` submissions, ready to be rendered."""
    root = synthetic_repository(folder, task, committed_predictions(task), size)
    shutil.copy(ROOT / "mkdocs.yml", root)
    shutil.copytree(ROOT / "docs", root / "docs", ignore=shutil.ignore_patterns("generated"))
    shutil.copytree(ROOT / THEME, root / THEME)
    for manifest in (ROOT / "data").glob("*/*/manifest.json"):
        target = root / manifest.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(manifest, target)
    ionladder(root, "leaderboard", task)
    return root


def ionladder(root: Path, *arguments: str) -> tuple[float, float]:
    """Run the command on a repository: CPU-seconds and megabytes."""
    program = shutil.which("ionladder")
    if program is None:
        sys.exit("ionladder is not on PATH: run `make setup` and activate .venv first.")
    cost = measure_or_exit(
        (program, *arguments), folder=root, variables={"IONLADDER_ROOT": str(root)}
    )
    return cost.cpu_s, cost.peak_rss_mb


def build(root: Path, task: str) -> Built:
    """Render and build, and weigh what came out."""
    render_s, render_mb = ionladder(root, "site", "--no-build")
    made = run_mkdocs(root)
    site = root / "site"
    pages = sorted(site.rglob("*.html"))
    return Built(
        render_s=render_s,
        build_s=made.cpu_s,
        peak_mb=max(render_mb, made.peak_rss_mb),
        site_mb=sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6,
        board_bytes=(site / task / "index.html").stat().st_size,
        still_bytes=(site / STILL_PAGE).stat().st_size,
        foreign=tuple(str(page.relative_to(site)) for page in pages if asks_elsewhere(page)),
    )


def build_site(root: Path) -> Path:
    """Build what has been rendered; the folder of the site."""
    run_mkdocs(root)
    return root / "site"


def run_mkdocs(root: Path) -> Cost:
    """Build what has been rendered, as ``ionladder site`` does."""
    cut_navigation(root)
    command = (sys.executable, "-m", "mkdocs", "build", "--strict")
    return measure_or_exit(command, folder=root, variables=_QUIET | {"PATH": os.environ["PATH"]})


def cut_navigation(root: Path) -> None:
    """Leave out of the navigation what this repository has no data for."""
    config, docs = root / "mkdocs.yml", root / "docs" / "generated"
    lines = config.read_text(encoding="utf-8").splitlines()
    kept = [
        line for line in lines if not (named := _NAMED.match(line)) or (docs / named[1]).is_file()
    ]
    kept = [
        line for line, below in zip(kept, [*kept[1:], ""], strict=True) if _has_pages(line, below)
    ]
    config.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _has_pages(line: str, below: str) -> bool:
    """Whether a line of the navigation is no heading, or one with pages under it."""
    is_heading = re.fullmatch(r"  - [^:]+:", line) is not None
    return not is_heading or below.startswith(" " * 6)


def asks_elsewhere(page: Path) -> bool:
    """Whether a page names a script, style or picture of another host."""
    text = page.read_text(encoding="utf-8")
    return _FOREIGN.search(_CANONICAL.sub("", text)) is not None


def judge(found: dict[int, Built]) -> list[str]:
    """What is over a limit, a sentence each."""
    complaints = []
    small, large = min(found), max(found)
    cost = found[large]
    if large == max(SIZES) and cost.cpu_s > LIMIT_CPU_S:
        complaints.append(f"{large} submissions took {cost.cpu_s:.1f} CPU-s of {LIMIT_CPU_S:g}.")
    if cost.peak_mb > LIMIT_MB:
        complaints.append(f"{large} submissions took {cost.peak_mb:.0f} MB of {LIMIT_MB:g}.")
    if cost.cpu_s / large > STEEPEST * found[small].cpu_s / small:
        complaints.append("The cost of a submission grows with their number.")
    if cost.still_bytes > found[small].still_bytes + 100:
        complaints.append(f"{STILL_PAGE} grew with the number of submissions.")
    complaints += [f"{page} asks another host." for c in found.values() for page in c.foreign]
    return complaints


if __name__ == "__main__":
    main()
