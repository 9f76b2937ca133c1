import subprocess
import sys

import pytest

from ionladder.baselines.registry import all_baselines, baseline, get_baseline
from ionladder.errors import BaselineError


def test_an_unknown_name_is_answered_with_the_nearest_one():
    with pytest.raises(BaselineError, match="Did you mean 'train-median'"):
        get_baseline("train_median")


def test_listing_baselines_imports_no_library_that_trains_or_reads_crystals():
    program = (
        "import sys; from ionladder.baselines.registry import all_baselines; all_baselines(); "
        "print(sorted({'sklearn', 'torch', 'pymatgen', 'scipy', 'ase'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_model_without_its_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("ionladder.baselines.registry.find_spec", lambda _: None)

    with pytest.raises(BaselineError, match=r"requirements-torch\.lock") as caught:
        get_baseline("painn").require_packages()

    (problem,) = caught.value.problems
    assert problem.where == "ionladder baseline painn"
    assert problem.found == "no package torch, schnetpack"


def test_a_decorated_function_is_a_baseline(monkeypatch):
    monkeypatch.setattr("ionladder.baselines.registry._BASELINES", {})

    @baseline(tasks=("obelix",), seeds=3, settings={"alpha": 1.0})
    def my_model(training):
        """A line through everything.

        More of it.
        """
        return training.settings["alpha"], training.seed, training.predict_ids

    found = all_baselines()["my-model"]
    assert (found.n_seeds, found.tolerance, found.folds) == (3, 1e-6, True)
    assert found.summary == "A line through everything"
    assert found.fit_predict(None, ["a"], ["b"], seed=2) == (1.0, 2, ["b"])
