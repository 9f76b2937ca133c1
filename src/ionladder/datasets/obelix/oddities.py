"""Known peculiarities of OBELiX, allowed by check and id, each with its reason.

Nothing here changes a value: the published data are kept as they are. An entry that is not listed
and fails a check stops the ingest.
"""

from __future__ import annotations

from ionladder.specs.dataset import Oddity

ODDITIES: tuple[Oddity, ...] = (
    Oddity(
        check="formulas_agree",
        ids=("na5",),
        reason="The printed formula joins its water with '*', so it is not read; the cell is.",
    ),
    Oddity(
        check="formulas_agree",
        ids=("r5y",),
        reason="The cell contents say Li1.6 where eight printed formulas make Li16: a slip.",
    ),
    Oddity(
        check="cells_obey_symmetry",
        ids=("019",),
        reason="Space group 168 contradicts its own symbol R-3c, which is 167: a slip.",
    ),
    Oddity(
        check="nothing_crosses_the_split",
        ids=("2yl", "52b"),
        reason=(
            "One composition in training (52b) and test (2yl), written for cells of another size; "
            "another paper and another space group."
        ),
    ),
    Oddity(
        check="nothing_crosses_the_split",
        ids=("8po", "mvq"),
        reason=(
            "One composition in training (8po) and test (mvq), written for cells of another size; "
            "another paper and another space group."
        ),
    ),
    Oddity(
        check="structures_agree.lithium",
        ids=("5tl", "b4c", "cy2", "hta", "s3h", "u2y", "u8r"),
        reason=(
            "The CIF has no Li at all, although the material does: its Li sites are not known. "
            "Intentional, according to upstream issue 8."
        ),
    ),
    Oddity(
        check="structures_agree.composition",
        ids=("5tl", "b4c", "cy2", "hta", "s3h", "u2y", "u8r"),
        reason="Atomic fractions differ because the CIF leaves out Li.",
    ),
    Oddity(
        check="structures_agree.composition",
        ids=("hx7",),
        reason="The CIF is of a close match and leaves out H.",
    ),
    Oddity(
        check="structures_agree.composition",
        ids=("ia5", "na5", "nhq"),
        reason="Sites were filled completely until 1.2.0 gave them partial occupancies.",
    ),
    Oddity(
        check="structures_agree.composition",
        ids=("4xq", "9yt", "ckw", "yab"),
        reason=(
            "The CIF's contents look wrong, judged by volume per atom and formula (not by the "
            "source article)."
        ),
    ),
    Oddity(
        check="structures_agree.composition",
        ids=("duf", "etz"),
        reason="The CIF's occupancies of Li and of the framework differ widely from the table's.",
    ),
    Oddity(
        check="structures_agree.composition",
        ids=(
            *("4ie", "8fn", "9o6", "cz2", "dlj", "dmq", "ga9", "lud", "mg4", "tjh", "vg0"),
            "zv5",
        ),
        reason=(
            "Refined occupancies give a composition 0.01 to 0.03 from the nominal one in the table."
        ),
    ),
    Oddity(
        check="structures_agree.cell_contents",
        ids=("9ph", "vy5", "yav"),
        reason=(
            "The tabulated cell contents are 2 times (9ph, yav) or 3 times (vy5) too small for the "
            "tabulated cell; density and volume per atom from the table are wrong."
        ),
    ),
    Oddity(
        check="structures_agree.cell_contents",
        ids=("24k",),
        reason=(
            "The tabulated cell contents are 2 times too large for the tabulated cell (10 Å³ per "
            "atom in a sulfide); density and volume per atom from the table are wrong."
        ),
    ),
    Oddity(
        check="structures_agree.cell_contents",
        ids=("4xq", "9yt", "b4c", "ckw", "etz", "hx7", "na5", "nhq", "yab"),
        reason="The CIF has more or fewer atoms for the reason given under its composition.",
    ),
    Oddity(
        check="structures_agree.space_group",
        ids=("019", "um1", "xa0", "yqu"),
        reason=(
            "The CIF is in another space group than the table says: 167, not 168 (019); 148, not "
            "167 (um1); 158, not 167 (xa0); 167, not 148 (yqu)."
        ),
    ),
)
