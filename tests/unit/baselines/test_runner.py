from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from ionladder.baselines import runner
from ionladder.baselines.check import check
from ionladder.baselines.compare import largest_difference
from ionladder.baselines.predictions import predict_folds, predict_test, withhold
from ionladder.baselines.registry import get_baseline
from ionladder.baselines.runner import run
from ionladder.errors import BaselineError
from ionladder.repo import Layout
from unit.baselines.tiny_barriers import TARGETS, tiny_barriers
from unit.baselines.tiny_task import N_TEST, N_TRAIN, tiny_inputs

PARAMS = SimpleNamespace(
    task_versions={"obelix": "1.2.0", "obelix-cv": "1.2.0", "bvel-proto": "1.0.0"}
)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """An empty repository whose task holds the tiny entries."""
    monkeypatch.setattr(runner, "load_inputs", lambda *_: tiny_inputs())
    return Layout(tmp_path)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_run_writes_a_submission_that_passes_the_checks_of_all_submissions(
    layout: Layout,
) -> None:
    submission = run(layout, PARAMS, "rf-paper", "obelix", n_seeds=2)

    assert sorted(_contents(submission.folder)) == [
        "cv_predictions.parquet",
        "predictions.csv",
        "submission.yaml",
    ]
    assert len(submission.predictions.rows) == 2 * N_TEST
    assert set(submission.predictions.rows["seed"]) == {0, 1}
    assert len(submission.cv_predictions.rows) == 2 * 2 * N_TRAIN
    assert submission.card.seeds == [0, 1]


def test_a_deterministic_baseline_has_no_seed_column(layout: Layout) -> None:
    submission = run(layout, PARAMS, "train-median", "obelix")

    header = (submission.folder / "predictions.csv").read_text().splitlines()[0]
    assert header == "id,log10_sigma"
    assert submission.card.seeds is None


def test_a_second_run_changes_no_byte_although_times_differ(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run(layout, PARAMS, "rf-paper", "obelix", n_seeds=2).folder
    first = _contents(folder)
    clock = iter([0.0, 1000.0])
    monkeypatch.setattr(runner.time, "process_time", lambda: next(clock))

    run(layout, PARAMS, "rf-paper", "obelix", n_seeds=2)

    assert _contents(folder) == first


def test_a_run_with_other_predictions_records_its_own_time(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run(layout, PARAMS, "train-mean", "obelix").folder
    table = folder / "predictions.csv"
    table.write_text(table.read_text().replace("-5.", "-6."))
    clock = iter([0.0, 1234.0])
    monkeypatch.setattr(runner.time, "process_time", lambda: next(clock))

    run(layout, PARAMS, "train-mean", "obelix")

    assert yaml.safe_load((folder / "submission.yaml").read_text())["training_time_s"] == 1200.0


def test_a_check_reproduces_what_a_run_wrote(layout: Layout) -> None:
    folder = run(layout, PARAMS, "rf-paper", "obelix", n_seeds=2).folder
    before = _contents(folder)

    result = check(layout, PARAMS, "rf-paper", "obelix", n_seeds=1)

    assert (result.n_seeds, result.n_repeats) == (1, 1)
    assert result.difference <= 0.5e-6  # committed predictions are rounded to six decimals
    assert result.folder == "submissions/obelix/rf-paper"
    assert _contents(folder) == before


def test_a_check_against_changed_predictions_says_how_far_they_are(layout: Layout) -> None:
    folder = run(layout, PARAMS, "train-median", "obelix").folder
    table = folder / "predictions.csv"
    rows = table.read_text().splitlines()
    last_id, value = rows[-1].split(",")
    table.write_text("\n".join([*rows[:-1], f"{last_id},{float(value) + 0.25:.6f}"]) + "\n")

    with pytest.raises(BaselineError, match=r"train-median: expected .* within 1e-06; .* 0\.25 on"):
        check(layout, PARAMS, "train-median", "obelix")


def test_a_check_without_a_committed_submission_says_so(layout: Layout) -> None:
    with pytest.raises(BaselineError, match=r"obelix/train-mean: .* no such folder"):
        check(layout, PARAMS, "train-mean", "obelix")


def test_a_check_needs_the_predictions_on_the_folds(layout: Layout) -> None:
    folder = run(layout, PARAMS, "train-mean", "obelix").folder
    (folder / "cv_predictions.parquet").unlink()

    with pytest.raises(BaselineError, match="expected cv_predictions on the frozen folds"):
        check(layout, PARAMS, "train-mean", "obelix")


def test_a_baseline_too_dear_for_the_folds_is_written_and_checked_without_them(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    dear = replace(get_baseline("rf-paper"), folds=False)
    monkeypatch.setattr(runner, "get_baseline", lambda _: dear)
    trainings: list[tuple[int, int]] = []

    submission = run(
        layout, PARAMS, "rf-paper", "obelix", n_seeds=2, progress=lambda *n: trainings.append(n)
    )
    result = check(layout, PARAMS, "rf-paper", "obelix", n_seeds=1)

    assert sorted(_contents(submission.folder)) == ["predictions.csv", "submission.yaml"]
    assert trainings == [(1, 2), (2, 2)]
    assert (result.n_seeds, result.n_repeats) == (1, 0)
    assert result.cv_difference == 0
    assert result.test_difference <= result.tolerance


def test_a_task_scored_on_folds_gets_out_of_fold_predictions_and_nothing_else(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "load_inputs", lambda *_: replace(tiny_inputs(), test_ids=()))
    seen: list[tuple[int, int]] = []

    submission = run(
        layout, PARAMS, "rf-paper", "obelix-cv", progress=lambda *step: seen.append(step)
    )

    assert sorted(_contents(submission.folder)) == ["cv_predictions.parquet", "submission.yaml"]
    assert seen[-1] == (12, 12)  # 2 schemes × 2 repeats × 3 folds
    assert set(submission.predictions.rows["seed"]) == {0, 1}
    assert len(submission.predictions.rows) == 2 * N_TRAIN
    assert submission.card.seeds == [0, 1]
    assert "CPU time of one fold" in submission.card.hardware
    before = _contents(submission.folder)
    result = check(layout, PARAMS, "rf-paper", "obelix-cv", n_seeds=1)
    assert (result.n_seeds, result.n_repeats) == (0, 1)
    assert result.difference <= 0.5e-6
    run(layout, PARAMS, "rf-paper", "obelix-cv")
    assert _contents(submission.folder) == before


def test_its_folds_are_those_of_the_board_with_a_test_set(layout: Layout) -> None:
    on_test = run(layout, PARAMS, "rf-paper", "obelix", n_seeds=1).cv_predictions
    on_folds = run(layout, PARAMS, "rf-paper", "obelix-cv").cv_predictions

    pd.testing.assert_frame_equal(on_test.rows, on_folds.rows)


def test_every_repeat_of_scored_folds_is_needed(layout: Layout) -> None:
    with pytest.raises(BaselineError, match=r"--seeds 1: .* needs every frozen repeat"):
        run(layout, PARAMS, "train-mean", "obelix-cv", n_seeds=1)
    with pytest.raises(BaselineError, match="--seeds 0: expected a number of repeats, 1 or more"):
        check(layout, PARAMS, "train-mean", "obelix-cv", n_seeds=0)


def test_progress_counts_every_training(layout: Layout) -> None:
    seen: list[tuple[int, int]] = []

    run(layout, PARAMS, "train-mean", "obelix", progress=lambda *step: seen.append(step))

    assert seen == [(done, 13) for done in range(1, 14)]  # 1 seed, 2 schemes × 2 repeats × 3 folds


def test_more_seeds_than_a_baseline_has_are_refused(layout: Layout) -> None:
    with pytest.raises(BaselineError, match="rf-paper --seeds 21: expected a number from 1 to 20"):
        run(layout, PARAMS, "rf-paper", "obelix", n_seeds=21)
    assert not layout.submissions_dir("obelix").exists()


def test_a_task_without_a_version_is_refused_together_with_other_problems(layout: Layout) -> None:
    with pytest.raises(BaselineError) as caught:
        run(layout, SimpleNamespace(task_versions={}), "train-mean", "obelix", n_seeds=0)

    assert [problem.where for problem in caught.value.problems] == [
        "params.yaml, tasks.obelix",
        "ionladder baseline train-mean --seeds 0",
    ]


def test_a_prediction_that_is_not_finite_is_named_and_nothing_is_written(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "load_model", lambda _: _constant(math.nan))

    with pytest.raises(BaselineError, match="a finite prediction for every entry; found none for"):
        run(layout, PARAMS, "train-mean", "obelix")
    assert not layout.submissions_dir("obelix").exists()


def test_a_model_is_handed_the_labels_of_its_training_entries_only() -> None:
    inputs = tiny_inputs()
    seen: list[set[str]] = []

    def spy(given: object, train_ids: list[str], predict_ids: list[str], **_: int) -> object:
        seen.append(set(given.train_labels.index))
        assert seen[-1] == set(train_ids)
        assert not seen[-1] & set(predict_ids)
        return np.zeros(len(predict_ids))

    predict_test(spy, inputs, [0, 1])
    predict_folds(spy, inputs, ["grouped_doi_comp"], [0, 1])

    assert len(seen) == 2 + 2 * 3
    assert seen[0] == set(inputs.train_ids)


def test_folds_are_predicted_once_per_entry_with_the_seed_of_their_repeat() -> None:
    inputs = tiny_inputs()

    def seed_as_prediction(*arguments: list[str], seed: int) -> np.ndarray:
        return np.full(len(arguments[2]), float(seed))

    table = predict_folds(seed_as_prediction, inputs, ["kfold_shuffled"], [1])

    assert sorted(table["id"]) == list(inputs.train_ids)
    assert set(table["log10_sigma"]) == {1.0}
    expected = inputs.folds.merge(table, on=["scheme", "repeat", "fold", "id"])
    assert len(expected) == N_TRAIN


def test_withholding_leaves_the_original_alone() -> None:
    inputs = tiny_inputs()

    assert list(withhold(inputs, ["e03", "e01"]).train_labels.index) == ["e03", "e01"]
    assert len(inputs.train_labels) == N_TRAIN


def test_the_largest_difference_looks_at_rows_that_both_have() -> None:
    stored = pd.DataFrame(
        {"seed": [0, 0, 1], "id": ["a", "b", "a"], "log10_sigma": [1.0, 2.0, 9.0]}
    )
    fresh = pd.DataFrame({"seed": [0, 0], "id": ["b", "a"], "log10_sigma": [2.5, 1.0]})

    assert largest_difference(stored, fresh) == 0.5
    assert largest_difference(stored.iloc[:1], fresh) == math.inf


def test_seeds_of_a_stochastic_baseline_give_different_predictions() -> None:
    inputs = replace(tiny_inputs())
    forest = runner.load_model(runner.get_baseline("rf-paper"))

    table = predict_test(forest, inputs, [0, 1]).pivot_table(
        index="id", columns="seed", values="log10_sigma"
    )

    assert (table[0] != table[1]).any()


@pytest.mark.parametrize("name", ["train-median", "family-median", "li-geometry"])
def test_a_task_of_several_targets_gets_a_column_for_each(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "load_inputs", lambda *_: tiny_barriers())
    layout = Layout(tmp_path)

    submission = run(layout, PARAMS, name, "bvel-proto")

    header = (submission.folder / "predictions.csv").read_text().splitlines()[0]
    assert header == "id,e_1d_ev,e_2d_ev,e_3d_ev"
    assert list(submission.cv_predictions.rows.columns[-3:]) == list(TARGETS)
    assert len(submission.cv_predictions.rows) == 3 * 2 * N_TRAIN
    assert "BVEL-proto" in submission.card.training_data_text
    assert check(layout, PARAMS, name, "bvel-proto").difference <= 0.5e-6


def test_a_difference_in_any_target_is_noticed() -> None:
    stored = pd.DataFrame({"id": ["a", "b"], "e_1d_ev": [1.0, 2.0], "e_2d_ev": [3.0, 4.0]})
    fresh = stored.assign(e_2d_ev=[3.0, 4.75])

    assert largest_difference(stored, fresh) == 0.75


def test_predictions_of_the_wrong_shape_are_refused() -> None:
    one_number = _constant(1.0)

    with pytest.raises(BaselineError, match=r"of shape \(6, 3\), .* found shape \(6, 1\)"):
        predict_test(one_number, tiny_barriers(), [0])


def test_one_missing_target_of_an_entry_is_enough_to_name_it() -> None:
    def gap(*arguments: list[str], seed: int) -> np.ndarray:
        table = np.ones((len(arguments[2]), 3))
        table[1, 2] = math.inf
        return table

    with pytest.raises(
        BaselineError, match="finite prediction for every entry; found none for e31"
    ):
        predict_test(gap, tiny_barriers(), [0])


def _constant(value: float) -> Callable[..., np.ndarray]:
    def predict(*arguments: list[str], seed: int) -> np.ndarray:
        return np.full(len(arguments[2]), value)

    return predict
