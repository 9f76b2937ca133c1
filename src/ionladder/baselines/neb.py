"""Nudged elastic bands with a universal potential, by the protocol of nebDFT2k's authors.

LiTraj relaxes both ends, then the band: FIRE, springs of 5 eV/Å², improved tangents, a climbing
image, at most 100 steps, one calculator an image; a hop counts where no force component on band
and ends exceeds 0.1 eV/Å (AIRI-Institute/LiTraj, ``nebDFT2k_benchmark_MACE_MP_small.ipynb``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from importlib.metadata import version
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ionladder.baselines.registry import baseline_error, missing_package
from ionladder.baselines.runner import single_thread
from ionladder.data.store import GivenPath, read_given_paths, rows_with
from ionladder.errors import BaselineError, Problem, visible, worded
from ionladder.repo import MapJobs, kept, read_parquet, replacing, sha256_bytes, write_json

if TYPE_CHECKING:
    from ase import Atoms

    from ionladder.specs import Array

#: Gives a calculator of ASE. Called once an image: ASE asks shared ones several times as often.
NewCalculator = Callable[[], Any]
PotentialName = Literal["chgnet", "sevennet-0", "mace"]
PREDICTIONS, SUMMARY, KEPT = "predictions.parquet", "hops.json", "hops"
INIT = "_init.xyz"
FEWEST_IMAGES = 3
_TRIES = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Hop(GivenPath):
    """The initial path of one ion; its name is upstream's ``edge_id`` where it has one."""

    moving_ion: int = 0

    @property
    def digest(self) -> str:
        """Changes with any number of the path."""
        parts = (self.numbers.astype("<i8"), self.cell_ang, self.positions_ang)
        return sha256_bytes(b"".join(np.ascontiguousarray(part).tobytes() for part in parts))

    def images(self) -> list[Atoms]:
        """Its images for ASE, without calculators."""
        from ase import Atoms

        return [
            Atoms(numbers=self.numbers, positions=places, cell=self.cell_ang, pbc=True)
            for places in self.positions_ang
        ]


@dataclass(frozen=True, kw_only=True)
class NebSettings:
    """The protocol in numbers.

    Attributes:
        spring_ev_per_ang2: Spring constant of the band, eV/Å².
        max_steps: Most steps of the band.
        end_steps: Most steps of each end; upstream's notebook sets no limit.
        fmax_ev_per_ang: Both optimisers stop early when no atom feels a larger force, eV/Å: ASE's
            default, which upstream leaves alone.
        accepted_ev_per_ang: Largest force component of a hop that counts as converged, eV/Å.
    """

    spring_ev_per_ang2: float = 5.0
    max_steps: int = 100
    end_steps: int = 200
    fmax_ev_per_ang: float = 0.05
    accepted_ev_per_ang: float = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """A relaxed path.

    Attributes:
        energies_ev: Total energy of every image, eV, shape (n_images,).
        positions_ang: Shape (n_images, n_atoms, 3), Å.
        largest_force_ev_per_ang: Largest force component: of the nudged band inside, true forces
            at the ends.
        converged: Whether that is small enough.
        end_steps: Steps of the first and of the last image.
        band_steps: Steps of the band.
        cpu_s: CPU seconds of all of it.
        trouble: Why there is no band, where the potential could not treat the hop; else empty.
    """

    energies_ev: Array
    positions_ang: Array
    largest_force_ev_per_ang: float
    converged: bool
    end_steps: tuple[int, int]
    band_steps: int
    cpu_s: float
    trouble: str = ""

    @property
    def barrier_ev(self) -> float:
        """Largest minus smallest energy over all images, as upstream defines it, eV."""
        return float(np.ptp(self.energies_ev))


def relax_band(hop: Hop, new_calculator: NewCalculator, settings: NebSettings) -> Band:
    """Relax both ends, then the band.

    Args:
        hop: The initial path; its inner images are where the band starts from.
        new_calculator: One calculator for each image.
        settings: The protocol.
    """
    from ase.mep import NEB
    from ase.optimize import FIRE

    def relax(optimiser: Any, steps: int) -> int:
        optimiser.run(fmax=settings.fmax_ev_per_ang, steps=steps)
        return int(optimiser.nsteps)

    began = time.process_time()
    images = hop.images()
    for image in images:
        image.calc = new_calculator()
    first, last = images[0], images[-1]
    end_steps = tuple(relax(FIRE(end, logfile=None), settings.end_steps) for end in (first, last))
    band = NEB(
        images,
        k=settings.spring_ev_per_ang2,
        climb=True,
        method="improvedtangent",
        allow_shared_calculator=False,
    )
    band_steps = relax(FIRE(band, logfile=None), settings.max_steps)
    forces = (band.get_forces(), first.get_forces(), last.get_forces())
    largest = max(float(np.abs(one).max()) for one in forces)
    return Band(
        energies_ev=np.array([float(image.get_potential_energy()) for image in images]),
        positions_ang=np.stack([image.positions for image in images]),
        largest_force_ev_per_ang=largest,
        converged=largest < settings.accepted_ev_per_ang,
        end_steps=(end_steps[0], end_steps[1]),
        band_steps=band_steps,
        cpu_s=time.process_time() - began,
    )


# Many bands, one after the other: each is kept as soon as it is done, so a break costs one hop


@dataclass(frozen=True, kw_only=True)
class BandOutcome:
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
    told: Callable[[Hop, Band, bool], None] = lambda *_: None,
    map_jobs: MapJobs = map,
) -> BandOutcome:
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
        told: Called after every hop: the hop, its band, whether the band was there already.
        map_jobs: ``map``, or one that shares hops among processes or machines.
    """
    chosen = settings or NebSettings()
    done: list[tuple[Hop, Band]] = []
    n_kept = 0
    relax = partial(_relaxed_or_kept, new_calculator, source, folder, chosen)
    for hop, band, was_there in map_jobs(relax, hops):
        n_kept += was_there
        done.append((hop, band))
        told(hop, band, was_there)
    _write_bands(folder / PREDICTIONS, done)
    write_json(
        folder / SUMMARY,
        {
            "potential": source,
            "settings": asdict(chosen),
            "hops": [_summary(hop, band) for hop, band in done],
        },
    )
    n_converged = sum(band.converged for _, band in done)
    return BandOutcome(n_hops=len(done), n_converged=n_converged, n_kept=n_kept)


def _relaxed_or_kept(
    new_calculator: NewCalculator, source: str, folder: Path, settings: NebSettings, hop: Hop
) -> tuple[Hop, Band, bool]:
    """A hop, its band, and whether it was there already; one that is new is kept."""
    place = folder / KEPT / f"{hop.id}.npz"
    key = sha256_bytes(f"{hop.digest} {source} {settings}".encode())
    band = _kept(place, key)
    if band is not None:
        return hop, band, True
    with single_thread():
        band = _relaxed(hop, new_calculator, settings)
    if not band.trouble:
        with replacing(place) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, key=np.array(key), **asdict(band))
    return hop, band, False


def _relaxed(hop: Hop, new_calculator: NewCalculator, settings: NebSettings) -> Band:
    """The band; where it fails twice, the initial path without energies, not converged."""
    for _ in range(_TRIES):
        try:
            return relax_band(hop, new_calculator, settings)
        except (ArithmeticError, LookupError, MemoryError, RuntimeError, ValueError) as error:
            trouble = f"{type(error).__name__}: {error}"
    return Band(
        energies_ev=np.full(hop.n_images, np.nan),
        positions_ang=hop.positions_ang,
        largest_force_ev_per_ang=float("nan"),
        converged=False,
        end_steps=(0, 0),
        band_steps=0,
        cpu_s=0.0,
        trouble=trouble,
    )


def _kept(place: Path, key: str) -> Band | None:
    if not place.is_file():
        return None
    with np.load(place, allow_pickle=False) as held:
        if str(held["key"]) != key:
            return None
        values = {name: held[name] for name in held.files if name != "key"}
    values = {name: value if value.ndim else value.item() for name, value in values.items()}
    first, last = values.pop("end_steps").tolist()
    return Band(**values, end_steps=(first, last))


def _write_bands(path: Path, done: Sequence[tuple[Hop, Band]]) -> None:
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


def _summary(hop: Hop, band: Band) -> dict[str, Any]:
    return {
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


# Energies of given images: one job a path, kept as soon as it is done


@dataclass(frozen=True, kw_only=True)
class Points:
    """Energies of the images of a path as they are given.

    Attributes:
        id: The path.
        energies_ev: Total energy of every image, eV; none where the potential cannot treat one.
        cpu_s: CPU seconds of all of them.
        trouble: Why there are none; else empty.
    """

    id: str
    energies_ev: list[float]
    cpu_s: float
    trouble: str = ""

    @property
    def barrier_ev(self) -> float:
        """Largest minus smallest energy over all images, eV; NaN where there is none."""
        return float(np.ptp(self.energies_ev)) if self.energies_ev else math.nan


def run_points(
    paths: Iterable[Hop],
    name: str,
    folder: Path,
    *,
    told: Callable[[Points], None] = lambda _: None,
    map_jobs: MapJobs = map,
) -> list[Points]:
    """Energies of the images of every path; those that are kept are not computed again.

    Each path is a job, and its energies are kept in ``points/`` when it is done: a run that was
    stopped goes on where it was. So is the trouble of a path that the potential cannot treat; what
    lies elsewhere (no memory, a broken library) is tried again by the next run.

    Args:
        paths: The paths, in the order of the work.
        name: A potential whose weights come with its package.
        folder: Where energies are kept, under what they depend on: the path, potential, versions.
        told: Called with each result.
        map_jobs: ``map``, or one that shares paths among processes or machines.

    Returns:
        Results in the order of the paths; the same whoever computes them.

    Raises:
        BaselineError: The weights of the potential are a file of their own.
    """
    from ionladder.baselines.umlip import POTENTIALS

    if name not in POTENTIALS:
        known, where = ", ".join(POTENTIALS), "ionladder umlip-neb --points --model"
        raise BaselineError(worded("potential-of-points", where, known=known, name=name))
    found = []
    source = POTENTIALS[name].source()
    for point in map_jobs(partial(_points, name, source, folder / "points"), paths):
        found.append(point)
        told(point)
    return found


def _points(name: str, source: str, folder: Path, path: Hop) -> Points:
    work, key = partial(_energies, name, path), f"{source} {path.digest}"
    for _ in range(_TRIES):
        try:
            return Points(id=path.id, **kept(work, key, folder))
        except (MemoryError, RuntimeError) as error:  # no property of the path: not kept
            trouble = _said(error)
    return Points(id=path.id, energies_ev=[], cpu_s=0.0, trouble=trouble)


def _energies(name: str, path: Hop) -> dict[str, Any]:
    from ionladder.baselines.umlip import POTENTIALS, UnitCell, loaded

    potential, inverse = POTENTIALS[name], np.linalg.inv(path.cell_ang)
    model, numbers, trouble = loaded(potential), path.numbers.astype(np.int64), ""
    cells = (UnitCell(numbers, path.cell_ang, places @ inverse) for places in path.positions_ang)
    began = time.process_time()
    try:
        with single_thread():
            found = [round(float(potential.energy(model, cell)), 6) for cell in cells]
    except (ArithmeticError, LookupError, ValueError) as error:
        found, trouble = [], _said(error)
    if not np.isfinite(found).all():
        found, trouble = [], "an energy that is not finite"
    cpu_s = round(time.process_time() - began, 3)
    return {"energies_ev": found, "cpu_s": cpu_s, "trouble": trouble}


def _said(error: Exception) -> str:
    return visible(f"{type(error).__name__}: {error}", limit=200)


# Hops: from files, or from a dataset


def hops_of_folder(folder: Path) -> Iterator[Hop]:
    """The hops of a folder laid out like nebDFT2k, in the order of their names.

    Args:
        folder: Holds one ``<id>_init.xyz`` a hop: extended XYZ, a frame an image, in the order of
            the path, with ``Lattice`` and the same atoms in every frame.

    Raises:
        BaselineError: No such folder, no such file in it, or a file that is no path.
        IngestError: A file is no extended XYZ.
    """
    from ionladder.data.litraj.xyz import iter_frames

    files = sorted(folder.glob(f"*{INIT}")) if folder.is_dir() else []
    if not files:
        raise baseline_error(
            str(folder),
            f"a folder with initial paths, one file <id>{INIT} a hop",
            "no such file" if folder.is_dir() else "no such folder",
            "Name the unpacked nebDFT2k folder, or one in its layout.",
        )
    for file in files:
        with file.open("rb") as stream:
            frames = list(iter_frames(stream, where=str(file)))
        same = all(
            np.array_equal(frame.numbers, frames[0].numbers)
            and np.array_equal(frame.cell_ang, frames[0].cell_ang)
            for frame in frames
        )
        if len(frames) < FEWEST_IMAGES or not same:
            raise baseline_error(
                str(file),
                f"a path: {FEWEST_IMAGES} images or more of the same atoms in the same cell",
                f"{len(frames)} images" if same else "images that differ in atoms or cell",
                "Write the images of one hop in their order, nothing else.",
            )
        yield Hop(
            id=file.name.removesuffix(INIT),
            numbers=frames[0].numbers,
            cell_ang=frames[0].cell_ang,
            positions_ang=np.stack([frame.arrays["pos"] for frame in frames]),
        )


def hops_of_tables(splits: Path, paths: Path, *, subset: str = "test") -> list[Hop]:
    """The hops of a subset of an ingested nebDFT2k or em619, smallest cells first.

    Args:
        splits: Its table with ``id`` and ``subset``.
        paths: Its table of initial paths, sorted by id and image.
        subset: Those to predict, or another subset.
    """
    table = rows_with(read_parquet(splits), "subset", subset)
    hops = [Hop(**vars(given)) for given in read_given_paths(paths, table["id"].to_pylist())]
    return sorted(hops, key=lambda hop: hop.n_atoms)


# The potentials, each as a maker of ASE calculators


@lru_cache(maxsize=1)
def potential_of(name: PotentialName, weights: Path | None) -> tuple[NewCalculator, str]:
    """What makes a potential's calculators, and a line that says which potential it is.

    All calculators of one potential share its weights in memory, and nothing else.

    Args:
        name: Which potential.
        weights: File of weights; needed for MACE, whose package has none, refused for the others.

    Raises:
        BaselineError: A package or the weights are not here.
    """
    _require(name, weights)
    import torch

    from ionladder.baselines.umlip import load_chgnet, load_sevennet

    torch.set_num_threads(1)
    if name == "chgnet":
        from chgnet.model.dynamics import CHGNetCalculator

        model = load_chgnet()

        def new_chgnet() -> Any:
            with redirect_stdout(StringIO()):  # it prints where it runs
                made = CHGNetCalculator(model=model, use_device="cpu", on_isolated_atoms="ignore")
            made.calculate = partial(made.calculate, task="ef")  # no stress, no magnetic moments
            return made

        return new_chgnet, f"chgnet {version('chgnet')}, weights 0.3.0"
    if name == "sevennet-0":
        from sevenn.calculator import SevenNetCalculator

        network = load_sevennet().model
        source = f"sevenn {version('sevenn')}, weights 7net-0"
        kind = "model_instance"
        return lambda: SevenNetCalculator(network, file_type=kind, device="cpu"), source
    from mace.calculators import MACECalculator

    file = weights or Path()
    digest = sha256_bytes(file.read_bytes())[:12]
    source = f"mace-torch {version('mace-torch')}, weights {file.name} {digest}"
    settings = {"model_paths": str(file), "device": "cpu", "default_dtype": "float64"}
    return lambda: MACECalculator(**settings), source


def calculator_of(name: PotentialName, weights: Path | None) -> Any:
    """One calculator of a potential, which every process loads once."""
    return potential_of(name, weights)[0]()


def _require(name: PotentialName, weights: Path | None) -> None:
    where = f"ionladder umlip-neb --model {name}"
    package = {"chgnet": "chgnet", "sevennet-0": "sevenn", "mace": "mace"}[name]
    problems: list[Problem] = []
    missing = tuple(one for one in ("ase", "torch", package) if find_spec(one) is None)
    if missing:
        problems += missing_package(where, "umlip", missing).problems
    if name == "mace" and (weights is None or not weights.is_file()):
        found = "none" if weights is None else f"no file {weights}"
        problems.append(worded("weights-absent", f"{where} --weights", found=found))
    if name != "mace" and weights is not None:
        problems.append(worded("weights-inside", f"{where} --weights", found=weights))
    if problems:
        raise BaselineError(problems)
