"""The command ``ionladder``: registers the commands and prints errors with their next step."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from errno import EPIPE
from io import TextIOWrapper
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from ionladder import __version__
from ionladder.cli import baselines, boards, contributor, maintainer
from ionladder.cli.common import answering, say, writing
from ionladder.errors import IonLadderError, error_text

_PANELS = ("For contributors", "For readers", "For maintainers")


class _Grouped(TyperGroup):
    """Help that lists the commands by whom they are for, each with its whole first sentence."""

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        widest = max(map(len, self.commands))
        for panel in _PANELS:
            rows = [
                (name.ljust(widest), " ".join((command.help or "").split("\n\n")[0].split()))
                for name, command in self.commands.items()
                if getattr(command, "rich_help_panel", "") == panel
            ]
            with formatter.section(panel):
                formatter.write_dl(rows)


app = typer.Typer(
    name="ionladder",
    cls=_Grouped,
    help="A data-versioned leaderboard for models of Li-ion transport.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's would cost three quarters of its time
    context_settings={"help_option_names": ["-h", "--help"]},
)

_WRITERS = (
    *(contributor.new, contributor.convert, maintainer.build, maintainer.fetch, maintainer.fill),
    *(maintainer.ingest, baselines.baseline, baselines.umlip_neb, boards.leaderboard),
    *(maintainer.site, maintainer.schema),
)
_COMMANDS: tuple[tuple[Callable[..., None], ...], ...] = (
    (
        *(contributor.tasks, contributor.data, contributor.new, contributor.convert),
        *(contributor.validate, contributor.score, contributor.preview),
        *(contributor.submit, contributor.withdraw),
    ),
    (
        *(boards.board, boards.predictions, boards.compare, boards.rescore),
        *(boards.changes, boards.claims),
        *(maintainer.diff, maintainer.export),
    ),
    (
        *(maintainer.build, maintainer.fetch, maintainer.fill, maintainer.ingest),
        *(baselines.baseline, baselines.umlip_neb, boards.leaderboard, maintainer.verify),
        *(maintainer.site, maintainer.serve, maintainer.schema),
        *(maintainer.pr_check, maintainer.pr_comment),
    ),
)
for _panel, _commands in zip(_PANELS, _COMMANDS, strict=True):
    for _command in _commands:
        _chosen = answering(writing(_command) if _command in _WRITERS else _command)
        app.command(rich_help_panel=_panel)(_chosen)


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
    # A command makes millions of objects and few cycles: they are looked for a tenth as often.
    gc.set_threshold(50_000, 20, 20)
    out = sys.stdout
    for stream in (out, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that has no σ prints a question mark
            stream.reconfigure(errors="replace")
    try:
        try:
            app()
        finally:
            out.flush()
    except SystemExit:
        if sys.stdout is not out:  # typer has found the pipe closed
            sys.exit(_CLOSED_PIPE)
        raise
    except Exception as error:  # noqa: BLE001 - raised again where it is none that we know
        sys.exit(_told(error, out))


_CLOSED_PIPE = 141
"""What a shell reports of a program whose reader went away, such as ``| head``."""


def _told(error: Exception, out: TextIO) -> int:
    """Say what went wrong; the exit code. What nobody foresaw is raised again."""
    code, said = 1, str(error)
    if isinstance(error, OSError):
        where, step = f"{error.filename}: ", "Nothing was half-written; fix this and run it again."
        if error.filename is None:  # the output itself: whatever is left of it goes nowhere
            where, step = "The output is not whole: ", "Write it somewhere else."
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        said = f"{where}{error.strerror or error}. {step}"
        code = _CLOSED_PIPE if error.errno == EPIPE else 1
    elif isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("ionladder"):
        package = str(error.name).partition(".")[0]
        extra = "structures" if package == "pymatgen" else "repo"
        step = f'Install it: pip install "ionladder[{extra}]".'
        said = f"This needs the package {package}, which is not here. {step}"
    elif not isinstance(error, IonLadderError):
        # Files that commands write are read as they were written; one that is damaged says so.
        # A fault of ours is not hidden behind it: what stopped the command comes last.
        if not (damaged := _damaged()):
            raise error
        said = f"{damaged}\nWhat stopped the command: {type(error).__name__}: {error}"
    if code == 1:
        say(said, to=sys.stderr)
    return code


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
