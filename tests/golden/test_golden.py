"""What users see stays what it is, until somebody means to change it (``--update-golden``)."""

import hashlib
import json
import math
import os
import re
import shutil
from fnmatch import fnmatch
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer

from git_repository import GitRepository
from golden import world
from golden.compare_site import digest, pages
from golden.world import GOLDEN, ROOT, Golden, ionladder, ok, predictions, submission
from ionladder.cli.main import app

BASELINES: dict[str, Any] = json.loads((GOLDEN / "baselines.json").read_text(encoding="utf-8"))


@pytest.fixture
def golden(request):
    update = bool(request.config.getoption("--update-golden"))
    return lambda name: Golden(name, update=update)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small repository, only read."""
    return world.make_small_repository(tmp_path_factory.mktemp("golden") / "small")


@pytest.fixture(scope="module")
def bench(small, tmp_path_factory):
    """A copy of it with the cards of this repository's submissions, to train in."""
    root = tmp_path_factory.mktemp("golden") / "bench"
    shutil.copytree(small.root, root)
    ignored = shutil.ignore_patterns("*predictions*")
    shutil.copytree(ROOT / "submissions", root / "submissions", ignore=ignored, dirs_exist_ok=True)
    return root


# --- boards, data, pages


@pytest.mark.data
@pytest.mark.slow
def test_scoring_again_writes_the_same_bytes(tmp_path):
    root = world.copy_repository(tmp_path / "repo", "docs", "benchmarks", "src")
    for raw in (ROOT / "data").glob("*/*/raw"):  # predictions that others publish are read there
        shutil.copytree(raw, root / raw.relative_to(ROOT))
    board = root / "leaderboard"
    for path in board.rglob("*.[jc]s[ov]*"):
        if path.name != "history.jsonl":
            path.unlink()
    # Predictions in others' repositories come from the mirror, where there is one.
    ok(root, "leaderboard", mirror=os.environ.get("IONLADDER_MIRROR"))
    kept, found = (
        {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}
        for top in (ROOT / "leaderboard", board)
    )
    assert found.keys() == kept.keys()
    assert [name for name in kept if kept[name] != found[name]] == []


def contents(root):
    """Hashes of the content of every table of every version, and of the manifest itself."""
    found = {}
    for path in sorted(root.glob("data/*/*/manifest.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        tables = manifest["tables"].items()
        found[path.parent.relative_to(root).as_posix()] = {
            "manifest": hashlib.sha256(canonical.encode()).hexdigest(),
            "tables": {name: [table["rows"], table["content_sha256"]] for name, table in tables},
        }
    return found


def test_released_data_keep_their_contents(golden):
    golden("manifests.json").check(contents(ROOT))


@pytest.mark.slow
def test_small_data_are_ingested_to_one_content(small, golden):
    golden("manifests_small.json").check(contents(small.root))


@pytest.mark.data
@pytest.mark.slow
def test_the_site_says_the_same(tmp_path, golden):
    root = world.copy_repository(tmp_path / "repo")
    if not world.lend_history(root):
        pytest.skip("needs the whole history of this repository, which dates the changes")
    ok(root, "site")
    lines = (GOLDEN / "site_changes.txt").read_text(encoding="utf-8").splitlines()
    meant = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    kept = golden("site.json")
    found = {name: digest(path) for name, path in pages(root / "site").items()}
    if not kept.update:
        for name in found.keys() | kept.kept.keys():
            if any(fnmatch(name, pattern) for pattern in meant):
                found.pop(name, None)
                kept.kept.pop(name, None)
    kept.check(found)


# --- verdicts


MINE = "submissions/obelix/my-model"
Files = dict[str, str | None]


def removed(small, name):
    return dict.fromkeys(small.git("ls-files", f"submissions/obelix/{name}").splitlines())


def pull_requests(small):
    """Recorded pull requests: path → content, or None where the file is removed."""
    card, table = submission("my-model", 1.45, 7).items()
    (card_path, card_text), (table_path, text) = card, table
    mine: Files = {card_path: card_text, table_path: text}
    far = "submissions/obelix/far-off"
    return {
        "a valid submission": mine,
        "a changed submission": {f"{far}/predictions.csv": predictions(1.0, 9)},
        "wrong units": mine | {table_path: predictions(1.45, 7, 0.0, lambda v: math.pow(10, v))},
        "a wrong scale": mine | {table_path: predictions(1.45, 7, 0.0, lambda v: 10 * v)},
        "a file missing": {card_path: card_text},
        "other files too": mine | {"params.yaml": "tasks: {}\n", "src/new.py": "x = 1\n"},
        "a row deleted": mine | {table_path: "\n".join(text.splitlines()[:-1]) + "\n"},
        "a folder renamed": removed(small, "good-model") | submission("better-model", 1.4, 1, 0.0),
        "a name like another": dict(submission("GOOD-model", 1.45, 7)),
        "a hostile name": dict(submission("$(touch x);<b>", 1.45, 7)),
        "two submissions": mine | submission("wave-model", 1.3, 4),
        "one of two is bad": mine | {"submissions/obelix/bad/predictions.csv": "id\n"},
        "code in the card": mine | {card_path: "!!python/object/apply:os.system ['true']\n"},
        "a withdrawal": removed(small, "far-off"),
        "the labels": mine | {table_path: predictions(0.0, 0)},
        "docs only": {"README.md": "# Another\n"},
        "nothing": {},
    }


@pytest.mark.slow
def test_pull_requests_get_one_report(small, tmp_path, golden):
    base = GitRepository(tmp_path / "base")
    shutil.copytree(small.root, base.root)
    found: dict[str, Any] = {}
    for title, files in pull_requests(small).items():
        base.git("checkout", "--quiet", "-B", "theirs", "main")
        for path, content in files.items():
            if content is None:
                (base.root / path).unlink()
            else:
                base.write(path, content)
        head = base.commit(title)
        base.git("checkout", "--quiet", "main")
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        done = ionladder(base.root, "pr-check", "main", head, "--json", str(report))
        text = report.read_text(encoding="utf-8") if report.exists() else "null"
        text = re.sub(r"\b[0-9a-f]{40}\b", "<commit>", text.replace(str(tmp_path), "<folder>"))
        found[title] = {"exit": done.returncode, "report": json.loads(text)}
    assert base.git("status", "--porcelain") == ""
    golden("pr_check.json").check(found)


# --- the command line


def test_every_command_keeps_its_options(golden):
    commands = typer.main.get_command(app).commands
    found = {}
    for name, command in commands.items():
        options = [each for each in command.params if each.param_type_name == "option"]
        usage = [each.name for each in command.params if each not in options]
        named = {text for each in options for text in (*each.opts, *each.secondary_opts)}
        found[f"ionladder {name}"] = {"options": sorted(named), "usage": usage}
    golden("cli.json").check(found)


@pytest.mark.slow
def test_commands_keep_exit_codes(small, tmp_path, golden):
    root = tmp_path / "repo"
    shutil.copytree(small.root, root)
    found: dict[str, Any] = {}
    for line in (GOLDEN / "invocations.txt").read_text(encoding="utf-8").splitlines():
        key = f"{line} (again)" if line in found else line
        found[key] = ionladder(root, *line.split()).returncode
    found["tasks, outside a repository"] = ionladder(tmp_path, "tasks").returncode
    golden("exit_codes.json").check(found)


# --- baselines


@pytest.mark.slow
@pytest.mark.parametrize("case", BASELINES)
def test_a_baseline_predicts_the_same(bench, golden, case):
    task, name = case.split("/")
    on_folds = task.endswith("-cv")
    seeds = () if on_folds or task.startswith(("nebdft2k-path", "mplitrj")) else ("--seeds", "1")
    done = ionladder(bench, "baseline", name, "--task", task, *seeds)
    if done.returncode == 1 and "requirements-" in done.stderr:
        pytest.skip(f"needs an extra: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    found = {
        path.name: sample(pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path))
        for path in sorted((bench / "submissions" / case).glob("*predictions.*"))
    }
    tolerance = BASELINES[case]["tolerance"]
    kept = golden("baselines.json")
    if kept.update:
        kept.check({case: {"tolerance": tolerance, "files": found}}, is_all=False)
    if "files" not in kept.kept[case]:
        pytest.skip("no golden yet: --update-golden writes it where its extra is installed")
    expected = kept.kept[case]["files"]
    assert found.keys() == expected.keys()
    for file, (n_rows, columns) in expected.items():
        assert found[file][0] == n_rows
        assert found[file][1].keys() == columns.keys()
        for column, values in columns.items():
            close = pytest.approx(values, rel=1e-5, abs=tolerance)
            assert found[file][1][column] == close, (file, column)


def sample(table):
    """Number of rows; and of ten rows the numbers, of lists their mean, to six digits."""
    rows = table.iloc[np.unique(np.linspace(0, len(table) - 1, 10).astype(int))]
    columns = {}
    for column in rows.columns.difference(["id", "scheme", "repeat", "fold", "seed"]):
        means = [float(np.mean(np.concatenate([np.ravel(value)]))) for value in rows[column]]
        columns[column] = [float(f"{mean:.6g}") for mean in means]
    return len(table), columns
