"""Which crystals lose their lithium when occupancies are rounded."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from factories import make_cif
from ionladder.data.obelix.crystals import structure
from ionladder.data.obelix.experiment_parts import part_columns
from ionladder.data.registry import get_task
from ionladder.data.slices import experiment_columns
from ionladder.repo import Layout
from unit.datasets.obelix.test_structures import ROW


def kept(composition: str) -> str:
    cif = make_cif(ROW | {"True Composition": composition})
    table = pd.DataFrame({"cif_text": [cif]}, index=pd.Index(["a"], name="id"))
    return str(part_columns(table).loc["a", "lithium_rounded"])


@pytest.mark.parametrize(
    ("composition", "expected"),
    [
        ("Li1.0P1.0S4.0", "kept"),
        ("Li0.6P1.0S4.0", "kept"),
        ("Li0.5P1.0S4.0", "lost"),
        ("Li0.4P1.0S4.0", "lost"),
        ("P1.0S4.0", "lost"),
    ],
)
def test_lithium_is_lost_where_no_site_rounds_to_one(composition: str, expected: str) -> None:
    assert kept(composition) == expected


@pytest.mark.data
def test_in_the_real_test_set_it_is_what_the_networks_see(repository: Path) -> None:
    from ionladder.baselines.graphs.sites import sites_of

    layout, task = Layout(repository), get_task("obelix-cif")
    folder = layout.version_dir("obelix", "1.2.0")
    splits = pd.read_parquet(folder / "splits.parquet").set_index("id")
    texts = pd.read_parquet(folder / "structures.parquet").set_index("id")["cif_text"]
    test = sorted(i for i in texts.index if splits.loc[i, "subset"] == "test")
    slices = pd.DataFrame({"id": test, "order": "ordered"})
    found = experiment_columns(layout, task, "1.2.0", slices)["lithium_rounded"]
    assert found.value_counts().to_dict() == {"kept": 52, "lost": 15}
    for entry in test:
        left = 3 in sites_of(structure({}, {"cif_text": texts[entry]}), "rounded").number
        assert found[entry] == ("kept" if left else "lost"), entry
