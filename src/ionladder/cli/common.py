"""What the commands share: the repository, options, progress and tables."""

from __future__ import annotations

import inspect
import itertools
import logging
import os
import re
import shutil
import sys
import tempfile
import textwrap
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial, wraps
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, TypeVar

import typer
from typer import Argument, Option

from ionladder.data.registry import all_tasks, get_task
from ionladder.errors import ConfigError, IonLadderError, SubmissionError, first_few, worded
from ionladder.repo import Layout, at_hand, find_layout, on_s3, only_writer, require_clone, to_json
from ionladder.specs import Task

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from ionladder.config import Params
    from ionladder.errors import Problem
    from ionladder.repo import MapJobs
    from ionladder.submit.validate import Expectations

# --- The repository, its parameters, and a task by path or name


@dataclass(frozen=True, kw_only=True)
class Context:
    """The repository a command works in."""

    layout: Layout
    params: Params

    def version_of(self, task: Task, wanted: str | None = None) -> str:
        """The dataset version a task is scored on, or the wanted one if it is pinned."""
        from ionladder.config import require_scored

        require_scored(self.layout, self.params, task.name)
        version = wanted or self.params.task_versions.get(task.name)
        if version is not None and self.params.find(task.dataset, version) is not None:
            return version
        pinned = [v.version for v in self.params.versions.values() if v.dataset == task.dataset]
        facts = {"pinned": ", ".join(pinned) or "none yet", "found": version or "none"}
        where = f"params.yaml, task {task.name}"
        raise ConfigError(worded("version-unpinned", where, dataset=task.dataset, **facts))

    def expectations(self, task: Task, version: str | None = None) -> Expectations:
        """The ids and folds of a task whose predictions come from elsewhere, or go there."""
        from ionladder.data.store import load_inputs
        from ionladder.submit.validate import Expectations

        inputs = load_inputs(self.layout, task, self.version_of(task, version))
        given: dict[str, Any] = {"test_ids": inputs.test_ids, "train_ids": inputs.train_ids}
        return Expectations(**given, folds=inputs.folds)

    def to_check(self, task: Task) -> Expectations:
        """What a submission must cover; labels are read only for arrays and for references."""
        from ionladder.submit.validate import load_id_expectations

        version = self.version_of(task)

        def labelled() -> Expectations:
            from ionladder.score import load_expectations

            return load_expectations(self.layout, task, version)

        def read(reference: Any, shown_as: str) -> Any:
            return labelled().read_referenced(reference, shown_as)  # type: ignore[misc]

        if task.predicts != "values":
            return labelled()
        return replace(load_id_expectations(self.layout, task, version), read_referenced=read)


def load_context(*, clone_for: str = "") -> Context:
    """Find the repository and read its ``params.yaml``; what asks for a clone names itself."""
    from ionladder.config import load_params

    layout = find_layout()
    if clone_for:
        require_clone(layout, f"ionladder {clone_for}")
    return Context(layout=layout, params=load_params(layout))


def writing(command: Callable[..., None]) -> Callable[..., None]:
    """A command that writes into the repository: one at a time, the others wait and say so."""

    @wraps(command)
    def alone(*args: object, **options: object) -> None:
        text = "Another command writes into this repository: this one waits until it has ended."
        with ExitStack() as stack:
            with suppress(ConfigError):  # the command says it better
                root = find_layout().store
                waiting = partial(print, text, file=sys.stderr)
                if options.get("part") is None:  # parts run side by side, and only keep
                    stack.enter_context(only_writer(root, waiting=waiting))
            command(*args, **options)

    return alone


JsonFlag = Annotated[bool, Option("--json", help="Print the outcome as JSON.")]


def answering(command: Callable[..., None]) -> Callable[..., None]:
    """A command with ``--json``: its own document, else what it said; an error in one shape."""
    signature = inspect.signature(command, eval_str=True)
    name = command.__name__.replace("_", "-")
    has_own = "json" in signature.parameters
    if has_own and signature.parameters["json"].default is None:
        return command  # pr-check writes its report to a file

    @wraps(command)
    def answered(*, json: bool = False, **options: Any) -> None:
        if not json:
            command(**options)
            return
        said, code = StringIO(), 0
        problems: list[Problem] = []
        try:
            with redirect_stdout(said):
                command(**options, **({"json": True} if has_own else {}))
        except typer.Exit as end:  # before its own document, where a part of the jobs is all
            code = end.exit_code
        except IonLadderError as error:
            problems, code = [*error.problems], 1
        text = said.getvalue()
        if not has_own or problems or text[:1] not in ("{", "["):
            outcome = {"command": name, "is_good": not code, "messages": text.splitlines()}
            text = to_json(outcome | {"problems": [asdict(each) for each in problems]})
        print(text, end="")
        raise typer.Exit(code)

    if not has_own:
        option = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False)
        parameters = [*signature.parameters.values(), option.replace(annotation=JsonFlag)]
        answered.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        answered.__annotations__ = {**command.__annotations__, "json": JsonFlag}
    return answered


def task_of(path: Path, name: str | None) -> Task:
    """The task a submission folder belongs to: as named, else its parent folder's name.

    Raises:
        ConfigError: There is no such task, or nothing says which it is.
    """
    folder = path.absolute()
    if name:
        return get_task(name)
    with suppress(ConfigError):  # of a task that there is, files of other datasets are not read
        return get_task(folder.parent.name)
    known = all_tasks()
    expected, found = "a submission: submissions/<task>/<name>", "another folder"
    step = "Name its folder, or the task with --task."
    if not path.exists():
        found, step = "no such file or folder", "Check the path."
    elif folder.name in known:
        names = sorted(item.name for item in folder.iterdir() if item.is_dir())
        found, step = "the folder of a task", f"Name one below it: {first_few(names)}."
    elif path.is_file():
        expected, found = "the task of these predictions", "a file that does not say it"
        step = f"Name it with --task: {', '.join(known)}."
    raise ConfigError(path.as_posix(), expected, found, step)


_CARD_OF_FILE = (
    "model: '{name}'\ndescription: A file of predictions without a card.\n"
    "authors: [name: not stated]\ntraining_data: not stated\ninputs: both\nlicence: CC0-1.0\n"
)


def file_name(path: Path, task: Task) -> str:
    """What a file of predictions is called in the folder of a submission."""
    suffix = path.suffix if path.suffix in (".parquet", ".extxyz") else ".csv"
    return f"{'cv_predictions' if task.scored_folds else 'predictions'}{suffix}"


@contextmanager
def submission_at(path: Path, name: str | None) -> Iterator[tuple[Path, Task, str | None]]:
    """The folder of a submission, its task, and how errors name it (None: as its path).

    A file in the folder of a submission stands for the folder; any other file of predictions gets
    a folder of its own for the time being, so that it is checked and scored as one in a folder is.
    What is on S3 is copied for the time being.
    """
    if on_s3(path):
        with at_hand(path) as here, submission_at(here, name) as (at, task, _):
            yield at, task, f"s3://{'/'.join(path.parts[1:])}"
        return
    path = Path(os.path.abspath(path))  # noqa: PTH100 - `.` and `..` go, links stay
    if path.is_file() and path.with_name("submission.yaml").exists():
        path = path.parent
    task = task_of(path, name)
    if not path.is_file():
        yield path, task, None
        return
    shown, file = path.name, file_name(path, task)
    with tempfile.TemporaryDirectory(prefix="ionladder-") as room:
        folder = Path(room) / "your-file"
        folder.mkdir()
        shutil.copyfile(path, folder / file)
        card = _CARD_OF_FILE.format(name=printable(path.stem).replace("'", "")[:100] or "file")
        (folder / "submission.yaml").write_text(card, encoding="utf-8")
        try:
            yield folder, task, shown
        except SubmissionError as error:
            inside = f"{shown}/{file}"
            problems = [replace(p, where=p.where.replace(inside, shown)) for p in error.problems]
            raise SubmissionError(problems) from error


# --- Arguments and options that several commands take


def task_names(incomplete: str) -> list[str]:
    """Tasks whose names begin with what is typed."""
    return [name for name in all_tasks() if name.startswith(incomplete)]


def submissions(incomplete: str) -> list[str]:
    """Folders ``submissions/<task>/<name>`` from here that begin with what is typed."""
    depth = 2 if incomplete.count("/") < 2 else 3
    found = sorted(Path().glob("/".join(["submissions", *"*" * (depth - 1)])))
    paths = [f"{path.as_posix()}{'/' * (depth == 2)}" for path in found if path.is_dir()]
    return [path for path in paths if path.startswith(incomplete)]


TaskName = Annotated[str, Argument(help="Task, for example obelix.", autocompletion=task_names)]
TaskOfFolder = Annotated[
    str | None,
    Option(help="Task, if the folder is not under submissions/<task>/.", autocompletion=task_names),
]
SubmissionFolder = Annotated[
    Path, Argument(help="Submission folder, or a file of predictions.", autocompletion=submissions)
]
OtherVersion = Annotated[
    str | None, Option(help="Dataset version, if not the one that params.yaml names.")
]


# --- Sharing jobs among processes and machines: one seam, any concurrent.futures.Executor

Workers = Annotated[
    int, Option(min=0, help="Processes to share the work; the results are the same.")
]
Cluster = Annotated[
    str | None,
    Option(
        help="Address of a Dask scheduler; `local` starts one here with --workers processes.",
        show_default=False,
    ),
]
Part = Annotated[
    str | None,
    Option(
        help="K/N: of N parts of the jobs do only the K-th, for arrays of jobs.", show_default=False
    ),
]
Keep = Annotated[
    Path | None,
    Option(
        help="Folder for the result of every job: a stopped run goes on from there.",
        show_default=False,
    ),
]
_AHEAD = 4  # jobs handed out for every process: few results wait, none of them for work


@contextmanager
def sharing(
    doing: str,
    workers: int = 0,
    cluster: str | None = None,
    part: str | None = None,
    keep: Path | None = None,
) -> Iterator[MapJobs]:
    """A ``map`` whose jobs are done here, by other processes, or on a Dask cluster.

    Results come in the order of the jobs, whoever does them. Of a part nothing but its jobs is
    done: the command ends with them, and a run without ``--part`` takes what they kept.

    Args:
        doing: What a bar on a terminal says; empty where the command has its own.
        workers: Processes; fewer than two, and all is done in this one.
        cluster: Address of a Dask scheduler, or ``local``.
        part: K/N.
        keep: Where the results are kept that a part needs.

    Raises:
        ConfigError: No such part, nowhere to keep it, or no such cluster.
    """
    is_part = part is not None
    hit = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", "1/1" if part is None else part)
    turn = (int(hit[1]), int(hit[2])) if hit else (1, 0)
    if turn[0] > turn[1] or (is_part and keep is None):
        found = f"{part}{' without --keep' * (keep is None)}"
        raise ConfigError(worded("no-such-part", "--part", found=found))
    n = 0
    with ExitStack() as stack:
        try:
            executor, n = _executor(stack, workers, cluster)
            yield partial(_shared, executor, _AHEAD * n, turn, doing, is_part)
        except Exception as error:
            gone = type(error).__name__ in ("BrokenProcessPool", "CancelledError", "KilledWorker")
            # Before there are processes, a ValueError is of the address.
            kinds = OSError if n else OSError | ValueError
            if not gone and not (cluster is not None and isinstance(error, kinds)):
                raise
            where = f"--workers {workers}" if cluster is None else f"--cluster {cluster}"
            found = f"{type(error).__name__}: {error}"
            raise ConfigError(worded("processes-gone", where, found=found)) from error


def _executor(stack: ExitStack, workers: int, cluster: str | None) -> tuple[Executor | None, int]:
    """What does the jobs, None for this process; and how many jobs it does at a time."""
    if cluster is None and workers < 2:
        return None, 1
    if cluster is None:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        spawned = multiprocessing.get_context("spawn")
        return stack.enter_context(ProcessPoolExecutor(workers, spawned)), workers
    if find_spec("distributed") is None:
        raise ConfigError(worded("no-distributed", "--cluster"))
    import dask
    import distributed

    if cluster == "local":
        # Dask has its workers give memory back at every turn, which doubles what a job costs.
        once = {"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1}}
        stack.enter_context(dask.config.set(once))
        here = distributed.LocalCluster(
            n_workers=max(workers, 1),
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
        cluster = stack.enter_context(here).scheduler_address
    client = stack.enter_context(distributed.Client(cluster, timeout=10))
    n = max(1, sum(client.nthreads().values()))
    return stack.enter_context(client.get_executor(pure=False)), n


def _shared(
    executor: Executor | None,
    ahead: int,
    turn: tuple[int, int],
    doing: str,
    is_part: bool,
    function: Callable[[Any], Any],
    jobs: Iterable[Any],
) -> Iterator[Any]:
    number, of = turn
    mine = itertools.islice(jobs, number - 1, None, of)
    total = len(range(number - 1, len(jobs), of)) if isinstance(jobs, Sized) else None
    results = map(function, mine) if executor is None else _ahead(executor, ahead, function, mine)
    yield from following(results, doing, total=total) if doing else results
    if is_part:
        say(f"Part {number} of {of} is done and kept. After all parts, run without --part.")
        raise typer.Exit


def _ahead(
    executor: Executor, ahead: int, function: Callable[[Any], Any], jobs: Iterable[Any]
) -> Iterator[Any]:
    """Results in the order of the jobs, of which so many at most are handed out."""
    waiting: deque[Future[Any]] = deque()
    try:
        for job in jobs:
            waiting.append(executor.submit(function, job))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


# --- How far a long job has come: a bar at a terminal, nothing where output is piped

PATIENCE_S = 0.5
"""A job that ends sooner shows no bar: it would only flash."""

Item = TypeVar("Item")


def following(items: Iterable[Item], doing: str, *, total: int | None = None) -> Iterator[Item]:
    """Hand out items one by one, with a bar on the standard error stream while it takes long.

    Args:
        items: What the job works through.
        doing: What is done with them, such as ``Scoring the board``.
        total: How many there are, where the items do not know.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    if total is None and isinstance(items, Sized):
        total = len(items)
    begin = time.monotonic()
    with ExitStack() as stack:
        bar = None
        for done, item in enumerate(items):
            if bar is None and time.monotonic() - begin >= PATIENCE_S:
                from rich.console import Console
                from rich.progress import Progress

                bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
                task = bar.add_task(doing, total=total)
            if bar is not None:
                bar.update(task, completed=done)
            yield item


# --- Text and tables: wrapped at a terminal; no number is ever cut


def room() -> int | None:
    """Columns of the terminal, or those that COLUMNS names; None where output is piped."""
    is_known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return shutil.get_terminal_size().columns if is_known else None


def say(text: str, *, to: TextIO | None = None) -> None:
    """Print prose; where there is a terminal, lines break between words."""
    width = room()
    unbroken: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    for line in text.splitlines():
        hang = 2 * line[: len(line) - len(line.lstrip())]
        lines = textwrap.wrap(line, width, subsequent_indent=hang, **unbroken) if width else [line]
        print("\n".join(lines), file=to)


def show(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers_from: int = 1
) -> None:
    """Print a table; columns that the terminal has no room for follow below the others.

    Args:
        title: Printed above it.
        header: Column heads.
        rows: Cells, as many in each row as there are heads.
        numbers_from: First column that is set flush right; those before it begin every line.
    """
    lines, limit = [list(header), *map(list, rows)], room()
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    first = list(range(numbers_from))
    blocks: list[list[int]] = [[]]
    for place in range(numbers_from, len(header)):
        needed = sum(widths[each] + 2 for each in (*first, *blocks[-1], place)) - 2
        if limit is not None and needed > limit and blocks[-1]:
            blocks.append([])
        blocks[-1].append(place)
    say(title)
    for block in blocks:
        for line in lines:
            cells = [line[each].ljust(widths[each]) for each in first]
            cells += [line[each].rjust(widths[each]) for each in block]
            print("  ".join(cells).rstrip())


def printable(text: str) -> str:
    """Contributed text on one line, without control characters.

    Example:
        >>> printable("a\\x1b[31mb")
        'a[31mb'
    """
    return "".join(character for character in text if character.isprintable())


def rank_text(low: int | None, high: int | None) -> str:
    """The ranks an entry may hold; a dash for references, which are not ranked.

    Example:
        >>> rank_text(1, 3), rank_text(2, 2), rank_text(None, None)
        ('1–3', '2', '–')
    """
    if low is None:
        return "–"
    return str(low) if low == high else f"{low}–{high}"
