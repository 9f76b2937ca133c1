"""What baselines promise to the runner, the board and the reader, on one of each sort.

A table model, a model of structures and a graph network; those of paths are run in tests/litraj.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ionladder.baselines.features import with_cif
from ionladder.baselines.registry import get_baseline
from ionladder.baselines.runner import check
from ionladder.config import load_params
from ionladder.data.store import TaskInputs
from ionladder.repo import Layout
from unit.baselines.tiny_barriers import tiny_barriers
from unit.baselines.tiny_task import all_with_cif, tiny_inputs, two_epochs

# Eleven entries with a CIF are fewer than the batch size of the networks.
pytestmark = pytest.mark.filterwarnings("ignore:Got `batch_size`")

INPUTS: dict[str, Callable[[], TaskInputs]] = {
    "obelix": tiny_inputs,
    "obelix-cif": all_with_cif,
    "bvel-proto": tiny_barriers,
}


REPRESENTATIVES = [
    pytest.param("rf-paper", "obelix", id="table"),
    pytest.param("structure-rf", "bvel-proto", id="structure"),
    pytest.param("cgcnn", "obelix-cif", id="network", marks=pytest.mark.extra),
]
TRAIN = [f"e{number:02d}" for number in range(22)]
HELD_OUT = [f"e{number:02d}" for number in range(22, 30)]


def _model(name):
    """The baseline; a graph network is trained for two epochs, and skips without its packages."""
    spec = get_baseline(name)
    if missing := spec.missing_packages():
        pytest.skip(f"needs {', '.join(missing)} of the extra {spec.extra}")
    return two_epochs(spec) if "epochs" in spec.settings else spec


def _predict(model, inputs, ids, *, seed=0, **changes):
    return model.fit_predict(replace(inputs, **changes), TRAIN, ids, seed=seed)


@pytest.mark.parametrize(("name", "task"), REPRESENTATIVES)
def test_a_seed_decides_predictions_and_they_follow_the_order_asked(name, task):
    model, inputs = _model(name), INPUTS[task]()

    first, again, other = (_predict(model, inputs, HELD_OUT, seed=seed) for seed in (3, 3, 4))
    backwards = _predict(model, inputs, HELD_OUT[::-1], seed=3)

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_allclose(backwards[::-1], first, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "task"), REPRESENTATIVES)
def test_it_learns_from_labels_of_its_training_entries_and_no_others(name, task):
    model, inputs = _model(name), INPUTS[task]()
    labels = inputs.train_labels
    scrambled = labels.copy()
    scrambled.loc[HELD_OUT] = 99.0

    expected = _predict(model, inputs, HELD_OUT)

    for other in (scrambled, labels.loc[TRAIN]):
        predicted = _predict(model, inputs, HELD_OUT, train_labels=other)
        np.testing.assert_array_equal(predicted, expected)
    raised = _predict(model, inputs, HELD_OUT, train_labels=labels + 3.0)
    assert (raised - expected).mean() > 0.5
    with pytest.raises(KeyError):
        model.fit_predict(inputs, inputs.test_ids[:2], HELD_OUT, seed=0)


@pytest.mark.parametrize("name", ["train-median", "composition-rf", "li-geometry"])
def test_barriers_do_not_fall_with_dimension_and_a_missing_one_is_the_clip(name):
    model, inputs = _model(name), tiny_barriers()
    labels = inputs.train_labels
    assert labels["e_3d_ev"].isna().sum() == 1

    missing, filled, beyond = (
        _predict(model, inputs, HELD_OUT, train_labels=given)
        for given in (labels, labels.fillna(6.0), labels.fillna(19.0))
    )

    assert (np.diff(missing, axis=1) >= 0).all()
    assert (missing > 0).all()
    if name != "train-median":  # which leaves it out
        np.testing.assert_array_equal(missing, filled)
    np.testing.assert_array_equal(beyond, filled)


@pytest.mark.parametrize("name", ["train-median-cif", "rf-paper-cif", "mlp-paper-cif"])
def test_a_cif_baseline_learns_nothing_from_entries_without_a_cif(name):
    model, inputs = _model(name), tiny_inputs()
    without = sorted(set(TRAIN) - set(with_cif(inputs, TRAIN)))
    changed = inputs.train_labels.copy()
    changed.loc[without, "log10_sigma"] = 99.0

    np.testing.assert_array_equal(
        _predict(model, inputs, HELD_OUT, train_labels=changed), _predict(model, inputs, HELD_OUT)
    )


# The others take a minute each; `ionladder baseline NAME --task TASK --check` compares them.
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("train-median", "obelix"),
        ("nearest-composition", "obelix-cif"),
        pytest.param("rf-paper", "obelix-cv", marks=pytest.mark.slow),
        ("family-median", "bvel-proto"),
        pytest.param("schnet", "obelix-cif", marks=[pytest.mark.slow, pytest.mark.extra]),
    ],
)
def test_a_rerun_gives_the_committed_predictions(name, task, repository):
    layout = Layout(repository)

    result = check(layout, load_params(layout), name, task, n_seeds=1)

    assert result.difference <= result.tolerance
