from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from ionladder.baselines.registry import all_baselines, get_baseline, load_model
from ionladder.errors import BaselineError
from ionladder.specs import Baseline

EXPECTED = [
    "bvse-affine",
    "bvse-barrier",
    "bvse-path",
    "bvse-rf",
    "cgcnn",
    "cgcnn-majority",
    "cgcnn-weighted",
    "chgnet-features",
    "composition-rf",
    "element-energies",
    "family-median",
    "hgb-l1",
    "li-geometry",
    "linear-path",
    "m3gnet",
    "mlp-paper",
    "mlp-paper-cif",
    "nearest-composition",
    "p-cgcnn-bvel",
    "p-schnet-bvel",
    "painn",
    "rf-paper",
    "rf-paper-cif",
    "schnet",
    "schnet-majority",
    "schnet-weighted",
    "sevennet-features",
    "so3net",
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


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("painn", "torch"),
        ("painn", "schnetpack"),
        ("p-cgcnn-bvel", "torch"),
        ("p-schnet-bvel", "schnetpack"),
    ],
)
def test_a_model_without_its_extra_says_how_to_get_it(
    name: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_missing = missing if importlib.util.find_spec("torch") else "torch"
    spec = get_baseline(name)
    ours = (f"ionladder.baselines.{spec.package}", "ionladder.baselines.graphs")
    for module in list(sys.modules):
        if module.startswith(ours):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(BaselineError, match=r"requirements-torch\.lock") as caught:
        load_model(spec)

    (problem,) = caught.value.problems
    assert problem.where == f"ionladder baseline {name}"
    assert problem.found == f"no package {first_missing}"


def test_a_package_missing_from_the_core_is_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ionladder.baselines.rf_paper.model", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)

    with pytest.raises(ModuleNotFoundError):
        load_model(get_baseline("rf-paper"))


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
