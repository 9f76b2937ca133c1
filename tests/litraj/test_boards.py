"""From miniatures through pin, ingest, baseline and score: numbers against plain sums."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from miniature import Miniature, bvel13k, nebbvse122k, relabelled
from repository import put_raw, with_miniatures

from ionladder.baselines.runner import run
from ionladder.config import ScoringSettings, load_params
from ionladder.data.bvel_proto.crystals import PARTS, export_extxyz
from ionladder.data.ingest import ingest
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_task
from ionladder.errors import IngestError
from ionladder.evaluation import Evaluation, evaluate
from ionladder.repo import Layout
from ionladder.score import Scored, TaskScorer
from ionladder.specs import Task

SETTINGS = ScoringSettings(resamples=200, seed=1, confidence=0.95)
TASKS = ["bvel13k", "nebbvse122k"]


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return with_miniatures(tmp_path_factory.mktemp("litraj"), [bvel13k(), nebbvse122k()])


def scored(layout: Layout, name: str, task: str) -> Scored:
    params = load_params(layout)
    run(layout, params, name, task, n_seeds=None)
    scorer = TaskScorer.open(layout, get_task(task), params.task_versions[task], SETTINGS)
    return scorer.score(layout.submission_dir(task, name))


@pytest.mark.parametrize("task", TASKS)
def test_a_forest_on_compositions_runs_and_is_scored(layout: Layout, task: str) -> None:
    found = scored(layout, "composition-rf", task)
    assert found.evaluation.seeds == (0, 1, 2, 3, 4)
    use = get_task(task).primary
    assert np.isfinite(found.evaluation.score(use.target, "all", use.metric).value)
    assert found.receipt["cross_validation"]


def test_the_median_of_hops_scores_as_plain_sums_say(layout: Layout) -> None:
    evaluation = scored(layout, "train-median", "nebbvse122k").evaluation
    index = pd.DataFrame(nebbvse122k().index)
    train = index.loc[index["_split"] != "test", "em"].to_numpy()
    test = index.loc[index["_split"] == "test", "em"].to_numpy()
    errors = test - np.median(train)
    mae = evaluation.score("em_ev", "all", "mae")
    assert mae.value == pytest.approx(np.abs(errors).mean(), abs=1e-6)
    assert evaluation.score("em_ev", "all", "rmse").value == pytest.approx(
        np.sqrt((errors**2).mean()), abs=1e-6
    )
    assert evaluation.score("em_ev", "all", "slope").value == 0.0
    assert np.isnan(evaluation.score("em_ev", "all", "pearson_r").value)


def test_the_median_of_barriers_scores_as_plain_sums_say(layout: Layout) -> None:
    evaluation = scored(layout, "train-median", "bvel13k").evaluation
    index = pd.DataFrame(bvel13k().index).replace(np.inf, np.nan)
    is_test = index["_split"] == "test"
    errors = [
        (index.loc[is_test, key].clip(upper=6.0) - min(index.loc[~is_test, key].median(), 6.0))
        .abs()
        .mean()
        for key in ("E_1D", "E_2D", "E_3D")
    ]
    assert evaluation.score("mean", "all", "mae_clipped").value == pytest.approx(
        np.mean(errors), abs=1e-6
    )


@pytest.mark.parametrize("task", TASKS)
def test_frames_are_where_scoring_and_models_look_for_them(layout: Layout, task: str) -> None:
    frames = layout.frames(task, "1.0.0", "structures")
    assert frames.is_file()
    checksums = layout.checksums(task, "1.0.0").read_text(encoding="utf-8")
    assert "frames/structures.parquet" in checksums
    assert not (layout.version_dir(task, "1.0.0") / ".ingest.part").exists()


def test_changed_labels_of_a_pinned_version_are_refused(tmp_path: Path) -> None:
    miniature = nebbvse122k(with_edge_id=False)
    layout = with_miniatures(tmp_path, [miniature])
    put_raw(layout, relabelled(miniature, 0, em=0.999))
    with pytest.raises(Exception, match=r"nebBVSE122k\.zip"):
        ingest(layout, load_params(layout).versions["nebbvse122k-1-0-0"])


def test_a_bad_archive_leaves_no_tables(tmp_path: Path) -> None:
    with pytest.raises(IngestError):
        with_miniatures(tmp_path, [relabelled(bvel13k(), 0, E_1D=9.0)])
    layout = Layout(tmp_path)
    assert not layout.table("bvel13k", "1.0.0", "entries").exists()
    assert not layout.manifest("bvel13k", "1.0.0").exists()


@pytest.fixture(scope="module")
def exported(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """BVEL-proto as an archive of BVEL13k, ingested as such."""
    folder = tmp_path_factory.mktemp("export")
    export_extxyz(Layout(repository), "1.1.0", folder)
    names = {path: path.name.replace("bvel_proto", "BVEL13k") for path in folder.iterdir()}
    counts = {
        part: (folder / f"bvel_proto_{part}.xyz").read_text(encoding="utf-8").count("Lattice=")
        for part in PARTS
    }
    return with_miniatures(tmp_path_factory.mktemp("proto"), [_Export(names, counts)])


class _Export(Miniature):
    """An archive made of files that are there already."""

    def __init__(self, names: dict[Path, str], counts: dict[str, int]) -> None:
        super().__init__(stem="BVEL13k", columns=(), index=[], frames={})
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_counts", counts)

    @property
    def counts(self) -> dict[str, int]:
        found: dict[str, int] = self._counts  # type: ignore[attr-defined]
        return found

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "BVEL13k.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for source, name in self._names.items():  # type: ignore[attr-defined]
                archive.write(source, f"BVEL13k/{name}")
        return path


def evaluation_of(layout: Layout, task: Task, version: str, predictions: Path) -> Evaluation:
    labels = load_evaluation_labels(layout, task, version)
    rows = pd.read_csv(predictions, dtype={"id": str})
    return evaluate(labels.test, rows, task, settings=SETTINGS)


@pytest.mark.parametrize("name", ["train-median", "composition-rf", "li-geometry"])
def test_the_export_of_bvel_proto_gives_the_scores_of_the_native_task(
    exported: Layout, repository: Path, name: str
) -> None:
    """Labels are exported with four decimals, which is how they are stored, so scores are equal."""
    predictions = Layout(repository).submission_dir("bvel-proto", name) / "predictions.csv"
    native = evaluation_of(Layout(repository), get_task("bvel-proto"), "1.1.0", predictions)
    through = evaluation_of(exported, get_task("bvel13k"), "1.0.0", predictions)
    subsets = ["all", "conducts_1d", "conducts_2d", "conducts_3d"]
    for target, by_subset in native.targets.items():
        for subset in subsets:
            for metric, expected in by_subset[subset].metrics.items():
                found = through.score(target, subset, metric)
                for part in ("value", "ci_low", "ci_high"):
                    np.testing.assert_allclose(
                        getattr(found, part), getattr(expected, part), rtol=0, atol=1e-12
                    )
