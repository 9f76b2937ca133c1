"""The table of entries on the synthetic release, checked entry by entry."""

import shutil

import numpy as np
import pandas as pd
import pytest

from factories import write_repo
from ionladder.config import load_params
from ionladder.data.fetch import fetch_version
from ionladder.data.ingest import ingest_version
from ionladder.data.registry import get_task
from ionladder.entries import EntryReader, build_entry_table
from ionladder.repo import Layout

TASK = get_task("obelix")
VERSION = "1.0.0"
OFFSETS = {"one": [1.0], "two": [1.5, 2.5], "ref": [0.25], "far": [4.0, 9.0]}
VERIFIED = ("one", "two")


@pytest.fixture(scope="module")
def _ingested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("entries") / "repo"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("IONLADDER_MIRROR", raising=False)
        layout = write_repo(folder)
        for pinned in load_params(layout).versions.values():
            fetch_version(layout, pinned)
            ingest_version(layout, pinned)
    return folder


@pytest.fixture
def reader(_ingested, tmp_path):
    """A reader of three submissions that are off by their offsets, and of one that is broken."""
    layout = Layout(shutil.copytree(_ingested, tmp_path / "repo").resolve())
    reader = EntryReader(layout, TASK, VERSION)
    for name, offsets in OFFSETS.items():
        rows = [
            reader.test[["id"]].assign(log10_sigma=reader.test["log10_sigma"] + offset, seed=seed)
            for seed, offset in enumerate(offsets)
        ]
        folder = layout.submission_dir(TASK.name, name)
        folder.mkdir(parents=True)
        pd.concat(rows).to_csv(folder / "predictions.csv", index=False)
    broken = layout.submission_dir(TASK.name, "broken")
    broken.mkdir(parents=True)
    (broken / "predictions.csv").write_text("id,log10_sigma\n019,oops\n")
    return reader


@pytest.fixture
def table(reader):
    return build_entry_table(reader, TASK, [*OFFSETS, "broken"], verified=VERIFIED)


def test_predictions_and_errors_are_means_over_seeds(table):
    labels = table.labels["log10_sigma"]
    expected = [np.mean(offsets) for offsets in OFFSETS.values()]
    np.testing.assert_allclose(
        table.predictions["log10_sigma"] - labels, np.outer(expected, np.ones(len(labels)))
    )
    np.testing.assert_allclose(table.errors, np.outer(expected, np.ones(len(labels))))
    # Of the verified ones: the quartiles of 1 and 2 lie at 1.25 and 1.75.
    np.testing.assert_allclose(table.typical_error, 1.5)
    np.testing.assert_allclose(table.spread, 0.5)


def test_limits_have_a_second_error_and_are_not_among_the_hardest(table):
    limits, labels = table.limits["log10_sigma"], table.labels["log10_sigma"]
    is_limit = ~np.isnan(limits)
    assert is_limit.any()
    assert not is_limit.all()
    np.testing.assert_array_equal(table.is_limit, is_limit)
    for name, above in zip(table.names, table.above, strict=True):
        seeds = [np.maximum(labels + offset - limits, 0.0) for offset in OFFSETS[name]]
        np.testing.assert_allclose(above, np.mean(seeds, axis=0))
    assert table.above[table.names.index("far")][is_limit].max() > 0
    assert set(table.hardest(len(labels))) == set(np.flatnonzero(~is_limit))


def test_replicates_are_other_measurements(reader, table):
    repeated = reader.labels.replicates.set_index("id")
    for entry in table.ids:
        if entry not in repeated.index:
            assert entry not in table.replicates
            continue
        group = repeated.index[repeated["replicate_group"] == repeated.at[entry, "replicate_group"]]
        found = table.replicates[entry]
        assert {related.id for related in found} == set(group) - {entry}
        for related in found:
            assert related.labels["log10_sigma"] == repeated.at[related.id, "log10_sigma"]
            assert related.distance is None
    assert table.replicates
