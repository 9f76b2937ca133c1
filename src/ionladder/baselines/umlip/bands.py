"""Many bands, one after the other: each is kept as soon as it is done, so a break costs one hop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ionladder.baselines.umlip.hops import Hop
from ionladder.baselines.umlip.neb import Band, NebSettings, NewCalculator, no_band, relax_band
from ionladder.errors import visible
from ionladder.repo import replacing, sha256_bytes, write_json

PREDICTIONS, SUMMARY, KEPT = "predictions.parquet", "hops.json", "hops"
Told = Callable[[Hop, Band, bool], None]
"""Called after every hop: the hop, its band, and whether the band was there already."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run of bands gave.

    Attributes:
        n_hops: Hops in all.
        n_converged: Those that converged.
        n_kept: Those that were there already.
    """

    n_hops: int
    n_converged: int
    n_kept: int


def run_bands(
    hops: Iterable[Hop],
    new_calculator: NewCalculator,
    source: str,
    folder: Path,
    *,
    settings: NebSettings | None = None,
    told: Told = lambda *_: None,
) -> Outcome:
    """Relax every hop that is not there yet, then write all of them.

    Writes ``hops/<id>.npz`` after each hop; ``predictions.parquet`` in the layout of the task
    nebdft2k-path and ``hops.json``, what each hop gave and cost, at the end. A kept band is taken
    again only if path, potential and settings are the same. A hop that the potential cannot treat
    (an element it does not know) stands there as it was given, not converged and without energies;
    ``hops.json`` says why.

    Args:
        hops: Initial paths.
        new_calculator: One calculator an image.
        source: Which potential it is.
        folder: Where the files go.
        settings: The protocol; None for upstream's.
        told: Hears of every hop.
    """
    chosen = settings or NebSettings()
    done: list[tuple[Hop, Band]] = []
    n_kept = 0
    for hop in hops:
        place = folder / KEPT / f"{hop.id}.npz"
        key = sha256_bytes(f"{hop.digest} {source} {chosen}".encode())
        band = _kept(place, key)
        was_there = band is not None
        if band is None:
            band = _relaxed(hop, new_calculator, chosen)
        if not was_there and not band.trouble:
            _keep(place, key, band)
        n_kept += was_there
        done.append((hop, band))
        told(hop, band, was_there)
    write_paths(folder / PREDICTIONS, done)
    write_json(folder / SUMMARY, _summary(done, source, chosen))
    return Outcome(
        n_hops=len(done),
        n_converged=sum(band.converged for _, band in done),
        n_kept=n_kept,
    )


def write_paths(path: Path, done: Sequence[tuple[Hop, Band]]) -> None:
    """Write bands as the task nebdft2k-path takes them; an energy that is not there stays empty."""
    from ionladder.submit.paths import write_rows

    in_order = sorted(done, key=lambda pair: pair[0].id)
    energies = [float(energy) for _, band in in_order for energy in band.energies_ev]
    with replacing(path) as temporary:
        write_rows(
            temporary,
            ids=[hop.id for hop, _ in in_order for _ in range(hop.n_images)],
            images=[image for hop, _ in in_order for image in range(hop.n_images)],
            energies_ev=[None if math.isnan(energy) else energy for energy in energies],
            positions_ang=[places for _, band in in_order for places in band.positions_ang],
            converged=[band.converged for hop, band in in_order for _ in range(hop.n_images)],
        )


def _relaxed(hop: Hop, new_calculator: NewCalculator, settings: NebSettings) -> Band:
    """The band, or none where the potential cannot treat the hop."""
    try:
        return relax_band(hop, new_calculator, settings)
    except (ArithmeticError, LookupError, RuntimeError, ValueError) as error:
        return no_band(hop, f"{type(error).__name__}: {error}")


def _keep(place: Path, key: str, band: Band) -> None:
    with replacing(place) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, key=np.array(key), **asdict(band))


def _kept(place: Path, key: str) -> Band | None:
    if not place.is_file():
        return None
    with np.load(place, allow_pickle=False) as held:
        if str(held["key"]) != key:
            return None
        first, last = held["end_steps"].tolist()
        return Band(
            energies_ev=held["energies_ev"],
            positions_ang=held["positions_ang"],
            largest_force_ev_per_ang=float(held["largest_force_ev_per_ang"]),
            converged=bool(held["converged"]),
            end_steps=(int(first), int(last)),
            band_steps=int(held["band_steps"]),
            cpu_s=float(held["cpu_s"]),
        )


def _summary(
    done: Sequence[tuple[Hop, Band]], source: str, settings: NebSettings
) -> dict[str, Any]:
    return {
        "potential": source,
        "settings": asdict(settings),
        "hops": [
            {
                "id": hop.id,
                "n_images": hop.n_images,
                "n_atoms": hop.n_atoms,
                "barrier_ev": round(band.barrier_ev, 6),
                "converged": band.converged,
                "largest_force_ev_per_ang": round(band.largest_force_ev_per_ang, 6),
                "end_steps": list(band.end_steps),
                "band_steps": band.band_steps,
                "cpu_s": round(band.cpu_s, 1),
                "trouble": visible(band.trouble, limit=200),
            }
            for hop, band in done
        ],
    }
