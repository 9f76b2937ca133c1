"""The baselines there are: one decorated function each, listed without a numerical library."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ionladder.errors import BaselineError, Problem, worded

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

#: Modules of this package whose decorated functions are baselines; they import lightly.
MODULES = ("classic", "bvse", "umlip", "networks", "paths")


@dataclass(frozen=True)
class Curve:
    """How one training of a network went.

    Attributes:
        stage: ``training``, or ``pretraining`` where another task was learnt before.
        seed: Its seed.
        unit: Unit of the errors.
        losses: Mean squared error while each epoch went on, of labels as the settings change them.
        errors: Mean absolute error of the training entries while each epoch went on.
    """

    stage: str
    seed: int
    unit: str
    losses: tuple[float, ...]
    errors: tuple[float, ...]


#: Called with the curve of each training when it has ended.
Watch = Callable[[Curve], None]


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training of a baseline: all that its function is given.

    Attributes:
        name: The baseline, for error messages.
        inputs: Inputs of every entry; labels of ``train_ids`` only.
        train_ids: Entries to learn from.
        predict_ids: Entries to predict, in this order.
        seed: Decides whatever is drawn at random.
        settings: The settings of the decorator, as printed on the card.
        watch: Shown the curve of each training of a network; None shows nobody.
    """

    name: str
    inputs: TaskInputs
    train_ids: Sequence[str]
    predict_ids: Sequence[str]
    seed: int
    settings: Mapping[str, Any]
    watch: Watch | None = None

    def rows(self, features: pd.DataFrame | pd.Series[Any]) -> tuple[Array, Array]:
        """Rows of a table indexed by id: of the entries to learn from, of those to predict."""
        learnt, asked = features.loc[list(self.train_ids)], features.loc[list(self.predict_ids)]
        return learnt.to_numpy(), asked.to_numpy()


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """One model that ``ionladder baseline NAME`` trains and writes as a submission.

    Its words stand on the cards of its submissions; here is what a run needs to know.

    Attributes:
        name: Name of its submissions.
        function: Takes a :class:`Training` and returns predictions of shape (n,), or
            (n, n_targets) of several targets, all finite. A pure function. For a task of paths or
            frames it takes ``ArrayInputs`` and the file to write instead.
        tasks: Tasks it can be run on.
        n_seeds: Trainings for the test set, with seeds 0, 1, 2, …; 1 where seeds change nothing.
        tolerance: Largest difference, in the target's unit, that a rerun with the locked versions
            may show against the committed predictions.
        settings: Settings of the model; the card prints them among its hyperparameters.
        folds: Whether it is also trained on the frozen folds; False where that is too expensive.
        frames: Whether it reads the dataset's tables of frames (``ArrayInputs``).
        extra: Extra of this package that it needs, or None.
        packages: What it imports of that extra.
    """

    name: str
    function: Callable[..., Any]
    tasks: tuple[str, ...]
    n_seeds: int = 1
    tolerance: float = 1e-6
    settings: Mapping[str, Any] = field(default_factory=dict)
    folds: bool = True
    frames: bool = False
    extra: str | None = None
    packages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.n_seeds < 1 or not self.tolerance > 0:
            msg = f"baseline {self.name!r} needs a seed or more, and a tolerance above 0"
            raise ValueError(msg)

    @property
    def summary(self) -> str:
        """What it is: the first line of its docstring, without the stop."""
        return (self.function.__doc__ or self.name).strip().splitlines()[0].rstrip(".")

    def fit_predict(
        self,
        inputs: TaskInputs,
        train_ids: Sequence[str],
        predict_ids: Sequence[str],
        *,
        seed: int,
        watch: Watch | None = None,
    ) -> Array:
        """Train on ``train_ids`` and predict ``predict_ids``."""
        predicted: Array = self.function(
            Training(
                name=self.name,
                inputs=inputs,
                train_ids=train_ids,
                predict_ids=predict_ids,
                seed=seed,
                settings=self.settings,
                watch=watch,
            )
        )
        return predicted

    def missing_packages(self) -> tuple[str, ...]:
        """The packages it needs that are not installed."""
        return tuple(name for name in self.packages if find_spec(name) is None)

    def require_packages(self) -> None:
        """Make sure that it can run here.

        Raises:
            BaselineError: A package is not installed; the message says how to get it.
        """
        if missing := self.missing_packages():
            raise missing_package(f"ionladder baseline {self.name}", str(self.extra), missing)


_BASELINES: dict[str, Baseline] = {}


@cache
def _settings() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("settings.yaml").read_text(encoding="utf-8")
    settings: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return settings


def baseline(
    *, tasks: tuple[str, ...], seeds: int = 1, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function a baseline, named after it with ``-`` for ``_``.

    Args:
        tasks: Tasks it can be run on.
        seeds: Trainings for the test set.
        options: Other attributes of :class:`Baseline`, such as ``tolerance``; ``settings`` are
            those of ``settings.yaml`` unless they are given.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__.replace("_", "-")
        fields = {"settings": _settings().get(name, {}), "n_seeds": seeds, **options}
        _BASELINES[name] = Baseline(name=name, function=function, tasks=tasks, **fields)
        return function

    return register


def all_baselines() -> dict[str, Baseline]:
    """Every baseline by name, in alphabetical order; imports no numerical library."""
    for module in MODULES:
        importlib.import_module(f"ionladder.baselines.{module}")
    return dict(sorted(_BASELINES.items()))


def get_baseline(name: str) -> Baseline:
    """The baseline of that name.

    Raises:
        BaselineError: There is none; the message lists those there are.
    """
    baselines = all_baselines()
    if name in baselines:
        return baselines[name]
    close = difflib.get_close_matches(name, baselines, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    step = f"{hint}See `ionladder baseline --list`."
    raise baseline_error("ionladder baseline", f"one of {', '.join(baselines)}", repr(name), step)


def missing_package(where: str, extra: str, missing: Sequence[str]) -> BaselineError:
    """The error about packages of an extra that are not installed, met by the command ``where``."""
    return BaselineError(worded("extra-absent", where, extra=extra, names=", ".join(missing)))


def baseline_error(where: str, expected: str, found: str, next_step: str) -> BaselineError:
    """An error with one finding; see :class:`Problem` for its four parts."""
    return BaselineError(Problem(where, expected, found, next_step))
