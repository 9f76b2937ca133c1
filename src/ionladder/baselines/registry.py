"""Finding baselines: every folder here with a ``spec.py`` is one."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ionladder.baselines.extras import problem_of_missing, require_packages
from ionladder.errors import BaselineError, Problem
from ionladder.specs import Baseline

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

_PACKAGE = "ionladder.baselines"


class FitPredict(Protocol):
    """What ``model.py`` of every baseline exposes as ``fit_predict``."""

    def __call__(
        self,
        inputs: TaskInputs,
        train_ids: Sequence[str],
        predict_ids: Sequence[str],
        *,
        seed: int,
    ) -> Array:
        """Train on ``train_ids``; return predictions for each of ``predict_ids``, in order.

        Shape (n,), or (n, n_targets) with the targets in the order of ``inputs.targets`` where the
        task has several. Every number is finite, also where a training label is missing (NaN).

        A pure function: the same arguments give the same numbers, and the only labels it may
        read are those of ``train_ids``.
        """


def all_baselines() -> dict[str, Baseline]:
    """Every baseline by name, in alphabetical order; imports no numerical library."""
    package = importlib.import_module(_PACKAGE)
    found: dict[str, Baseline] = {}
    for module in pkgutil.iter_modules(package.__path__):
        spec_name = f"{_PACKAGE}.{module.name}.spec"
        if module.ispkg and importlib.util.find_spec(spec_name):
            baseline: Baseline = importlib.import_module(spec_name).BASELINE
            found[baseline.name] = baseline
    return dict(sorted(found.items()))


def get_baseline(name: str) -> Baseline:
    """The baseline of that name.

    Raises:
        BaselineError: There is none; the letter lists those there are.
    """
    baselines = all_baselines()
    if name in baselines:
        return baselines[name]
    close = difflib.get_close_matches(name, baselines, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise BaselineError(
        Problem(
            where="ionladder baseline",
            expected=f"one of {', '.join(baselines)}",
            found=repr(name),
            next_step=f"{hint}See `ionladder baseline --list`.",
        )
    )


def load_model(baseline: Baseline) -> FitPredict:
    """Import a baseline's model, and with it the libraries it needs.

    Raises:
        BaselineError: A library of its extra is not installed; the letter says how to get it.
    """
    require_packages(baseline)
    try:
        module = importlib.import_module(f"{_PACKAGE}.{baseline.package}.model")
    except ModuleNotFoundError as error:
        if baseline.extra is None:
            raise
        raise BaselineError(
            problem_of_missing(
                f"ionladder baseline {baseline.name}", baseline.extra, (str(error.name),)
            )
        ) from error
    model: FitPredict = module.fit_predict
    return model
