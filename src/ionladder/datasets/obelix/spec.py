"""OBELiX as a dataset: title, licence, citation, tables and known oddities."""

from __future__ import annotations

from ionladder.datasets.obelix.columns import TABLES
from ionladder.datasets.obelix.oddities import ODDITIES
from ionladder.datasets.obelix.task import TASKS
from ionladder.specs.dataset import Dataset, Fact

__all__ = ["DATASET", "TASKS"]

_BIBTEX = """\
@article{therrien2026obelix,
  title   = {{OBELiX}: A Curated Dataset of Crystal Structures and Experimentally Measured Ionic
             Conductivities for Lithium Solid-State Electrolytes},
  author  = {Therrien, F{\\'e}lix and Abou Haibeh, Jamal and Sharma, Divya and Hendley, Rhiannon and
             Hern{\\'a}ndez-Garc{\\'i}a, Alex and Sun, Sun and Tchagang, Alain and Su, Jiang and
             Huberman, Samuel and Bengio, Yoshua and Guo, Hongyu and Shin, Homin},
  journal = {Digital Discovery},
  year    = {2026},
  doi     = {10.1039/D5DD00441A},
  eprint  = {2502.14234},
}
"""

DATASET = Dataset(
    name="obelix",
    title="OBELiX",
    summary=(
        "599 synthesised Li solid electrolytes with measured room-temperature ionic "
        "conductivity, 321 of them with a crystal structure."
    ),
    homepage="https://github.com/NRC-Mila/OBELiX",
    licence="CC-BY-4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    citation=(
        "F. Therrien et al., OBELiX: A Curated Dataset of Crystal Structures and Experimentally "
        "Measured Ionic Conductivities for Lithium Solid-State Electrolytes, Digital Discovery "
        "(2026), doi:10.1039/D5DD00441A; arXiv:2502.14234"
    ),
    bibtex=_BIBTEX,
    tables=TABLES,
    oddities=ODDITIES,
    composition_column="formula_cell",
    facts=(
        Fact(column="formula_reduced", title="Formula", kind="formula"),
        Fact(column="space_group_symbol", title="Space group"),
        Fact(column="space_group", title="Space group number"),
        Fact(column="crystal_system", title="Crystal system"),
        Fact(column="family", title="Family"),
        Fact(column="formula_cell", title="Unit cell", kind="formula"),
        Fact(column="cif_status", title="Crystal structure (CIF)"),
        Fact(column="dois", title="Measured in", kind="doi"),
        Fact(column="note", title="Note of the authors"),
    ),
)
