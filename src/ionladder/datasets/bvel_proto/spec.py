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
)
