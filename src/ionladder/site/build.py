"""MkDocs, strictly: any warning is a letter, and a failed build leaves the former site standing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from ionladder.core.errors import SiteError
from ionladder.core.files import replacing_folder
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem

CONFIG_FILE = "mkdocs.yml"
SITE_FOLDER = "site"
ROBOTS = "robots.txt"
ADDRESS_VARIABLE = "IONLADDER_SITE_URL"
"""Where the site will stand; ``mkdocs.yml`` reads it too. docs/generated does not depend on it."""
_COMPLAINT = re.compile(r"^(?:WARNING|ERROR)\s+-\s+(.*)$", re.MULTILINE)
_MAX_COMPLAINTS = 20


def build_site(layout: Layout) -> Path:
    """Build ``docs/generated`` into ``site/``.

    Raises:
        SiteError: MkDocs failed or warned; each complaint is a problem of its own.
    """
    config = layout.root / CONFIG_FILE
    if not config.is_file():
        raise SiteError(
            Problem(
                where=CONFIG_FILE,
                expected="the site's configuration at the root of the repository",
                found="no such file",
                next_step="Restore it with `git checkout mkdocs.yml`.",
            )
        )
    target = layout.root / SITE_FOLDER
    with replacing_folder(target) as fresh:
        run_mkdocs(config, fresh)
        _name_sitemap(fresh, os.environ.get(ADDRESS_VARIABLE, ""))
    return target


def _name_sitemap(folder: Path, address: str) -> None:
    """Say in ``robots.txt`` where the sitemap is, once the site has an address to say it with."""
    robots = folder / ROBOTS
    if address and robots.is_file():
        line = f"Sitemap: {address.rstrip('/')}/sitemap.xml\n"
        robots.write_text(robots.read_text(encoding="utf-8") + f"\n{line}", encoding="utf-8")


def run_mkdocs(config: Path, target: Path) -> None:
    """Build what a configuration names into a folder.

    Raises:
        SiteError: MkDocs failed or warned; each complaint is a problem of its own.
    """
    result = _mkdocs(config, target)
    if result.returncode:
        raise SiteError(_problems(result.stdout))


def _mkdocs(config: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Never with ``-q``: it hides the warnings that ``--strict`` counts."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(  # noqa: S603 - our own arguments, no shell
        [*command, "--config-file", str(config), "--site-dir", str(target)],
        cwd=config.parent,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _problems(output: str) -> list[Problem]:
    complaints = [found.strip() for found in _COMPLAINT.findall(output)]
    last_lines = [line.strip() for line in output.splitlines() if line.strip()][-1:]
    return [
        Problem(
            where=f"mkdocs build --strict ({CONFIG_FILE})",
            expected="a site without a warning",
            found=complaint.rstrip("."),
            next_step="Correct the page or setting named here; site/ is as it was before.",
        )
        for complaint in (complaints or last_lines or ["no output at all"])[:_MAX_COMPLAINTS]
    ]
