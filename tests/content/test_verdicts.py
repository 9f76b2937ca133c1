"""Ranks, groups, verdicts and probabilities agree on every board and page; erring never helps."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionladder.board.compare import compare_submissions, pair_table
from ionladder.board.model import read_board, read_pairs
from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.score import TaskScorer, submission_folders
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.text import submission_url

LAYOUT = Layout(Path(__file__).resolve().parents[2])
PARAMS = load_params(LAYOUT)
TASKS = [name for name in sorted(PARAMS.task_versions) if LAYOUT.leaderboard_json(name).is_file()]


@cache
def verified(task):
    rows = read_board(LAYOUT, task)[0]["rows"]
    return {row["submission"]: row for row in rows if row["kind"] == "verified"}


@cache
def pairs_of(task):
    """Pairs both ways."""
    found = [pair for pair, _ in read_pairs(read_board(LAYOUT, task)[1]["pairs"])]
    return {(p.submission, p.other): p for pair in found for p in (pair, pair.turned())}


def better(task, one, other):
    """Whether the stored pair says that one is significantly better."""
    board = read_board(LAYOUT, task)[0]
    is_smaller_better = board["primary"]["direction"] == "minimize"
    return pairs_of(task)[one, other].state == ("lower" if is_smaller_better else "higher")


@pytest.mark.parametrize("task", TASKS)
def test_ranges_groups_and_probabilities_are_those_of_the_pairs(task):
    rows = verified(task)
    for name, row in rows.items():
        others = [other for other in rows if other != name]
        n_better = sum(better(task, other, name) for other in others)
        n_worse = sum(better(task, name, other) for other in others)
        assert (row["rank_low"], row["rank_high"]) == (1 + n_better, len(rows) - n_worse)
        assert row["rank_low"] <= row["rank"] <= row["rank_high"]
        assert (row["tie_group"] == 1) == (n_better == 0) == (row["probability_best"] is not None)
        for other in others:
            if row["tie_group"] == rows[other]["tie_group"]:
                assert pairs_of(task)[name, other].state == "open", (name, other)
        for key, won in (("better_than_references", True), ("worse_than_references", False)):
            judged = {
                r for r in references(task) if better(task, *((name, r)[:: 1 if won else -1]))
            }
            assert set(row[key]) == judged
    shares = [row["probability_best"] for row in rows.values()]
    assert sum(share for share in shares if share is not None) == pytest.approx(1.0, abs=1e-4)


def references(task):
    rows = read_board(LAYOUT, task)[0]["rows"]
    return [row["submission"] for row in rows if row["kind"] == "reference"]


@pytest.fixture(scope="module")
def texts():
    """Address → text of every page, tags removed."""
    pages = render_pages(load_site(LAYOUT))
    return {where: " ".join(re.sub(r"<[^>]*>", " ", text).split()) for where, text in pages.items()}


@pytest.mark.parametrize("task", TASKS)
def test_pages_say_of_every_pair_what_the_board_says(task, texts):
    rows = verified(task)
    for name, row in rows.items():
        (text,) = (text for where, text in texts.items() if submission_url(task, name) in where)
        low, high = row["rank_low"], row["rank_high"]
        assert f"Rank {low}{f'–{high}' if high != low else ''} " in text, name
        assert f"Top group {'yes' if row['tie_group'] == 1 else 'no'} " in text
        table = text[text.index("This one is") :]
        words = re.findall(r"\b(better|worse|not separated|alike within)\b", table)
        listed = [pair for (one, _), pair in pairs_of(task).items() if one == name]
        states = [pair.state != "open" for pair in listed]
        assert sum(word in {"better", "worse"} for word in words[: len(listed)]) == sum(states)


def test_eight_absurd_predictions_do_not_help(tmp_path):
    """Setting 8 of 171 to 6 eV once moved a model from told apart to tied with the leader."""
    task = get_task("bvel-proto")
    scorer = TaskScorer.open(LAYOUT, task, PARAMS.task_versions[task.name], PARAMS.scoring)
    scored = dict(scorer.score_all(submission_folders(LAYOUT, task.name)).scored)
    before = compare_submissions(task, scored, PARAMS.scoring)
    folder = LAYOUT.submission_dir(task.name, "structure-rf")
    frame = pd.read_csv(folder / "predictions.csv", dtype={"id": str})
    group = next(ids for ids in scorer.groups() if len(ids) == 8)
    targets = [target.name for target in task.targets]
    frame.loc[frame["id"].isin(group), targets] = 6.0
    spoilt = tmp_path / "structure-rf"
    spoilt.mkdir()
    frame.to_csv(spoilt / "predictions.csv", index=False)
    (spoilt / "submission.yaml").write_bytes((folder / "submission.yaml").read_bytes())
    scored["structure-rf"] = scorer.score(spoilt)
    after = compare_submissions(task, scored, PARAMS.scoring)
    was, now = (vars(each.ranks["structure-rf"]) for each in (before, after))
    for key in ("rank", "rank_low", "rank_high", "tie_group"):
        assert now[key] >= was[key], key
    assert now["tie_group"] > 1
    row = after.names.index("structure-rf")
    assert after.verdicts.better[after.names.index("structure-hgb"), row]
    assert not (after.verdicts.better[row] & ~before.verdicts.better[row]).any()
    rows = pair_table(after, task.references, confidence=0.95)["rows"]
    assert np.isfinite([r[2] for r in rows]).all()
