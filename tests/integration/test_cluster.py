"""The same bytes however jobs are shared: processes, parts of an array, a Dask cluster; from S3."""

import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import yaml
from command import Prompt, killed

from git_repository import ran
from ionladder.baselines import neb
from ionladder.baselines.runner import make_plan, train_folds
from ionladder.baselines.umlip import POTENTIALS
from ionladder.cli.common import sharing
from ionladder.config import load_params
from ionladder.errors import ConfigError, FetchError
from ionladder.repo import Layout, read_json
from unit.baselines.test_neb import SPRINGS, copper_hop, emt, spring_hops
from unit.interchange.peer_files import JARVIS_NAME, jarvis_labels, jarvis_zip
from unit.interchange.test_peer_scores import foreign_tree

ROOT = Path(__file__).resolve().parents[2]
N_BENCHMARKS, N_ROWS = 40, 400


@pytest.fixture
def prompt(monkeypatch, capsys):
    return Prompt(ROOT, monkeypatch, capsys)


@pytest.fixture
def tree(tmp_path):
    foreign_tree(tmp_path / "tree")
    return tmp_path / "tree"


def large_tree(root):
    """Forty benchmarks, so that a run has a middle."""
    labels = {f"JVASP-{i}": 0.5 * i for i in range(N_ROWS)}
    for n in range(N_BENCHMARKS):
        name = JARVIS_NAME.replace("tiny", f"tiny{n}")
        places = [root / "benchmarks/AI", *(root / "contributions" / f"m{n}-{k}" for k in range(4))]
        for place in places:
            place.mkdir(parents=True, exist_ok=True)
        truth = {"train": {}, "test": labels}
        jarvis_labels(places[0] / f"tiny{n}_log10_sigma.json.zip", truth)
        for k, place in enumerate(places[1:]):
            rows = [f"{i},{value + 0.1 * k}" for i, value in labels.items()]
            jarvis_zip(place / name, ["id,prediction", *rows])


# Parts, and what is kept of a run


def test_parts_of_an_array_give_the_bytes_of_one_run(tree, tmp_path, prompt):
    command, keep = ["rescore", str(tree), "--json"], ["--keep", str(tmp_path / "keep")]
    whole = prompt.ok(*command).out
    for part in ("2/3", "1/3", "3/3", "1/1"):
        answer = json.loads(prompt.ok(*command, *keep, "--part", part).out)
        assert "done and kept" in answer["messages"][0]
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "keep").iterdir()}
    assert len(kept) == 3
    assert prompt.ok(*command, *keep).out == whole
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "keep").iterdir()} == kept
    (tree / "labels/matbench_tiny.csv").write_text("id,x\nmb-tiny-0,5.0\n")
    prompt.ok(*command, *keep)
    assert len(list((tmp_path / "keep").iterdir())) == 5  # both results are scored again


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--part", "4/3", "--keep", "x"],
            "expected K/N with K from 1 to N, such as 3/40, and --keep FOLDER",
        ),
        (["--part", "half", "--keep", "x"], "found half"),
        (["--part", "", "--keep", "x"], "expected K/N"),
        (["--part", "1/2"], "found 1/2 without --keep"),
    ],
)
def test_a_part_that_is_none_is_refused(options, said, tree, prompt):
    assert said in prompt.error("rescore", str(tree), *options)


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--workers", "2"]])
def test_a_run_killed_in_the_middle_ends_with_the_same_bytes(options, tmp_path):
    large_tree(tmp_path / "tree")
    command = [sys.executable, "-m", "ionladder.cli.main", "rescore", "tree", "--json", *options]
    keep = tmp_path / "keep"
    keeping = [*command, "--keep", "keep"]
    with subprocess.Popen(keeping, cwd=tmp_path, stdout=-3, process_group=0) as process:
        while len(list(keep.glob("*.json"))) < 3 and process.poll() is None:
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
    n_kept = len(list(keep.glob("*.json")))
    again, whole = (subprocess.check_output(one, cwd=tmp_path) for one in (keeping, command))
    assert 3 <= n_kept < N_BENCHMARKS == len(list(keep.glob("*.json")))
    assert again == whole


# Processes, and Dask


def _fails(job):
    if job == 1:
        raise FetchError("file 1", "a number of bytes", "none", "Fetch it again.")
    return job


def _dies(job):
    os.kill(os.getpid(), signal.SIGKILL)
    return job


def _plan():
    layout = Layout(ROOT)
    plan = make_plan(layout, load_params(layout), "composition-rf", "bvel-proto", n_seeds=2)
    return replace(plan, repeats=())


def _with_springs(function, hop):
    """A job of a process that has the potential of these tests too."""
    POTENTIALS["springs"] = SPRINGS
    return function(hop)


@pytest.mark.slow
@pytest.mark.extra
def test_a_dask_cluster_gives_the_bytes_of_one_process(tree, tmp_path, prompt):
    pytest.importorskip("distributed", reason="needs the extra cluster")
    command, options = ["rescore", str(tree), "--json"], ["--cluster", "local", "--workers", "2"]
    assert prompt.ok(*command, *options).out == prompt.ok(*command).out
    _assert_shared_alike(tmp_path, 2, "local")
    for address in ("tcp://127.0.0.1:1", "no-address", "ftp://127.0.0.1:1"):
        assert f"--cluster {address}" in prompt.error(*command[:2], "--cluster", address)
    gc.collect()  # clients that met nobody end here, and not in a fork of another test


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 4])
def test_processes_give_the_bytes_of_one(workers, tmp_path):
    _assert_shared_alike(tmp_path, workers, None)
    with (
        pytest.raises(ConfigError, match="processes that answer until their jobs are done"),
        sharing("", 2) as map_jobs,
    ):
        list(map_jobs(_dies, range(3)))


def _assert_shared_alike(tmp_path, workers, cluster):
    """Trainings, single points and, where ASE is here, bands of jobs that are shared."""
    with sharing("", workers, cluster) as map_jobs:
        alone, shared = (
            _results(tmp_path / name, map_of) for name, map_of in (("1", map), ("n", map_jobs))
        )
        with pytest.raises(FetchError, match=r"^file 1: expected a number of bytes; found none\."):
            list(map_jobs(_fails, range(3)))
    assert shared == alone


def _results(folder, map_jobs):
    trained = train_folds(_plan(), map_jobs=map_jobs).predictions
    results = [trained.to_csv()]

    def with_springs(function, hops):
        return map_jobs(partial(_with_springs, function), hops)

    with patch.dict(POTENTIALS, springs=SPRINGS):
        points = neb.run_points(spring_hops(), "springs", folder, map_jobs=with_springs)
    results += [(point.id, point.energies_ev, point.trouble) for point in points]
    if find_spec("ase"):
        hops = [replace(copper_hop(), id=f"hop-{n}") for n in range(3)]
        hops[1] = replace(hops[1], numbers=np.full(hops[1].n_atoms, 3))  # EMT knows no lithium
        few = neb.NebSettings(max_steps=1, end_steps=1)
        neb.run_bands(hops, emt, "EMT", folder, settings=few, map_jobs=map_jobs)
        results.append((folder / neb.PREDICTIONS).read_bytes())
        told = read_json(folder / neb.SUMMARY)
        results.append([{**hop, "cpu_s": 0} for hop in told["hops"]])
    return results


@pytest.fixture
def small(tmp_path):
    """Makes repositories with a baseline that is trained in an instant."""

    def make(name):
        for part in ("data/bvel_proto", "submissions/bvel-proto/family-median"):
            shutil.copytree(ROOT / part, tmp_path / name / part)
        shutil.copy(ROOT / "params.yaml", tmp_path / name)
        for file in _submission(tmp_path / name):
            (tmp_path / name / FOLDER / file).write_text("")
        return tmp_path / name

    return make


FOLDER = "submissions/bvel-proto/family-median"
TRAIN = ("baseline", "family-median", "--task", "bvel-proto")


def _submission(root):
    """Predictions; a card has the time it took."""
    return {p.name: p.read_bytes() for p in sorted((root / FOLDER).glob("*predictions*"))}


@pytest.mark.slow
def test_a_training_that_was_killed_ends_with_the_same_bytes(small, monkeypatch, capsys):
    whole, root, keep = small("whole"), small("killed"), ("--keep", "kept")
    Prompt(whole, monkeypatch, capsys).ok(*TRAIN)
    killed(root, "ionladder.baselines.runner.predict_once", 6, *TRAIN, *keep)
    kept = {path: path.stat().st_mtime_ns for path in (root / "kept").iterdir()}
    Prompt(root, monkeypatch, capsys).ok(*TRAIN, *keep)
    after = {path: path.stat().st_mtime_ns for path in (root / "kept").iterdir()}
    assert len(kept) == 5 < len(after)
    assert kept.items() <= after.items()
    assert _submission(root) == _submission(whole)


# What the page on scale tells to type


def _example(language):
    """The code of a language on the page that shares jobs by ``--part``."""
    page = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (found,) = [code for code in blocks if "--part" in code]
    for old, new in (("rf-paper", " ".join(TRAIN[1:])), ("/40", "/3"), ("1-40", "1-3")):
        found = found.replace(old, new)
    return found


def _shell(script, folder, **variables):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path} | variables
    done = ran("bash", "-e", "-c", script, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_arrays_of_the_page_on_scale_give_the_bytes_of_one_run(small):
    whole, slurm, actions = small("whole"), small("slurm"), small("actions")
    _shell(f"ionladder {' '.join(TRAIN)}", whole)
    script = _example("sh")
    first, last = re.search(r"^#SBATCH --array=(\d+)-(\d+)$", script, re.MULTILINE).groups()
    for task in range(int(first), int(last) + 1):
        _shell(script, slurm.parent, SLURM_ARRAY_TASK_ID=str(task), SLURM_SUBMIT_DIR=str(slurm))
    (after,) = re.findall(r"^# When the array has ended .*: (ionladder .*)$", script, re.MULTILINE)
    _shell(after, slurm)
    assert _submission(slurm) == _submission(whole)

    jobs = yaml.safe_load(_example("yaml"))["jobs"]
    (parts,) = jobs["part"]["strategy"]["matrix"].values()
    for part in parts:
        runner_of_part = small(f"runner-{part}")
        for step in _runs(jobs["part"]):
            _shell(step.replace("${{ matrix.part }}", str(part)), runner_of_part)
        shutil.copytree(runner_of_part / "kept", actions / "kept", dirs_exist_ok=True)
    for step in _runs(jobs["whole"]):
        _shell(step, actions)
    assert _submission(actions) == _submission(whole)


def _runs(job):
    """What a job runs of IonLadder; its set-up is that of every job of this repository."""
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert steps[0] == "make setup leaderboard"
    return [step.replace(".venv/bin/", "") for step in steps[1:]]


# S3, by the server of moto


@pytest.fixture
def bucket(monkeypatch):
    server = pytest.importorskip("moto.server", reason="needs moto[server]")
    boto3 = pytest.importorskip("boto3", reason="needs moto[server]")
    host = server.ThreadedMotoServer(port=0)
    host.start()
    where = "http://{}:{}".format(*host.get_host_and_port())
    access = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
    for name, value in (access | {"AWS_ENDPOINT_URL": where}).items():
        monkeypatch.setenv(name, value)
    made = boto3.resource("s3", endpoint_url=where, region_name="us-east-1").Bucket("peers")
    made.create()
    yield made
    host.stop()


@pytest.mark.slow
@pytest.mark.extra
def test_what_is_on_s3_is_scored_as_what_is_here(bucket, tree, tmp_path, prompt):
    submission = ROOT / "submissions/bvel-proto/train-median"
    shutil.copytree(submission, tmp_path / "bvel-proto/train-median")
    for base in (tree, tmp_path / "bvel-proto"):
        for path in base.rglob("*"):
            if path.is_file():
                bucket.upload_file(str(path), path.relative_to(tmp_path).as_posix())
    for options in ([], ["--workers", "2"], ["--keep", str(tmp_path / "keep")]):
        here, there = (
            prompt.ok("rescore", place, "--json", *options).out
            for place in (str(tree), "s3://peers/tree")
        )
        assert there == here
    here = prompt.ok("score", str(submission), "--json").out
    folder = "s3://peers/bvel-proto/train-median"
    assert prompt.ok("score", folder, "--json").out == here
    file = f"{folder}/predictions.csv"
    assert "train-median" in prompt.ok("score", file, "--task", "bvel-proto").out
    for missing in ("s3://peers/none", "s3://other/none"):
        said = prompt.error("score", missing, "--task", "bvel-proto")
        assert f"{missing}: expected an object on S3 that can be read" in said
