"""``ionladder bvel-proto``: make the embedded benchmark, or recompute what is there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionladder.data.bvel_proto.generate import Progress

app = typer.Typer(
    name="bvel-proto",
    help="The embedded benchmark: made here, from structure types and BVlain.",
    no_args_is_help=True,
)


@app.command()
def generate() -> None:
    """Generate, label, check and write the benchmark; about a quarter of a CPU-hour.

    The version is the one that this code draws. A result that differs from its committed manifest
    is refused, and nothing is written.
    """
    from ionladder.config import load_params
    from ionladder.data.bvel_proto.generate import (
        DRAWN_HERE,
        embedded_version,
        release,
        require_bvlain,
    )
    from ionladder.repo import find_layout

    require_bvlain()
    layout = find_layout()
    pinned = embedded_version(load_params(layout), DRAWN_HERE)
    manifest = release(layout, pinned, progress=_progress())
    counts = manifest["summary"]["counts"]
    print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))
    for reason, names in manifest["summary"]["generation"]["left_out"].items():
        print(f"left out, {reason}: {names['count']}")


@app.command()
def verify(
    all_rows: Annotated[
        bool, typer.Option("--all", help="Generate and label everything again.")
    ] = False,
    version: Annotated[
        str | None, typer.Option(help="Default: the version that the board is scored on.")
    ] = None,
) -> None:
    """Compute labels of stored structures again and compare; about half a CPU-minute."""
    from ionladder.config import load_params
    from ionladder.data.bvel_proto.generate import (
        embedded_version,
        recompute_all,
        recompute_sample,
        require_bvlain,
    )
    from ionladder.errors import DataChangedError
    from ionladder.repo import find_layout

    require_bvlain()
    layout = find_layout()
    params = load_params(layout)
    pinned = embedded_version(params, version or params.task_versions["bvel-proto"])
    if all_rows:
        result = recompute_all(layout, pinned, progress=_progress())
    else:
        result = recompute_sample(layout, pinned.version, progress=_progress())
    if result.problems:
        raise DataChangedError(result.problems)
    what = "structures, splits, folds and labels" if result.draw else "labels"
    print(f"{pinned.version}: {what} of {result.n_labels} entries came out as recorded")
    if all_rows and not result.draw:
        print("its structures were drawn by earlier code: only their labels were computed again")


def _progress() -> Progress | None:
    """A counter on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        return None

    def show(what: str, done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\r{what} {done} of {total}", end=end, file=sys.stderr, flush=True)

    return show
