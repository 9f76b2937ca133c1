"""Everything that pages of one site are rendered from, gathered once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder import __version__
from ionladder.board import model
from ionladder.board.history import Publication, Record, publications, read_history
from ionladder.config import DatasetVersion, Params
from ionladder.data.fetch import referenced_file
from ionladder.errors import DataMissingError, Problem, ReferenceMissingError, SubmissionError
from ionladder.git import commit_times
from ionladder.repo import Layout, read_json
from ionladder.site.charts_entries import Labelled, PredictionPlots
from ionladder.site.text import entry_url, formulas
from ionladder.specs import Dataset, Task
from ionladder.submit.card import Card, read_card

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.entries import EntryReader, EntryTable
    from ionladder.evaluation import PreparedSlices, Slices

#: Tasks with more entries than this list some of them: the hardest.
LARGEST_WHOLE = 500
SHOWN_OF_MANY = 200
LARGEST_COPY_BYTES = 1 << 20
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FILES = (
    "submission.yaml",
    *(f"{stem}.{end}" for stem in ("predictions", "cv_predictions") for end in ("csv", "parquet")),
)


class EntryChoice:
    """Which entries of a task are listed: a bounded number.

    Args:
        table: The entries.

    Attributes:
        is_whole: Whether all entries are listed.
        is_hardest: Whether those listed of many are the hardest; without a verified submission
            nobody can say which these are, and the first ones by id are listed.
        places: Positions in the table of the entries that are listed: all of them in the order of
            the table, or the hardest, hardest first.
        listed: Ids of those listed, except ids that are no safe name of a folder, or differ
            from another by case only.
    """

    def __init__(self, table: EntryTable) -> None:
        n = len(table.ids)
        self.is_whole = n <= LARGEST_WHOLE
        order = table.hardest(n)
        self.is_hardest = bool(order)
        self._rank = {place: rank for rank, place in enumerate(order, start=1)}
        self.places = list(range(n)) if self.is_whole else (order or list(range(n)))[:SHOWN_OF_MANY]
        listed = [table.ids[place] for place in self.places]
        folders = Counter(entry.lower() for entry in table.ids)
        self.listed = tuple(
            entry for entry in listed if _SAFE_ID.fullmatch(entry) and folders[entry.lower()] == 1
        )

    def rank(self, place: int) -> int | None:
        """How hard an entry is, 1 for the hardest; None without a score."""
        return self._rank.get(place)


class EntrySource:
    """Predictions beside labels, for the submissions of one task; each file is read once.

    Args:
        layout: The repository.
        board: The board of the task.
        withheld: Why labels are not shown even where they are here; empty where they may be.

    Attributes:
        absent: What to say where the labels are not here, without a full stop.
        missing: Why there are no plots, where the labels are not here.
    """

    def __init__(self, layout: Layout, board: model.Board, withheld: str = "") -> None:
        task, version = board.task, board.dataset_version
        self._layout = layout
        self._board = board
        self._reader: EntryReader | None = None
        self._slices: PreparedSlices | None = None
        self.absent = withheld or (
            f"The labels of {task.dataset} {version} were not on the machine that rendered this "
            "page"
        )
        self.missing = (
            f"{self.absent}, so there is no plot entry by entry. The scores above are the recorded "
            "ones."
        )
        if not withheld and layout.table(task.dataset, version, "labels").is_file():
            from ionladder.entries import EntryReader

            with suppress(DataMissingError):
                self._reader = EntryReader(layout, task, version)

    def plots(self, name: str) -> tuple[list[PredictionPlots], str]:
        """Plots of one submission, one a target that has labels, and why there are none."""
        task = self._board.task
        if self._reader is None:
            return [], self.missing
        try:
            tables = self._reader.read(name)
        except SubmissionError as error:
            return [], f"The predictions cannot be read now: {error}"
        found = []
        for target in task.targets:
            if len((of := self.labelled[target.name]).places):
                mean, spread = tables[target.name]
                found.append(PredictionPlots(of, mean[of.places], spread[of.places], task, target))
        return found, ""

    @cached_property
    def labelled(self) -> Mapping[str, Labelled]:
        """Target → the entries that its charts draw; empty where the labels are not here."""
        if self._reader is None:
            return {}
        known, test = self._reader.prepared, self._reader.test
        is_open = ~test["in_cif"].to_numpy(bool) if "in_cif" in test else np.zeros(len(test), bool)
        return {
            target.name: Labelled.of(known.y_true[target.name], known.limits[target.name], is_open)
            for target in self._board.task.targets
        }

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Scored entry → its formula, where the dataset gives one; empty where it is not here."""
        if self._reader is None:
            return {}
        dataset, version = self._board.task.dataset, self._board.dataset_version
        return formulas(self._layout, dataset, version, self._reader.test["id"])

    @cached_property
    def table(self) -> EntryTable | None:
        """All scored submissions on every entry, in the order of the board.

        None where the labels are not here, or where the primary metric has no error of one entry.
        """
        if self._reader is None:
            return None
        from ionladder.entries import build_entry_table
        from ionladder.evaluation import is_sliceable

        if not is_sliceable(self._board.task):
            return None
        rows = {row.submission: row for row in self._board.scored if row.submission}
        verified = [name for name, row in rows.items() if row.kind == "verified"]
        return build_entry_table(self._reader, self._board.task, list(rows), verified=verified)

    @property
    def is_here(self) -> bool:
        """Whether there are labels to put predictions beside."""
        return self._reader is not None

    def tidy(self) -> pd.DataFrame:
        """All predictions of the task as one table; its labels must be here."""
        assert self._reader is not None  # noqa: S101 - asked for where `is_here`
        from ionladder.entries import tidy_predictions

        names = [row.submission for row in self._board.scored if row.submission]
        return tidy_predictions(self._reader, self._board.task, names)

    @property
    def groups(self) -> Any:
        """Group of related entries of each scored entry, shape (n,); None without labels."""
        return None if self._reader is None else self._reader.prepared.group

    @cached_property
    def choice(self) -> EntryChoice | None:
        """Which entries are listed; None where there is no table."""
        return None if self.table is None else EntryChoice(self.table)

    def slices(self, name: str, *, confidence: float) -> Slices:
        """Slices of one submission with the parts that its receipt only counts.

        Empty where the labels are not here.
        """
        if self._reader is None:
            return {}
        from ionladder.score import prepare_slices

        if self._slices is None:
            self._slices = prepare_slices(self._reader.labels, self._reader.prepared)
        if self._slices is None:
            return {}
        try:
            errors = self._reader.prepared.primary_errors(self._reader.aligned(name).y_pred)
        except SubmissionError:
            return {}
        return self._slices.score(errors, confidence)


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A scored submission with what stands in its folder and in its receipt.

    Attributes:
        row: Its row of the board.
        card: Its card, or None when the card cannot be read.
        trouble: Why not, as text.
        receipt: Content of its receipt, or None when there is none.
        files: Files of its folder that a reader may want, in a fixed order.
        is_here: Of predictions that others publish: whether their file is on this machine.
    """

    row: model.Row
    card: Card | None
    trouble: str | None
    receipt: Mapping[str, Any] | None
    files: tuple[Path, ...]
    is_here: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Unscored:
    """A submission folder without a row, and the problems that say why (empty: not scored yet)."""

    name: str
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TaskSite:
    """A task with its board and its entrants by submission name, in the board's order.

    ``analysis`` is what was found out about the board as a whole; empty where it is not there.
    """

    task: Task
    dataset: Dataset
    board: model.Board
    is_scored: bool
    entrants: Mapping[str, Entrant]
    analysis: model.Analysis = field(default_factory=model.Analysis)
    unscored: tuple[Unscored, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WaitingTask:
    """A task whose data nobody has fetched into the repository yet."""

    task: Task
    dataset: Dataset
    version: DatasetVersion


@dataclass(frozen=True, kw_only=True)
class VersionCard:
    """A pinned dataset version and, once ingested, its manifest."""

    pinned: DatasetVersion
    manifest: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class DatasetSite:
    """A dataset with its pinned versions, oldest first, and the tasks scored on it."""

    dataset: Dataset
    versions: tuple[VersionCard, ...]
    task_versions: Mapping[str, str]

    @property
    def current(self) -> VersionCard | None:
        """The version that tasks are scored on, else the newest one with a manifest."""
        known = [card for card in self.versions if card.manifest is not None]
        used = set(self.task_versions.values())
        return next((c for c in known if c.pinned.version in used), known[-1] if known else None)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the whole website is made from."""

    layout: Layout
    params: Params
    tasks: tuple[TaskSite, ...]
    datasets: tuple[DatasetSite, ...]
    history: tuple[Record, ...] = ()
    waiting: tuple[WaitingTask, ...] = ()
    package_version: str = __version__

    @cached_property
    def entries(self) -> Mapping[str, EntrySource]:
        """Task → its predictions beside labels, read when first asked for."""
        return {
            item.task.name: EntrySource(self.layout, item.board, item.dataset.withheld)
            for item in self.tasks
        }

    @cached_property
    def times(self) -> Mapping[str, datetime]:
        """Commit that published scores → its time, where git knows it."""
        commits = {record.commit for record in self.history if record.commit}
        return commit_times(self.layout.root, commits)

    @cached_property
    def publications(self) -> Mapping[str, list[Publication]]:
        """Task → what each version of its board changed, newest first."""
        found: dict[str, list[Publication]] = {item.task.name: [] for item in self.tasks}
        for each in reversed(publications(self.history)):
            found.setdefault(each.task, []).append(each)
        return found

    @cached_property
    def entered(self) -> Mapping[tuple[str, str], datetime]:
        """Task and submission → when it entered the board, where git knows."""
        found: dict[tuple[str, str], datetime] = {}
        for each in self.history:
            if each.event == "added" and (time := self.times.get(each.commit or "")) is not None:
                found.setdefault((each.task, each.submission), time)
        return found

    @cached_property
    def models(self) -> Mapping[str, tuple[TaskSite, ...]]:
        """Name of submissions → the boards of those that have it and the same authors.

        Only of models on several boards: on one, the page of the submission is that of the model.
        """
        boards: dict[tuple[str, tuple[str, ...]], list[TaskSite]] = {}
        for item in self.tasks:
            for name, entrant in item.entrants.items():
                authors = tuple(entrant.row.card.get("authors") or ())
                boards.setdefault((name, authors), []).append(item)
        found: dict[str, tuple[TaskSite, ...]] = {}
        for (name, _), items in boards.items():
            if len(items) > 1:
                found.setdefault(name, tuple(items))
        return found

    @cached_property
    def paged(self) -> Mapping[str, Mapping[str, str]]:
        """Dataset → entry → address of its page: of every entry that one of its boards lists."""
        found: dict[str, dict[str, str]] = {item.dataset.name: {} for item in self.datasets}
        for item in self.tasks:
            if choice := self.entries[item.task.name].choice:
                name = item.dataset.name
                found[name] |= {entry: entry_url(name, entry) for entry in choice.listed}
        return found

    def footings(self, board: model.Board | None = None) -> tuple[str, ...]:
        """Which data and which scorer the boards rest on, or one of them; each said once."""
        lines = [
            f"{item.dataset.title} {item.board.dataset_version}, "
            f"scorer version {item.board.scorer_version}"
            for item in [item for item in self.tasks if board is None or item.board is board]
        ]
        return tuple(dict.fromkeys(lines))

    def task_site(self, name: str) -> TaskSite:
        """The task of that name; KeyError when there is none."""
        return {item.task.name: item for item in self.tasks}[name]


def load_site(layout: Layout) -> Site:
    """Gather the site of a repository.

    Raises:
        ConfigError: ``params.yaml`` is not as expected.
        SiteError: A leaderboard, receipt or manifest cannot be read.
        HistoryError: The history of scores is damaged.
    """
    from ionladder.config import load_params
    from ionladder.data.registry import all_datasets, all_tasks

    params = load_params(layout)
    datasets, tasks = all_datasets(), all_tasks()
    return Site(
        layout=layout,
        params=params,
        tasks=tuple(
            _task_site(layout, tasks[name], datasets[tasks[name].dataset], version)
            for name, version in params.task_versions.items()
            if name in tasks
        ),
        datasets=tuple(_dataset_site(layout, spec, params, tasks) for spec in datasets.values()),
        history=tuple(read_history(layout)),
        waiting=tuple(
            WaitingTask(task=tasks[name], dataset=datasets[tasks[name].dataset], version=version)
            for name in params.waiting
            if name in tasks and (version := params.waits_for(name)) is not None
        ),
    )


def _task_site(layout: Layout, task: Task, dataset: Dataset, version: str) -> TaskSite:
    path, (data, analysis) = layout.leaderboard_json(task.name), model.read_board(layout, task.name)
    is_scored, shown_as = path.is_file(), layout.relative(path)
    board = (
        model.parse_board(data, task, shown_as=shown_as)
        if is_scored
        else model.empty_board(task, version)
    )
    entrants = {
        row.submission: _entrant(layout, task, row, row.submission)
        for row in board.scored
        if row.submission
    }
    return TaskSite(
        task=task,
        dataset=dataset,
        board=board,
        is_scored=is_scored,
        entrants=entrants,
        analysis=model.parse_analysis(
            analysis or None, shown_as=layout.relative(layout.analysis_json(task.name))
        ),
        unscored=tuple(
            _unscored(layout, task, name)
            for name in _folders(layout.submissions_dir(task.name))
            if name not in entrants
        ),
    )


def _unscored(layout: Layout, task: Task, name: str) -> Unscored:
    receipt = read_optional(layout.receipt(task.name, name)) or {}
    problems = tuple(str(Problem(**problem)) for problem in receipt.get("refused", ()))
    return Unscored(name=name, problems=problems)


def _entrant(layout: Layout, task: Task, row: model.Row, name: str) -> Entrant:
    folder = layout.submission_dir(task.name, name)
    paths = [folder / name for name in _FILES]
    path = paths[0]
    card, problems = read_card(path, shown_as=layout.relative(path))
    is_here = None
    if card is not None and card.predictions is not None:
        is_here = True
        try:
            referenced_file(layout, card.predictions.source, fetch=False)
        except ReferenceMissingError:
            is_here = False
    return Entrant(
        row=row,
        card=card,
        trouble="\n".join(str(problem) for problem in problems) or None,
        receipt=read_optional(layout.receipt(task.name, name)),
        files=tuple(path for path in paths if path.is_file() and not path.is_symlink()),
        is_here=is_here,
    )


def _folders(parent: Path) -> list[str]:
    if not parent.is_dir():
        return []
    return sorted(p.name for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))


def _dataset_site(
    layout: Layout, spec: Dataset, params: Params, tasks: Mapping[str, Task]
) -> DatasetSite:
    pinned = [version for version in params.versions.values() if version.dataset == spec.name]
    return DatasetSite(
        dataset=spec,
        versions=tuple(
            VersionCard(
                pinned=version, manifest=read_optional(layout.manifest(spec.name, version.version))
            )
            for version in sorted(pinned, key=lambda v: _version_key(v.version))
        ),
        task_versions={
            name: version
            for name, version in params.task_versions.items()
            if name in tasks and tasks[name].dataset == spec.name
        },
    )


def _version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Order of versions as people count: 1.10 after 1.9."""
    return tuple((int(p), "") if p.isdigit() else (-1, p) for p in version.split("."))


def read_optional(path: Path) -> Any:
    """Content of a JSON file that this package wrote, or None when it is not there."""
    return read_json(path) if path.is_file() else None
