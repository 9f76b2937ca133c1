"""Hand-built types of bvel_proto against every record of their structure that is at hand here.

Two are: AFLOW's prototypes (part 1 of the library, in pymatgen) and the measured structures of
OBELiX 1.2.0, where they are ingested. Other records, read by eye, are in
docs/decisions/0008-sources-of-structure-types.md.

Most of OBELiX's public structures carry random noise on their positions. How much it is, three
types tell whose digits are those of the very ICSD entries that OBELiX holds: beta-nafeo2,
li3aln2 and gamma-li3po4 (w7d).
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure
from pymatgen.io.cif import CifParser

from prototypes import HAND_BUILT, family_structure

OBELIX = Path("data/obelix/1.2.0/structures.parquet")


@dataclass(frozen=True, kw_only=True)
class Record:
    """An entry of OBELiX that holds the structure of a type.

    Attributes:
        id: Its id.
        without: Element left out on both sides, because its sites are partly occupied.
    """

    id: str
    without: str = ""


# Type → entries: the same compound, or the same type where its coordinates are fixed by symmetry.
RECORDS: dict[str, tuple[Record, ...]] = {
    "gamma-lifeo2": (Record(id="sg0"),),
    "li3aln2": (Record(id="br1"),),
    "anti-perovskite": (Record(id="4p7"), Record(id="qbb")),
    "li3n-ordered": (Record(id="gvd"),),
    "gamma-li3po4": (Record(id="w7d"), Record(id="9lo")),
    "nasicon": (Record(id="rr5"),),
    "garnet-li7": (Record(id="wyu"),),
    "argyrodite": tuple(Record(id=i, without="Li") for i in ("6jf", "9zr", "w87")),
    "li3incl6": (Record(id="de5"),),
    "beta-nafeo2": (Record(id="bsa"),),
}

# A site that is filled less than this holds a defect, not the structure.
LEAST_OCCUPANCY = 0.5

# Above this a type and its record are not the same structure, noise or not.
LIMIT_RMS_ANG = 0.25


def main() -> None:
    """Print the table; exit 1 where a type does not match a record that it should."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    warnings.filterwarnings("ignore")
    rows = [*aflow_rows(), *obelix_rows()]
    print(f"{'type':<18}{'compared with':<42}{'matches':<9}{'RMS, Å':>8}")
    for prototype, record, rms in sorted(rows, key=lambda row: row[:2]):
        matches = rms is not None and rms <= LIMIT_RMS_ANG
        shown = "" if rms is None else f"{rms:.3f}"
        print(f"{prototype:<18}{record:<42}{'yes' if matches else 'NO':<9}{shown:>8}")
    compared = {prototype for prototype, _, _ in rows}
    rest = [family.prototype for family in HAND_BUILT if family.prototype not in compared]
    print("nothing at hand for: " + ", ".join(rest))
    sys.exit(any(rms is None or rms > LIMIT_RMS_ANG for _, _, rms in rows))


def aflow_rows() -> Iterator[tuple[str, str, float | None]]:
    """Types whose record is in pymatgen: type, record, RMS."""
    library = {entry["tags"]["aflow"]: entry["snl"].structure for entry in AFLOW_PROTOTYPE_LIBRARY}
    for family in HAND_BUILT:
        name = family.record.split()[1] if family.record.startswith("AFLOW ") else ""
        if name in library:
            mine = elements_only(family_structure(family))
            yield family.prototype, f"AFLOW {name} (pymatgen)", distance(mine, library[name])


def obelix_rows() -> Iterator[tuple[str, str, float | None]]:
    """Types with records in OBELiX: type, record, RMS; nothing where OBELiX is not ingested."""
    if not OBELIX.exists():
        print(f"OBELiX is not compared: {OBELIX} is not here; `ionladder ingest obelix` makes it.")
        return
    import pandas as pd

    table = pd.read_parquet(OBELIX).set_index("id")
    families = {family.prototype: family for family in HAND_BUILT}
    for prototype, records in RECORDS.items():
        mine = elements_only(family_structure(families[prototype]))
        for record in records:
            entry = table.loc[record.id]
            theirs = ordered(entry["cif_text"])
            reduced = [s.copy() for s in (mine, theirs)]
            for structure in reduced:
                structure.remove_species([record.without] if record.without else [])
            noise = ", noisy" if entry["positions_perturbed"] else ""
            part = f" without {record.without}" if record.without else ""
            name = f"OBELiX {record.id}{part}{noise}"
            yield prototype, name, distance(*reduced)


def elements_only(structure: Structure) -> Structure:
    """Without charges and properties."""
    symbols = [site.specie.symbol for site in structure]
    return Structure(structure.lattice, symbols, structure.frac_coords)


def ordered(cif: str) -> Structure:
    """Every site as its most frequent element, without the sites that are mostly empty."""
    (structure,) = CifParser.from_str(cif, occupancy_tolerance=10).parse_structures(primitive=False)
    symbols, positions = [], []
    for site in structure:
        filling = site.species.get_el_amt_dict()
        if sum(filling.values()) >= LEAST_OCCUPANCY:
            symbols.append(max(filling, key=lambda symbol: filling[symbol]))
            positions.append(site.frac_coords)
    return Structure(structure.lattice, symbols, positions)


def distance(mine: Structure, theirs: Structure) -> float | None:
    """RMS displacement in Å at the volume of ``mine``, whatever the elements; None: no match."""
    first, second = (s.get_primitive_structure(0.1) for s in (mine, theirs))
    matcher = StructureMatcher(ltol=0.3, stol=0.4, angle_tol=8)
    rms, _ = matcher.get_rms_anonymous(first, second)
    return None if rms is None else float(rms * (first.volume / len(first)) ** (1 / 3))


if __name__ == "__main__":
    main()
