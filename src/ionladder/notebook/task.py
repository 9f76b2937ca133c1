"""A task as notebooks use it: the methods that users of matbench know, with ids required."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from ionladder.core.errors import ConfigError, SubmissionError
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.load import TaskInputs
from ionladder.notebook.predictions import check_predictions
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

TEST: Literal["test"] = "test"
"""What stands for the test entries where a fold is asked for."""

Fold = int | Literal["test"]


class LoadedTask:
    """A task with its data; made by :func:`ionladder.load_task`.

    No label of a test entry is in here, whatever is asked for.

    Attributes:
        spec: What is predicted and how it is scored.
        dataset_version: Version of the dataset.
        scheme: The fold scheme in use.
        folds: Numbers of the frozen folds, all repeats one after another: with five folds a
            repeat, fold 7 is fold 2 of repeat 1.
    """

    def __init__(
        self, layout: Layout, spec: Task, version: str, inputs: TaskInputs, scheme: str
    ) -> None:
        self.spec = spec
        self.dataset_version = version
        self.scheme = scheme
        self._layout = layout
        self._inputs = inputs
        rows = inputs.folds[inputs.folds["scheme"] == scheme]
        parts = rows.groupby(["repeat", "fold"], observed=True)["id"]
        self._held_out = {
            (int(str(repeat)), int(str(fold))): tuple(sorted(ids)) for (repeat, fold), ids in parts
        }
        self._keys = sorted(self._held_out)
        self.folds: list[int] = list(range(len(self._keys)))
        self._recorded: dict[Fold, tuple[pd.DataFrame, Mapping[str, Any]]] = {}

    def __repr__(self) -> str:
        return (
            f"<task {self.spec.name} on {self.spec.dataset} {self.dataset_version}: "
            f"{len(self._inputs.train_ids)} training and {len(self._inputs.test_ids)} test "
            f"entries, {len(self.folds)} folds of {self.scheme}>"
        )

    @property
    def targets(self) -> list[str]:
        """Columns to predict; ``spec.target(name)`` knows their unit."""
        return list(self._inputs.targets)

    @property
    def train_inputs(self) -> pd.DataFrame:
        """Inputs of the training entries, indexed by id; units are in the column names."""
        return self._entries(self._inputs.train_ids)

    @property
    def train_labels(self) -> pd.DataFrame:
        """Targets of the training entries, indexed by id; NaN where an entry has no number.

        What that means says ``spec.target(name).missing_note``.
        """
        return self._labels(self._inputs.train_ids)

    @property
    def test_inputs(self) -> pd.DataFrame:
        """Inputs of the entries to predict; empty where the task is scored on its folds."""
        return self._entries(self._inputs.test_ids)

    @property
    def structure_ids(self) -> list[str]:
        """Entries that have a crystal structure, sorted."""
        table = self._inputs.structures
        return [] if table is None else sorted(set(table.index) & set(self._known()))

    def structures(self, ids: Sequence[str]) -> dict[str, Structure]:
        """Crystal structures by id, in the order asked for.

        Raises:
            DataMissingError: An entry has no structure.
        """
        from ionladder.datasets.crystals import read_structures

        inputs = self._inputs
        found = read_structures(self.spec.dataset, inputs.entries, inputs.structures, ids)
        return dict(found)

    def get_train_and_val_data(self, fold: Fold) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Inputs and labels to train on for a fold; for ``"test"``, all training entries.

        Raises:
            ConfigError: There is no such fold.
        """
        held_out = set(self._ids_of(fold))
        ids = [name for name in self._inputs.train_ids if name not in held_out]
        return self._entries(ids), self._labels(ids)

    @overload
    def get_test_data(self, fold: Fold, include_target: Literal[False] = ...) -> pd.DataFrame: ...

    @overload
    def get_test_data(
        self, fold: Fold, include_target: Literal[True]
    ) -> tuple[pd.DataFrame, pd.DataFrame]: ...

    def get_test_data(
        self, fold: Fold, include_target: bool = False
    ) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
        """Inputs of the entries that a fold holds out, and their labels if asked for.

        Folds hold out training entries, whose labels may be looked at; the labels of the test
        entries are not handed out.

        Raises:
            ConfigError: There is no such fold, or labels of the test entries were asked for.
        """
        ids = self._ids_of(fold)
        if not include_target:
            return self._entries(ids)
        if fold == TEST:
            raise ConfigError(
                Problem(
                    where=f'{self.spec.name}, get_test_data("test")',
                    expected="include_target=False: labels of test entries are held out",
                    found="include_target=True",
                    next_step="Choose models on `task.folds`; `ionladder score` scores the test.",
                )
            )
        return self._entries(ids), self._labels(ids)

    def record(
        self,
        fold: Fold,
        predictions: pd.Series[Any] | pd.DataFrame | Mapping[str, Any],
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the predictions of one fold, or of the test entries as fold ``"test"``.

        Args:
            fold: A number of ``folds``, or ``"test"``.
            predictions: By id, in any order: a Series or a dict of id → number, or a DataFrame
                with a column per target (and, for the test entries, ``<target>_std``).
            params: Hyperparameters of this fold, for the file.

        Raises:
            SubmissionError: No ids, other ids than the fold holds out, or no finite numbers.
        """
        inputs = self._inputs
        elsewhere = {"training": inputs.train_ids} if fold == TEST else {"test": inputs.test_ids}
        table = check_predictions(
            predictions,
            self.spec,
            expected=self._ids_of(fold),
            elsewhere=elsewhere,
            where=f"{self.spec.name}, fold {fold}",
            with_std=fold == TEST,
        )
        self._recorded[fold] = (table, dict(params or {}))

    @property
    def is_recorded(self) -> dict[Fold, bool]:
        """Fold → whether predictions were recorded; ``"test"`` first where there is a test set."""
        wanted: list[Fold] = [TEST, *self.folds] if self._inputs.test_ids else [*self.folds]
        return {fold: fold in self._recorded for fold in wanted}

    def to_file(self, path: Path | str) -> Path:
        """Write what was recorded as matbench's ``results.json.gz``.

        ``ionladder convert FILE --task TASK`` makes a submission of it. It holds no scores.

        Raises:
            SubmissionError: Nothing was recorded.
        """
        from ionladder.notebook.results_file import write_results

        if not self._recorded:
            raise SubmissionError(self._unrecorded(list(self.is_recorded)))
        keyed = {self._key(fold): kept for fold, kept in self._recorded.items()}
        write_results(Path(path), self.spec, keyed)
        return Path(path)

    def to_submission(self, name: str) -> Path:
        """Write ``submissions/<task>/<name>/`` with a commented card to fill in.

        The test entries must be recorded, and of the folds all or none; where the task is scored
        on its folds, all.

        Returns:
            The folder; ``ionladder score`` takes it.

        Raises:
            SubmissionError: Something is not recorded, the name is not allowed, or it exists.
        """
        from ionladder.notebook.submission import write_recorded

        done = self.is_recorded
        needed: list[Fold] = [TEST] if TEST in done else []
        if not needed or any(done[fold] for fold in self.folds):
            needed += self.folds
        absent = [fold for fold in needed if not done[fold]]
        if absent:
            raise SubmissionError(self._unrecorded(absent))
        keyed = {self._key(fold): table for fold, (table, _) in self._recorded.items()}
        folder = self._layout.submission_dir(self.spec.name, name)
        write_recorded(folder, self.spec, keyed, shown_as=self._layout.relative(folder))
        return folder

    def _key(self, fold: Fold) -> tuple[str | None, int, int]:
        return (None, 0, 0) if fold == TEST else (self.scheme, *self._keys[fold])

    def _known(self) -> tuple[str, ...]:
        return (*self._inputs.train_ids, *self._inputs.test_ids)

    def _entries(self, ids: Sequence[str]) -> pd.DataFrame:
        return self._inputs.entries.loc[list(ids)].copy()

    def _labels(self, ids: Sequence[str]) -> pd.DataFrame:
        # `train_labels` has rows for training entries only: another id is a KeyError, not a label.
        return self._inputs.train_labels.loc[list(ids), self.targets].copy()

    def _ids_of(self, fold: Fold) -> tuple[str, ...]:
        if fold == TEST and self._inputs.test_ids:
            return self._inputs.test_ids
        if isinstance(fold, int) and fold in self.folds:
            return self._held_out[self._keys[fold]]
        first = "0" if TEST not in self.is_recorded else '"test" or 0'
        raise ConfigError(
            Problem(
                where=f"{self.spec.name}, folds",
                expected=f"{first} to {len(self.folds) - 1}",
                found=repr(fold),
                next_step="`task.folds` lists them.",
            )
        )

    def _unrecorded(self, absent: Sequence[Fold]) -> Problem:
        return Problem(
            where=f"{self.spec.name}, recorded predictions",
            expected="predictions of every fold that is needed",
            found=f"none of {first_few(absent)}",
            next_step="Call `task.record(fold, predictions)` for each of them.",
        )
