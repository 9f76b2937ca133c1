"""Everything that ``leaderboard/`` publishes, at one moment: in the working tree or at a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ionladder.core.errors import HistoryError
from ionladder.core.git import files_at
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.leaderboard.history import IDENTITY

_SCORES, _ANALYSIS = "scores", "analysis"

Identity = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class TaskFiles:
    """What is published of one task.

    Attributes:
        board: Content of its board, or None when there is none.
        analysis: Content of its board-level analysis, or None.
        receipts: Submission → receipt; refused submissions are not among them.
        csv: Text of the flat table, or None.
    """

    board: Mapping[str, Any] | None
    analysis: Mapping[str, Any] | None
    receipts: Mapping[str, Mapping[str, Any]]
    csv: str | None

    def identity(self, name: str) -> Identity | None:
        """What the score of a submission rests on; None when it has no receipt."""
        receipt = self.receipts.get(name)
        if receipt is None:
            return None
        hashes = receipt.get("hashes") or {}
        return tuple(hashes[key] if key in hashes else receipt.get(key) for key in IDENTITY)

    @property
    def board_identity(self) -> tuple[Any, ...]:
        """What everything on the board rests on: all submissions, and which of them are ranked."""
        rows = (self.board or {}).get("rows", ())
        kinds = sorted((row["submission"], row["kind"]) for row in rows if row["submission"])
        return (*rules(self.board), *kinds, *((n, self.identity(n)) for n in sorted(self.receipts)))


def rules(board: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """The dataset and scorer version of a board."""
    return tuple((board or {}).get(key) for key in ("dataset_version", "scorer_version"))


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All tasks, and the bytes of the history (empty when there is none)."""

    tasks: Mapping[str, TaskFiles]
    history: bytes


def snapshot_of_tree(layout: Layout) -> Snapshot:
    """What is published in the working tree."""
    root = layout.leaderboard_dir
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    return _snapshot(layout, files, at="")


def snapshot_at(layout: Layout, commit: str) -> Snapshot:
    """What was published at a commit."""
    folder = layout.relative(layout.leaderboard_dir)
    found = files_at(layout.root, commit, folder)
    files = {name.removeprefix(f"{folder}/"): data for name, data in found.items()}
    return _snapshot(layout, files, at=f" at {commit[:12]}")


def _snapshot(layout: Layout, files: Mapping[str, bytes], *, at: str) -> Snapshot:
    boards: dict[str, Any] = {}
    analyses: dict[str, Any] = {}
    receipts: dict[str, dict[str, Any]] = {}
    tables: dict[str, str] = {}
    for name, data in files.items():
        path = PurePosixPath(name)
        where = f"{layout.relative(layout.leaderboard_dir)}/{name}{at}"
        match path.parts[:-1], path.suffix:
            case (), ".json":
                boards[path.stem] = _object(data, where)
            case (), ".csv":
                tables[path.stem] = data.decode("utf-8", "replace")
            case (folder,), ".json" if folder == _ANALYSIS:
                analyses[path.stem] = _object(data, where)
            case (folder, task), ".json" if folder == _SCORES:
                receipt = _object(data, where)
                if "refused" not in receipt:
                    receipts.setdefault(task, {})[path.stem] = receipt
            case _:
                pass
    tasks = {
        task: TaskFiles(
            board=boards.get(task),
            analysis=analyses.get(task),
            receipts=receipts.get(task, {}),
            csv=tables.get(task),
        )
        for task in sorted({*boards, *analyses, *receipts})
    }
    return Snapshot(tasks=tasks, history=files.get(layout.history.name, b""))


def _object(data: bytes, where: str) -> dict[str, Any]:
    import orjson

    try:
        item = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _not_ours(where, f"unreadable text ({error})") from error
    if not isinstance(item, dict):
        raise _not_ours(where, f"a JSON {type(item).__name__}")
    return item


def _not_ours(where: str, found: str) -> HistoryError:
    return HistoryError(
        Problem(
            where=where,
            expected="a JSON object written by ionladder",
            found=found,
            next_step="Restore it with `git checkout`, or write it with `ionladder leaderboard`.",
        )
    )
