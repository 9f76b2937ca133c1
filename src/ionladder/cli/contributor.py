"""Commands for contributors."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ionladder.cli.common import plain, task_names

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.board.build import StandingOf
    from ionladder.cli.common import Context, Grid
    from ionladder.data.store import TaskInputs
    from ionladder.evaluation import Evaluation, Score
    from ionladder.interchange.convert import Format
    from ionladder.repo import Layout
    from ionladder.specs import Task
    from ionladder.submit.validate import Expectations


# ``ionladder tasks``: what there is to predict, and whether its data are here


_STATES = {"here": "here", "absent": "not here", "waiting": "on demand"}


def tasks(
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the tasks: question, data, targets, what they rank by."""
    from ionladder.cli.common import Grid, load_context, show
    from ionladder.data.registry import all_tasks
    from ionladder.repo import to_json

    context = load_context()
    params = context.params
    rows = [
        _row(context, task)
        for task in all_tasks().values()
        if task.name in params.task_versions or task.name in params.waiting
    ]
    if json:
        print(to_json(rows), end="")
        return
    show(
        Grid(
            title=f"{len(rows)} tasks",
            header=["task", "dataset", "to predict", "targets", "ranks by", "data", "question"],
            rows=[
                [
                    row["task"],
                    f"{row['dataset']} {row['dataset_version']}",
                    _entries(row),
                    ", ".join(f"{name} / {unit}" for name, unit in row["targets"].items()),
                    row["primary"],
                    _STATES[row["state"]],
                    row["question"],
                ]
                for row in rows
            ],
            numbers_from=7,
        )
    )
    absent = [row["task"] for row in rows if row["state"] == "absent"]
    if absent:
        print(f"Not here: {', '.join(absent)}. `ionladder fetch` and `ionladder ingest` get them.")
    waiting = [row["task"] for row in rows if row["state"] == "waiting"]
    if waiting:
        print(
            f"Fetched on demand: {', '.join(waiting)}. `ionladder fetch DATASET --pin` gets the "
            "data of one; no board until somebody has."
        )


def _row(context: Context, task: Task) -> dict[str, Any]:
    is_waiting = task.name in context.params.waiting
    version = context.params.waiting[task.name] if is_waiting else context.version_of(task)
    is_here = not is_waiting and _is_here(context, task, version)
    return {
        "task": task.name,
        "title": task.title,
        "question": task.question,
        "dataset": task.dataset,
        "dataset_version": version,
        "scored_on": "folds" if task.scored_folds else "test",
        "n_to_predict": _count(context, task, version),
        "targets": {target.name: target.unit for target in task.targets},
        "primary": task.primary_use.title,
        "is_here": is_here,
        "state": "here" if is_here else "waiting" if is_waiting else "absent",
    }


def _is_here(context: Context, task: Task, version: str) -> bool:
    from ionladder.data.registry import get_dataset

    tables = get_dataset(task.dataset).tables
    return all(context.layout.table(task.dataset, version, t.name).is_file() for t in tables)


def _count(context: Context, task: Task, version: str) -> int | None:
    """Entries to predict by the split; None where it is not on this machine."""
    from ionladder.data.store import split_of_task
    from ionladder.repo import read_parquet

    path = context.layout.table(task.dataset, version, "splits")
    if not path.is_file():
        return None
    split = split_of_task(read_parquet(path, shown_as=context.layout.relative(path)), task)
    wanted = "train" if task.scored_folds else "test"
    parts: list[str] = split["subset"].to_pylist()
    return parts.count(wanted)


def _entries(row: dict[str, Any]) -> str:
    number = "–" if row["n_to_predict"] is None else str(row["n_to_predict"])
    return f"{number} out of fold" if row["scored_on"] == "folds" else f"{number} test entries"


# ``ionladder data``: what a model of a task may see, as CSV and CIF files


def data(
    task: Annotated[
        str,
        typer.Argument(
            help="Task, for example obelix.",
            autocompletion=task_names,
        ),
    ],
    to: Annotated[
        Path | None, typer.Option(help="Folder to write to.", show_default="build/data/<task>")
    ] = None,
) -> None:
    """Write inputs, training labels and folds as CSV, and structures as CIF.

    Labels of test entries are not among them. Files of the same names are replaced.
    """
    from ionladder.cli.common import following, load_context
    from ionladder.data.ingest import cif_texts
    from ionladder.data.registry import get_task
    from ionladder.data.store import load_inputs
    from ionladder.repo import write_text

    context = load_context()
    chosen = get_task(task)
    version = context.version_of(chosen)
    inputs = load_inputs(context.layout, chosen, version)
    folder = to or context.layout.root / "build" / "data" / chosen.name
    for name, table in _tables(inputs).items():
        write_text(folder / name, table.to_csv(lineterminator="\n"))
        print(f"{context.layout.relative(folder / name)}: {len(table)} rows")
    ids = [] if inputs.structures is None else sorted(inputs.structures.index)
    if ids:
        texts = cif_texts(chosen.dataset, inputs.entries, inputs.structures, ids)
        for name, text in following(texts, "Structures", total=len(ids)):
            write_text(folder / "structures" / f"{name}.cif", text)
        print(f"{context.layout.relative(folder / 'structures')}/: {len(ids)} CIF files")
    print(
        f"{chosen.dataset} {version} for {chosen.name}. Read ids as text: "
        'pd.read_csv(…, dtype={"id": str}, keep_default_na=False, na_values=[""]).'
    )


def _tables(inputs: TaskInputs) -> dict[str, pd.DataFrame]:
    """File name → table indexed by id; no test inputs where the task has no test entries."""
    entries = _flat(inputs.entries)
    train, test = list(inputs.train_ids), list(inputs.test_ids)
    tables = {
        "train_inputs.csv": entries.loc[train],
        "train_labels.csv": inputs.train_labels[list(inputs.targets)],
        "folds.csv": inputs.folds.set_index("id"),
    }
    return tables | ({"test_inputs.csv": entries.loc[test]} if test else {})


def _flat(entries: pd.DataFrame) -> pd.DataFrame:
    """Lists as text, joined by a semicolon."""
    flat = entries.copy()
    for name in flat.columns:
        if any(hasattr(value, "tolist") and hasattr(value, "__len__") for value in flat[name]):
            flat[name] = ["; ".join(map(str, value)) for value in flat[name]]
    return flat


# ``ionladder new``: a submission folder to fill in


def new(
    task: Annotated[
        str, typer.Argument(help="Task, for example obelix.", autocompletion=task_names)
    ],
    name: Annotated[str, typer.Argument(help="Folder name of the submission: a-z 0-9 . _ -")],
) -> None:
    """Make a submission folder to fill in.

    It holds a commented card and a predictions file that lists the ids to predict.
    """
    from ionladder.cli.common import load_context
    from ionladder.data.registry import get_task
    from ionladder.data.store import load_inputs, require_frames
    from ionladder.submit.validate import array_filler, write_template

    context = load_context()
    chosen = get_task(task)
    version = context.version_of(chosen)
    inputs = load_inputs(context.layout, chosen, version)
    given = chosen.given and require_frames(context.layout, chosen.dataset, version, chosen.given)
    fill = array_filler(chosen, given or None)
    folder = context.layout.submission_dir(chosen.name, name)
    shown = context.layout.relative(folder)
    file = write_template(folder, chosen, inputs.test_ids, inputs.folds, shown_as=shown, fill=fill)
    ids = f"{len(inputs.test_ids)} ids"
    if chosen.scored_folds is not None:
        rows = inputs.folds[inputs.folds["scheme"] == chosen.scored_folds.scheme]
        ids = f"{rows['id'].nunique()} ids in each of {rows['repeat'].nunique()} repeats"
    print(
        f"Made {shown} with submission.yaml and {file} ({ids}).\n"
        f"Fill in both, then run: ionladder score {shown}"
    )


# ``ionladder convert``: predictions in the files of another project become a submission folder


def convert(
    files: Annotated[
        list[Path],
        typer.Argument(help="The file; for JARVIS, one for each target of the task."),
    ],
    task: Annotated[str, typer.Option(help="Task, for example obelix.", autocompletion=task_names)],
    kind: Annotated[
        str | None,
        typer.Option("--from", help="jarvis, matbench or csv.", show_default="told by the content"),
    ] = None,
    to_folder: Annotated[
        Path | None,
        typer.Option(help="Folder to make.", show_default="submissions/<task>/<name of the file>"),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="TARGET=HEADER: which column of a CSV holds a target.", show_default=""),
    ] = None,
    log10: Annotated[bool, typer.Option("--log10", help="Convert σ in a CSV to log10 σ.")] = False,
    matbench_task: Annotated[
        str | None, typer.Option(help="Task of a results file to take.", show_default="by name")
    ] = None,
) -> None:
    """Make a submission folder from predictions of JARVIS-Leaderboard, matbench or pandas.

    Predictions are checked as every submission is. The card is a template to fill in.
    """
    from ionladder.cli.common import load_context
    from ionladder.data.registry import get_task
    from ionladder.data.store import load_inputs
    from ionladder.interchange.convert import Choices, read_foreign, write_folder
    from ionladder.submit.predictions import require_numbers
    from ionladder.submit.validate import Expectations

    context = load_context()
    chosen = get_task(task)
    require_numbers(chosen, where="convert")
    choices = Choices(
        columns=_columns(column or [], chosen), is_log10_asked=log10, matbench_task=matbench_task
    )
    known_kind = _format(kind)
    inputs = load_inputs(context.layout, chosen, context.version_of(chosen))
    expected = Expectations(
        test_ids=inputs.test_ids, train_ids=inputs.train_ids, folds=inputs.folds
    )
    foreign = read_foreign(files, chosen, expected, kind=known_kind, choices=choices)
    folder = to_folder or context.layout.submission_dir(chosen.name, _name(files[0]))
    shown = context.layout.relative(folder)
    source = ", ".join(path.name for path in files)
    write_folder(folder, foreign, chosen, expected, source=source, shown_as=shown)
    for note in foreign.notes:
        print(note)
    parts = {
        f"{len(inputs.test_ids)} test entries": foreign.predictions,
        "the frozen folds": foreign.cv_predictions,
    }
    what = " and ".join(name for name, cells in parts.items() if cells)
    print(
        f"Made {shown}: predictions of {what}.\n"
        f"Fill in submission.yaml, then run: ionladder score {shown}"
    )


def _name(path: Path) -> str:
    """A folder name from a file name: lower case, without its endings."""
    import re

    stem = path.name.lower()
    for ending in (".zip", ".gz", ".csv", ".json"):
        stem = stem.removesuffix(ending)
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:64] or "my-model"


def _columns(texts: list[str], task: Task) -> dict[str, str]:
    """``TARGET=HEADER`` options; with one target, ``HEADER`` alone will do."""
    from ionladder.errors import ConfigError, did_you_mean

    names = [target.name for target in task.targets]
    columns = {}
    for text in texts:
        target, found, header = text.partition("=")
        if target not in names and len(names) == 1:
            target, found, header = names[0], "=", text
        if target not in names or not found:
            raise ConfigError(
                "--column",
                f"TARGET=HEADER with a target of {task.name}",
                repr(text),
                did_you_mean(target, names),
            )
        columns[target] = header
    return columns


def _format(kind: str | None) -> Format | None:
    from ionladder.errors import ConfigError, did_you_mean
    from ionladder.interchange.convert import FORMATS

    if kind is None:
        return None
    known = {name: name for name in FORMATS}
    if kind not in known:
        raise ConfigError("--from", "a known format", repr(kind), did_you_mean(kind, known))
    return known[kind]


# ``ionladder validate``: are submissions complete and correct?


def validate(
    paths: Annotated[
        list[Path], typer.Argument(help="Submission folders: submissions/<task>/<name>.")
    ],
    task: Annotated[
        str | None,
        typer.Option(
            help="Task, if the folder is not under submissions/<task>/.",
            autocompletion=task_names,
        ),
    ] = None,
) -> None:
    """List every problem of a submission, if any; of several, each has its verdict."""
    from ionladder.cli.common import following, load_context, task_of
    from ionladder.errors import Problem, SubmissionError
    from ionladder.score import load_expectations

    context = load_context()
    expected: dict[str, Expectations] = {}
    problems: list[Problem] = []
    verdicts: list[str] = []
    for path in following(paths, "Validating"):
        chosen = task_of(path, task)
        if chosen.name not in expected:
            version = context.version_of(chosen)
            expected[chosen.name] = load_expectations(context.layout, chosen, version)
        try:
            verdicts.append(_verdict(path, chosen, expected[chosen.name], context))
        except SubmissionError as error:
            problems += error.problems
    for verdict in verdicts:
        print(verdict)
    if problems:
        raise SubmissionError(problems)


def _verdict(path: Path, task: Task, expected: Expectations, context: Context) -> str:
    """One line on a valid submission.

    Raises:
        SubmissionError: It has problems.
    """
    from ionladder.submit.validate import read_submission

    shown = context.layout.relative(path)
    submission = read_submission(path, task, expected, shown_as=shown)
    n_seeds = len(set(submission.predictions.columns["seed"].tolist()))
    entries, times = f"{len(expected.test_ids)} test entries", "seed"
    if task.scored_folds is not None:
        entries, times = f"{len(expected.test_ids)} training entries, out of fold", "repeat"
    cv = submission.cv_predictions
    predicted = set(cv.columns["scheme"].unique().to_pylist()) if cv else set()
    beside = predicted & {scheme.scheme for scheme in task.cross_validation}
    return (
        f"{shown} is valid: {entries}, "
        f"{n_seeds} {times}{'s' if n_seeds > 1 else ''}, "
        f"{'with' if beside else 'without'} {_beside(task)}."
    )


def _beside(task: Task) -> str:
    """What a submission may bring beside what is scored."""
    if task.scored_folds is None:
        return "cross-validation predictions"
    return f"predictions on other folds ({', '.join(s.scheme for s in task.cross_validation)})"


# ``ionladder score``: the verdict on one submission, as the leaderboard will print it


def score(
    path: Annotated[Path, typer.Argument(help="Submission folder: submissions/<task>/<name>.")],
    task: Annotated[
        str | None,
        typer.Option(
            help="Task, if the folder is not under submissions/<task>/.", autocompletion=task_names
        ),
    ] = None,
    dataset_version: Annotated[
        str | None, typer.Option(help="Dataset version, if not the one that params.yaml names.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the receipt as JSON.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="With --json: also its place on the board.")
    ] = False,
) -> None:
    """Score a submission and say where it would rank; nothing is written.

    The numbers are those that the board will show. Exit code 1 if it cannot be scored.
    """
    from ionladder.board.build import full_json, stand
    from ionladder.cli.common import following, load_context, task_of
    from ionladder.repo import to_json
    from ionladder.score import TaskScorer

    context = load_context()
    chosen = task_of(path, task)
    version = context.version_of(chosen, dataset_version)
    settings = context.params.scoring
    scorer = TaskScorer.open(context.layout, chosen, version, settings)
    scored = scorer.score(path)
    if json and not full:
        print(to_json(scored.receipt), end="")
        return
    follow = partial(following, doing="Scoring the board")
    found = stand(
        context.layout,
        chosen,
        version,
        scorer=scorer,
        settings=settings,
        mine=scored,
        follow=follow,
    )
    if json:
        print(to_json(full_json(found, chosen)), end="")
        return
    _print_verdict(found, chosen, version)


def _print_verdict(found: StandingOf, task: Task, version: str) -> None:
    from ionladder.cli.common import plain, show

    evaluation = found.mine.evaluation
    n_seeds = len(evaluation.seeds)
    trained = "seeds" if task.scored_folds is None else f"repeats of {task.scored_folds.scheme}"
    seeds = f", mean of {n_seeds} {trained}" if n_seeds > 1 else ""
    print(
        f"{plain(found.mine.submission.card.model)} on {task.name} ({task.dataset} {version}): "
        f"{evaluation.n_scored} of {evaluation.n_expected} entries scored{seeds}."
    )
    for grid in _grids(evaluation, task):
        show(grid)
    print(
        "95 % intervals resample groups of related entries "
        f"({evaluation.targets[task.primary.target][task.primary.subset].n_groups} groups)."
    )
    for line in standing_lines(found, task):
        print(line)


def _grids(evaluation: Evaluation, task: Task) -> Iterator[Grid]:
    if len(task.targets) == 1:
        yield _by_subset(evaluation, task)
    else:
        yield _by_target(evaluation, task)
        yield _primary_by_subset(evaluation, task)


def _by_subset(evaluation: Evaluation, task: Task) -> Grid:
    """Metrics × subsets of a task with one target."""
    from ionladder.cli.common import Grid

    target = task.targets[0]
    subsets = evaluation.targets[target.name]
    heads = [f"{subset.title} ({subsets[subset.name].n})" for subset in task.subsets]
    rows = [
        [use.title, *(_cell(subsets[s.name].metrics[use.name]) for s in task.subsets)]
        for use in task.metrics
    ]
    title = f"{target.symbol}, errors in {target.error_unit}"
    return Grid(title=title, header=["", *heads], rows=rows)


def _by_target(evaluation: Evaluation, task: Task) -> Grid:
    """Metrics × targets on the primary subset, the mean over targets first if it is ranked by."""
    from ionladder.cli.common import Grid

    symbols = {target.name: target.symbol for target in task.targets}
    names = sorted(evaluation.targets, key=lambda name: name in symbols)
    subset = task.primary.subset
    rows = [
        [use.title, *(_cell(evaluation.score(name, subset, use.name)) for name in names)]
        for use in task.metrics
    ]
    title = f"{subset} entries, errors in {task.targets[0].error_unit}"
    return Grid(title=title, header=["", *(symbols.get(n, "mean") for n in names)], rows=rows)


def _primary_by_subset(evaluation: Evaluation, task: Task) -> Grid:
    """The primary metric on every subset."""
    from ionladder.cli.common import Grid

    rows = []
    for subset in task.subsets:
        scores = evaluation.targets[task.primary.target][subset.name]
        rows.append([subset.title, str(scores.n), _cell(scores.metrics[task.primary.metric])])
    title = f"{task.primary_use.title} by subset"
    return Grid(title=title, header=["", "entries", "value"], rows=rows)


def _cell(score: Score) -> str:
    from math import isnan

    if isnan(score.value):
        return "–"
    value = f"{score.value:.3f}"
    return value if isnan(score.ci_low) else f"{value} [{score.ci_low:.2f}, {score.ci_high:.2f}]"


# ``ionladder preview``: the page that a submission would have, before it is sent


def preview(
    path: Annotated[Path, typer.Argument(help="Submission folder: submissions/<task>/<name>.")],
    task: Annotated[
        str | None,
        typer.Option(
            help="Task, if the folder is not under submissions/<task>/.", autocompletion=task_names
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Score a submission and make its page, in a temporary folder.

    The repository is not changed. The folder stays until you or the system remove it.
    """
    from ionladder.board.build import publish
    from ionladder.cli.common import load_context, task_of
    from ionladder.score import TaskScorer
    from ionladder.site.render import preview_page

    context = load_context()
    chosen = task_of(path, task)
    version = context.version_of(chosen)
    settings = context.params.scoring
    # What is wrong with it is said of the folder as the reader knows it.
    found = TaskScorer.open(context.layout, chosen, version, settings).score(path)
    name = found.submission.name
    room = Path(tempfile.mkdtemp(prefix="ionladder-preview-"))
    try:
        layout = _stage(context, chosen, path, name, room / "repository")
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


def _stage(context: Context, task: Task, path: Path, name: str, root: Path) -> Layout:
    """A repository with the submissions of one task, this one among them, and the data linked."""
    from ionladder.repo import Layout

    here, staged = context.layout, Layout(root)
    root.mkdir(parents=True)
    shutil.copyfile(here.params, staged.params)
    (root / "data").symlink_to(here.root / "data")
    shutil.copytree(here.docs_dir / "assets", staged.docs_dir / "assets")
    if here.submissions_dir(task.name).is_dir():
        shutil.copytree(
            here.submissions_dir(task.name), staged.submissions_dir(task.name), symlinks=True
        )
    folder = staged.submission_dir(task.name, name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(path, folder, symlinks=True)
    return staged


# What ``ionladder score`` says of a submission's place: rank, ties, worst slices, audit notes


_NAMED = 6


def standing_lines(found: StandingOf, task: Task) -> Iterator[str]:
    """The lines below the tables of a verdict, one statement each."""
    from ionladder.board.build import primary_json, worst_slices

    yield _place(found)
    if found.former is not None:
        value = _number(primary_json(found.former, task)["value"])
        yield f"It replaces a committed submission whose {task.primary_use.title} is {value}."
    if found.reducible_error_closed is not None:
        yield (
            f"Of the error between {task.baseline_reference} and the floor it closes "
            f"{100 * found.reducible_error_closed:.0f} %."
        )
    worst = worst_slices(found.mine.receipt, task)
    if worst:
        yield f"Worst slices by {task.primary_use.title}, of those with 8 entries or more:"
        for part in worst:
            reach = _interval(part["ci_low"], part["ci_high"])
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
    ties = f"tied with {_names(tied)}" if tied else "told apart from all others"
    return (
        f"Among the committed submissions it would be rank {standing['rank']} of "
        f"{standing['n_ranked']} (range {reach}), {ties}; "
        f"best in {100 * standing['probability_best']:.1f} % of the resampled test sets."
    )


def _names(names: list[str] | tuple[str, ...]) -> str:
    rest = len(names) - _NAMED
    shown = ", ".join(plain(name) for name in names[:_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
