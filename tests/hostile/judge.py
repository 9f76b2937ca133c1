"""Judges the corpus: each case in a process of its own, under limits, beside a good submission.

``python -m hostile.judge FOLDER`` prints one JSON object a case. Processes are forked from this
one, which has read the libraries and nothing else, so that what is measured is the case.
"""

import contextlib
import importlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tiny
from hostile.case import Case
from hostile.corpus import CORPUS
from ionladder.errors import error_text
from ionladder.repo import Layout
from ionladder.score import TaskScorer, submission_folders
from ionladder.submit.isolate import Limits, bind_this_process, forbid_side_doors

LARGE = ("shapes", "parquet")
# Those of a pull request's check, and not a byte may be written.
LIMITS = Limits(cpu_s=20, file_bytes=0)
# ru_maxrss is in kilobytes on Linux and in bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def judge_all(root: Path) -> Iterator[dict[str, Any]]:
    """The outcome of each case of the corpus, made and judged below ``root``."""
    scorer = tiny.scorer(root)
    _import_what_scoring_imports(root / "first", scorer)
    for kind, cases in CORPUS.items():
        for place, case in enumerate(cases):
            yield {"kind": kind, "name": case.name, "error": case.error} | judge_one(
                root / f"{kind}-{place}", case, scorer, is_large=kind in LARGE
            )


def _import_what_scoring_imports(root: Path, scorer: TaskScorer) -> None:
    """Import here, once, what every child would import again; nothing is run here."""

    def first() -> dict[str, Any]:
        tiny.write_submission(root / "good")
        scorer.score(root / "good")
        return {"modules": list(sys.modules)}

    for name in in_a_child(first)["modules"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    shutil.rmtree(root)


def judge_one(root: Path, case: Case, scorer: TaskScorer, *, is_large: bool) -> dict[str, Any]:
    """What became of one case: its error, the good one's score, and what it cost."""
    layout = Layout(root)
    parent = layout.submissions_dir(tiny.TASK.name)
    # What takes memory to make is made by a process of its own, so that it counts for nobody.
    made = in_a_child(lambda: _make(parent, case)) if is_large else _make(parent, case)
    if "skipped" in made:
        return made
    before = _tree(root)
    began = time.monotonic()
    found = in_a_child(lambda: _judge(layout, case, scorer))
    found["wall_s"] = time.monotonic() - began
    found["written"] = sorted(_tree(root) ^ before)
    shutil.rmtree(root)
    return found


def _make(parent: Path, case: Case) -> dict[str, Any]:
    tiny.write_submission(parent / "good")
    try:
        case.make(parent / case.folder)
    except PermissionError as error:
        return {"skipped": f"{error}"}
    return {}


def _judge(layout: Layout, case: Case, scorer: TaskScorer) -> dict[str, Any]:
    bind_this_process(LIMITS)
    forbid_side_doors()
    result = scorer.score_all(submission_folders(layout, tiny.TASK.name))
    refused = result.refused.get(case.folder)
    good = result.scored.get("good")
    mine = result.scored.get(case.folder)
    return {
        "refused": None if refused is None else error_text(refused),
        "receipt": None if mine is None else mine.receipt,
        "good": None if good is None else _mae(good.receipt),
    }


def _mae(receipt: Any) -> float:
    return receipt["targets"]["log10_sigma"]["all"]["metrics"]["mae"]["value"]


def in_a_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a function in a forked process and say what it returned or how it ended."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            answer = work()
        except BaseException:  # noqa: BLE001 - whatever it is, the parent has to know
            answer = {"traceback": traceback.format_exc()}
        with os.fdopen(write, "wb") as stream:
            stream.write(json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        data = stream.read()
    _, status, usage = os.wait4(child, 0)
    return (json.loads(data) if data else {"traceback": f"ended with status {status}"}) | {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_rss_mb": usage.ru_maxrss * _RSS_UNIT / 1e6,
    }


def _tree(root: Path) -> set[tuple[str, int, int]]:
    """Every path below a folder with its size and time of change."""
    return {
        (str(path), path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in root.parent.rglob("*")
    }


if __name__ == "__main__":
    for outcome in judge_all(Path(sys.argv[1])):
        sys.stdout.write(json.dumps(outcome) + "\n")
