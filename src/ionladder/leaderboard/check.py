"""Are the published scores still those of the stored predictions?"""

from __future__ import annotations

from ionladder.core.files import read_json
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.datasets.registry import all_tasks
from ionladder.datasets.verify import Verified
from ionladder.scoring.score import submission_folders
from ionladder.specs.params import Params
from ionladder.submissions.predictions import CV_STEM, PREDICTIONS_STEM
from ionladder.submissions.reading import find_table
from ionladder.submissions.table import predictions_sha256

_RESCORE = "Restore the file from git, or run `ionladder leaderboard {task}` to score it again."


def verify_receipts(layout: Layout, params: Params) -> Verified:
    """Hold stored predictions to the hashes in their receipts; a step of ``ionladder verify``."""
    result = Verified(what="submissions")
    for task in params.task_versions:
        problems = receipt_problems(layout, task)
        result.problems += problems
        result.n_good += max(len(submission_folders(layout, task)) - len(problems), 0)
    return result


def receipt_problems(layout: Layout, task: str) -> list[Problem]:
    """Compare the hashes in every receipt with the prediction files, and receipts with folders."""
    problems = []
    spec = all_tasks().get(task)
    # On a task scored on folds, both hashes are those of the one file there is.
    scored = CV_STEM if spec and spec.scored_folds else PREDICTIONS_STEM
    folders = {folder.name: folder for folder in submission_folders(layout, task)}
    receipts = {path.stem: path for path in sorted(layout.receipts_dir(task).glob("*.json"))}
    for name in sorted(folders.keys() | receipts.keys()):
        if name not in receipts or name not in folders:
            problems.append(_unpaired(layout, task, name, has_folder=name in folders))
            continue
        receipt = read_json(receipts[name])
        for key, stem in ((PREDICTIONS_STEM, scored), (CV_STEM, CV_STEM)):
            recorded = receipt.get("hashes", {}).get(f"{key}_sha256")
            shown = layout.relative(folders[name])
            path, _ = find_table(folders[name], stem, shown_as=shown)
            found = predictions_sha256(path) if path else None
            if "refused" not in receipt and found != recorded:
                problems.append(
                    Problem(
                        where=f"{shown}/{path.name if path else stem}",
                        expected=f"SHA-256 {recorded or 'of no file'}, as in "
                        f"{layout.relative(receipts[name])}",
                        found=found or "no file",
                        next_step=_RESCORE.format(task=task),
                    )
                )
    return problems


def _unpaired(layout: Layout, task: str, name: str, *, has_folder: bool) -> Problem:
    receipt = layout.relative(layout.receipt(task, name))
    folder = layout.relative(layout.submission_dir(task, name))
    where, other = (folder, receipt) if has_folder else (receipt, folder)
    return Problem(
        where=where,
        expected=f"{other} beside it",
        found="nothing there",
        next_step=f"Run `ionladder leaderboard {task}`.",
    )
