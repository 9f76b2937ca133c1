"""Where LiTraj comes from: publication, code, licence as far as it is stated."""

from __future__ import annotations

from typing import TypedDict


class Provenance(TypedDict):
    """The fields of a dataset that say where it comes from."""

    homepage: str
    licence: str
    licence_url: str
    citation: str
    bibtex: str


PROVENANCE = Provenance(
    homepage="https://github.com/AIRI-Institute/LiTraj",
    licence="CC-BY-4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    citation=(
        "A. D. Dembitskiy, I. S. Humonen, R. A. Eremin, D. A. Aksyonov, S. S. Fedotov and "
        "S. A. Budennyy, Benchmarking machine learning models for predicting lithium ion "
        "migration, npj Comput. Mater. 11, 131 (2025), doi:10.1038/s41524-025-01571-z"
    ),
    bibtex="""\
@article{dembitskiy2025litraj,
  title   = {Benchmarking machine learning models for predicting lithium ion migration},
  author  = {Dembitskiy, Artem D. and Humonen, Innokentiy S. and Eremin, Roman A. and
             Aksyonov, Dmitry A. and Fedotov, Stanislav S. and Budennyy, Semen A.},
  journal = {npj Computational Materials},
  volume  = {11},
  number  = {131},
  year    = {2025},
  doi     = {10.1038/s41524-025-01571-z},
}
""",
)
"""The same for every dataset of LiTraj."""

CAVEATS = (
    (
        "Upstream states no licence of the archives themselves: its code is under MIT, and the "
        "structures come from the Materials Project under CC BY 4.0, which is the licence named "
        "here."
    ),
    (
        "Upstream publishes no checksums. The first fetch pins their bytes after every check on "
        "their content has passed."
    ),
)
"""What every dataset of LiTraj must say of itself."""
