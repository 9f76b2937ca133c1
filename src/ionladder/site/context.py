"""Everything the pages read, gathered once: boards, cards, receipts, manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ionladder import __version__
from ionladder.core.errors import SiteError
from ionladder.core.files import read_json
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.leaderboard.history import Record
from ionladder.leaderboard.history_file import read_history
from ionladder.site.analysis import Analysis, parse_analysis
from ionladder.site.board import Board, Row, empty_board, parse_board
from ionladder.site.entries import EntrySource
from ionladder.specs.dataset import Dataset
from ionladder.specs.params import DatasetVersion, Params
from ionladder.specs.task import Task
from ionladder.submissions.metadata import Card, read_card

CARD_FILE = "submission.yaml"
PREDICTION_STEMS = ("predictions", "cv_predictions")
LARGEST_COPY_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A scored submission with what stands in its folder and in its receipt.

    Attributes:
        row: Its row of the board.
        card: Its card, or None when the card cannot be read.
        trouble: Why not, as text.
        receipt: Content of its receipt, or None when there is none.
        files: Files of its folder that a reader may want, in a fixed order.
    """

    row: Row
    card: Card | None
    trouble: str | None
    receipt: Mapping[str, Any] | None
    files: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class Unscored:
    """A submission folder without a row, and the letter that says why (empty: not scored yet)."""

    name: str
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TaskSite:
    """A task with its board and its entrants by submission name, in the board's order.

    ``analysis`` is what was found out about the board as a whole; empty where it is not there.
    """

    task: Task
    dataset: Dataset
    board: Board
    is_scored: bool
    entrants: Mapping[str, Entrant]
    analysis: Analysis = field(default_factory=Analysis)
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
        return {item.task.name: EntrySource(self.layout, item.board) for item in self.tasks}

    def footings(self, board: Board | None = None) -> tuple[str, ...]:
        """Which data and which scorer the boards rest on, or one of them; each said once."""
        shown = [item for item in self.tasks if board is None or item.board is board]
        lines = [
            f"{item.dataset.title} {item.board.dataset_version}, "
            f"scorer version {item.board.scorer_version}"
            for item in shown
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
    from ionladder.datasets.params import load_params
    from ionladder.datasets.registry import all_datasets, all_tasks

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
    path = layout.leaderboard_json(task.name)
    data = read_optional(layout, path)
    shown_as = layout.relative(path)
    board = (
        empty_board(task, version) if data is None else parse_board(data, task, shown_as=shown_as)
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
        is_scored=data is not None,
        entrants=entrants,
        analysis=parse_analysis(
            read_optional(layout, layout.analysis_json(task.name)),
            shown_as=layout.relative(layout.analysis_json(task.name)),
        ),
        unscored=tuple(
            _unscored(layout, task, name)
            for name in _folders(layout.submissions_dir(task.name))
            if name not in entrants
        ),
    )


def _unscored(layout: Layout, task: Task, name: str) -> Unscored:
    receipt = read_optional(layout, layout.receipt(task.name, name)) or {}
    problems = tuple(str(Problem(**problem)) for problem in receipt.get("refused", ()))
    return Unscored(name=name, problems=problems)


def _entrant(layout: Layout, task: Task, row: Row, name: str) -> Entrant:
    folder = layout.submission_dir(task.name, name)
    card, problems = read_card(folder / CARD_FILE, shown_as=layout.relative(folder / CARD_FILE))
    return Entrant(
        row=row,
        card=card,
        trouble="\n".join(str(problem) for problem in problems) or None,
        receipt=read_optional(layout, layout.receipt(task.name, name)),
        files=_files(folder),
    )


def _files(folder: Path) -> tuple[Path, ...]:
    names = [
        CARD_FILE,
        *(f"{stem}.{kind}" for stem in PREDICTION_STEMS for kind in ("csv", "parquet")),
    ]
    paths = [folder / name for name in names]
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


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
                pinned=version,
                manifest=read_optional(layout, layout.manifest(spec.name, version.version)),
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


def read_optional(layout: Layout, path: Path) -> Any:
    """Content of a JSON file that this package wrote, or None when it is not there."""
    if not path.is_file():
        return None
    try:
        return read_json(path)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SiteError(
            Problem(
                where=layout.relative(path),
                expected="a JSON file written by ionladder",
                found=f"unreadable text ({error})",
                next_step="Restore it with `git checkout`, or write it again with `dvc repro`.",
            )
        ) from error
