"""Building a board: its rows, all that is published of it, and where one submission would stand."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson
import yaml

from ionladder.board import compare
from ionladder.board import history as hist
from ionladder.board.audit import audit_board, audit_json
from ionladder.board.claims import convention_scores
from ionladder.board.model import PLACE, read_board, receipt_text, write_leaderboard, write_receipts
from ionladder.config import Params, ScoringSettings
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.slices import crossing_ids, experiment_columns
from ionladder.errors import DataMissingError, Problem, worded
from ionladder.evaluation import primary_metric
from ionladder.git import file_at, head_commit, is_edited
from ionladder.receipt import MIN_ROWS, SCORER_VERSION, rounded
from ionladder.repo import Layout, read_json, sha256_bytes, sha256_file, write_text
from ionladder.score import Scored, TaskScorer, TaskScores, submission_folders
from ionladder.specs import Reported, Task
from ionladder.stats.calibration import SCORES
from ionladder.stats.floor import ReplicateFloor, gap_closed
from ionladder.submit.card import CARD_FILE, Card

RULE = "sign flips of group differences, all pairs of verified rows, p times their number"
WORST_SLICES = 3
#: What every score rests on, beside the submissions of its task.
_INPUTS = ("params.yaml", "data/", "src/ionladder/")

_ENDS = ("ci_low", "ci_high")
_FLOOR = ("value", "ci_low", "ci_high", "groups_ci_low", "groups_ci_high", "oracle_share")
_VERDICTS = ("probability_best", "better_than_references", "worse_than_references")
_NO_PLACE = dict.fromkeys((*PLACE, *_VERDICTS))
_COUNTS = ("n_expected", "n_scored", "n_seeds")
_OF_CARD = ("code_url", "paper_doi", "licence", "parameters")
_QUOTED = "source table as_printed cv cv_spread inputs trained_on verified_by verdict".split()

# --- Rows: from a receipt or from a publication


def scored_row(
    scored: Scored, task: Task, place: Mapping[str, Any], against: Mapping[str, Any]
) -> dict[str, Any]:
    """A verified or reference row.

    Args:
        scored: The submission.
        task: Its task.
        place: Where it is, by the names of its columns; empty for references.
        against: From :func:`against_reference`.
    """
    receipt = scored.receipt
    parts = {
        name: {subset: _flat(scores, task) for subset, scores in receipt["targets"][name].items()}
        for name in {task.primary.target, *(target.name for target in task.targets)}
    }
    several = {t.name: parts[t.name][task.primary.subset] for t in task.targets}
    named = {"kind": "reference" if receipt["submission"] in task.references else "verified"}
    named |= {key: receipt[key] for key in ("submission", "model")}
    last = {"targets": several} if len(several) > 1 else {}
    last |= {"subsets": parts[task.primary.target], "card": _card(scored.submission.card)}
    return _row(task, named, {**last, "reported": None}, place, against, receipt)


def reported_row(reported: Reported, task: Task) -> dict[str, Any]:
    """A row quoted from a publication: unranked, with only what the source reports."""
    named = {"kind": "reported", "submission": None, "model": reported.model}
    subsets = {subset: {task.primary.metric: value} for subset, value in reported.test.items()}
    quoted = {name: getattr(reported, name) for name in _QUOTED}
    return _row(task, named, {"subsets": subsets, "card": None, "reported": quoted})


def _row(
    task: Task,
    named: Mapping[str, Any],
    last: Mapping[str, Any],
    place: Mapping[str, Any] = MappingProxyType({}),
    against: Mapping[str, Any] = MappingProxyType({}),
    receipt: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """A row in the order of the file, as :class:`ionladder.board.model.Row`."""
    metric, primary = task.primary.metric, last["subsets"].get(task.primary.subset, {})
    cv, wider = (receipt.get(key) or {} for key in ("cross_validation", "wider"))
    schemes = [each.scheme for each in task.cross_validation]
    return {
        **named,
        **{key: place.get(key) for key in (*PLACE, *_VERDICTS)},
        **{key: receipt.get(key) for key in _COUNTS},
        **{key: primary.get(key) for key in (metric, f"{metric}_ci_low", f"{metric}_ci_high")},
        **{key: against.get(key) for key in hist.AGAINST},
        **{use.name: primary.get(use.name) for use in task.metrics if use.name != metric},
        f"{metric}_seed_sd": primary.get(f"{metric}_seed_sd"),
        **{f"{metric}_wider_{end}": wider.get(end) for end in _ENDS if wider},
        **{f"cv_{scheme}_{metric}": cv.get(scheme, {}).get(metric) for scheme in schemes},
        **uncertainty_columns(receipt, task),
        **last,
    }


def _flat(subset: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """``n``, then every metric, followed by its interval and seed spread where it has them."""
    flat: dict[str, Any] = {"n": subset["n"]}
    for use in task.metrics:
        score, is_primary = subset["metrics"][use.name], use.name == task.primary.metric
        flat[use.name] = score["value"]
        if score["ci_low"] is not None or is_primary:
            flat |= {f"{use.name}_{end}": score[end] for end in _ENDS}
        if score["undetermined"]:
            flat[f"{use.name}_undetermined"] = True
        if is_primary:
            flat[f"{use.name}_seed_sd"] = score["seed_sd"]
    return flat


def _card(card: Card) -> dict[str, Any]:
    """What the board shows of a card; None means not stated."""
    time = None if card.training_time_s is None else rounded(card.training_time_s)
    shown: dict[str, Any] = {"inputs": card.inputs, "training_data": card.training_data_text}
    shown |= {"authors": [author.name for author in card.authors]}
    shown |= {name: getattr(card, name) for name in _OF_CARD}
    return {**shown, "training_time_s": time, "uses_external_data": card.uses_external_data}


def uncertainty_columns(receipt: Mapping[str, Any], task: Task) -> dict[str, float | None]:
    """The columns that a receipt adds to its row: means over the targets that enter the rank.

    Empty when the submission gives no standard deviations, or not for all of these targets: a mean
    over some of them would not compare with that of others. A number is null where no entry could
    be judged.
    """
    given = receipt.get("uncertainty") or {}
    parts = [given[target.name] for target in task.primary_targets if given.get(target.name)]
    if len(parts) < len(task.primary_targets):
        return {}
    numbers = {name: [part[name] for part in parts] for name in SCORES}
    means = {n: None if None in each else float(np.mean(each)) for n, each in numbers.items()}
    return {name: None if mean is None else rounded(mean) for name, mean in means.items()}


def best_reference(task: Task, scored: Mapping[str, Scored]) -> Scored | None:
    """The reference with the best primary score, the first by name of equal ones; None of none."""
    known = [scored[name] for name in sorted(scored) if name in task.references]
    known = [each for each in known if math.isfinite(_primary(each, task))]
    return min(known, key=lambda each: compare.sign_of(task) * _primary(each, task), default=None)


def against_reference(
    task: Task,
    scored: Scored,
    reference: Scored | None,
    floors: Sequence[ReplicateFloor],
    settings: ScoringSettings,
) -> dict[str, Any]:
    """How a submission stands to the best trivial model and to the achievable error.

    Returns:
        The keys ``AGAINST``, null where they are not defined: the share of the way from the
        reference to the achievable error, its interval, whether the score is smaller than that
        error, and the share of groups of entries with a smaller mean error than the reference's (a
        tie counts one half).
    """
    found: dict[str, Any] = dict.fromkeys(hist.AGAINST)
    value, floor = _primary(scored, task), floors[-1] if floors else None
    if floor is not None and math.isfinite(value):
        found["below_floor"] = value < floor.value
    if reference is None:
        return found
    mine, other = scored.evaluation.primary, reference.evaluation.primary
    if floor is not None:
        primary = task.primary
        numbers = gap_closed(
            value,
            _primary(reference, task),
            floor,
            (mine.left_out, other.left_out),
            df=scored.evaluation.targets[primary.target][primary.subset].df,
            confidence=settings.confidence,
            seed_variance=0.0 if scored is reference else mine.seed_variance + other.seed_variance,
        )
        found |= zip(hist.AGAINST, map(rounded, numbers), strict=False)
    if scored is not reference:
        # Both have the same entries, so sums compare as means do.
        apart = (compare.sign_of(task) * (mine.sums - other.sums))[mine.sizes > 0]
        found["groups_won"] = rounded(np.mean((apart < 0) + 0.5 * (apart == 0)))
    return found


def _primary(scored: Scored, task: Task) -> float:
    primary = task.primary
    return scored.evaluation.score(primary.target, primary.subset, primary.metric).value


# --- The board, and all that is published of a task


def _place(comparison: compare.Comparison, name: str) -> dict[str, Any]:
    """What a verified row says of its verdicts; empty for a reference."""
    if (rank := comparison.ranks.get(name)) is None:
        return {}
    best = rank.probability_best
    share = {"probability_best": None if best is None else rounded(best)}
    return {**{key: getattr(rank, key) for key in PLACE}, **share, **comparison.references(name)}


def _floor(floor: ReplicateFloor) -> dict[str, Any]:
    numbers = {key: rounded(getattr(floor, key)) for key in _FLOOR}
    counts = {key: getattr(floor, key) for key in ("n_groups", "n_clusters", "n_entries")}
    return {"name": floor.name, **numbers, **counts}


def assemble(
    task: Task,
    scored: Mapping[str, Scored],
    floors: Sequence[ReplicateFloor],
    comparison: compare.Comparison,
    *,
    dataset_version: str,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """Put a leaderboard together, ready to be written as JSON.

    Verified and reference rows stand in the order of the primary metric (best first, then by
    name); only verified rows are ranked. Reported rows follow in the order of their source.
    """
    use, metric = primary_metric(task)
    reference, scale = best_reference(task, scored), (floors, settings)
    rows = [
        scored_row(
            each, task, _place(comparison, name), against_reference(task, each, reference, *scale)
        )
        for name, each in scored.items()
    ]
    if task.beside_use:
        other = compare.compare_submissions(task, scored, settings, beside=True).ranks
        for row in rows:
            if rank := other.get(row["submission"]):
                row["beside"] = {key: getattr(rank, key) for key in PLACE}

    def place(row: Mapping[str, Any]) -> tuple[float, str]:
        value = row[use.name]
        return math.inf if value is None else comparison.sign * value, row["submission"]

    return {
        "task": task.name,
        "dataset": task.dataset,
        "dataset_version": dataset_version,
        "scorer_version": SCORER_VERSION,
        "primary": {
            **{key: getattr(task.primary, key) for key in ("target", "metric", "subset")},
            "unit": task.primary_targets[0].error_unit if metric.unit == "target" else "1",
            "direction": metric.direction,
        },
        "ranking": {
            "rule": RULE,
            **{key: getattr(settings, key) for key in ("resamples", "seed", "confidence")},
            "smallest_detectable": compare.resolution(comparison, settings),
            "baseline_reference": reference.submission.name if reference else None,
        },
        "floors": [_floor(floor) for floor in floors],
        "rows": sorted(rows, key=place) + [reported_row(each, task) for each in task.reported],
    }


def publish(
    layout: Layout,
    task: Task,
    version: str,
    settings: ScoringSettings,
    *,
    into: Layout | None = None,
) -> tuple[TaskScores, int]:
    """Score every submission of a task and write its files under ``leaderboard/``.

    Args:
        layout: The repository.
        task: The task.
        version: Dataset version.
        settings: Interval settings.
        into: Another root to write to, without a history: to compare.

    Returns:
        What was scored and what was refused, and the number of records added to the history.

    Raises:
        HistoryError: The history is damaged; nothing is written.
        DataMissingError: The labels are not on this machine; nothing is written.
        DataChangedError: They are not those of the released version.
    """
    history = [] if into else hist.read_history(layout)
    scorer = TaskScorer.open(layout, task, version, settings, fetch=into is None)
    result = scorer.score_all(submission_folders(layout, task.name), again=into is not None)
    kept = recorded_rows(layout, task, result.absent)
    unknown = {name: problems for name, problems in result.absent.items() if name not in kept}
    known = {name: result.absent[name] for name in kept}
    result = replace(result, refused={**result.refused, **unknown}, absent=known)
    if kept and is_as_recorded(layout, task, result, {"dataset_version": version}, settings):
        if into:
            for path in (*_published(layout, task), *layout.receipts_dir(task.name).glob("*.json")):
                write_text(into.root / layout.relative(path), path.read_text(encoding="utf-8"))
        return replace(result, is_kept=True), 0
    board_key = partial(_board_key, layout, task, version, scorer, settings, result)
    if not into and not result.absent and (key := board_key()) and key == scorer.board_key:
        return replace(result, is_kept=True), 0
    scored, comparison = result.scored, compare.compare_submissions(task, result.scored, settings)
    rules: dict[str, Any] = {"dataset_version": version, "settings": settings}
    board = assemble(task, scored, scorer.floors(), comparison, **rules)
    board["rows"] += [row for row, _ in kept.values()]
    analysis = compare.analyse(task, scored, comparison, scorer, **rules)
    if get_dataset(task.dataset).withheld and analysis["robustness"]:
        analysis["robustness"]["deciding"] = []  # scores without one entry would tell its label
    crossing = crossing_ids(layout, task, version)
    analysis["audit"] = audit_json(audit_board(task, scored, scorer.labels, crossing=crossing))
    if task.experiments:
        slices = scorer.labels.slices
        columns = None if slices is None else experiment_columns(layout, task, version, slices)
        analysis["experiments"] = compare.experiment_tables(task, scored, scorer, columns, settings)
    conventions = convention_scores(task, scored, scorer)
    if conventions:
        analysis["conventions"] = conventions
    receipts = {name: each.receipt for name, each in scored.items()}
    receipts |= {name: receipt for name, (_, receipt) in kept.items()}
    target = into or layout
    write_receipts(target, task.name, receipts, result.refused)
    write_leaderboard(target, board, analysis)
    if into or is_trial(layout, settings):
        return result, 0
    now, commit = hist.standings(board, receipts), head_commit(layout.root)
    if commit and is_edited(layout.root, f"submissions/{task.name}/", *_INPUTS):
        commit = f"{commit}+{hist.DIRTY}"
    records = hist.new_records(history, now, task=task.name, commit=commit)
    hist.append_records(layout, records)
    counted = {name: {key: by[name] for key, by in conventions.items()} for name in scored}
    told = {name: replace(each, conventions=counted[name]) for name, each in scored.items()}
    scorer.keep(told, board=board_key())
    return result, len(records)


def _board_key(
    layout: Layout,
    task: Task,
    version: str,
    scorer: TaskScorer,
    settings: ScoringSettings,
    result: TaskScores,
) -> str:
    """Hash of what a board rests on, and of its files as they are; empty where it has none."""
    if None in scorer.keys.values() or result.absent:
        return ""
    tables = sorted(layout.version_dir(task.dataset, version).glob("*.parquet"))
    receipts = sorted(layout.receipts_dir(task.name).glob("*"))
    files = [path for path in (*tables, *_published(layout, task), *receipts) if path.is_file()]
    named = b'"task":"%b"' % task.name.encode()
    records = layout.history.read_bytes().splitlines() if layout.history.is_file() else []
    lines = [record for record in records if named in record]
    digests = [(path.name, sha256_file(path)) for path in files]
    facts = (scorer.identity, settings, scorer.keys, result.refused, digests, lines)
    return sha256_bytes(repr(facts).encode())


def is_trial(layout: Layout, settings: ScoringSettings) -> bool:
    """Whether scores are tried rather than published, so that the history is left alone.

    That is so in an experiment of DVC, and while the settings of intervals are not those of the
    last commit.
    """
    if "DVC_EXP_NAME" in os.environ:
        return True
    commit = head_commit(layout.root)
    text = file_at(layout.root, commit, layout.relative(layout.params)) if commit else None
    committed = (yaml.safe_load(text) or {}).get("scoring") if text else None
    return committed is not None and committed != settings.model_dump()


# --- Scores of predictions that are published elsewhere, where their file cannot be had


def recorded_rows(
    layout: Layout, task: Task, names: Iterable[str]
) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Rows and receipts as recorded, of submissions whose card is still the one that was scored.

    A row has no place: it is compared with nobody, and ``not_recomputed`` says so.
    """
    found, is_there = {}, layout.leaderboard_json(task.name).is_file()
    for row in read_board(layout, task.name)[0]["rows"] if names and is_there else ():
        receipt = layout.receipt(task.name, str(row["submission"]))
        if row["submission"] not in set(names) or not receipt.is_file():
            continue
        content = read_json(receipt)
        card = layout.submission_dir(task.name, row["submission"]) / CARD_FILE
        if (content.get("hashes") or {}).get("card_sha256") == sha256_file(card):
            found[row["submission"]] = {**row, **_NO_PLACE, "not_recomputed": True}, content
    return found


def require_records(layout: Layout, params: Params, tasks: Iterable[str]) -> None:
    """Refuse to publish boards that would lose a published submission nobody can score now.

    Args:
        layout: The repository.
        params: Its parameters.
        tasks: Names of the tasks to be published.

    Raises:
        DataMissingError: Predictions that are published elsewhere are out of reach, and what was
            recorded of them is gone, though the history or the last commit knows of it.
    """
    head, problems = head_commit(layout.root), list[Problem]()
    last = {(record.task, record.submission): record.event for record in hist.read_history(layout)}
    for task in map(get_task, tasks):

        def was_published(name: str, task: Task = task) -> bool:
            receipt = layout.relative(layout.receipt(task.name, name))
            is_known = last.get((task.name, name), "removed") != "removed"
            return is_known or bool(head and file_at(layout.root, head, receipt))

        cards = (path / CARD_FILE for path in submission_folders(layout, task.name))
        referring = (
            card for card in cards if card.is_file() and b"predictions:" in card.read_bytes()
        )
        folders = {card.parent.name: card.parent for card in referring}
        kept = recorded_rows(layout, task, folders)
        gone = [path for name, path in folders.items() if name not in kept and was_published(name)]
        if gone:
            version = params.task_versions[task.name]
            scorer = TaskScorer.open(layout, task, version, params.scoring, fetch=True)
            for name, reasons in scorer.score_all(gone, brief=True).absent.items():
                problems += [worded("record-gone", f"submissions/{task.name}/{name}"), *reasons]
    if problems:
        raise DataMissingError(problems)


def is_as_recorded(
    layout: Layout,
    task: Task,
    result: TaskScores,
    version: Mapping[str, Any],
    settings: ScoringSettings,
) -> bool:
    """Whether all that could be scored again is as recorded, so that the board stays as it is."""
    if result.refused or not all(path.is_file() for path in _published(layout, task)):
        return False
    board = read_json(layout.leaderboard_json(task.name))
    names = {row["submission"] for row in board["rows"] if row["submission"]}
    asked = {**version, "scorer_version": SCORER_VERSION}
    return (
        names == {*result.scored, *result.absent}
        and all(board[key] == value for key, value in asked.items())
        and all(board["ranking"].get(k) == v for k, v in settings.model_dump().items())
        and all(
            (path := layout.receipt(task.name, name)).is_file()
            and receipt_text(read_json(path)) == receipt_text(each.receipt)
            for name, each in result.scored.items()
        )
    )


def _published(layout: Layout, task: Task) -> tuple[Path, ...]:
    name, more = task.name, layout.dvc_files(task.name)
    board, table = layout.leaderboard_json(name), layout.leaderboard_csv(name)
    return board, table, layout.analysis_json(name), *more


# --- Where one submission would stand on its board: rank, verdicts, and what the audit notes


@dataclass(frozen=True, kw_only=True)
class StandingOf:
    """A scored submission beside the others of its task.

    Attributes:
        mine: The submission.
        former: Primary score of the submission of the same name that it would replace, or None.
        comparison: All of them side by side, the submission included.
        reference: The best trivial reference; None without any.
        against: How the submission stands to it, from :func:`against_reference`.
        audit: What the audit notes about it.
        refused: Others of the board that cannot be scored, and are left out.
    """

    mine: Scored
    former: Mapping[str, float | None] | None
    comparison: compare.Comparison
    reference: str | None
    against: Mapping[str, Any]
    audit: list[dict[str, Any]]
    refused: tuple[str, ...]

    def standing(self) -> dict[str, Any] | None:
        """Where it stands; None for a reference, which is not ranked.

        Returns:
            ``rank``, ``rank_low``, ``rank_high``, ``tie_group``, ``probability_best``, the
            references that it is significantly better and worse than, ``n_ranked``, ``leader``,
            and ``tied_with``: the others that it is not separated from, best first.
        """
        name, ranks = self.mine.submission.name, self.comparison.ranks
        if name not in ranks:
            return None
        leader = min(ranks, key=lambda other: (ranks[other].rank, other))
        place = {**_place(self.comparison, name), "n_ranked": len(ranks), "leader": leader}
        return {**place, "tied_with": self.comparison.not_separated(name)}


def stand(
    layout: Layout,
    task: Task,
    version: str,
    *,
    scorer: TaskScorer,
    settings: ScoringSettings,
    mine: Scored,
    board: Layout | None = None,
    beside: Iterable[Scored] = (),
    follow: Callable[[list[Path]], Iterable[Path]] = iter,
) -> StandingOf:
    """Stand a scored submission beside the others of its task; nothing is written.

    Args:
        layout: The repository with the tables.
        task: The task.
        version: Dataset version.
        scorer: Its scorer.
        settings: Interval settings.
        mine: The submission. One of the same name on the board is the one it replaces.
        board: Root of the submissions it is compared with; ``layout`` unless given.
        beside: Others that only the audit compares it with, such as those of one pull request.
        follow: Hands out the folders of the board one by one, and may say how far it has come.

    Raises:
        DataMissingError: A table is not on this machine.
    """
    name = mine.submission.name
    others = scorer.score_all(follow(submission_folders(board or layout, task.name)), brief=True)
    scored, replaced = {**others.scored, name: mine}, others.scored.get(name)
    former = primary_json(replaced.receipt, task) if replaced else None
    reference = best_reference(task, scored)
    asked: dict[str, Any] = {"crossing": crossing_ids(layout, task, version), "only": name}
    audited = {other.submission.name: other for other in beside} | scored
    return StandingOf(
        mine=mine,
        former=_former(layout, task, mine) if board is None else former,
        comparison=compare.compare_submissions(task, scored, settings),
        reference=reference.submission.name if reference else None,
        against=against_reference(task, mine, reference, scorer.floors(), settings),
        audit=audit_json(audit_board(task, audited, scorer.labels, **asked))[name],
        refused=tuple(other for other in others.refused if other != name),
    )


def primary_json(receipt: Mapping[str, Any], task: Task) -> dict[str, float | None]:
    """The score that the task ranks by, as the receipt has it."""
    primary = task.primary
    subset = receipt["targets"][primary.target][primary.subset]
    score: dict[str, float | None] = subset["metrics"][primary.metric]
    return score


def _former(layout: Layout, task: Task, mine: Scored) -> dict[str, float | None] | None:
    """The score that the last commit publishes under this name, of other predictions."""
    receipt_here = layout.receipt(task.name, mine.submission.name)
    commit = head_commit(layout.root) if receipt_here.is_file() else None
    path = layout.relative(receipt_here)
    data = file_at(layout.root, commit, path) if commit else None
    receipt = orjson.loads(data) if data else {}
    hashes = receipt.get("hashes", {}).get("predictions_sha256")
    is_other = hashes not in {None, mine.receipt["hashes"]["predictions_sha256"]}
    return primary_json(receipt, task) if is_other else None


def worst_slices(
    receipt: Mapping[str, Any], task: Task, *, limit: int = WORST_SLICES
) -> list[dict[str, Any]]:
    """The parts of the test set on which a submission does worst by the primary metric.

    Only parts of at least eight entries count; worst first, equal ones in the order of the task.

    Returns:
        ``slice``, ``part``, their ``title``, ``n``, ``value``, ``ci_low``, ``ci_high`` and
        ``undetermined`` each.
    """
    slices = receipt.get("slices") or {}
    found = [
        {"slice": item.name, "part": part, "title": f"{item.title}: {item.title_of(part)}"}
        | {"n": score["n"], "value": score[task.primary.metric]}
        | {key: score[key] for key in ("ci_low", "ci_high", "undetermined")}
        for item in task.slices
        for part, score in (slices.get(item.name) or {}).items()
        if score["n"] >= MIN_ROWS and score[task.primary.metric] is not None
    ]
    return sorted(found, key=lambda part: -compare.sign_of(task) * part["value"])[:limit]


def full_json(found: StandingOf, task: Task) -> dict[str, Any]:
    """Receipt and standing under keys of their own, as ``ionladder score --json --full`` prints."""
    shown: dict[str, Any] = {"receipt": found.mine.receipt, "standing": found.standing()}
    shown |= found.against
    shown |= {"worst_slices": worst_slices(found.mine.receipt, task), "former": found.former}
    return {**shown, "audit": found.audit, "not_compared_with": list(found.refused)}
