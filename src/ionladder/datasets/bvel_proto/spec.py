"""BVEL-proto as a dataset: title, licence, citation and tables."""

from __future__ import annotations

from ionladder.datasets.bvel_proto.columns import TABLES
from ionladder.datasets.bvel_proto.task import TASKS
from ionladder.specs.dataset import Dataset

__all__ = ["DATASET", "TASKS"]

_BIBTEX = """\
@article{dembitskiy2025bvlain,
  title   = {Benchmarking machine learning models for predicting lithium ion migration},
  author  = {Dembitskiy, Artem D. and Humonen, Innokentiy S. and Eremin, Roman A. and
             Aksyonov, Dmitry A. and Fedotov, Stanislav S. and Budennyy, Semen A.},
  journal = {npj Computational Materials},
  year    = {2025},
  doi     = {10.1038/s41524-025-01571-z},
}
@article{mehl2017aflow,
  title   = {The {AFLOW} Library of Crystallographic Prototypes: Part 1},
  author  = {Mehl, Michael J. and Hicks, David and Toher, Cormac and Levy, Ohad and
             Hanson, Robert M. and Hart, Gus and Curtarolo, Stefano},
  journal = {Computational Materials Science},
  volume  = {136},
  pages   = {S1--S828},
  year    = {2017},
  doi     = {10.1016/j.commatsci.2017.01.017},
}
@incollection{adams2014bvse,
  title     = {Understanding Ionic Conduction and Energy Storage Materials with Bond-Valence-Based
               Methods},
  author    = {Adams, Stefan and Rao, R. Prasada},
  booktitle = {Bond Valences},
  series    = {Structure and Bonding},
  volume    = {158},
  pages     = {129--159},
  year      = {2014},
  doi       = {10.1007/430_2013_137},
}
"""

_MAKING = (
    (
        "Structure types come from the AFLOW library of prototypes and from publications on Li "
        "conductors, which every entry names. Their sites are filled with ions so that the charges "
        "balance and Li sits on one of them; the cell is scaled until nearest cation-anion "
        "distances match the sums of Shannon radii, and nothing is relaxed afterwards."
    ),
    (
        "What is too large, too crowded or too loose is left out by rule, and so is what equals "
        "another structure. Of the rest, whole chemical systems are drawn in the order of a hash, "
        "each with several of its structures; structures that differ by an exchange of ions other "
        "than Li come together, so that a random split tears relatives apart and a split by "
        "chemical system does not. (Version 1.0.0 was drawn structure by structure.)"
    ),
    (
        "Labels are percolation barriers of Li in the bond-valence site energy (Adams and Rao), "
        "computed with BVlain at the settings below: the smallest energy above the cell's minimum "
        "at which Li moves without end in one, two and three dimensions."
    ),
)

_CAVEATS = (
    (
        "The structures are synthetic. Many of these compounds have never been made, and nothing "
        "says that they could be."
    ),
    "They are unrelaxed: real bonds are as long as nature wants, not as radii add up.",
    (
        "The barrier comes from an empirical force field with a rigid framework. It is neither a "
        "measured activation energy nor one from density functional theory, and E_1D below 0.3 eV "
        "does not make a good conductor."
    ),
    (
        "The 28 hand-built structure types were written down without their publications at hand. "
        "Tests hold each to its space group, neutrality and shortest bond; the coordinates and "
        "citations have still to be compared with the papers."
    ),
    (
        "A model that is good here has learned bond-valence percolation. Whether that helps with "
        "measured conductivities is for another board to say."
    ),
)

DATASET = Dataset(
    name="bvel_proto",
    title="BVEL-proto",
    summary=(
        "Li percolation barriers of charge-balanced substitutions into known structure types: "
        "synthetic, unrelaxed structures and an empirical force field, computed here."
    ),
    homepage="https://github.com/dembart/BVlain",
    licence="CC-BY-4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    citation=(
        "IonLadder maintainers, BVEL-proto 1.0.0; computed with BVlain (A. D. Dembitskiy et al., "
        "npj Comput. Mater. 11, 2025, doi:10.1038/s41524-025-01571-z) after S. Adams and R. P. "
        "Rao (Struct. Bond. 158, 129, 2014), on structure types of the AFLOW library (M. J. Mehl "
        "et al., Comput. Mater. Sci. 136, S1, 2017) and of the publications named per entry"
    ),
    bibtex=_BIBTEX,
    tables=TABLES,
    making=_MAKING,
    caveats=_CAVEATS,
)
