"""Commands that documents, pages and error messages tell a reader to run exist as written."""

import re
from pathlib import Path

import pytest
import typer

from ionladder.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / "Makefile", ROOT / "dvc.yaml"),
    *sorted((ROOT / ".github").rglob("*.*")),
    *sorted(p for s in ("*.py", "*.j2", "*.yaml", "*.csv") for p in (ROOT / "src").rglob(s)),
)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
TYPED = re.compile(
    r"(?:`|^\s*|\.venv/bin/|&& |run: |\$\(RUN\) )ionladder +([a-z][^`\n\"]*)", re.MULTILINE
)


def told(path):
    """Every command of ours in a file, from its name on; strings broken over lines are joined."""
    text = re.sub(r"\"\n\s*f?\"", "", path.read_text(encoding="utf-8"))
    return TYPED.findall(text)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_and_options_are_those_there_are(path):
    for line in told(path):
        words = re.sub(r"[{<(\[…|].*|#.*|  .*", " ", line).replace("'", "").split()
        name = words[0].rstrip(".,:;") if words else ""
        assert name in COMMANDS, line
        known = {option for each in COMMANDS[name].params for option in each.opts}
        known |= {option for each in COMMANDS[name].params for option in each.secondary_opts}
        options = {re.sub(r"[=.,:;].*", "", word) for word in words[1:] if word.startswith("--")}
        assert options <= known | {"--help"}, line


def test_they_are_found_in_documents_pages_and_messages():
    found = {path: len(told(path)) for path in SOURCES}
    assert {".md", ".py", ".j2"} <= {path.suffix for path, n in found.items() if n}
    assert sum(found.values()) > 100
