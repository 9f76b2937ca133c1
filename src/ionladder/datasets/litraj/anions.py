"""Classes of anions, as boards take them apart: subsets and the slice."""

from __future__ import annotations

from ionladder.specs.slice import Slice
from ionladder.specs.task import Subset

ANION_SUBSETS = tuple(
    Subset(name=name, title=title, column="anion_class", equals=name)
    for name, title in (
        ("oxide", "oxides"),
        ("fluoride", "fluorides"),
        ("chalcogenide", "chalcogenides"),
        ("halide", "heavier halides"),
        ("nitride", "nitrides"),
    )
)


def anion_slice(*others: tuple[str, str]) -> Slice:
    """The slice by anions; ``others`` are the classes that a dataset has besides the usual five."""
    return Slice(
        name="anions",
        title="Anion chemistry",
        column="anions",
        values=(*((subset.name, subset.title) for subset in ANION_SUBSETS), *others),
    )
