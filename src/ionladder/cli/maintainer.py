"""Commands for maintainers, in the order of the pipeline."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from ionladder import errors as err
from ionladder.cli import common
from ionladder.cli.baselines import baseline
from ionladder.cli.boards import print_board
from ionladder.cli.common import Context, load_context, say, show
from ionladder.data.registry import all_datasets, all_tasks, get_dataset, get_task
from ionladder.git import file_at, head_commit
from ionladder.repo import find_layout, is_running, replacing, require_clone, to_json, write_json

if TYPE_CHECKING:
    from ionladder.config import DatasetVersion
    from ionladder.pr.report import Report

    _Problems = list[err.Problem]

# --- ``ionladder build``: the main job, from pinned bytes to the site, with what can be reached


def build() -> None:
    """The main job: fetch, ingest, score, render.

    Data that cannot be reached are named, and their recorded scores are kept.
    """
    from ionladder.board.build import require_records
    from ionladder.board.integrity import write_sums

    context = load_context(clone_for="build")
    layout, params = context.layout, context.params
    make_good(layout.root)
    reached, unreachable, changed = _fetch_what_can_be_reached(context)
    on_demand = [version for version in params.versions.values() if version.is_on_demand]
    absent = [v for v in on_demand if v.is_pinned and not _has_tables(context, v)]
    if absent:
        keys = ", ".join(version.key for version in absent)
        print(f"Fetched only on demand, and not here: {keys}. Their recorded scores are kept.")
    if unreachable:
        head = "Some data could not be fetched; their recorded scores are kept:"
        print(f"{head}\n{err.error_text(unreachable)}", file=sys.stderr)
    is_first = not (layout.root / "site" / "index.html").is_file()
    is_whole = not (unreachable or changed or absent)
    here = {v.key for v in params.versions.values() if v.is_embedded or _has_tables(context, v)}
    here |= reached
    tasks = [task for task in params.task_versions if _version(context, task).key in here]
    # On a fresh clone DVC would take every committed score for one that was computed here.
    forced = [t for t in tasks if is_first or (unreachable and _version(context, t).is_embedded)]
    if reached and (is_first or not is_whole):
        _run_dvc(layout.root, ["repro", *(f"ingest@{key}" for key in sorted(reached))])
    require_records(
        layout, params, [t for t in tasks if _has_tables(context, _version(context, t))]
    )
    _repro(context, ["--force", "--single-item"], forced)
    if is_first:
        print(f"Computed on this machine for the first time: {', '.join(forced) or 'no score'}.")
    if is_whole:
        _run_dvc(layout.root, ["repro"])
    else:
        rest = [task for task in tasks if task not in forced]
        _repro(context, ["--allow-missing"] if unreachable else [], rest)
    if not (is_whole and (layout.root / "site" / "index.html").exists()):
        site()
    write_sums(layout, params)
    _print_summary(context)
    if changed:
        raise err.FetchError(changed)


def make_good(root: Path) -> None:
    """Make good what a run of DVC left that was killed, and say so.

    Raises:
        ConfigError: dvc.lock or dvc.yaml holds the conflict of a merge, or DVC is running.
    """
    lock, record = root / "dvc.lock", root / ".dvc" / "tmp" / "rwlock"
    for path, step in {
        lock: "Take it from either side (`git checkout HEAD -- dvc.lock`), then run `ionladder "
        "build` again: whatever differs is made again.",
        root / "dvc.yaml": "Keep the stages of both sides, then run `ionladder build` again.",
    }.items():
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
        n = next((n for n, line in enumerate(lines, 1) if line.startswith(_CONFLICT)), None)
        if n is not None:
            where = f"{path.name}, line {n}"
            raise err.ConfigError(err.worded("conflict", where, step=step))
    if lock.is_file() and not _has_stages(lock):
        commit = head_commit(root)
        former = file_at(root, commit, lock.name) if commit else None
        if former is None:
            lock.unlink()
        else:
            with replacing(lock) as whole:
                whole.write_bytes(former)
        print("dvc.lock was not whole (a run was killed): the one of the last commit is used.")
    if record.is_file():
        processes = [number for number in _recorded(record) if _runs_dvc(number)]
        if processes:
            raise err.ConfigError(err.worded("dvc-runs", str(root), process=processes[0]))
        if record.read_text("utf-8", "replace").strip() not in _NOBODY:
            record.unlink()
            print("The lock of a run of DVC that was killed is removed.")


_CONFLICT = ("<<<<<<< ", ">>>>>>> ")
_NOBODY = ("{}", '{"write": {}, "read": {}}')


def _has_stages(lock: Path) -> bool:
    import yaml

    try:
        found = yaml.safe_load(lock.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(found, dict) and isinstance(found.get("stages"), dict)


def _recorded(record: Path) -> set[int]:
    """Processes that DVC's record of locks names; none where it is torn."""
    return {int(number) for number in re.findall(r'"pid": (\d+)', record.read_text("utf-8"))}


def _runs_dvc(process: int) -> bool:
    command = Path(f"/proc/{process}/cmdline")
    if command.is_file():  # the number may be that of another program by now
        return b"dvc" in command.read_bytes()
    return is_running(process)


def _fetch_what_can_be_reached(context: Context) -> tuple[set[str], _Problems, _Problems]:
    """Fetch every pinned version: keys of those that are here, problems, files with other bytes."""
    from ionladder.data.fetch import fetch_version as fetch_source

    reached: set[str] = set()
    unreachable: _Problems = []
    changed: _Problems = []
    for pinned in context.params.versions.values():
        if not pinned.is_embedded and not pinned.is_on_demand:
            try:
                done = fetch_source(context.layout, pinned, progress=sys.stderr.isatty())
            except err.UnreachableError as error:
                # One file stands for all of them, and each package for itself.
                of_packages = [p for p in error.problems if "package index" in p.expected]
                unreachable += [*error.problems[:1], *of_packages]
            except err.FetchError as error:
                changed += error.problems
            else:
                reached.add(pinned.key)
                if done.served:
                    print(f"{pinned.key}: served by {done.served}")
    return reached, unreachable, changed


def _version(context: Context, task: str) -> DatasetVersion:
    """The dataset version that a task is scored on."""
    params = context.params
    version = params.find(get_task(task).dataset, params.task_versions[task])
    if version is None:
        raise err.ConfigError(task, "a dataset version of params.yaml", "none", "List it there.")
    return version


def _has_tables(context: Context, version: DatasetVersion) -> bool:
    return context.layout.table(version.dataset, version.version, "labels").is_file()


def _repro(context: Context, options: list[str], tasks: list[str]) -> None:
    """Reproduce the scores of some tasks."""
    on_demand = {task for version in context.params.versions.values() for task in version.tasks}
    if tasks:
        targets = [f"score{'-on-demand' * (task in on_demand)}@{task}" for task in tasks]
        _run_dvc(context.layout.root, ["repro", *options, *targets])


def _run_dvc(root: Path, arguments: list[str]) -> None:
    """Run DVC in the repository with this environment's commands first on the path."""
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    # What DVC says is no part of a document of --json.
    out = None if sys.stdout is sys.__stdout__ else sys.__stderr__
    result = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [sys.executable, "-m", "dvc", *arguments],
        cwd=root,
        env=environment,
        check=False,
        stdout=out,
    )
    if result.returncode:
        where = f"dvc {' '.join(arguments)}"
        raise err.IonLadderError(err.worded("stage-failed", where, code=result.returncode))


def _print_summary(context: Context) -> None:
    """Say how each board looks, and where the page is."""
    for task in context.params.task_versions:
        if context.layout.leaderboard_json(task).exists():
            print()
            print_board(context.layout, task, has_reported=False)
    print("\n`make serve` shows the pages.")


# --- ``ionladder fetch``: bring the pinned upstream files to this machine


def fetch(
    keys: Annotated[
        list[str] | None,
        Argument(
            help="Dataset versions, such as obelix-1-2-0; without any, all but those of LiTraj."
        ),
    ] = None,
    pin: Annotated[
        bool,
        Option(
            "--pin",
            help="First fetch of a version without checksums: ingest it and record its bytes.",
        ),
    ] = False,
) -> None:
    """Fetch pinned files, verify their SHA-256 and put them in place, or change nothing.

    IONLADDER_MIRROR names a folder or URL that stands in for the upstream address. Archives of
    LiTraj are fetched only when named; a download that broke off is continued.
    """
    from ionladder.config import select_versions

    context = load_context(clone_for="fetch --pin" if pin else "")
    unreached: list[err.Problem] = []
    changed: list[err.Problem] = []
    for version in select_versions(context.params, keys):
        try:
            if version.is_on_demand:
                _fetch_on_demand(context, version, pin=pin)
            else:
                _fetch_pinned(context, version)
        except err.UnreachableError as error:
            unreached += error.problems
        except err.FetchError as error:
            changed += error.problems
    if changed:
        raise err.FetchError(changed + unreached)
    if unreached:
        raise err.UnreachableError(unreached)


def _fetch_pinned(context: Context, version: DatasetVersion) -> None:
    from ionladder.data.fetch import fetch_version as fetch_source

    done = fetch_source(context.layout, version, progress=sys.stderr.isatty())
    brought, by = len(done.brought), f"; served by {done.served}" if done.served else ""
    kept = 0 if "package" in done.served else max(len(version.files) - brought, 0)
    print(f"{version.key}: {brought} files fetched and verified, {kept} already here{by}")


def _fetch_on_demand(context: Context, version: DatasetVersion, *, pin: bool) -> None:
    from ionladder.config import require_pinned
    from ionladder.data.fetch import fetch_version as fetch_source
    from ionladder.data.ingest import fetch_and_pin

    progress = sys.stderr.isatty()
    if not pin:
        require_pinned(context.layout, version)
        fetch_source(context.layout, version, progress=progress)
        print(f"{version.key}: the archive is here, with the pinned bytes")
        return
    done = fetch_and_pin(context.layout, version, progress=progress)
    if done is None:
        print(f"{version.key}: pinned before; the archive is here, with the same bytes")
        return
    rows = ", ".join(f"{count} {name}" for name, count in done.rows.items())
    print(f"{version.key}: {rows}; {done.n_checks} checks passed")
    layout = context.layout
    manifest = layout.relative(layout.manifest(version.dataset, version.version))
    pins = layout.relative(layout.pins)
    print(f"Its bytes are pinned in {pins}; commit that file and {manifest}.")


# --- ``ionladder fill``: one command from an archive upstream to boards with baselines on them


def fill(
    datasets: Annotated[
        list[str], Argument(help="Datasets of LiTraj, such as bvel13k; `tasks` lists them.")
    ],
    baselines: Annotated[
        bool, Option(help="Train the baselines that have no submission yet.")
    ] = True,
    source: Annotated[
        Path | None,
        Option(
            "--from",
            help="Take the archive from here: a zip, its unpacked folder, or a folder of zips.",
            exists=True,
        ),
    ] = None,
) -> None:
    """Fill the boards of datasets that are fetched on demand.

    Fetches and pins the archive, makes its tables, trains the baselines made for its tasks, scores
    every submission and renders the site. What is done already is not done again.
    """
    from ionladder.config import select_versions

    wanted = select_versions(load_context(clone_for="fill").params, datasets)
    others = [version.key for version in wanted if not version.is_on_demand]
    if others:
        raise err.ConfigError([err.worded("not-on-demand", key) for key in others])
    if source is not None:
        wanted = _take(load_context(), wanted, source)
    fetch([version.key for version in wanted], pin=True)
    context = load_context()
    for version in wanted:
        if not _has_tables(context, context.params.versions[version.key]):
            ingest([version.key])
        if baselines:
            _train(context, version)
    build()


def _take(context: Context, wanted: list[DatasetVersion], source: Path) -> list[DatasetVersion]:
    """Take archives from a file or folder; the versions that are there.

    Raises:
        FetchError: None is there, or one archive was named for several versions.
    """
    from ionladder.data.fetch import take_archives

    if source.is_file() and len(wanted) > 1:
        raise err.FetchError(err.worded("archive-of-one", str(source), n=len(wanted)))
    missing = {v.key: take_archives(context.layout, v, source) for v in wanted}
    here = [version for version in wanted if not missing[version.key]]
    absent = ", ".join(name for names in missing.values() for name in names)
    if not here:
        raise err.FetchError(err.worded("archive-absent", str(source), names=absent))
    if absent:
        print(f"Not in {source}: {absent}.")
    return here


def _train(context: Context, version: DatasetVersion) -> None:
    """Write the submissions of baselines that have none yet."""
    from ionladder.baselines.registry import all_baselines

    for task in version.tasks:
        for name, spec in all_baselines().items():
            if task in spec.tasks and not context.layout.submission_dir(task, name).is_dir():
                baseline(name, task=task, seeds=None, check=False, show=False)


# --- ``ionladder ingest``: turn fetched files into checked tables


def ingest(
    keys: Annotated[
        list[str] | None,
        Argument(help="Dataset versions, such as obelix-1-2-0; all when none is named."),
    ] = None,
    workers: common.Workers = 0,
    cluster: common.Cluster = None,
    part: common.Part = None,
    keep: common.Keep = None,
) -> None:
    """Build the tables of dataset versions, run every integrity check, and write them.

    A version whose content differs from its committed manifest is refused, and nothing is written.
    Frames of MPLiTrj are read in blocks, which --workers and the like share; so --part and --keep
    are for one version of it.
    """
    from ionladder.config import require_pinned, select_versions
    from ionladder.data.ingest import in_blocks, ingest_version

    context = load_context()
    errors: list[err.IonLadderError] = []
    chosen = select_versions(context.params, keys)
    if (part or keep) and [in_blocks(pinned.dataset) for pinned in chosen] != [True]:
        found = err.first_few(pinned.key for pinned in chosen)
        raise err.ConfigError(err.worded("not-in-blocks", "--part, --keep", found=found))
    for pinned in chosen:
        try:
            if pinned.is_on_demand:
                require_pinned(context.layout, pinned)
            with ExitStack() as stack:
                map_jobs = stack.enter_context(common.sharing("", workers, cluster, part, keep))
                # Parts run side by side and only keep: each has a folder of its own.
                work = part and Path(stack.enter_context(TemporaryDirectory()), "part")
                options: dict[str, Any] = {"map_jobs": map_jobs, "keep": keep, "work": work or None}
                done = ingest_version(context.layout, pinned, **options)
        except err.IonLadderError as error:
            errors.append(error)
            continue
        rows = ", ".join(f"{count} {name}" for name, count in done.rows.items())
        released = "first release" if done.is_first_release else "as released"
        print(f"{pinned.key}: {rows}; {done.n_checks} checks passed; {released}")
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise err.IngestError([problem for error in errors for problem in error.problems])


# --- ``ionladder diff``: what changed between two versions of a dataset, cell by cell


def diff(
    dataset: Annotated[str, Argument(help="Dataset, such as obelix.")],
    old: Annotated[str, Argument(help="Old version, such as 1.1.1.")],
    new: Annotated[str, Argument(help="New version, such as 1.2.0.")],
) -> None:
    """Print every cell that differs between two versions, classed by what it means for scores."""
    from ionladder.data.versions import KINDS, consequence, diff_versions, show_value

    changes = diff_versions(load_context().layout, dataset, old, new)
    heads = ("class", "table", "id", "column", old, new)
    cells = [
        (c.kind, c.table, c.id, c.column, show_value(c.old), show_value(c.new)) for c in changes
    ]
    if changes:
        show(f"{dataset} {old} → {new}", heads, cells, numbers_from=len(heads))
    counts = ", ".join(f"{sum(c.kind == kind for c in changes)} {kind}" for kind in KINDS)
    differ = "1 cell differs" if len(changes) == 1 else f"{len(changes)} cells differ"
    say(f"{differ}: {counts}. {consequence(changes)}")


# --- ``ionladder verify``: hash everything again and name what is not as recorded


def verify(
    accept: Annotated[
        list[str] | None,
        Option(
            help="TASK/NAME of a submission that may differ from what was published; "
            "`*` stands for anything. A maintainer's decision."
        ),
    ] = None,
    scores: Annotated[
        bool, Option(help="Score every submission again where the data are here.")
    ] = True,
) -> None:
    """Hold every file to the hash recorded for it, and every score to the predictions.

    What is not on this machine is named. Submissions that were published must still be scored,
    unchanged, and like no other.
    """
    from ionladder.board import integrity
    from ionladder.board.history import verify_history, verify_receipts
    from ionladder.data.versions import DATASET_STEPS, Step, Verified

    context = load_context(clone_for="verify")
    problems, absent = list[err.Problem](), dict[str, list[str]]()
    accepted = partial(integrity.verify_accepted, accept=accept or ())
    steps: list[Step] = [integrity.verify_sums, *DATASET_STEPS, verify_receipts, verify_history]
    steps += [accepted, integrity.verify_scores] if scores else [accepted]
    for step in steps:
        try:
            result = step(context.layout, context.params)
        except err.IonLadderError as error:
            result = Verified(what="files that cannot be read", problems=list(error.problems))
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            if not problems:
                raise
            told = f"{type(error).__name__} ({error})"
            broken = err.worded("broken-file", "a file named above", error=told)
            result = Verified(what="files that cannot be read", problems=[broken])
        print(f"{result.what}: {result.n_good} as recorded, {len(result.problems)} not")
        for each in result.absent:
            of, _, what = each.partition(": ")
            absent.setdefault(of, []).append(what)
        problems += result.problems
    for of, parts in absent.items():
        print(f"  not on this machine: {of}: {', '.join(parts)}")
    if problems:
        raise err.DataChangedError(problems)


# --- ``ionladder site``: render every page, then build the website


def site(
    build: Annotated[
        bool, Option(help="Also run MkDocs; otherwise only write docs/generated.")
    ] = True,
) -> None:
    """Render the pages from what is recorded in leaderboard/, and build them into site/."""
    from ionladder.site.context import load_site
    from ionladder.site.render import build_site, render_site

    layout = find_layout()
    require_clone(layout, "ionladder site")
    gc.set_threshold(20_000, 50, 20)  # a tenth of the time; pages leave no cycles worth the search
    done = render_site(load_site(layout))
    print(
        f"{done['pages']} pages rendered, {done['written']} written by hand and "
        f"{done['files']} files copied into {layout.relative(layout.generated_docs_dir)}/."
    )
    if build:
        folder = build_site(layout)
        print(f"Site built into {layout.relative(folder)}/; `make serve` shows it.")


def serve(
    port: Annotated[int, Option(help="Port on this machine.", min=1, max=65535)] = 8000,
) -> None:
    """Show site/ at http://127.0.0.1:PORT until Ctrl-C."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    folder = find_layout().work / "site"
    if not (folder / "index.html").is_file():
        raise err.ConfigError("site/", "a built site", "none", "Run `make site` first.")
    try:
        handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        facts = {"error": error.strerror, "other": port % 65535 + 1}
        raise err.ConfigError(err.worded("port-taken", f"port {port}", **facts)) from error
    print(f"Serving site/ at http://127.0.0.1:{port} (Ctrl-C stops it).", flush=True)
    server.serve_forever()


# --- ``ionladder export``: datasets, splits and predictions in the layouts of other projects


def _export_names(incomplete: str) -> list[str]:
    from ionladder.interchange.export import RELEASE

    tasks = all_tasks()
    others = [name for name in all_datasets() if name.replace("_", "-") not in tasks]
    return [name for name in [RELEASE, *tasks, *others] if name.startswith(incomplete)]


def _export_formats(context: typer.Context, incomplete: str) -> list[str]:
    from ionladder.interchange.export import FORMATS, possible

    known = possible(context.params.get("name") or "") or FORMATS
    return [kind for kind in known if kind.startswith(incomplete)]


def export(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Task or dataset, such as obelix; without one, list the names.",
            autocompletion=_export_names,
        ),
    ] = None,
    file_format: Annotated[
        str | None,
        Option(
            "--format",
            help="What to write.",
            show_default="list what there is",
            autocompletion=_export_formats,
        ),
    ] = None,
    output: Annotated[
        Path | None, Option(help="Folder to write to; default: build/<name>.")
    ] = None,
    dataset_version: Annotated[
        str | None, Option(help="Dataset version, if not the one that params.yaml names.")
    ] = None,
    submission: Annotated[
        str | None, typer.Option(help="Whose scores or predictions, if not everybody's.")
    ] = None,
) -> None:
    """Write data, splits, predictions or scores as files that other projects read."""
    from ionladder.interchange.export import FORMATS, Job, possible

    if name is None:
        for each in _export_names(""):
            say(f"{each}: {', '.join(possible(each))}")
        return
    kinds = possible(name)
    if file_format is None and kinds:
        print(f"ionladder export {name} --format FORMAT")
        print("\n".join(f"  {kind.ljust(15)}  {FORMATS[kind].writes}" for kind in kinds))
        if boards := [t.name for t in all_tasks().values() if name == t.dataset != t.name]:
            say(f"Its boards have more: {', '.join(boards)}.")
        return
    if not kinds:
        hint = err.did_you_mean(name, _export_names(""))
        raise err.ConfigError("export", "a task or a dataset", name, hint)
    if file_format is None or file_format not in kinds:
        hint = err.did_you_mean(str(file_format), kinds)
        raise err.ConfigError(f"export {name} --format", "a format of it", str(file_format), hint)
    context, of = load_context(), kinds[file_format]
    tasks = all_tasks()
    task = tasks.get(of) or next((t for t in tasks.values() if t.dataset == of), None)
    task = task or next(iter(tasks.values()))  # the release has none, and needs none
    job = Job(
        layout=context.layout,
        params=context.params,
        dataset=get_dataset(task.dataset),
        version=context.version_of(task, dataset_version),
        task=task,
        submission=submission,
        folder=output or context.layout.work / "build" / of,
    )
    for path in FORMATS[file_format].make(job):
        print(context.layout.relative(path))


# --- ``ionladder schema``: the JSON Schema of a file that people write


def schema(of: Annotated[str, Argument(help="submission: the schema of submission.yaml.")]) -> None:
    """Write the JSON Schema of submission.yaml, which editors complete and check it by.

    It stands in docs/assets/, and the site serves it from assets/.
    """
    from ionladder.submit.card import editor_schema
    from ionladder.submit.validate import SCHEMA_FILE

    known = ("submission",)
    if of not in known:
        hint = err.did_you_mean(of, known)
        raise err.ConfigError("schema", "a file that has a schema", repr(of), hint)
    write_json(find_layout().work / SCHEMA_FILE, editor_schema())
    print(SCHEMA_FILE)


# --- ``ionladder pr-check``: may a pull request be merged, and where would its model stand?


EXIT_CODES = {"good": 0, "refused": 1, "needs a maintainer": 3}


def pr_check(
    base: Annotated[str, Argument(help="Revision to merge into, such as origin/main.")],
    head: Annotated[str, Argument(help="Revision to merge, such as my-branch.")] = "HEAD",
    json: Annotated[
        Path | None, Option("--json", help="Write the report with the whole receipts here.")
    ] = None,
    summary: Annotated[
        Path | None, Option(help="Append the summary in GitHub's Markdown to this file.")
    ] = None,
    copy_to: Annotated[
        Path | None, Option(help="If the verdict is good, write the submissions below this folder.")
    ] = None,
) -> None:
    """Check a pull request as the main branch will, from git alone.

    Neither revision is checked out, and nothing of it is run. Exit codes: 0 good, 1 refused,
    2 wrong usage, 3 a maintainer has to decide.
    """
    from ionladder.pr.check import check_pull_request
    from ionladder.pr.report import parse_report, render

    context = load_context(clone_for="pr-check")
    found = check_pull_request(context.layout, context.params, base, head, copy_to=copy_to)
    if json is not None:
        write_json(json, found)
    report = parse_report(to_json(found).encode(), where="the report")
    if summary is not None:
        tasks = {name: get_task(name) for name in context.params.task_versions}
        with summary.open("a", encoding="utf-8") as stream:
            stream.write(render(report, tasks))
    _pr_check_print(report)
    raise typer.Exit(EXIT_CODES[report.verdict])


def _pr_check_print(report: Report) -> None:
    """The verdict on the standard output, errors on the error output."""
    from ionladder.pr.report import cell, metrics_of
    from ionladder.site.text import plain

    for item in report.submissions:
        where = f"submissions/{item.task}/{item.name}"
        place = ""
        if standing := item.standing:
            ties = f"not separated from {', '.join(standing.tied_with)}"
            tied = ties if standing.tied_with else "separated from all others"
            span = common.rank_text(standing.rank_low, standing.rank_high)
            place = f"; rank {standing.rank} of {standing.n_ranked} (range {span}), {tied}"
        say(f"{where}: {item.outcome}{place}.")
        if item.receipt and (scores := metrics_of(item.receipt, get_task(item.task))):
            say(f"  {'; '.join(f'{title} {cell(s)}' for title, s in scores if s)}.")
        for note in item.audit:
            say(f"  The audit notes: {plain(f'{note.title}. {note.sentence}', limit=1000)}")
    is_open = report.verdict == "needs a maintainer"
    say(f"The pull request {'' if is_open else 'is '}{report.verdict}.")
    errors = [*report.refusals, *(p for s in report.submissions for p in s.problems)]
    for error in [*errors, *report.questions]:
        say(plain(error.problem), to=sys.stderr)


# --- ``ionladder pr-comment``: the comment on a pull request, from a report that nobody trusts


def pr_comment(
    report: Annotated[Path, Argument(help="report.json, or the zip archive of it.")],
    base: Annotated[str, Argument(help="Revision to merge into.")],
    head: Annotated[str, Argument(help="Head of the pull request, as GitHub names it.")],
    run: Annotated[
        str | None, Option(help="Address of the workflow run that made the report.")
    ] = None,
) -> None:
    """Print the comment that a report gives rise to, once it has been held to git.

    The guard is asked again, and a report of another size, shape, commit or submission is refused.
    """
    from ionladder.pr.check import comment
    from ionladder.pr.report import read_report

    context = load_context()
    tasks = {name: get_task(name) for name in context.params.task_versions}
    found = read_report(report)
    text = comment(context.layout, context.params, found, tasks, base=base, head=head, run=run)
    print(text, end="")
