"""What every registered metric promises to the scorer and to the reader of a leaderboard."""

from __future__ import annotations

import doctest
import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

from ionladder.data.registry import all_tasks
from ionladder.errors import MetricInputError
from ionladder.metrics import all_metrics
from ionladder.specs import Metric

METRICS = [pytest.param(metric, id=name) for name, metric in all_metrics().items()]
WITH_ENTRIES = [p for p in METRICS if p.values[0].entrywise is not None]
SPELLS_ITS_OPTION = {"f1_below", "mae_log1p"}
"""Metrics whose title on a board holds a symbol or a limit in its midst."""
KNOWN_NEEDS = {"upper_limit"}
KNOWN_OPTIONS = {"clip", "threshold"}


def _options(metric: Metric, n_entries: int) -> dict[str, object]:
    """Give valid options: a threshold in the middle, a clip above, a limit on every fifth entry."""
    limits = np.where(np.arange(n_entries) % 5 == 0, -7.0, np.nan)
    every = {"clip": -3.0, "threshold": -5.0, "upper_limit": limits}
    return {name: every[name] for name in (*metric.needs, *metric.options)}


def _sample(n_entries: int = 40, n_seeds: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    y_true = rng.normal(-5.0, 2.0, n_entries)
    return y_true, y_true + rng.normal(0.0, 1.5, (n_seeds, n_entries))


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_is_named_after_its_module_and_says_what_it_is(metric: Metric) -> None:
    module = importlib.import_module(f"ionladder.metrics.{metric.name}")

    assert module.METRIC is metric
    assert metric.function.__name__ == metric.name
    assert metric.title
    assert metric.formula
    assert metric.reference
    assert metric.direction in {"minimize", "maximize"}
    assert metric.unit in {"target", "1"}


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_takes_labels_predictions_and_the_options_it_names(metric: Metric) -> None:
    parameters = inspect.signature(metric.function).parameters

    assert list(parameters) == ["y_true", "y_pred", *metric.needs, *metric.options]
    assert set(metric.needs) <= KNOWN_NEEDS
    assert set(metric.options) <= KNOWN_OPTIONS
    assert all(
        parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        for name in (*metric.needs, *metric.options)
    )


@pytest.mark.parametrize("metric", METRICS)
def test_the_docstring_states_arguments_errors_source_and_an_example(metric: Metric) -> None:
    text = inspect.getdoc(metric.function) or ""

    for part in ("Args:", "Returns:", "Raises:", "Reference:", "Example:", ">>> ", "NaN"):
        assert part in text, f"the docstring of {metric.name} has no {part!r}"
    assert metric.reference.split(",")[0] in text


@pytest.mark.parametrize("metric", METRICS)
def test_the_examples_are_true(metric: Metric) -> None:
    module = importlib.import_module(f"ionladder.metrics.{metric.name}")

    outcome = doctest.testmod(module)

    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_gives_a_plain_finite_float_on_ordinary_data(metric: Metric) -> None:
    y_true, y_pred = _sample()

    value = metric.function(y_true, y_pred[0], **_options(metric, 40))

    assert type(value) is float
    assert np.isfinite(value)


@pytest.mark.parametrize("metric", METRICS)
def test_better_predictions_score_better_in_the_stated_direction(metric: Metric) -> None:
    y_true, y_pred = _sample()
    options = _options(metric, 40)
    sign = {"minimize": 1.0, "maximize": -1.0}[metric.direction]

    perfect = metric.function(y_true, y_true, **options)
    ordinary = metric.function(y_true, y_pred[0], **options)
    reversed_ = metric.function(y_true, -10.0 - y_pred[0], **options)

    if metric.ideal is not None:
        assert perfect == pytest.approx(metric.ideal)
        assert abs(perfect - ordinary) < abs(perfect - reversed_)
        return
    assert sign * perfect <= sign * ordinary < sign * reversed_


@pytest.mark.parametrize("metric", METRICS)
def test_predictions_for_other_entries_are_refused_with_a_letter(metric: Metric) -> None:
    y_true, y_pred = _sample()

    with pytest.raises(MetricInputError, match=f"metric {metric.name}, y_pred: expected shape"):
        metric.function(y_true, y_pred[0, :-1], **_options(metric, 40))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_with_a_letter(metric: Metric, bad: float) -> None:
    y_true, y_pred = _sample()
    y_pred[0, 3] = bad

    with pytest.raises(MetricInputError, match=f"metric {metric.name}, y_pred: expected finite"):
        metric.function(y_true, y_pred[0], **_options(metric, 40))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_entries", [1, 2, 12])
@pytest.mark.filterwarnings("error")
def test_degenerate_labels_give_a_number_or_nan_without_a_warning(
    metric: Metric, n_entries: int
) -> None:
    for label in (-9.0, -5.0, -1.0):
        constant = np.full(n_entries, label)
        value = metric.function(constant, constant, **_options(metric, n_entries))
        assert type(value) is float


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.filterwarnings("error")
def test_the_largest_accepted_values_overflow_nothing(metric: Metric) -> None:
    y_true = np.tile([1e150, -1e150], 20)

    value = metric.function(y_true, -y_true, **_options(metric, 40))

    assert not np.isinf(value)


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_leaves_its_arrays_unchanged(metric: Metric) -> None:
    y_true, y_pred = _sample()
    options = _options(metric, 40)
    copies = y_true.copy(), y_pred[0].copy()

    metric.function(y_true, y_pred[0], **options)

    np.testing.assert_array_equal(y_true, copies[0])
    np.testing.assert_array_equal(y_pred[0], copies[1])


@pytest.mark.parametrize("metric", METRICS)
def test_entry_values_and_the_step_from_their_mean_come_together(metric: Metric) -> None:
    assert (metric.entrywise is None) == (metric.from_mean is None)


@pytest.mark.parametrize("metric", WITH_ENTRIES)
def test_the_mean_of_entry_values_gives_the_metric_for_every_seed(metric: Metric) -> None:
    y_true, y_pred = _sample()
    options = _options(metric, 40)

    entries = metric.entrywise(y_true, y_pred, **options)
    means = metric.from_mean(entries.mean(axis=1))

    assert entries.shape == y_pred.shape
    assert entries.dtype == np.float64
    expected = [metric.function(y_true, row, **options) for row in y_pred]
    np.testing.assert_allclose(means, expected, rtol=1e-14)


def test_the_metrics_need_no_library_beyond_numpy() -> None:
    heavy = {"pandas", "scipy", "sklearn", "pyarrow", "pymatgen", "torch"}
    code = (
        "import sys; from ionladder.metrics import all_metrics; all_metrics(); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_has_one_name_on_boards_and_on_the_methods_page(metric: Metric) -> None:
    titles = {
        use.title
        for task in all_tasks().values()
        for use in task.metrics
        if use.metric == metric.name and metric.name not in SPELLS_ITS_OPTION
    }
    assert all(title.startswith(metric.title) for title in titles), titles
