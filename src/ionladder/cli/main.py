"""The command ``ionladder``: registers the commands and prints errors with their next step."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ionladder import __version__
from ionladder.cli import baselines, boards, contributor, maintainer
from ionladder.cli.common import writing
from ionladder.errors import IonLadderError, error_text

app = typer.Typer(
    name="ionladder",
    help="A data-versioned leaderboard for models of Li-ion transport.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's would cost three quarters of its time
)

# Contributors' commands first, then those of maintainers in the order of the pipeline.
_WRITERS = (
    *(contributor.new, contributor.convert, maintainer.build, maintainer.fetch, maintainer.fill),
    *(maintainer.ingest, baselines.baseline, baselines.umlip_neb, boards.leaderboard),
    *(maintainer.site, maintainer.schema),
)
for _command in (
    *(contributor.tasks, contributor.data, contributor.new, contributor.convert),
    *(contributor.validate, contributor.score, contributor.preview, boards.compare),
    *(maintainer.build, maintainer.fetch, maintainer.fill, maintainer.ingest, maintainer.diff),
    *(maintainer.verify, baselines.baseline, baselines.umlip_neb, boards.leaderboard),
    *(boards.claims, boards.changes, maintainer.site, maintainer.export, maintainer.schema),
    *(maintainer.pr_check, maintainer.pr_comment),
):
    app.command()(writing(_command) if _command in _WRITERS else _command)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """A data-versioned leaderboard for models of Li-ion transport."""


def run() -> None:
    """Entry point: a known error is printed without a traceback, with exit code 1."""
    # Reproducible sums: one thread, unless the user has chosen otherwise. No plug-in of pydantic
    # takes part in a check, and looking for one reads every package here.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app()
    except IonLadderError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        step = "Nothing was half-written; fix this and run the command again."
        print(f"{where}{error.strerror or error}. {step}", file=sys.stderr)
        sys.exit(1)
    except Exception:
        # Files that commands write are read as they were written; one that is damaged says so.
        if not (told := _damaged()):
            raise
        print(told, file=sys.stderr)
        sys.exit(1)


def _damaged() -> str:
    """Which generated files are not what their checksums say; empty where none is."""
    from ionladder.board.integrity import verify_sums
    from ionladder.cli.common import load_context

    try:
        context = load_context()
        return error_text(verify_sums(context.layout, context.params).problems)
    except (IonLadderError, OSError):
        return ""


if __name__ == "__main__":
    run()
