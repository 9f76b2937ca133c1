"""``ionladder preview``: the page that a submission would have, before it is sent."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    from ionladder.cli.context import Context
    from ionladder.core.paths import Layout
    from ionladder.specs.task import Task


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
    from ionladder.cli.context import load_context, task_of
    from ionladder.leaderboard.publish import publish
    from ionladder.scoring.score import TaskScorer
    from ionladder.site.preview import preview_page

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
    from ionladder.core.paths import Layout

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
