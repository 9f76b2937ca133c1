"""Graphs from CIFs, kept in a cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.io.cif import CifWriter

from ionladder.baselines.graphs import graph as graph_module
from ionladder.baselines.graphs.graph import Graph, graphs_of, make_graph, read_cif
from ionladder.baselines.graphs.neighbours import Reach
from unit.baselines.graphs.crystals import disordered, rock_salt

REACH = Reach(cutoff_ang=4.0)


@pytest.fixture
def structures() -> pd.DataFrame:
    texts = [str(CifWriter(crystal)) for crystal in (rock_salt(), disordered())]
    return pd.DataFrame({"cif_text": texts}, index=pd.Index(["5e2", "max"], name="id"))


def _same(one: Graph, other: Graph) -> bool:
    return all(
        np.array_equal(value, getattr(getattr(other, part), name))
        for part in ("sites", "edges")
        for name, value in vars(getattr(one, part)).items()
    )


def test_a_cif_is_read_with_its_occupancies(structures: pd.DataFrame) -> None:
    read = read_cif(structures.loc["max", "cif_text"])

    assert {str(site.species) for site in read} == {"Li0.6", "Li0.4", "K0.7 Na0.3", "O1", "S1"}


def test_cached_graphs_are_those_that_were_built(structures: pd.DataFrame, tmp_path: Path) -> None:
    ids = ["max", "5e2"]
    built = graphs_of(structures, ids, "weighted", REACH, cache=tmp_path)

    (file,) = tmp_path.iterdir()
    loaded = graphs_of(structures, ids, "weighted", REACH, cache=tmp_path)

    assert file.suffix == ".npz"
    assert list(loaded) == ids
    assert all(_same(loaded[entry], built[entry]) for entry in ids)


def test_a_cached_graph_is_not_built_again(
    structures: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs_of(structures, ["max"], "weighted", REACH, cache=tmp_path)
    monkeypatch.setattr(graph_module, "make_graph", None)

    assert list(graphs_of(structures, ["max"], "weighted", REACH, cache=tmp_path)) == ["max"]


@pytest.mark.parametrize("change", ["arm", "reach", "text"])
def test_the_cache_knows_what_graphs_depend_on(
    structures: pd.DataFrame, tmp_path: Path, change: str
) -> None:
    graphs_of(structures, ["max"], "weighted", REACH, cache=tmp_path)
    arm = "majority" if change == "arm" else "weighted"
    reach = Reach(cutoff_ang=4.5) if change == "reach" else REACH
    if change == "text":
        structures.loc["max", "cif_text"] = structures.loc["5e2", "cif_text"]

    graphs = graphs_of(structures, ["max"], arm, reach, cache=tmp_path)

    assert len(list(tmp_path.iterdir())) == 2
    expected = make_graph(read_cif(structures.loc["max", "cif_text"]), arm, reach)
    assert _same(graphs["max"], expected)


def test_without_a_cache_nothing_is_written(structures: pd.DataFrame, tmp_path: Path) -> None:
    graphs_of(structures, ["max"], "rounded", REACH, cache=None)

    assert list(tmp_path.iterdir()) == []
