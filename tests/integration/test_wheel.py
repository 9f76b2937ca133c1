"""A wheel in a fresh environment and an empty folder: light, and of use without a clone."""

import json
import os
import re
import resource
import sys
import tomllib
import venv
import zipfile

import pytest
from walkthrough import REPOSITORY, follow, script_of

from git_repository import ran

pytestmark = pytest.mark.slow
_HEAVY = {"dvc", "mkdocs", "pymatgen", "scikit-learn", "pygit2", "jinja2", "torch"}
_HELD_OUT = """
import ionladder, json
from ionladder.errors import DataMissingError
task = ionladder.load_task("obelix")
labels = task.train_labels
try:
    task.structures(task.test_inputs.index[:1])
except DataMissingError as error:
    said = str(error)
limits = labels[labels["censoring"] == "left"]
print(json.dumps({
    "entries": [len(task.train_inputs), len(task.test_inputs), len(task.folds)],
    "limits": [len(limits), int(labels["log10_sigma_limit"].count())],
    "lowest": float(limits["log10_sigma"].max()), "said": said, "shown": repr(task),
}))
"""


def _spent():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that is built from it."""
    to = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(to), "-t"]
    for kind, root in (("sdist", REPOSITORY), ("wheel", to / "unpacked")):
        done = ran(*build, kind, cwd=str(root))
        assert done.returncode == 0, done.stderr
        if kind == "sdist":
            (archive,) = to.glob("*.tar.gz")
            assert ran("tar", "-xzf", archive, "-C", to).returncode == 0
            (to / archive.name.removesuffix(".tar.gz")).rename(to / "unpacked")
    return {"sdist": archive, "wheel": next(to.glob("*.whl"))}


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The scripts of an environment that holds the wheel, and the variables to run them with."""
    home = tmp_path_factory.mktemp("home")
    venv.create(home / "venv", with_pip=True)
    scripts, before = home / "venv" / "bin", _spent()
    done = ran(scripts / "python", "-m", "pip", "install", "--quiet", built["wheel"])
    if done.returncode:
        pytest.skip(f"no package index can be reached: {done.stderr.splitlines()[-1:]}")
    spent, listed = _spent() - before, ran(scripts / "pip", "list", "--format", "json").stdout
    names = {item["name"].lower() for item in json.loads(listed)} - {"pip", "setuptools"}
    size = sum(f.stat().st_size for f in (home / "venv" / "lib").rglob("*") if f.is_file()) / 1e6
    figures = f"{len(names)} packages, {size:.0f} MB with pip, {spent:.0f} CPU-s: {sorted(names)}"
    sys.stdout.write(f"{figures}\n")
    assert not names & _HEAVY
    assert len(names) <= 24
    assert size < 600
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IONLADDER", "PYTHON"))}
    return scripts, kept | {"PATH": f"{scripts}:{os.environ['PATH']}", "HOME": str(home)}


def test_nothing_git_ignores_is_in_the_wheel_but_splits_and_folds(built):
    inside = zipfile.ZipFile(built["wheel"]).namelist()
    release = {name.partition("release/")[2] for name in inside if "/release/" in name}
    assert {"params.yaml", "data/pins.json", "data/obelix/1.2.0/manifest.json"} <= release
    assert "data/bvel_proto/1.2.0/structures.parquet" in release
    foreign = {n for n in release if n.startswith("data/") and "bvel_proto" not in n}
    assert all(
        re.search(r"(manifest|pins|raw)\.json$|/(splits|folds)\.parquet$", n) for n in foreign
    )
    assert built["wheel"].stat().st_size < 8e6


def test_the_section_without_a_clone_works_as_written_in_an_empty_folder(installed, tmp_path):
    text = (REPOSITORY / "docs" / "submit.md").read_text(encoding="utf-8")
    (section,) = [p for p in text.split("\n## ") if p.startswith("Without a clone\n")]
    script, written = script_of(tmp_path, section)
    assert written == ["median.py"]
    printed = follow(tmp_path, script, installed[1])
    assert "median.csv is valid: 171 test entries" in printed
    assert "The committed submissions are those that ionladder" in printed
    assert re.search(r"scorer version \S+\), as of ionladder \d", printed)
    assert (tmp_path / "submissions" / "bvel-proto" / "my-model" / "submission.yaml").is_file()


def test_obelix_comes_from_the_index_into_the_cache_and_needs_no_pymatgen(installed, tmp_path):
    scripts, variables = installed
    variables = variables | {"IONLADDER_CACHE": str(tmp_path / "cache")}
    done = ran(scripts / "python", "-c", _HELD_OUT, cwd=str(tmp_path), env=variables)
    if "UnreachableError" in done.stderr:
        pytest.skip("neither upstream nor a package index has OBELiX")
    found = json.loads(done.stdout)
    assert found["entries"] == [478, 121, 25]
    assert found["limits"][0] == found["limits"][1] > 0
    assert found["lowest"] == -15
    assert 'pip install "ionladder[structures]"' in found["said"]
    assert f"{found['limits'][0]} only upper limits" in found["shown"]
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}
    refused = ran(scripts / "ionladder", "build", cwd=str(tmp_path), env=variables)
    assert (refused.returncode, "Clone the repository" in refused.stderr) == (1, True)


def test_start_and_load_are_fast(installed, tmp_path):
    load = "import ionladder; ionladder.load_task('bvel-proto')"
    for limit, command in (
        (0.1, ("python", "-c", "import ionladder")),
        (0.15, ("ionladder", "--help")),
        (0.8, ("python", "-c", load)),
    ):
        spent = []
        for _ in range(5):
            before = _spent()
            done = ran(installed[0] / command[0], *command[1:], cwd=str(tmp_path), env=installed[1])
            assert done.returncode == 0, done.stderr
            spent.append(_spent() - before)
        sys.stdout.write(f"{' '.join(command)}: {min(spent):.2f} CPU-s\n")
        assert min(spent) <= 2 * limit, command  # the double: machines differ


def test_twine_accepts_both_and_every_address_is_the_one_that_pyproject_sets(built, installed):
    urls = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    for name in ("README.md", "CITATION.cff"):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        assert all(re.search(rf"{re.escape(url)}(?![\w/])", text) for url in urls.values()), name
    pip = ran(installed[0] / "python", "-m", "pip", "install", "--quiet", "twine")
    if pip.returncode:
        pytest.skip(f"the index has no twine: {pip.stderr.splitlines()[-1:]}")
    checked = ran(installed[0] / "twine", "check", "--strict", *built.values())
    assert checked.returncode == 0, checked.stdout
