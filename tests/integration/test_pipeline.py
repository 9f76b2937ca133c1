"""DVC in a temporary repository: ``repro``, experiments, metrics, remotes in a folder and on S3."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from disturbed import CARD, copy_files, git, run, submit

from factories import write_repo

COPIED = (
    *("src", "docs", "dvc.yaml", "mkdocs.yml", "CONTRIBUTING.md", "SECURITY.md", ".dvc/config"),
    *(".dvcignore", ".gitignore", "data/pins.json", "data/bvel_proto", "benchmarks/results"),
    "submissions/bvel-proto/train-median",
)
OBELIX_TASKS = ("obelix", "obelix-cif", "obelix-cv")
SCORES = ["score@bvel-proto", *(f"score@{task}" for task in OBELIX_TASKS)]


def stages_run(output):
    """Names of the stages that DVC says it ran, in alphabetical order."""
    marker = "Running stage '"
    return sorted(line.split("'")[1] for line in output.splitlines() if line.startswith(marker))


@pytest.fixture
def layout(tmp_path, repository):
    """A committed repository with the real code and pipeline, and one synthetic version."""
    root = tmp_path / "clone"
    copy_files(repository, root, COPIED)
    layout = write_repo(root, tasks=OBELIX_TASKS)
    params = json.loads(layout.params.read_text())
    real = yaml.safe_load((repository / "params.yaml").read_text())
    params["tasks"]["bvel-proto"] = real["tasks"]["bvel-proto"]
    params["embedded"] = real["embedded"]
    params["on_demand"] = real["on_demand"]
    navigation = (root / "mkdocs.yml").read_text().splitlines(keepends=True)
    others = ("em619", "external")  # boards that this repository does not have
    page = root / "docs" / "umlip.md"
    page.write_text(page.read_text().replace("(em619/index.md", "(obelix/index.md"))
    kept = (line for line in navigation if not any(name in line for name in others))
    (root / "mkdocs.yml").write_text("".join(kept))
    layout.params.write_text(json.dumps(params, indent=2))
    for task in OBELIX_TASKS:
        folder = layout.submission_dir(task, "constant")
        folder.mkdir(parents=True)
        (folder / "submission.yaml").write_text(CARD.format(name="constant"))
    fill_in_nothing(layout)
    git(root, "init", "-q")
    run(root, "dvc", "commit", "-f", "generate-bvel-proto")
    return layout


def fill_in_nothing(layout):
    """Tables without a row: a submission that is refused, which stops no stage."""
    for task, stem, columns in (
        ("obelix", "predictions", "id,log10_sigma"),
        ("obelix-cif", "predictions", "id,log10_sigma"),
        ("obelix-cv", "cv_predictions", "scheme,repeat,fold,id,log10_sigma"),
    ):
        path = layout.submission_dir(task, "constant") / f"{stem}.csv"
        path.write_text(f"{columns}\n")


@pytest.mark.slow
def test_the_pipeline_builds_once_and_then_only_what_changed(layout):
    root = layout.root
    ingest = stages_run(run(root, "dvc", "repro", "ingest@obelix-1-0-0"))
    assert ingest == ["fetch@obelix-1-0-0", "ingest@obelix-1-0-0"]

    submit(layout, "constant", -5.0)
    assert stages_run(run(root, "dvc", "repro")) == [*SCORES, "site"]
    assert (root / "site" / "obelix" / "index.html").is_file()
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    tracked = git(root, "ls-files").split()
    assert "leaderboard/obelix.json" in tracked
    upstream = [name for name in tracked if name.startswith("data/obelix/")]
    assert upstream == ["data/obelix/1.0.0/manifest.json"]
    assert not [name for name in tracked if name.startswith(("docs/generated", "site/"))]

    assert stages_run(run(root, "dvc", "repro")) == []
    assert git(root, "status", "--porcelain") == ""

    submit(layout, "constant", -6.0)
    assert stages_run(run(root, "dvc", "repro")) == ["score@obelix", "site"]
    changed = git(root, "diff", "--name-only").split()
    assert "leaderboard/scores/obelix/constant.json" in changed
    assert not [name for name in changed if name.startswith("data/")]

    params = layout.params.read_text()
    layout.params.write_text(params.replace('"resamples": 500', '"resamples": 600'))
    assert stages_run(run(root, "dvc", "repro")) == [*SCORES, "site"]


def told(title):
    """The commands of a section of the page on DVC."""
    page = Path(__file__).resolve().parents[2] / "docs" / "dvc.md"
    (section,) = re.findall(rf"^## {title}\n(.*?)^## ", page.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [shlex.split(line, comments=True) for line in block.splitlines()]


@pytest.fixture
def scored(layout):
    """The repository with its version ingested, one board scored, and everything committed."""
    root = layout.root
    params = json.loads(layout.params.read_text())
    params["more_tables"] = {"s": {"version": "obelix/1.0.0", "table": "structures"}}
    text = yaml.safe_dump(params, sort_keys=False).replace("scoring:", "scoring:  # of intervals")
    layout.params.write_text(text)
    run(root, "dvc", "repro", "table@s")
    submit(layout, "constant", -5.0)
    run(root, "dvc", "repro", "score@obelix")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    return layout


@pytest.mark.slow
def test_an_experiment_leaves_history_and_comments_and_shows_what_moved(scored):
    root, history = scored.root, scored.history.read_bytes()
    tried = told("Experiments")
    assert tried[0] == ["dvc", "exp", "run", "-S", "scoring.confidence=0.9", "score@obelix"]
    for command in tried[:-1]:
        run(root, *command)
    assert scored.history.read_bytes() == history
    text = scored.params.read_text()
    assert "# of intervals" in text
    assert "0.9" in text
    assert tried[-1] == ["git", "checkout", "."]
    git(root, "checkout", "-q", ".")

    submit(scored, "constant", -6.0)
    run(root, "dvc", "repro", "score@obelix")
    moved = json.loads(run(root, "dvc", "metrics", "diff", "--json").splitlines()[-1])
    assert set(moved["leaderboard/metrics/obelix.json"]) == {"constant"}
    assert scored.history.read_bytes().count(b"\n") == history.count(b"\n") + 1
    assert json.loads(scored.history.read_text().splitlines()[-1])["commit"].endswith("+dirty")
    for command in told("What moved"):
        run(root, *command)
    assert '"submission"' in (root / "dvc_plots" / "index.html").read_text()


@pytest.fixture
def moto(tmp_path):
    """Address of an S3 that this test alone has, with an empty bucket ``ionladder``."""
    pytest.importorskip("moto", reason="needs moto and dvc-s3")
    pytest.importorskip("dvc_s3", reason="needs moto and dvc-s3")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    import boto3

    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="ionladder")
    yield address
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["folder", pytest.param("s3", marks=pytest.mark.extra)])
def test_a_clone_scores_from_the_tables_of_a_remote(scored, tmp_path, kind, request):
    root, clone = scored.root, tmp_path / "other"
    if kind == "folder":
        run(root, "dvc", "remote", "add", "--default", "shared", str(tmp_path / "remote"))
    else:
        address = request.getfixturevalue("moto")
        run(root, "dvc", "remote", "add", "--default", "shared", "s3://ionladder/dvc")
        for key, value in {
            "endpointurl": address,
            "access_key_id": "a",
            "secret_access_key": "b",
            "region": "us-east-1",
        }.items():
            run(root, "dvc", "remote", "modify", "shared", key, value)
    git(root, "commit", "-qam", "a remote")
    assert "7 files pushed" in run(root, "dvc", "push")

    git(tmp_path, "clone", "-q", str(root), str(clone))
    shutil.rmtree(root / "upstream")
    run(clone, "dvc", "pull", "table@s", "ingest@obelix-1-0-0", "fetch@obelix-1-0-0")
    assert stages_run(run(clone, "dvc", "repro", "score@obelix")) == []
    assert git(clone, "status", "--porcelain") == ""
    run(clone, "ionladder.cli.main", "leaderboard", "obelix")
    assert git(clone, "status", "--porcelain", "leaderboard") == ""
    run(tmp_path, "dvc", "get", str(root), "data/obelix/1.0.0/labels.parquet")
    assert len(pd.read_parquet(tmp_path / "labels.parquet"))
