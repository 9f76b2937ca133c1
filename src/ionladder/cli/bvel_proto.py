"""``ionladder bvel-proto``: make the embedded benchmark, or recompute what is there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionladder.datasets.bvel_proto.ingest import Progress

app = typer.Typer(
    name="bvel-proto",
    help="The embedded benchmark: made here, from structure types and BVlain.",
    no_args_is_help=True,
)


@app.command()
def generate() -> None:
    """Generate, label, check and write the benchmark; about a quarter of a CPU-hour.

    A result that differs from the committed manifest is refused, and nothing is written.
    """
    from ionladder.core.paths import find_layout
    from ionladder.datasets.bvel_proto.release import release, require_bvlain

    require_bvlain()
    manifest = release(find_layout(), progress=_progress())
    counts = manifest["summary"]["counts"]
    print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))
    for reason, names in manifest["summary"]["generation"]["left_out"].items():
        print(f"left out, {reason}: {names['count']}")


@app.command()
def verify(
    all_rows: Annotated[
        bool, typer.Option("--all", help="Generate and label everything again.")
    ] = False,
) -> None:
    """Compute labels of stored structures again and compare; about half a CPU-minute."""
    from ionladder.core.errors import DataChangedError
    from ionladder.core.paths import find_layout
    from ionladder.datasets.bvel_proto.release import (
        recompute_all,
        recompute_sample,
        require_bvlain,
    )

    require_bvlain()
    recompute = recompute_all if all_rows else recompute_sample
    result = recompute(find_layout(), progress=_progress())
    if result.problems:
        raise DataChangedError(result.problems)
    what = "structures, splits, folds and labels" if all_rows else "labels"
    print(f"{what} of {result.n_labels} entries came out as recorded")


def _progress() -> Progress | None:
    """A counter on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        return None

    def show(what: str, done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\r{what} {done} of {total}", end=end, file=sys.stderr, flush=True)

    return show
