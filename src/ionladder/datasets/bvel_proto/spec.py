"""BVEL-proto as a dataset: title, licence, citation and tables."""

from __future__ import annotations

from ionladder.datasets.bvel_proto.columns import TABLES
from ionladder.datasets.bvel_proto.task import TASKS
from ionladder.specs.dataset import Dataset, Fact

__all__ = ["DATASET", "TASKS"]

_BIBTEX = """\
@article{dembitskiy2025bvlain,
  title   = {Benchmarking machine learning models for predicting lithium ion migration},
  author  = {Dembitskiy, Artem D. and Humonen, Innokentiy S. and Eremin, Roman A. and
             Aksyonov, Dmitry A. and Fedotov, Stanislav S. and Budennyy, Semen A.},
  journal = {npj Computational Materials},
  volume  = {11},
  number  = {131},
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
@article{hicks2019aflow,
  title   = {The {AFLOW} Library of Crystallographic Prototypes: Part 2},
  author  = {Hicks, David and Mehl, Michael J. and Gossett, Eric and Toher, Cormac and
             Levy, Ohad and Hanson, Robert M. and Hart, Gus and Curtarolo, Stefano},
  journal = {Computational Materials Science},
  volume  = {161},
  pages   = {S1--S1011},
  year    = {2019},
  doi     = {10.1016/j.commatsci.2018.10.043},
}
@article{hicks2021aflow,
  title   = {The {AFLOW} Library of Crystallographic Prototypes: Part 3},
  author  = {Hicks, D. and Mehl, M. J. and Esters, M. and Oses, C. and Levy, O. and
             Hart, G. L. W. and Toher, C. and Curtarolo, S.},
  journal = {Computational Materials Science},
  volume  = {199},
  pages   = {110450},
  year    = {2021},
  doi     = {10.1016/j.commatsci.2021.110450},
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
        "Of the 25 hand-built structure types, 20 carry the numbers of the record they name and "
        "5 (NASICON, tetragonal garnet, argyrodite, Li3InCl6, Li2SiO3) were compared with a record "
        "and agree within 0.03 to 0.12 Å, most of it noise that the records carry. The papers "
        "themselves were not at hand. Four types of 1.0.0 without any record are left out."
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
        "IonLadder maintainers, BVEL-proto; computed with BVlain (A. D. Dembitskiy et al., "
        "npj Comput. Mater. 11, 2025, doi:10.1038/s41524-025-01571-z) after S. Adams and R. P. "
        "Rao (Struct. Bond. 158, 129, 2014), on structure types of the AFLOW library (M. J. Mehl "
        "et al., Comput. Mater. Sci. 136, S1, 2017) and of the publications named per entry"
    ),
    bibtex=_BIBTEX,
    tables=TABLES,
    facts=(
        Fact(column="formula", title="Formula", kind="formula"),
        Fact(column="prototype", title="Structure type"),
        Fact(column="family", title="Class of the structure type"),
        Fact(column="assignment", title="Ions"),
        Fact(column="space_group", title="Space group number"),
        Fact(column="n_sites", title="Sites in the cell"),
        Fact(column="n_li", title="Li sites in the cell"),
        Fact(column="source", title="Coordinates from"),
    ),
    making=_MAKING,
    caveats=_CAVEATS,
)
