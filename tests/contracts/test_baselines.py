"""What every registered baseline promises to the runner, the board and the reader."""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ionladder.baselines.card import card_fields
from ionladder.baselines.check import check
from ionladder.baselines.compare import largest_difference
from ionladder.baselines.extras import missing_packages
from ionladder.baselines.paper_features import paper_features
from ionladder.baselines.registry import FitPredict, all_baselines, load_model
from ionladder.baselines.rich_features import rich_features
from ionladder.baselines.training import with_cif
from ionladder.config import load_params
from ionladder.data.registry import all_tasks
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.repo import Layout
from ionladder.specs import Baseline
from ionladder.submit.card import Card
from unit.baselines.graphs.miniature import miniature
from unit.baselines.tiny_barriers import tiny_barriers, tiny_dft_hops, tiny_hops
from unit.baselines.tiny_task import all_with_cif, tiny_inputs

# Eleven entries with a CIF are fewer than the batch size of the networks.
pytestmark = pytest.mark.filterwarnings("ignore:Got `batch_size`")

INPUTS = {
    "obelix": tiny_inputs,
    "obelix-cif": all_with_cif,
    "obelix-cv": tiny_inputs,
    "bvel-proto": tiny_barriers,
    "bvel13k": tiny_barriers,
    "nebbvse122k": tiny_hops,
    "nebdft2k-barrier": tiny_dft_hops,
}
BASELINES = [pytest.param(spec, id=name) for name, spec in all_baselines().items()]
EVERY_CASE = [
    pytest.param(spec, task, id=f"{name}-{task}")
    for name, spec in all_baselines().items()
    for task in spec.tasks
]
# Models that predict arrays write them to a file; tests/litraj runs them on miniatures.
CASES = [p for p in EVERY_CASE if all_tasks()[p.values[1]].predicts == "values"]
RUNS = [
    pytest.param(
        *case.values,
        id=case.id,
        marks=[
            pytest.mark.skipif(
                bool(missing_packages(case.values[0])), reason=f"extra {case.values[0].extra}"
            ),
            *([pytest.mark.extra] if case.values[0].extra else []),
        ],
    )
    for case in CASES
]
"""The same where the model is run: it skips where the packages of its extra are not installed."""
SEEDED = [p for p in RUNS if p.values[0].n_seeds > 1]
BARRIERS = [p for p in CASES if p.values[1] in ("bvel-proto", "bvel13k")]
CIF_ONLY = [p for p in BASELINES if p.values[0].name.endswith("-cif")]
TRAIN = [f"e{number:02d}" for number in range(22)]
HELD_OUT = [f"e{number:02d}" for number in range(22, 30)]


def _model(spec: Baseline) -> FitPredict:
    """The model; two epochs do for a graph network, and without torch its tests skip."""
    if spec.extra != "torch":
        return load_model(spec)
    if importlib.util.find_spec("torch") is None:
        pytest.skip("needs the extra torch (`make test-torch`)")
    return miniature(load_model(spec))


def _predict(
    model: FitPredict, inputs: TaskInputs, ids: list[str], *, seed: int = 0, **changes: object
) -> np.ndarray:
    return model(replace(inputs, **changes), TRAIN, ids, seed=seed)


def _card(spec: Baseline, task: str, *, training_time_s: float) -> dict[str, object]:
    """What the card of a whole run says; on folds, the five repeats are the seeds."""
    on_folds = all_tasks()[task].scored_folds is not None
    n_seeds = 5 if on_folds and spec.n_seeds > 1 else spec.n_seeds
    return card_fields(
        spec.for_task(task),
        seeds=range(n_seeds),
        training_time_s=training_time_s,
        timed_unit="fold" if on_folds else "seed",
    )


@pytest.mark.parametrize("spec", BASELINES)
def test_a_baseline_is_named_after_its_folder_and_has_a_model(spec: Baseline) -> None:
    assert importlib.util.find_spec(f"ionladder.baselines.{spec.package}.model")
    assert spec.package.replace("_", "-") == spec.name
    assert set(spec.tasks) <= set(all_tasks())


@pytest.mark.parametrize(("spec", "task"), EVERY_CASE)
def test_its_card_is_valid_and_says_what_a_reader_needs(spec: Baseline, task: str) -> None:
    fields = _card(spec, task, training_time_s=1.0)
    card = Card.model_validate(fields)

    assert card.uses_external_data is spec.uses_external_data
    assert spec.uses_external_data or spec.extra != "umlip"
    assert card.notes
    assert "train split" in card.training_data_text
    if spec.n_seeds == 1:
        assert "Deterministic" in card.notes


@pytest.mark.parametrize(("spec", "task"), RUNS)
def test_it_predicts_finite_numbers_for_every_entry_and_target(spec: Baseline, task: str) -> None:
    inputs = INPUTS[task]()

    predicted = _predict(_model(spec), inputs, HELD_OUT)

    several = (len(inputs.targets),) if len(inputs.targets) > 1 else ()
    assert predicted.shape == (len(HELD_OUT), *several)
    assert predicted.dtype == np.float64
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize(("spec", "task"), RUNS)
def test_the_same_seed_gives_the_same_predictions(spec: Baseline, task: str) -> None:
    model, inputs = _model(spec), INPUTS[task]()

    np.testing.assert_array_equal(
        _predict(model, inputs, HELD_OUT, seed=3), _predict(model, inputs, HELD_OUT, seed=3)
    )


@pytest.mark.parametrize(("spec", "task"), RUNS)
def test_predictions_follow_the_order_of_the_ids_asked_for(spec: Baseline, task: str) -> None:
    model, inputs = _model(spec), INPUTS[task]()

    forwards, backwards = (_predict(model, inputs, ids) for ids in (HELD_OUT, HELD_OUT[::-1]))

    np.testing.assert_allclose(backwards[::-1], forwards, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("spec", "task"), RUNS)
def test_labels_of_entries_outside_the_training_change_nothing(spec: Baseline, task: str) -> None:
    model, inputs = _model(spec), INPUTS[task]()
    labels = inputs.train_labels
    scrambled = labels.copy()
    scrambled.loc[HELD_OUT] = 99.0

    expected = _predict(model, inputs, HELD_OUT)

    np.testing.assert_array_equal(
        _predict(model, inputs, HELD_OUT, train_labels=scrambled), expected
    )
    np.testing.assert_array_equal(
        _predict(model, inputs, HELD_OUT, train_labels=labels.loc[TRAIN]), expected
    )


@pytest.mark.parametrize(("spec", "task"), RUNS)
def test_it_learns_from_labels(spec: Baseline, task: str) -> None:
    model, inputs = _model(spec), INPUTS[task]()
    raised = inputs.train_labels + 3.0

    change = _predict(model, inputs, HELD_OUT, train_labels=raised) - _predict(
        model, inputs, HELD_OUT
    )

    assert change.mean() > 0.5


@pytest.mark.parametrize(("spec", "task"), BARRIERS)
def test_barriers_do_not_fall_with_the_dimension(spec: Baseline, task: str) -> None:
    predicted = _predict(_model(spec), INPUTS[task](), HELD_OUT)

    assert (np.diff(predicted, axis=1) >= 0).all()
    assert (predicted > 0).all()


@pytest.mark.parametrize(("spec", "task"), BARRIERS)
def test_a_missing_label_is_learnt_as_the_clip_or_left_out(spec: Baseline, task: str) -> None:
    model, inputs = _model(spec), INPUTS[task]()
    assert inputs.train_labels["e_3d_ev"].isna().sum() == 1

    missing = _predict(model, inputs, HELD_OUT)
    filled = _predict(model, inputs, HELD_OUT, train_labels=inputs.train_labels.fillna(6.0))
    beyond = _predict(model, inputs, HELD_OUT, train_labels=inputs.train_labels.fillna(19.0))

    assert np.isfinite(missing).all()
    if spec.name != "train-median":
        np.testing.assert_array_equal(missing, filled)
    np.testing.assert_array_equal(beyond, filled)


@pytest.mark.parametrize("spec", CIF_ONLY)
def test_a_cif_baseline_learns_nothing_from_entries_without_a_cif(spec: Baseline) -> None:
    model, inputs = _model(spec), tiny_inputs()
    without = sorted(set(TRAIN) - set(with_cif(inputs, TRAIN)))
    changed = inputs.train_labels.copy()
    changed.loc[without, "log10_sigma"] = 99.0

    np.testing.assert_array_equal(
        _predict(model, inputs, HELD_OUT, train_labels=changed), _predict(model, inputs, HELD_OUT)
    )


@pytest.mark.parametrize(("spec", "task"), SEEDED)
def test_seeds_of_a_baseline_that_has_several_differ(spec: Baseline, task: str) -> None:
    model, inputs = _model(spec), INPUTS[task]()

    assert (
        _predict(model, inputs, HELD_OUT, seed=0) != _predict(model, inputs, HELD_OUT, seed=1)
    ).any()


@pytest.mark.parametrize(("spec", "task"), RUNS)
def test_an_unlabelled_entry_cannot_be_trained_on(spec: Baseline, task: str) -> None:
    inputs = INPUTS[task]()

    with pytest.raises(KeyError):
        _model(spec)(inputs, inputs.test_ids[:2], HELD_OUT, seed=0)


@pytest.mark.parametrize(("spec", "task"), EVERY_CASE)
def test_the_committed_card_is_the_one_the_spec_describes(
    spec: Baseline, task: str, repository: Path
) -> None:
    layout = Layout(repository)
    if task in load_params(layout).waiting:
        pytest.skip("the data of this task have not been fetched yet, so nobody could predict them")
    folder = layout.submission_dir(task, spec.name)
    committed = yaml.safe_load((folder / "submission.yaml").read_text(encoding="utf-8"))
    seconds = committed["training_time_s"]

    assert seconds > 0
    described = _card(spec, task, training_time_s=seconds)
    assert committed == {name: value for name, value in described.items() if value is not None}


@pytest.mark.parametrize(
    ("name", "task", "n_features"),
    [
        ("mlp-paper", "obelix", 62),
        ("mlp-paper", "obelix-cv", 62),
        ("mlp-paper-cif", "obelix", 62),
        ("mlp-paper-cif", "obelix-cif", 59),
    ],
)
def test_the_stated_number_of_parameters_is_that_of_the_network(
    name: str, task: str, n_features: int
) -> None:
    spec = all_baselines()[name].for_task(task)
    widths = [n_features, *spec.hyperparameters["hidden_layer_sizes"], 1]

    weights = sum((before + 1) * after for before, after in itertools.pairwise(widths))

    assert spec.parameters == weights


@pytest.mark.data
def test_the_real_entries_give_as_many_features_as_the_cards_say(repository: Path) -> None:
    layout = Layout(repository)
    inputs = load_inputs(layout, all_tasks()["obelix"], load_params(layout).task_versions["obelix"])

    paper = paper_features(inputs, scale_on=inputs.train_ids)
    rich = rich_features(inputs.entries)

    assert paper.shape == (599, 62)
    assert "62 columns" in all_baselines()["rf-paper"].description
    assert rich.shape == (599, 155)
    assert "155 features" in all_baselines()["hgb-l1"].description
    assert "62 columns" in all_baselines()["rf-paper"].for_task("obelix-cv").description


@pytest.mark.data
def test_the_entries_with_a_cif_give_as_many_features_as_their_cards_say(repository: Path) -> None:
    layout, task = Layout(repository), all_tasks()["obelix-cif"]
    inputs = load_inputs(layout, task, load_params(layout).task_versions[task.name])

    paper = paper_features(inputs, scale_on=inputs.train_ids)
    rich = rich_features(inputs.entries)

    assert paper.shape == (321, 59)
    for name in ("rf-paper-cif", "mlp-paper-cif"):
        assert "59 columns" in all_baselines()[name].for_task(task.name).description
    assert rich.shape == (321, 152)
    assert "152 features" in all_baselines()["hgb-l1"].for_task(task.name).description


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "train-mean",
        "train-median",
        "train-median-cif",
        "space-group-median",
        "nearest-composition",
        "rf-paper",
        pytest.param("hgb-l1", marks=pytest.mark.slow),
    ],
)
def test_a_rerun_reproduces_the_committed_predictions(name: str, repository: Path) -> None:
    layout = Layout(repository)

    result = check(layout, load_params(layout), name, "obelix", n_seeds=1)

    assert result.difference <= result.tolerance


# The others take a minute each; `ionladder baseline NAME --task TASK --check` compares them.
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("train-mean", "obelix-cif"),
        ("train-median", "obelix-cif"),
        ("space-group-median", "obelix-cif"),
        ("nearest-composition", "obelix-cif"),
        pytest.param("rf-paper-cif", "obelix-cif", marks=pytest.mark.slow),
        ("train-mean", "obelix-cv"),
        ("train-median", "obelix-cv"),
        ("space-group-median", "obelix-cv"),
        ("nearest-composition", "obelix-cv"),
        ("rf-paper", "obelix-cv"),
    ],
)
def test_a_rerun_reproduces_the_committed_cif_entries_and_folds(
    name: str, task: str, repository: Path
) -> None:
    layout = Layout(repository)

    result = check(layout, load_params(layout), name, task, n_seeds=1)

    assert result.difference <= result.tolerance


@pytest.mark.parametrize("name", [p.values[0].name for p in CASES if p.values[1] == "obelix-cv"])
def test_the_folds_of_a_baseline_are_the_same_on_both_boards(name: str, repository: Path) -> None:
    layout, spec = Layout(repository), all_baselines()[name]
    on_test, on_folds = (
        pd.read_parquet(layout.submission_dir(task, name) / "cv_predictions.parquet")
        for task in ("obelix", "obelix-cv")
    )

    assert len(on_folds) == len(on_test) == 2 * 5 * 478
    assert largest_difference(on_test, on_folds) <= spec.tolerance


@pytest.mark.parametrize(
    "name", ["train-median", "family-median", pytest.param("li-geometry", marks=pytest.mark.slow)]
)
def test_a_rerun_reproduces_the_committed_barriers(name: str, repository: Path) -> None:
    layout = Layout(repository)

    result = check(layout, load_params(layout), name, "bvel-proto", n_seeds=1)

    assert result.difference <= result.tolerance
