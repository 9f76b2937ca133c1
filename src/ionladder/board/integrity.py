"""Is what is published what was computed and accepted? Steps of ``ionladder verify``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ionladder import git
from ionladder.board.build import publish
from ionladder.board.history import TaskFiles, number_changes, snapshot
from ionladder.config import Params
from ionladder.data.registry import get_task
from ionladder.data.versions import Verified
from ionladder.errors import DataMissingError, Problem, first_few
from ionladder.repo import Layout, read_json, read_sums, sha256_file, write_text
from ionladder.score import submission_folders
from ionladder.submit.card import skeleton

# One list of checksums for every generated file that is committed, in the format of sha256sum

SUMS = "SHA256SUMS"
_LISTED = (
    *("params.yaml", "dvc.lock", "data/pins.json", "data/*/*/manifest.json"),
    *("leaderboard/**/*", "benchmarks/results/**/*", "docs/assets/submission.schema.json"),
)


def _files(layout: Layout, params: Params) -> Iterator[str]:
    """Paths of what the list holds: what commands write and git keeps, and what people pin."""
    ours = [v for v in params.versions.values() if v.is_embedded]
    embedded = [f"data/{v.dataset}/{v.version}/*" for v in ours]
    for pattern in (*_LISTED, *embedded):
        for path in layout.root.glob(pattern):
            if path.is_file() and not path.name.startswith("."):
                yield layout.relative(path)


def write_sums(layout: Layout, params: Params) -> list[str]:
    """Write the list of checksums.

    Returns:
        Files outside ``leaderboard/`` whose checksum is another than before: somebody changed
        them, or they are damaged.
    """
    path = layout.root / SUMS
    former, _ = read_sums(path)
    found = {name: sha256_file(layout.root / name) for name in sorted({*_files(layout, params)})}
    write_text(path, "".join(f"{digest}  {name}\n" for name, digest in found.items()))
    outside = {name for name in former if not name.startswith("leaderboard/")}
    return sorted(name for name in outside if found.get(name) != former[name])


def verify_sums(layout: Layout, params: Params) -> Verified:
    """Hold every generated file that is committed to its checksum."""
    result, path = Verified(what="generated files"), layout.root / SUMS
    again = "Restore it from git; if it was changed on purpose, run `make leaderboard`."
    present = {*_files(layout, params)}
    if not path.is_file():
        if any(layout.leaderboard_dir.glob("*.json")):
            result.problems.append(Problem(SUMS, "checksums of generated files", "no file", again))
        return result
    recorded, others = read_sums(path)
    for n, line in others.items():
        where, expected = f"{SUMS}, line {n}", "'<SHA-256>  <file>'"
        result.problems.append(Problem(where, expected, repr(line), again))
    for name in sorted(present | recorded.keys()):
        found = sha256_file(layout.root / name) if name in present else "no file"
        digest = recorded.get(name)
        if found == digest:
            result.n_good += 1
        else:
            wanted = f"SHA-256 {digest}, as in {SUMS}" if digest else f"a line in {SUMS}"
            result.problems.append(Problem(name, wanted, found, again))
    return result


# Every score again from the predictions, where the data are on this machine


def verify_scores(layout: Layout, params: Params) -> Verified:
    """Score every submission again and hold boards, analyses and receipts to the outcome."""
    result = Verified(what="boards computed again")
    for name, version in params.task_versions.items():
        if not layout.leaderboard_json(name).is_file():
            continue
        with TemporaryDirectory(prefix="ionladder-verify-") as folder:
            again = Layout(Path(folder))
            try:
                publish(layout, get_task(name), version, params.scoring, into=again)
            except DataMissingError:
                result.absent.append(f"{name}: its labels, so that its scores were not computed")
                continue
            problems = list(_other_files(layout, again, name))
        result.problems += problems
        result.n_good += not problems
    return result


def _other_files(layout: Layout, again: Layout, task: str) -> Iterator[Problem]:
    """Files of a task that are not those that its predictions give."""
    wanted = {again.relative(path) for path in again.root.rglob("*") if path.is_file()}
    here = {layout.relative(path) for path in layout.receipts_dir(task).glob("*")}
    step = f"Restore the files from git, or run `ionladder leaderboard {task}`."
    for name in sorted(wanted | here):
        new, old = again.root / name, layout.root / name
        texts = [path.read_bytes() if path.is_file() else None for path in (new, old)]
        if texts[0] == texts[1]:
            continue
        expected, found = "what the predictions give", "something else"
        if None in texts:
            expected, found = ("a file", "none") if texts[0] else ("no such file", "one")
        elif name.endswith(".json") and (
            changes := list(number_changes(read_json(new), read_json(old)))
        ):
            expected = "the numbers that the predictions give"
            found = first_few((f"{at} {b} for {a}" for at, a, b in changes), limit=3)
        yield Problem(name, expected, found, step)


# Is every submission that was accepted still what was accepted?


def verify_accepted(layout: Layout, _: Params, accept: Sequence[str] = ()) -> Verified:
    """Hold submissions to what was published before: still scored, unchanged, and not doubled.

    Two pull requests may each be good beside the main branch of their day and spoil each other
    when both are merged. What a maintainer meant is named by ``accept``.

    Args:
        layout: The repository.
        accept: Patterns of ``<task>/<name>`` that may have changed.
    """
    result, head = Verified(what="accepted submissions"), git.head_commit(layout.root)
    before, now = snapshot(layout, head).tasks if head else {}, snapshot(layout).tasks
    found: dict[str, Problem] = {}
    for task in sorted({*before, *now}):
        old, new = before.get(task, TaskFiles()), now.get(task, TaskFiles())
        for name, problem in (*_lost(old, new), *_alike(layout, task), *_doubled(old, new)):
            found.setdefault(f"{task}/{name}", problem(f"submissions/{task}/{name}"))
        result.n_good += len(new.receipts)
    for path, commit in git.overwritten(layout.root, "submissions", "leaderboard"):
        where = f"submissions/{path}"
        text = f"another one, since {commit[:12]}"
        found.setdefault(path, _changed("the submission as it was merged first", text)(where))
    for key, problem in found.items():
        if not any(fnmatchcase(key, pattern) for pattern in accept):
            result.problems.append(problem)
    result.n_good = max(result.n_good - len(result.problems), 0)
    return result


def _changed(expected: str, found: str) -> Any:
    step = "Take the change back, or let a maintainer who has looked at it run `ionladder verify"
    return lambda where: Problem(where, expected, found, f"{step} --accept {where[12:]}`.")


def _lost(old: TaskFiles, new: TaskFiles) -> Iterator[tuple[str, Any]]:
    """Submissions that were published and are not scored any more, or rest on other files."""
    for name, receipt in old.receipts.items():
        if name not in new.receipts:
            yield name, _changed("a score, as was published", "none")
            continue
        was, is_now = receipt.get("hashes") or {}, new.receipts[name].get("hashes") or {}
        files = [key for key in was if key.endswith(("card_sha256", "predictions_sha256"))]
        if other := [key.removesuffix("_sha256") for key in files if was[key] != is_now.get(key)]:
            yield name, _changed("the files that were published", f"other {', '.join(other)}")


def _doubled(old: TaskFiles, new: TaskFiles) -> Iterator[tuple[str, Any]]:
    """New submissions that the audit finds to be one model."""
    audit = new.analysis.get("audit") or {}
    for name in new.receipts.keys() - old.receipts.keys():
        for note in audit.get(name, ()):
            twin = note.get("evidence", {}).get("twin")
            if twin in new.receipts and twin not in old.receipts:
                yield name, _changed("a model of its own", f"{note['title'].lower()}: {twin}")


def _alike(layout: Layout, task: str) -> Iterator[tuple[str, Any]]:
    """Submissions whose names read alike."""
    first: dict[str, str] = {}
    for folder in submission_folders(layout, task):
        other = first.setdefault(skeleton(folder.name), folder.name)
        if other != folder.name:
            yield folder.name, _changed("a name that reads like no other", f"one like {other}")
