"""Commands for contributors."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer
from typer import Argument, Option

from ionladder import __version__
from ionladder.cli import common
from ionladder.cli.common import Context, TaskName, say, show, task_names
from ionladder.data.registry import all_tasks, get_dataset, get_task
from ionladder.errors import ConfigError, Problem, SubmissionError, did_you_mean, worded
from ionladder.repo import STRUCTURES_EXTRA, Layout, has_pymatgen, read_parquet, to_json, write_text
from ionladder.specs import Censored, Task

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.board.build import StandingOf
    from ionladder.data.store import TaskInputs
    from ionladder.evaluation import Score
    from ionladder.interchange.convert import Format
    from ionladder.score import Scored, TaskScorer
    from ionladder.submit.validate import Expectations

# --- ``ionladder tasks``: what there is to predict, and whether its data are here

_STATES = {"here": "here", "absent": "not here", "waiting": "on demand"}


def tasks(
    name: Annotated[
        str | None, Argument(help="One task, with its question.", autocompletion=task_names)
    ] = None,
    json: Annotated[bool, Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the tasks and whether their data are here; of one task: question, targets, metric."""
    context = common.load_context()
    known = {*context.params.task_versions, *context.params.waiting}
    chosen = [get_task(name)] if name else [t for t in all_tasks().values() if t.name in known]
    rows = [_row(context, task) for task in chosen]
    if json:
        print(to_json(rows), end="")
        return
    if name:
        (row,) = rows
        targets = ", ".join(f"{target} / {unit}" for target, unit in row["targets"].items())
        say(f"{name}: {row['title']}\n{row['question']}")
        say(f"To predict: {_entries(row)}; {targets}")
        say(f"Ranked by: {row['primary']}")
        say(f"Data: {row['dataset']} {row['dataset_version']}, {_STATES[row['state']]}")
    else:
        cells = [
            (r["task"], f"{r['dataset']} {r['dataset_version']}", _entries(r), _STATES[r["state"]])
            for r in rows
        ]
        head = f"{len(rows)} tasks; `ionladder tasks NAME` says what one asks"
        show(head, ["task", "dataset", "to predict", "data"], cells, numbers_from=4)
    if absent := ", ".join(row["task"] for row in rows if row["state"] == "absent"):
        step = "`ionladder fetch` and `ionladder ingest` get them"
        step = "What needs one fetches it, once" if context.layout.cache else step
        say(f"Not here: {absent}. {step}.")
    if waiting := ", ".join(row["task"] for row in rows if row["state"] == "waiting"):
        say(
            f"Fetched on demand: {waiting}. `ionladder fetch DATASET --pin` gets the "
            "data of one; no board until somebody has."
        )


def _entries(row: dict[str, Any]) -> str:
    number = "" if row["n_to_predict"] is None else f"{row['n_to_predict']} "
    return f"{number}{'out of fold' if row['scored_on'] == 'folds' else 'test entries'}"


def _row(context: Context, task: Task) -> dict[str, Any]:
    from ionladder.data.store import table_paths

    layout, waiting = context.layout, context.params.waiting.get(task.name)
    version = waiting or context.version_of(task)
    tables = table_paths(layout, task.dataset, version).values()
    is_here = waiting is None and all(path.is_file() for path in tables)
    return {
        "task": task.name,
        "title": task.title,
        "question": task.question,
        "dataset": task.dataset,
        "dataset_version": version,
        "scored_on": "folds" if task.scored_folds else "test",
        "n_to_predict": _count(layout, task, version),
        "targets": {target.name: target.unit for target in task.targets},
        "primary": task.primary_use.title,
        "is_here": is_here,
        "state": "here" if is_here else "waiting" if waiting else "absent",
    }


def _count(layout: Layout, task: Task, version: str) -> int | None:
    """Entries to predict by the split; None where it is not on this machine."""
    path = layout.table(task.dataset, version, "splits")
    if not path.is_file():
        return None
    from ionladder.data.store import split_of_task

    split = split_of_task(read_parquet(path, shown_as=layout.relative(path)), task)
    parts: list[str] = split["subset"].to_pylist()
    return parts.count("train" if task.scored_folds else "test")


# --- ``ionladder data``: what a model of a task may see, as CSV and CIF files


def data(
    task: TaskName,
    to: Annotated[
        Path | None, Option(help="Folder to write to.", show_default="build/data/<task>")
    ] = None,
) -> None:
    """Write inputs, training labels and folds as CSV, and structures as CIF.

    Labels of test entries are not among them. Files of the same names are replaced.
    """
    from ionladder.data.ingest import cif_texts
    from ionladder.data.store import STRUCTURES, load_inputs

    context = common.load_context()
    layout, chosen = context.layout, get_task(task)
    version = context.version_of(chosen)
    inputs = load_inputs(layout, chosen, version)
    folder = to or layout.work / "build" / "data" / chosen.name
    for name, table in _tables(inputs).items():
        write_text(folder / name, table.to_csv(lineterminator="\n"))
        print(f"{layout.relative(folder / name)}: {len(table)} rows")
    ids = [] if inputs.structures is None else sorted(inputs.structures.index)
    if any(t.name == STRUCTURES for t in get_dataset(chosen.dataset).tables) and not has_pymatgen():
        print(f"Crystal structures need pymatgen: {STRUCTURES_EXTRA}")
    elif ids:
        texts = cif_texts(chosen.dataset, inputs.entries, inputs.structures, ids)
        for name, text in common.following(texts, "Structures", total=len(ids)):
            write_text(folder / "structures" / f"{name}.cif", text)
        print(f"{layout.relative(folder / 'structures')}/: {len(ids)} CIF files")
    print(
        f"{chosen.dataset} {version} for {chosen.name}. Read ids as text: "
        'pd.read_csv(…, dtype={"id": str}, keep_default_na=False, na_values=[""]).'
    )


def _tables(inputs: TaskInputs) -> dict[str, pd.DataFrame]:
    """File name → table indexed by id; no test inputs where the task has no test entries."""
    entries = inputs.entries.copy()
    for name in entries.columns:
        if any(hasattr(value, "tolist") and hasattr(value, "__len__") for value in entries[name]):
            entries[name] = ["; ".join(map(str, value)) for value in entries[name]]
    tables = {
        "train_inputs.csv": entries.loc[list(inputs.train_ids)],
        "train_labels.csv": inputs.train_labels[list(inputs.label_columns)],
        "folds.csv": inputs.folds.set_index("id"),
    }
    if inputs.test_ids:
        tables["test_inputs.csv"] = entries.loc[list(inputs.test_ids)]
    return tables


# --- ``ionladder new``: a submission folder to fill in


def new(
    task: TaskName,
    name: Annotated[str, Argument(help="Folder name of the submission: a-z 0-9 . _ -")],
) -> None:
    """Make a submission folder to fill in.

    It holds a commented card and a predictions file that lists the ids to predict.
    """
    from ionladder.data.store import load_inputs, require_frames
    from ionladder.submit.validate import array_filler, write_template

    context = common.load_context()
    chosen = get_task(task)
    version = context.version_of(chosen)
    inputs = load_inputs(context.layout, chosen, version)
    given = chosen.given and require_frames(context.layout, chosen.dataset, version, chosen.given)
    fill = array_filler(chosen, given or None)
    folder = context.layout.new_submission_dir(chosen.name, name)
    shown = context.layout.relative(folder)
    file = write_template(folder, chosen, inputs.test_ids, inputs.folds, shown_as=shown, fill=fill)
    ids = f"{len(inputs.test_ids)} ids"
    if chosen.scored_folds is not None:
        rows = inputs.folds[inputs.folds["scheme"] == chosen.scored_folds.scheme]
        ids = f"{rows['id'].nunique()} ids in each of {rows['repeat'].nunique()} repeats"
    print(
        f"Made {shown} with submission.yaml and {file} ({ids}).\n"
        f"Fill in both, then run: ionladder score {_typed(folder, chosen)}"
    )


# --- ``ionladder convert``: predictions in the files of another project become a submission folder


def convert(
    files: Annotated[
        list[Path], Argument(help="The file; for JARVIS, one for each target of the task.")
    ],
    task: Annotated[str, Option(help="Task, for example obelix.", autocompletion=task_names)],
    kind: Annotated[
        str | None,
        Option("--from", help="jarvis, matbench or csv.", show_default="told by the content"),
    ] = None,
    to_folder: Annotated[
        Path | None,
        Option(help="Folder to make.", show_default="submissions/<task>/<name of the file>"),
    ] = None,
    column: Annotated[
        list[str] | None,
        Option(help="TARGET=HEADER: which column of a CSV holds a target.", show_default=""),
    ] = None,
    log10: Annotated[bool, Option("--log10", help="Convert σ in a CSV to log10 σ.")] = False,
    unit: Annotated[
        str | None, Option(help="Unit of a CSV's numbers.", show_default="by the header")
    ] = None,
    matbench_task: Annotated[
        str | None, Option(help="Task of a results file to take.", show_default="by name")
    ] = None,
) -> None:
    """Make a submission folder from predictions of JARVIS-Leaderboard, matbench or pandas.

    Predictions are checked as every submission is. The card is a template to fill in.
    """
    from ionladder.interchange.convert import Choices, read_foreign, write_converted_folder
    from ionladder.submit.predictions import require_numbers

    context = common.load_context()
    chosen = get_task(task)
    require_numbers(chosen, where="convert")
    columns = _columns(column or [], chosen)
    choices = Choices(columns=columns, is_log10_asked=log10, unit=unit, matbench_task=matbench_task)
    known_kind = _format(kind)
    expected = context.expectations(chosen)
    foreign = read_foreign(files, chosen, expected, kind=known_kind, choices=choices)
    folder = to_folder or context.layout.new_submission_dir(chosen.name, _name(files[0]))
    shown = context.layout.relative(folder)
    source = ", ".join(path.name for path in files)
    asked = write_converted_folder(folder, foreign, chosen, expected, source=source, shown_as=shown)
    for note in (*foreign.notes, *asked):
        print(common.printable(note))
    what = [f"{len(expected.test_ids)} test entries"] if foreign.predictions else []
    what += ["the frozen folds"] if foreign.cv_predictions else []
    print(
        f"Made {shown}: predictions of {' and '.join(what)}.\n"
        f"Fill in submission.yaml, then run: ionladder score {_typed(folder, chosen)}"
    )


def _typed(folder: Path, task: Task) -> str:
    """A folder as arguments of a command that is typed here."""
    path = Path(os.path.relpath(folder)).as_posix()
    return path if folder.absolute().parent.name == task.name else f"{path} --task {task.name}"


def _name(path: Path) -> str:
    """A folder name from a file name: lower case, without its endings."""
    stem = path.name.lower()
    for ending in (".zip", ".gz", ".csv", ".json"):
        stem = stem.removesuffix(ending)
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:64] or "my-model"


def _columns(texts: list[str], task: Task) -> dict[str, str]:
    """``TARGET=HEADER`` options; with one target, ``HEADER`` alone will do."""
    names = [target.name for target in task.targets]
    columns = {}
    for text in texts:
        target, found, header = text.partition("=")
        if target not in names and len(names) == 1:
            target, found, header = names[0], "=", text
        if target not in names or not found:
            expected = f"TARGET=HEADER with a target of {task.name}"
            raise ConfigError("--column", expected, repr(text), did_you_mean(target, names))
        columns[target] = header
    return columns


def _format(kind: str | None) -> Format | None:
    from ionladder.interchange.convert import FORMATS

    known = {name: name for name in FORMATS}
    if kind is not None and kind not in known:
        raise ConfigError("--from", "a known format", repr(kind), did_you_mean(kind, known))
    return known[kind] if kind is not None else None


# --- ``ionladder validate``: are submissions complete and correct?


def validate(
    paths: Annotated[
        list[Path],
        Argument(
            help="Submission folders, or files of predictions.", autocompletion=common.submissions
        ),
    ],
    task: common.TaskOfFolder = None,
    json: common.JsonFlag = False,
) -> None:
    """Say what was checked of a submission, passed or failed, with every problem there is."""
    from ionladder.submit.validate import checklist

    context = common.load_context()
    expected: dict[str, Expectations] = {}
    problems: list[Problem] = []
    outcomes: list[dict[str, Any]] = []
    for path in common.following(paths, "Validating"):
        found: list[Problem] = []
        try:
            with common.submission_at(path, task) as (folder, chosen, shown):
                where = shown or context.layout.relative(folder)
                said = [f"{where} is not valid:"]
                if chosen.name not in expected:
                    expected[chosen.name] = context.to_check(chosen)
                said = _verdict(folder, where, chosen, expected[chosen.name])
        except SubmissionError as error:
            found += error.problems
        problems += found
        checks = checklist(chosen, found, shown_as=where, is_file=shown is not None)
        if not json:
            marks = [f"  {'FAILED' if bad else 'passed'}  {words}" for words, bad in checks.items()]
            say("\n".join([said[0], *marks, *said[1:]]))
        rows = [
            {"check": words, "passed": not bad, "problems": [asdict(each) for each in bad]}
            for words, bad in checks.items()
        ]
        about = {"submission": where, "task": chosen.name, "is_valid": not found}
        outcomes.append({**about, "notes": said[1:], "checks": rows})
    if json:
        outcome = {"command": "validate", "is_good": not problems, "messages": []}
        told = {"problems": [asdict(each) for each in problems], "submissions": outcomes}
        print(to_json(outcome | told), end="")
        if problems:
            raise typer.Exit(1)
    elif problems:
        raise SubmissionError(problems)


def _verdict(path: Path, shown: str, task: Task, expected: Expectations) -> list[str]:
    """A line on a valid submission, and one for each thing that a maintainer will ask.

    Raises:
        SubmissionError: It has problems.
    """
    from ionladder.submit.units import doubts
    from ionladder.submit.validate import read_submission

    submission = read_submission(path, task, expected, shown_as=shown)
    n_seeds = len(set(submission.predictions.columns["seed"].tolist()))
    entries, times, beside = "test entries", "seed", "cross-validation predictions"
    if task.scored_folds is not None:
        schemes = ", ".join(scheme.scheme for scheme in task.cross_validation)
        entries, times = "training entries, out of fold", "repeat"
        beside = f"predictions on other folds ({schemes})"
    cv = submission.cv_predictions
    predicted = set(cv.columns["scheme"].unique().to_pylist()) if cv else set()
    has_beside = predicted & {scheme.scheme for scheme in task.cross_validation}
    said = (
        f"{shown} is valid: {len(expected.test_ids)} {entries}, "
        f"{n_seeds} {times}{'s' if n_seeds > 1 else ''}, "
        f"{'with' if has_beside else 'without'} {beside}."
    )
    return [said, *doubts(submission.predictions.columns, task)]


# --- ``ionladder score``: the verdict on one submission, as the leaderboard will print it


def score(
    path: common.SubmissionFolder,
    task: common.TaskOfFolder = None,
    dataset_version: common.OtherVersion = None,
    json: Annotated[bool, Option("--json", help="Print the receipt as JSON.")] = False,
    full: Annotated[
        bool, Option("--full", help="With --json: also its place on the board.")
    ] = False,
    convention: Annotated[
        Censored, Option(help="Upper limits: imputed (as on the board), at the limit, or dropped.")
    ] = "imputed",
) -> None:
    """Score a submission and say where it would rank; nothing is written.

    The numbers are those that the board will show, unless another convention for upper limits is
    named: those are to be set beside publications. Exit code 1 if it cannot be scored.
    """
    from ionladder.board.build import full_json
    from ionladder.score import TaskScorer

    context = common.load_context()
    layout, settings = context.layout, context.params.scoring
    with common.submission_at(path, task) as (folder, chosen, shown):
        version = context.version_of(chosen, dataset_version)
        scorer = TaskScorer.open(layout, chosen, version, settings, fetch=True, censored=convention)
        scored = scorer.score(folder, shown_as=shown)
    is_own = convention == "imputed"
    if json and not (full and is_own):
        print(to_json(scored.receipt | ({} if is_own else {"convention": convention})), end="")
        return
    if not is_own:
        _print_scores(scored, chosen, version)
        say(f"Upper limits: {convention}. Not comparable with the board, which imputes them.")
        return
    found = _stand(context, chosen, version, scorer, scored)
    if json:
        print(to_json(full_json(found, chosen)), end="")
        return
    _print_standing(context, found, chosen, version)


def _stand(
    context: Context, task: Task, version: str, scorer: TaskScorer, mine: Scored
) -> StandingOf:
    from ionladder.board.build import stand

    follow = partial(common.following, doing="Scoring the board")
    rules: dict[str, Any] = {"scorer": scorer, "settings": context.params.scoring}
    return stand(context.layout, task, version, mine=mine, follow=follow, **rules)


def _print_standing(context: Context, found: StandingOf, task: Task, version: str) -> None:
    _print_scores(found.mine, task, version)
    for line in _standing_lines(found, task):
        say(line)
    if context.layout.cache is not None:
        say(f"The committed submissions are those that ionladder {__version__} was released with.")


def _print_scores(mine: Scored, task: Task, version: str) -> None:
    """Metrics × subsets; with several targets × targets, and the primary metric by subset."""
    evaluation, primary = mine.evaluation, task.primary
    n_seeds = len(evaluation.seeds)
    trained = "seeds" if task.scored_folds is None else f"repeats of {task.scored_folds.scheme}"
    seeds = f", mean of {n_seeds} {trained}" if n_seeds > 1 else ""
    model = common.printable(mine.submission.card.model)
    say(
        f"{model} on {task.name} ({task.dataset} {version}): "
        f"{evaluation.n_scored} of {evaluation.n_expected} entries scored{seeds}."
    )
    targets, unit = evaluation.targets, task.targets[0].error_unit
    symbols = {target.name: target.symbol for target in task.targets}
    if len(task.targets) == 1:
        (name,) = symbols
        heads = [f"{s.title} ({targets[name][s.name].n})" for s in task.subsets]
        rows = [
            [u.title, *(_cell(targets[name][s.name].metrics[u.name]) for s in task.subsets)]
            for u in task.metrics
        ]
        show(f"{symbols[name]}, errors in {unit}", ["", *heads], rows)
    else:
        # The mean over targets first, where the task ranks by it.
        names = sorted(targets, key=lambda name: name in symbols)
        rows = [
            [u.title, *(_cell(evaluation.score(n, primary.subset, u.name)) for n in names)]
            for u in task.metrics
        ]
        heads = [symbols.get(name, "mean") for name in names]
        show(f"{primary.subset} entries, errors in {unit}", ["", *heads], rows)
        parts = [(subset.title, targets[primary.target][subset.name]) for subset in task.subsets]
        rows = [[title, str(part.n), _cell(part.metrics[primary.metric])] for title, part in parts]
        show(f"{task.primary_use.title} by subset", ["", "entries", "value"], rows)
    n_groups = targets[primary.target][primary.subset].n_groups
    say(f"95 % intervals resample groups of related entries ({n_groups} groups).")


def _cell(score: Score) -> str:
    if isnan(score.value):
        return "–"
    value = f"{score.value:.3f}"
    return value if isnan(score.ci_low) else f"{value} [{score.ci_low:.2f}, {score.ci_high:.2f}]"


_NAMED = 6


def _standing_lines(found: StandingOf, task: Task) -> Iterator[str]:
    """The lines below the tables: place, former score, worst slices, audit notes."""
    from ionladder.board.build import worst_slices
    from ionladder.board.history import AGAINST
    from ionladder.receipt import MIN_ROWS

    yield _place(found)
    if found.former is not None:
        value = _number(found.former["value"])
        yield f"It replaces a committed submission whose {task.primary_use.title} is {value}."
    closed, *ends = (found.against[name] for name in AGAINST[:3])
    if closed is not None:
        between = "" if None in ends else " ({:.0f} to {:.0f} %)".format(*(100 * e for e in ends))
        yield (
            f"Of the error between {found.reference} and the achievable error it closes "
            f"{100 * closed:.0f} %{between}."
        )
    if worst := worst_slices(found.mine.receipt, task):
        title, few = task.primary_use.title, MIN_ROWS
        yield f"Worst slices by {title}, of those with {few} entries or more:"
        for part in worst:
            low, high = part["ci_low"], part["ci_high"]
            reach = "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
            reach = " [undetermined]" if part["undetermined"] else reach
            yield f"  {part['title']} ({part['n']} entries): {_number(part['value'])}{reach}"
    for note in found.audit:
        yield f"Audit note, for readers and without judging. {note['title']}: {note['sentence']}"
    if found.refused:
        yield f"Not compared with {_names(found.refused)}, which cannot be scored."


def _place(found: StandingOf) -> str:
    standing = found.standing()
    if standing is None:
        return "It is a reference of this task: references are not ranked."
    low, high = standing["rank_low"], standing["rank_high"]
    reach = f"{low} to {high}" if low != high else f"{low}"
    tied = standing["tied_with"]
    ties = f"not separated from {_names(tied)}" if tied else "separated from all others"
    top = "in the top group" if standing["tie_group"] == 1 else "not in the top group"
    better = standing["better_than_references"]
    return (
        f"Among the committed submissions it would be rank {standing['rank']} of "
        f"{standing['n_ranked']} (range {reach}), {top}; {ties}. "
        f"It is significantly better than {_names(better) if better else 'none'} of the references."
    )


def _names(names: Iterable[str]) -> str:
    shown = [common.printable(name) for name in names]
    rest = len(shown) - _NAMED
    return f"{', '.join(shown[:_NAMED])}{f' and {rest} more' if rest > 0 else ''}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


# --- ``ionladder submit`` and ``withdraw``: one call from predictions to a pull request


def submit(
    source: common.SubmissionFolder,
    task: common.TaskOfFolder = None,
    name: Annotated[
        str | None, Option(help="Its name on the board.", show_default="that of the file")
    ] = None,
    card: Annotated[
        Path | None,
        Option(help="Its submission.yaml; asked for where there is none.", dir_okay=False),
    ] = None,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Check and score only; nothing is written.")
    ] = False,
) -> None:
    """From predictions to a pull request: check, score, commit on a branch of its own, send.

    A submission of the same name is replaced, and its card kept unless --card names another. What
    is checked out stays as it is. Without GitHub's `gh` the address to open is printed.
    """
    from ionladder.git import commit_folder
    from ionladder.score import TaskScorer
    from ionladder.submit.card import CARD_FILE, name_problems

    context = common.load_context(clone_for="" if dry_run else "submit")
    source = Path(os.path.abspath(source))  # noqa: PTH100 - `.` and `..` go, links stay
    if source.is_file() and source.with_name(CARD_FILE).exists():
        source = source.parent
    chosen = common.task_of(source, task)
    name = name or _name(source)
    if problems := name_problems(name, where="--name"):
        raise SubmissionError(problems)
    committed = context.layout.submission_dir(chosen.name, name) / CARD_FILE
    with tempfile.TemporaryDirectory(prefix="ionladder-") as room:
        folder = Path(room) / chosen.name / name
        if source.is_dir():
            shutil.copytree(source, folder, symlinks=True)
        else:
            folder.mkdir(parents=True)
            shutil.copyfile(source, folder / common.file_name(source, chosen))
        if card or not (folder / CARD_FILE).exists():
            text = card or (committed if committed.is_file() else _asked_card(name, chosen))
            shutil.copyfile(text, folder / CARD_FILE)
        version, shown = context.version_of(chosen), f"submissions/{chosen.name}/{name}"
        settings = context.params.scoring
        scorer = TaskScorer.open(context.layout, chosen, version, settings, fetch=True)
        mine = scorer.score(folder, shown_as=shown)
        _print_standing(context, _stand(context, chosen, version, scorer, mine), chosen, version)
        files = {
            path.name: path.read_bytes()
            for path in sorted(folder.iterdir())
            if path.is_file() and not path.name.startswith(".")
        }
    branch = f"submission/{chosen.name}-{name}"
    if dry_run:
        say(f"Valid and scored; nothing was written. It would be committed on {branch}, and sent.")
        return
    title = f"{name} on {chosen.name}: {mine.submission.card.model}"
    commit = commit_folder(context.layout.root, branch, shown, files, title)
    say(f"Committed as {shown} on the branch {branch} ({commit[:12]}). Your checkout is as it was.")
    _send(context.layout.root, branch, title)


_ASKED = {
    "model": "Name of the model, as printed on the board",
    "description": "What it is and how the predictions were made, in two or three sentences",
    "authors": "Authors, separated by commas",
    "training_data": "Everything that it was trained on",
    "inputs": "What it sees of an entry (none, composition, structure or both)",
    "licence": "Licence of the predictions (SPDX)",
    "attempts": "How often the test set was looked at before (empty: not stated)",
}


def _asked_card(name: str, task: Task) -> Path:
    """The card that somebody at the terminal answers for, kept for another try."""
    import yaml

    path = Path(f"{name}.card.yaml")
    if path.is_file():
        say(f"The card is {path}, from a former try.")
        return path
    if not sys.stdin.isatty():
        raise ConfigError(worded("no-card", "--card", task=task.name, name=name))
    usual = {"model": name, "inputs": "both", "licence": "CC-BY-4.0", "attempts": ""}
    usual["training_data"] = f"{task.dataset} train split"
    given: dict[str, Any] = {
        field: typer.prompt(words, default=usual.get(field)) for field, words in _ASKED.items()
    }
    given["authors"] = [{"name": each.strip()} for each in given["authors"].split(",")]
    attempts = given.pop("attempts")
    given |= {"attempts": int(attempts)} if attempts.isdigit() else {}
    write_text(path, yaml.safe_dump(given, allow_unicode=True, sort_keys=False))
    say(f"The card is kept in {path}.")
    return path


def withdraw(
    task: TaskName, name: Annotated[str, Argument(help="Name of the submission.")]
) -> None:
    """Take a submission off its board by a pull request; the history keeps its scores."""
    from ionladder.git import commit_folder

    root, chosen = common.load_context(clone_for="withdraw").layout.root, get_task(task)
    branch, title = f"withdraw/{chosen.name}-{name}", f"{name} on {chosen.name} is withdrawn"
    commit = commit_folder(root, branch, f"submissions/{chosen.name}/{name}", {}, title)
    say(f"Committed on the branch {branch} ({commit[:12]}). Your checkout is as it was.")
    _send(root, branch, title)


def _send(root: Path, branch: str, title: str) -> None:
    """Open the pull request, or say how; whatever fails, the commit is there."""
    from ionladder.git import remote_page

    run = partial(subprocess.run, cwd=root, check=False, capture_output=True, text=True)
    push, gh = ["git", "push", "--set-upstream", "origin", branch], shutil.which("gh")
    if gh and run([gh, "auth", "status"]).returncode == 0:
        body = "Made by `ionladder submit`. The check of the pull request scores it again."
        steps = [push, [gh, "pr", "create", "--head", branch, "--title", title, "--body", body]]
        done = [run(step) for step in steps[:1]]
        done += [run(step) for step in steps[1:] if done[0].returncode == 0]
        if not any(each.returncode for each in done):
            say(f"Pull request: {done[-1].stdout.strip()}")
            return
        say(f"It could not be sent: {done[-1].stderr.strip()}")
    page = remote_page(root) or "https://github.com/OWNER/REPOSITORY"
    say("The commit is kept on its branch. To open the pull request, push it and open the address:")
    print(f"  {shlex.join(push)}\n  {page}/compare/main...{quote(branch)}?expand=1")
    say("Where you may not push: fork the repository there, and push to your fork instead.")


# --- ``ionladder preview``: the page that a submission would have, before it is sent


def preview(
    path: common.SubmissionFolder,
    task: common.TaskOfFolder = None,
    show: Annotated[bool, Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Score a submission and make its page, in a temporary folder.

    The repository is not changed. The folder stays until you or the system remove it.
    """
    from ionladder.board.build import publish
    from ionladder.score import TaskScorer
    from ionladder.site.render import preview_page

    context = common.load_context(clone_for="preview")
    path = Path(os.path.abspath(path))  # noqa: PTH100 - `.` and `..` go, links stay
    chosen = common.task_of(path, task)
    version = context.version_of(chosen)
    settings = context.params.scoring
    # What is wrong with it is said of the folder as the reader knows it.
    name = TaskScorer.open(context.layout, chosen, version, settings).score(path).submission.name
    room = Path(tempfile.mkdtemp(prefix="ionladder-preview-"))
    try:
        layout = _stage(context.layout, chosen, path, name, room / "repository")
        publish(layout, chosen, version, settings)
        page = preview_page(layout, chosen.name, name, room)
    except BaseException:
        shutil.rmtree(room, ignore_errors=True)
        raise
    for made in ("repository", "docs"):
        shutil.rmtree(room / made)
    (room / "mkdocs.yml").unlink()
    print(f"The page of {name} on {chosen.name}: {page}")
    if show:
        typer.launch(str(page))


def _stage(here: Layout, task: Task, path: Path, name: str, root: Path) -> Layout:
    """A repository with the submissions of one task, this one among them, and the data linked."""
    staged = Layout(root)
    root.mkdir(parents=True)
    shutil.copyfile(here.params, staged.params)
    (root / "data").symlink_to(here.root / "data")
    shutil.copytree(here.docs_dir / "assets", staged.docs_dir / "assets")
    committed = here.submissions_dir(task.name)
    if committed.is_dir():
        shutil.copytree(committed, staged.submissions_dir(task.name), symlinks=True)
    folder = staged.submission_dir(task.name, name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(path, folder, symlinks=True)
    return staged
