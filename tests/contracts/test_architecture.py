"""The shape of the house: layers, module sizes, and a command line that answers at once."""

import ast
import re
import subprocess
import sys
from pathlib import Path

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


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_respect_the_layers_and_the_one_door_to_held_out_labels():
    result = run(sys.executable, "-c", _LINT_IMPORTS)

    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", result.stdout)


def test_help_imports_no_heavy_library():
    help_run = run(sys.executable, "-c", _IMPORTED_BY_HELP)

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
