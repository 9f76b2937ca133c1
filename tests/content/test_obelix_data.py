"""Facts of the real OBELiX data, each counted here again from the released tables.

Counts marked "paper" are from Therrien et al., arXiv:2502.14234; the others were counted
independently of this package from the published files.
"""

import json
from collections import Counter
from itertools import combinations
from statistics import fmean, median

import pytest

from ionladder.config import load_params
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.store import load_inputs, read_table
from ionladder.data.versions import DATASET_STEPS, diff_versions
from ionladder.repo import content_hash, sha256_bytes

pytestmark = pytest.mark.data

VERSIONS = ("1.0.2", "1.1.1", "1.2.0")
TASK = get_task("obelix")
CENSORED_TEST = ["b56", "bnu", "ecp", "kxw", "um1", "ux3", "wgw", "xq3"]


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return str(request.param)


@pytest.fixture(scope="module")
def inputs(layout, version):
    return load_inputs(layout, TASK, version)


@pytest.fixture(scope="module")
def labels(layout, version):
    return load_evaluation_labels(layout, TASK, version)


def manifest(layout, version):
    return json.loads(layout.manifest("obelix", version).read_text(encoding="utf-8"))


def test_everything_on_this_machine_is_as_recorded(layout):
    params = load_params(layout)
    for step in DATASET_STEPS:
        result = step(layout, params)
        assert result.problems == []
        assert result.n_good


def test_counts_are_those_of_the_paper(inputs):
    assert len(inputs.entries) == 599
    assert (len(inputs.train_ids), len(inputs.test_ids)) == (478, 121)
    with_cif = inputs.split["in_cif"]
    assert Counter(inputs.split.loc[with_cif, "subset"]) == {"train": 254, "test": 67}
    assert inputs.structures is not None
    assert set(inputs.structures.index) == set(inputs.split.index[with_cif])


def test_cif_status_counts_follow_the_flag_of_one_entry(inputs, version):
    # 1.2.0 calls the CIF of w7d a close match; before, it was a match.
    moved = version != "1.2.0"
    expected = {"match": 260 + moved, "close": 61 - moved, "none": 278}
    assert Counter(inputs.entries["cif_status"]) == expected
    assert inputs.entries.loc["w7d", "cif_status"] == ("match" if moved else "close")


def test_censored_labels(labels):
    test = labels.test[labels.test["censoring"] == "left"]
    train = labels.train[labels.train["censoring"] == "left"]
    assert sorted(test["id"]) == CENSORED_TEST
    assert test["in_cif"].all()
    assert (len(train), int(train["in_cif"].sum())) == (29, 28)
    both = [*test["log10_sigma_limit"], *train["log10_sigma_limit"]]
    assert Counter(both) == {-10.0: 36, -8.0: 1}
    assert {*test["log10_sigma"], *train["log10_sigma"]} == {-15.0}
    assert train.loc[train["log10_sigma_limit"] == -8.0, "id"].tolist() == ["ia5"]


def test_an_unusually_low_label_is_a_measured_one(labels):
    (row,) = labels.test[labels.test["id"] == "7cr"].itertuples()
    assert row.censoring == "none"
    assert row.log10_sigma == pytest.approx(-17.3565, abs=1e-4)


def test_medians_score_as_published(labels):
    def mae(train, test):
        centre = median(train)
        return fmean(abs(value - centre) for value in test)

    train, test = labels.train, labels.test
    assert mae(list(train["log10_sigma"]), list(test["log10_sigma"])) == pytest.approx(
        2.162563, abs=1e-6
    )
    cif = [frame.loc[frame["in_cif"], "log10_sigma"].tolist() for frame in (train, test)]
    assert mae(*cif) == pytest.approx(2.815287, abs=1e-6)


def replicate_groups(labels):
    groups: dict[int, list[float]] = {}
    for row in labels.replicates.itertuples():
        groups.setdefault(row.replicate_group, []).append(row.log10_sigma)
    return list(groups.values())


def test_replicate_groups(labels):
    groups = replicate_groups(labels)
    assert Counter(len(group) for group in groups) == {2: 33, 3: 7, 4: 5, 5: 3}
    assert (len(groups), sum(map(len, groups))) == (48, 122)
    assert sum(len(list(combinations(group, 2))) for group in groups) == 114
    for part, expected in ((labels.train, (45, 116)), (labels.test, (3, 6))):
        inside = labels.replicates[labels.replicates["id"].isin(part["id"])]
        assert (inside["replicate_group"].nunique(), len(inside)) == expected
    assert -15.0 not in set(labels.replicates["log10_sigma"])


def test_components(inputs):
    sizes = Counter(inputs.split["component"])
    assert len(sizes) == 166
    assert [size for _, size in sizes.most_common(6)] == [106, 67, 48, 24, 17, 12]
    parts = inputs.split.groupby("subset")["component"].nunique()
    assert parts.to_dict() == {"train": 124, "test": 42}
    assert set(inputs.split["component"]) == set(range(1, 167))


def test_two_normalised_formulas_cross_the_split(inputs):
    formulas = inputs.entries["formula_norm"]
    side = inputs.split["subset"].reindex(formulas.index)
    crossing = formulas.groupby(formulas).filter(lambda ids: side[ids.index].nunique() == 2)
    groups = crossing.groupby(crossing).groups.values()
    assert sorted(sorted(ids) for ids in groups) == [["2yl", "52b"], ["8po", "mvq"]]


def test_structures_are_described(inputs, version):
    structures = inputs.structures
    assert structures is not None
    without_li = structures.index[~structures["has_li"]]
    assert sorted(without_li) == ["5tl", "b4c", "cy2", "hta", "s3h", "u2y", "u8r"]
    later = version == "1.2.0"
    # ia5, joc, na5 and nhq were written without partial occupancies before 1.2.0.
    assert int((~structures["is_ordered"]).sum()) == (249 if later else 245)
    assert int(structures["has_mixed_site"].sum()) == 203
    assert int(structures["li_partial"].sum()) == (227 if later else 225)
    assert (structures["n_sites"].min(), structures["n_sites"].max()) == (4, 352)
    assert sum(len(remarks) > 0 for remarks in structures["parse_warnings"]) == 16
    for row in structures.itertuples():
        assert row.cif_sha256 == sha256_bytes(row.cif_text.encode())


def test_known_wrong_cells_are_kept_as_published(inputs):
    assert inputs.entries.loc["r5y", "formula_cell"] == "Li1.6Cd8.0Cl32.0"
    assert inputs.entries.loc["019", "space_group"] == 168
    assert inputs.entries.loc["019", "space_group_symbol"] == "R-3c"
    assert inputs.structures is not None
    ratios = inputs.structures["z_ratio_vs_table"]
    assert ratios["vy5"] == pytest.approx(3.0)
    assert ratios["yav"] == pytest.approx(2.0)
    assert ratios["24k"] == pytest.approx(0.5)


def test_the_first_step_changed_one_note(layout):
    (change,) = diff_versions(layout, "obelix", "1.0.2", "1.1.1")
    assert (change.kind, change.table, change.id, change.column) == (
        "note",
        "entries",
        "l9v",
        "note",
    )
    assert change.old.startswith("ball")
    assert change.new == "B" + change.old[1:]


def test_the_second_step_changed_one_flag_and_four_cifs(layout):
    changes = diff_versions(layout, "obelix", "1.1.1", "1.2.0")
    assert {change.kind for change in changes} == {"input"}
    entries = [c for c in changes if c.table == "entries"]
    assert [(c.id, c.column, c.old, c.new) for c in entries] == [
        ("w7d", "cif_status", "match", "close")
    ]
    structures = [c for c in changes if c.table == "structures"]
    assert len(entries) + len(structures) == len(changes)
    texts = [c.id for c in structures if c.column == "cif_text"]
    assert texts == ["ia5", "joc", "na5", "nhq"]
    assert {c.id for c in structures} == set(texts)
    # Everything else that changed follows from the text of these four.
    assert {c.column for c in structures} <= {
        *("cif_text", "cif_sha256", "formula_cif", "is_ordered", "has_vacancy", "li_partial"),
        *("max_frac_diff_vs_table", "z_ratio_vs_table"),
    }


def test_manifests_record_the_content_that_is_here(layout, version):
    recorded = manifest(layout, version)
    assert len(recorded["checks"]) == 15
    assert len({check["name"] for check in recorded["checks"]}) == 15
    assert {check["result"] for check in recorded["checks"]} == {"passed"}
    for spec in get_dataset("obelix").tables:
        table = read_table(layout, "obelix", version, spec.name)
        described = recorded["tables"][spec.name]
        assert described["rows"] == table.num_rows
        assert described["content_sha256"] == content_hash(table, key=list(spec.key))


def test_every_oddity_that_is_declared_is_met_in_some_version(layout):
    met = {
        (oddity["check"], entry)
        for version in VERSIONS
        for oddity in manifest(layout, version)["oddities"]
        for entry in oddity["ids"]
    }
    declared = {
        (oddity.check, entry) for oddity in get_dataset("obelix").oddities for entry in oddity.ids
    }
    assert met == declared
