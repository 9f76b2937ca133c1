"""Nudged elastic bands with a potential, by the protocol of nebDFT2k's authors.

LiTraj relaxes both ends, then the band: FIRE, springs of 5 eV/Å², improved tangents, a climbing
image, at most 100 steps, one calculator an image; a hop counts where no force component on band
and ends exceeds 0.1 eV/Å (AIRI-Institute/LiTraj, ``nebDFT2k_benchmark_MACE_MP_small.ipynb``).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.baselines.umlip.hops import Hop

if TYPE_CHECKING:
    from ase import Atoms

    from ionladder.specs import Array

NewCalculator = Callable[[], Any]
"""Gives a calculator of ASE. Called once an image: ASE asks shared ones several times as often."""


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

    began = time.process_time()
    images = hop.images()
    for image in images:
        image.calc = new_calculator()
    ends = (images[0], images[-1])
    end_steps = [_relax(FIRE(end, logfile=None), settings.end_steps, settings) for end in ends]
    band = NEB(
        images,
        k=settings.spring_ev_per_ang2,
        climb=True,
        method="improvedtangent",
        allow_shared_calculator=False,
    )
    band_steps = _relax(FIRE(band, logfile=None), settings.max_steps, settings)
    largest = max(
        float(np.abs(forces).max())
        for forces in (band.get_forces(), *(end.get_forces() for end in ends))
    )
    return Band(
        energies_ev=np.array([_energy(image) for image in images]),
        positions_ang=np.stack([image.positions for image in images]),
        largest_force_ev_per_ang=largest,
        converged=largest < settings.accepted_ev_per_ang,
        end_steps=(end_steps[0], end_steps[1]),
        band_steps=band_steps,
        cpu_s=time.process_time() - began,
    )


def no_band(hop: Hop, trouble: str) -> Band:
    """What stands for a band that the potential could not relax: the initial path, no energies."""
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


def _relax(optimiser: Any, steps: int, settings: NebSettings) -> int:
    optimiser.run(fmax=settings.fmax_ev_per_ang, steps=steps)
    return int(optimiser.nsteps)


def _energy(image: Atoms) -> float:
    return float(image.get_potential_energy())
