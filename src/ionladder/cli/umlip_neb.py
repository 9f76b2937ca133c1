"""``ionladder umlip-neb``: relax migration paths with a universal potential."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ionladder.baselines.umlip.hops import Hop
    from ionladder.baselines.umlip.neb import Band

DATASET = "nebdft2k"


def umlip_neb(
    model: Annotated[
        Literal["chgnet", "sevennet-0", "mace"], typer.Option(help="Which potential.")
    ] = "chgnet",
    weights: Annotated[
        Path | None, typer.Option(help="File of weights; for mace only.", show_default=False)
    ] = None,
    paths: Annotated[
        Path | None,
        typer.Option(
            help="Folder with initial paths, <id>_init.xyz each.",
            show_default="the test hops of nebDFT2k",
        ),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Take four hops of Li3PO4 instead.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Where to write.", show_default="build/umlip-neb/MODEL")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many hops.", show_default="all")
    ] = None,
) -> None:
    """Relax migration paths with a universal potential (nudged elastic bands).

    Writes predictions.parquet for the task nebdft2k-path, and hops.json with barrier, convergence
    and cost of every hop. A run that was stopped goes on where it was. Needs the extra umlip.
    """
    from ionladder.baselines.threads import single_thread
    from ionladder.baselines.umlip.bands import PREDICTIONS, run_bands
    from ionladder.baselines.umlip.potentials import potential_of

    hops = itertools.islice(_hops(paths, example=example), limit)
    new_calculator, source = potential_of(model, weights)
    folder = out or Path("build") / "umlip-neb" / model
    with single_thread():
        outcome = run_bands(hops, new_calculator, source, folder, told=_tell)
    print(
        f"{folder / PREDICTIONS}: {outcome.n_hops} hops by {source}, {outcome.n_converged} "
        f"converged, {outcome.n_kept} of them there already."
    )


def _tell(hop: Hop, band: Band, was_there: bool) -> None:
    if band.trouble:
        from ionladder.core.problems import visible

        print(f"{hop.id}: no band. {visible(band.trouble, limit=200)}", flush=True)
        return
    print(
        f"{hop.id}: barrier {band.barrier_ev:.3f} eV, largest force component "
        f"{band.largest_force_ev_per_ang:.3f} eV/Å ({'' if band.converged else 'not '}converged), "
        f"{band.end_steps[0]} + {band.end_steps[1]} + {band.band_steps} steps, "
        f"{band.cpu_s:.0f} CPU-s{', there already' if was_there else ''}",
        flush=True,
    )


def _hops(paths: Path | None, *, example: bool) -> Iterator[Hop]:
    """The hops asked for; a letter where they are not here, before any potential is loaded."""
    from ionladder.baselines.umlip.hops import hops_of_folder, hops_of_tables

    if example:
        from ionladder.baselines.umlip.example import li3po4_hops

        return li3po4_hops()
    if paths is not None:
        found = hops_of_folder(paths)
        first = next(found)  # so that a wrong folder is met before the potential is loaded
        return itertools.chain([first], found)
    return hops_of_tables(*_tables())


def _tables() -> tuple[Path, Path]:
    """Splits and initial paths of the newest nebDFT2k on this machine."""
    from ionladder.core.errors import DataMissingError
    from ionladder.core.paths import find_layout
    from ionladder.core.problems import Problem

    layout = find_layout()
    dataset = layout.root / "data" / DATASET
    versions = sorted(path.name for path in dataset.glob("*")) if dataset.is_dir() else []
    for version in reversed(versions):
        splits = layout.table(DATASET, version, "splits")
        paths = layout.frames(DATASET, version, "paths_init")
        if splits.is_file() and paths.is_file():
            return splits, paths
    raise DataMissingError(
        Problem(
            where="ionladder umlip-neb",
            expected="the tables of nebDFT2k on this machine, or --paths, or --example",
            found="none of them",
            next_step="Run `ionladder fill nebdft2k`, or name a folder with initial paths.",
        )
    )
