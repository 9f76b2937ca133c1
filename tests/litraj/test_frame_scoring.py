"""Numbers derived from predicted arrays, against loops over atoms written down independently."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.config import ScoringSettings
from ionladder.data.labels import EvaluationLabels
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.store import StreamedWriter
from ionladder.evaluation import Scorer
from ionladder.score_arrays import fit_offsets, force_sums, shifted_rows
from ionladder.score_arrays import frame_reader as reader
from ionladder.specs import arrow_schema
from ionladder.submit.frames import FramePredictions

TASK = get_task("mplitrj")
SETTINGS = ScoringSettings(resamples=200, seed=7, confidence=0.95)
SPECS = {table.name: table for table in get_dataset("mplitrj").frames}


def cosine(one, other):
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0


def oracle(predicted, true):
    """Mean |dF|, root mean square dF, and mean cosine of one configuration, atom by atom."""
    gaps = [a - b for p, t in zip(predicted, true, strict=True) for a, b in zip(p, t, strict=True)]
    cosines = [cosine(p, t) for p, t in zip(predicted, true, strict=True) if math.hypot(*t) >= 1e-3]
    mean = math.fsum(map(abs, gaps)) / len(gaps)
    root = math.sqrt(math.fsum(g * g for g in gaps) / len(gaps))
    return mean, root, math.fsum(cosines) / len(cosines) if cosines else 1.0


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            st.lists(st.floats(-9, 9), min_size=n, max_size=n),
            st.lists(st.lists(st.integers(0, 8), min_size=n, max_size=n), min_size=1, max_size=9),
        )
    )
)
def test_planted_offsets_are_found_as_far_as_compositions_tell(case):
    levels, compositions = np.array(case[0]), np.array(case[1], dtype=float)
    predicted = np.linspace(-5.0, 5.0, len(compositions))
    found = fit_offsets(compositions, predicted + compositions @ levels, predicted)
    np.testing.assert_allclose(compositions @ found, compositions @ levels, atol=1e-8)
    assert not found[~compositions.any(axis=0)].any()
    assert np.linalg.norm(found) <= np.linalg.norm(levels) + 1e-8


RNG = np.random.default_rng(3)
SIZES = [4, 5, 5, 7, 4, 4, 6, 6, 9, 4]
TRUE = [RNG.normal(0.0, 0.5, (n, 3)).astype(np.float32).astype(float) for n in SIZES]
PREDICTED = [np.round(t + RNG.normal(0.0, 0.1, t.shape), 4) for t in TRUE]
ENERGY = RNG.normal(-30.0, 1.0, len(SIZES))
IDS = [f"test-{row:07d}" for row in range(len(SIZES))]
TRUE[3][:] = 0.0


def write_truth(folder, *, block):
    names = [column.name for column in SPECS["frames_test"].columns]
    cell = [4.0, 0, 0, 0, 4.0, 0, 0, 0, 4.0]
    rows = [
        (IDS[k], [3] * n, cell, [0.0] * 3 * n, ENERGY[k], TRUE[k].ravel(), [0.1] * 6)
        for k, n in enumerate(SIZES)
    ]
    made = [dict(zip(names, row, strict=True)) for row in rows]
    for k in range(0, len(SIZES), 2):
        made[k]["stress_ev_per_ang3"] = None
    schema = arrow_schema(SPECS["frames_test"].columns)
    with StreamedWriter(folder, SPECS["frames_test"], {}) as writer:
        for begin in range(0, len(SIZES), block):
            writer.write(pa.Table.from_pylist(made[begin : begin + block], schema=schema))
    return writer.table.path


def labels(truth):
    places = np.arange(len(SIZES))
    test = pd.DataFrame(
        {
            "id": IDS,
            "n_atoms": SIZES,
            "has_stress": places % 2 == 1,
            "has_direction": [bool(t.any()) for t in TRUE],
            "has_path_energy": places < 6,
            "has_u_metal": places < 5,
            "component": places // 2,
            "path_id": ["a"] * 3 + ["b"] * 3 + [None] * 4,
        }
    )
    for target in TASK.targets:
        is_given = test[target.given_by] if target.given_by else True
        test[target.name] = np.where(is_given, target.ideal, np.nan)
    return EvaluationLabels(
        test=test,
        train=pd.DataFrame({"id": ["train-0000000"]}),
        replicates=test.iloc[:0],
        labels_sha256="",
        split_sha256="",
        folds=pd.DataFrame(columns=["scheme", "repeat", "fold", "id"]),
        truth=truth,
    )


def write_predictions(folder):
    energies = ENERGY + 0.1 * np.arange(len(SIZES))
    with FramePredictions(folder / "predictions.parquet", has_stress=True) as file:
        for begin in range(0, len(SIZES), 3):
            rows = slice(begin, begin + 3)
            stress = np.full((len(IDS[rows]), 6), 0.3)
            file.write(IDS[rows], energies[rows], PREDICTED[rows], stress)


def scored(folder, *, block=4):
    """Numbers per configuration, and the value of a target and a metric."""
    given_labels = labels(write_truth(folder, block=block))
    table, problems = reader(given_labels, TASK)(folder, "here")
    assert table is not None, problems
    evaluation = Scorer(given_labels.test, TASK, settings=SETTINGS).score(table.rows)
    return table.rows, lambda target, use: evaluation.score(target, "all", use).value


@pytest.mark.parametrize("block", [1, 4, 100])
def test_every_configuration_gets_the_numbers_of_the_loop(tmp_path, block):
    write_predictions(tmp_path)
    rows, value = scored(tmp_path, block=block)
    for row, predicted, true in zip(rows.to_dict("records"), PREDICTED, TRUE, strict=True):
        single = predicted.astype(np.float32).astype(float)
        mean, root, cos = oracle(single.tolist(), true.tolist())
        assert row["force_ev_per_ang"] == pytest.approx(mean, abs=1e-12)
        assert row["force_rms_ev_per_ang"] == pytest.approx(root, abs=1e-12)
        assert row["force_cosine"] == pytest.approx(cos, abs=1e-9)
    kept = [k for k in range(len(SIZES)) if k != 3]  # no force there, so no direction
    expected = (1.0 - rows["force_cosine"][kept]).mean()
    assert value("force_cosine", "mae") == pytest.approx(expected, abs=1e-12)


def test_energies_within_a_path_know_no_zero(tmp_path):
    write_predictions(tmp_path)
    rows, value = scored(tmp_path)
    expected = 0.1 * np.abs([-1, 0, 1, -1, 0, 1]) / SIZES[:6]
    np.testing.assert_allclose(rows["energy_in_path_ev_per_atom"][:6], expected, atol=1e-12)
    found = value("energy_in_path_ev_per_atom", "mae")
    assert found == pytest.approx(expected.mean(), abs=1e-12)
    gaps = 0.1 * np.arange(len(SIZES)) / SIZES
    assert value("energy_ev_per_atom", "mae") == pytest.approx(gaps.mean())


def test_a_noisy_model_is_not_taken_for_a_shifted_one():
    rng = np.random.default_rng(0)
    lengths = np.full(200, 30)
    true = rng.normal(0.0, 1.0, lengths.sum())
    for predicted in (true + rng.normal(0.0, 3.0, true.shape), np.zeros_like(true), -true):
        assert shifted_rows(force_sums(predicted, true, lengths), predicted, true, lengths) == []
    moved = np.roll(true, -30)
    found = shifted_rows(force_sums(moved, true, lengths), moved, true, lengths)
    assert found[0] == (0, 1)
    assert {step for _, step in found} == {1}
