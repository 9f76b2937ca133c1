from __future__ import annotations

import subprocess
import sys

import pytest

from ionladder.baselines.registry import all_baselines, get_baseline
from ionladder.core.errors import BaselineError
from ionladder.specs.baseline import Baseline

EXPECTED = [
    "bvse-barrier",
    "bvse-rf",
    "chgnet-features",
    "composition-rf",
    "family-median",
    "hgb-l1",
    "li-geometry",
    "mlp-paper",
    "mlp-paper-cif",
    "nearest-composition",
    "rf-paper",
    "rf-paper-cif",
    "sevennet-features",
    "space-group-median",
    "structure-hgb",
    "structure-rf",
    "train-mean",
    "train-median",
    "train-median-cif",
]


def test_every_folder_with_a_spec_is_a_baseline() -> None:
    assert list(all_baselines()) == EXPECTED


def test_an_unknown_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(BaselineError, match="Did you mean 'train-median'"):
        get_baseline("train_median")


def test_listing_baselines_imports_no_numerical_library() -> None:
    program = (
        "import sys; from ionladder.baselines.registry import all_baselines; all_baselines(); "
        "print(sorted({'numpy', 'pandas', 'sklearn', 'pymatgen', 'pyarrow'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("change", [{"n_seeds": 0}, {"tolerance": 0.0}])
def test_a_spec_checks_itself(change: dict[str, float]) -> None:
    fields = {
        "name": "my-model",
        "model": "My model",
        "description": "One.",
        "tasks": ("obelix",),
        "inputs": "both",
        "training_data": "none",
    }
    assert Baseline(**fields).package == "my_model"
    with pytest.raises(ValueError, match="my-model"):
        Baseline(**fields, **change)


def test_a_baseline_reads_differently_on_a_task_that_it_has_other_texts_for() -> None:
    spec = get_baseline("train-median")

    assert "OBELiX" in spec.for_task("obelix").training_data
    assert "BVEL-proto" in spec.for_task("bvel-proto").training_data
    assert spec.for_task("bvel-proto").model == spec.model
