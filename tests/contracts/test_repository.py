"""The shape of the house: layers, module sizes, and a command line that answers at once."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import shutil
import sys
from pathlib import Path
from string import Formatter

import pytest
import typer
import yaml

import ionladder
from git_repository import ran
from ionladder.cli.main import app
from ionladder.errors import _words

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ionladder"
LONGEST_MODULE = 700
HEAVY = ("matplotlib", "numpy", "pandas", "pyarrow", "pymatgen", "scipy", "sklearn", "torch")

_IMPORTED_BY_HELP = """
import sys
sys.argv = ["ionladder", "--help"]
from ionladder.cli.main import run
try:
    code = run()
except SystemExit as end:
    code = end.code
print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(code)
"""

_LINT_IMPORTS = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(no_cache=True, no_logo=True))
"""


def test_imports_respect_the_layers_and_the_one_door_to_held_out_labels():
    result = ran(sys.executable, "-c", _LINT_IMPORTS, cwd=ROOT)

    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", result.stdout)


def test_help_imports_no_heavy_library():
    help_run = ran(sys.executable, "-c", _IMPORTED_BY_HELP, cwd=ROOT)

    assert help_run.returncode == 0, help_run.stderr
    loaded = help_run.stdout.rpartition("LOADED ")[2].split()

    assert "ionladder" in loaded, help_run.stderr
    assert not {*HEAVY} & {*loaded}


def code_lines(path):
    """Lines of a module that hold code: no blank ones, comments or docstrings."""
    source = path.read_text(encoding="utf-8")
    texts = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(source.splitlines(), start=1)
    stripped = ((number, line.strip()) for number, line in lines if number not in texts)
    return sum(bool(line) and not line.startswith("#") for _, line in stripped)


def test_no_module_is_endless():
    lengths = {p.relative_to(ROOT).as_posix(): code_lines(p) for p in SOURCE.rglob("*.py")}

    assert lengths, f"no modules found under {SOURCE}"
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


# --- Examples in docstrings are true, and no public docstring leans on its neighbour

OPTIONAL = {"ase", "bvlain", "chgnet", "matbench", "matgl", "schnetpack", "sevenn", "torch"}
MODULES = sorted(m.name for m in pkgutil.walk_packages(ionladder.__path__, "ionladder."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"needs the extra with {error.name}")

    outcome = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)

    assert outcome.failed == 0
    routines = {n: v for n, v in vars(module).items() if inspect.isroutine(v)}
    own = {n: inspect.getdoc(v) or "" for n, v in routines.items() if v.__module__ == name}
    leaning = [member for member, text in own.items() if text.startswith("The same ")]
    assert leaning == [], "say what it does"


def test_pages_written_by_hand_are_what_the_site_is_made_from():
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]["site"]
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= {*stage["deps"]}


# --- Commands that documents, pages and error messages tell a reader to run exist as written

SOURCES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / "Makefile", ROOT / "dvc.yaml"),
    *sorted((ROOT / ".github").rglob("*.*")),
    *sorted(p for s in ("*.py", "*.j2", "*.yaml", "*.csv") for p in (ROOT / "src").rglob(s)),
)
COMMANDS = typer.main.get_command(app).commands
TYPED = re.compile(
    r"(?:`|^\s*|\.venv/bin/|&& |run: |\$\(RUN\) )ionladder +([a-z][^`\n\"]*)", re.MULTILINE
)


def told(path):
    """Every command of ours in a file, from its name on; strings broken over lines are joined."""
    return TYPED.findall(re.sub(r"\"\n\s*f?\"", "", path.read_text(encoding="utf-8")))


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


# --- The Makefile: its help lists every target, and the commands that pages name are there


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", ".ci/run")


@pytest.fixture(scope="module")
def listed(repository):
    """The targets that `make help` shows."""
    done = ran("make", "--no-print-directory", "help", cwd=repository)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^  make (\S+) +\S", done.stdout, re.MULTILINE))


@needs_make
def test_the_help_lists_every_target(repository, listed):
    text = (repository / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", text, re.MULTILINE)

    assert listed == set(phony.replace("\\", "").split())


@needs_make
def test_the_commands_that_pages_name_are_targets(repository, listed):
    pages = [repository / name for name in PAGES] + sorted((repository / "docs").glob("*.md"))
    typed = re.compile(r"(?:^|`|run_)make ((?:[a-z][a-z-]+ ?)+)", re.MULTILINE)
    texts = (page.read_text(encoding="utf-8") for page in pages)
    found = {target for text in texts for words in typed.findall(text) for target in words.split()}

    assert {"leaderboard", "test"} <= found <= listed


# --- Every problem that is worded by its kind has words, and a fact for every gap in them


def test_every_kind_of_problem_has_words_and_facts():
    words, used = _words(), set()
    for path in Path(ionladder.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in words:
                used.add(node.value)
            called = getattr(node, "func", None)
            if "worded" in (getattr(called, "id", ""), getattr(called, "attr", "")):
                facts = {fact.arg for fact in node.keywords}
                if isinstance(node.args[0], ast.Constant) and None not in facts:
                    texts = words[node.args[0].value]
                    gaps = {name for text in texts for _, name, *_ in Formatter().parse(text)}
                    assert gaps - {None} == facts, (path, texts)
    assert used == words.keys()
