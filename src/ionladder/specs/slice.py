"""A slice: the test entries taken apart by one property, to see where a model errs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One way of taking the test set apart.

    Attributes:
        name: Key in receipts (``crystal_system``).
        title: As printed (``Crystal system``).
        column: Column of the table that the dataset's ``slices`` module derives from its released
            tables. An entry without a value there is in no part.
        values: (Value, title) of every part that is shown, in order; None: every value found,
            sorted, under its own name.
        note: What a reader must know about it, or empty.
    """

    name: str
    title: str
    column: str
    values: tuple[tuple[str, str], ...] | None = None
    note: str = ""

    def title_of(self, value: str) -> str:
        """How a part is printed; a value without a title stands for itself."""
        return dict(self.values or ()).get(value, value)


TRAIN_DISTANCE = Slice(
    name="train_distance",
    title="Distance to the nearest training composition",
    column="train_distance",
    note=(
        "Quarters of the test set by Element Mover’s Distance (Hargreaves et al. 2020, "
        "doi:10.1021/acs.chemmater.0c03381) on the modified Pettifor scale: how many places of the "
        "scale an atom has to move, on average. Entries at equal distance stay together."
    ),
)
"""Quarters by the distance to the nearest training composition, for boards of any dataset."""
