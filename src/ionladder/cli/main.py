"""The command ``ionladder``: registers the commands and prints errors with their next step."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ionladder import __version__
from ionladder.cli.baselines import baseline, umlip_neb
from ionladder.cli.boards import changes, compare, leaderboard
from ionladder.cli.contributor import convert, data, new, preview, score, tasks, validate
from ionladder.cli.maintainer import (
    build,
    diff,
    export,
    fetch,
    fill,
    ingest,
    pr_check,
    pr_comment,
    schema,
    site,
    verify,
)
from ionladder.errors import IonLadderError

app = typer.Typer(
    name="ionladder",
    help="A data-versioned leaderboard for models of Li-ion transport.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's would cost three quarters of its time
)

# Contributors' commands first, then those of maintainers in the order of the pipeline.
for _command in (
    *(tasks, data, new, convert, validate, score, preview, compare),
    *(
        build,
        fetch,
        fill,
        ingest,
        diff,
        verify,
        baseline,
        umlip_neb,
        leaderboard,
        changes,
        site,
        export,
        schema,
    ),
    *(pr_check, pr_comment),
):
    app.command()(_command)


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
    # Reproducible sums: one thread, unless the user has chosen otherwise.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # No plug-in of pydantic takes part in a check, and looking for one reads every package here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app()
    except IonLadderError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or str(error)
        print(
            f"{where}{reason}. Nothing was half-written; fix this and run the command again.",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    run()
