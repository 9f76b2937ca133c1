"""Facts of the real OBELiX data, each counted here again from the released tables.

Counts marked "paper" are from Therrien et al., arXiv:2502.14234; the others were counted
independently of this package from the published files."""

import json
import math
from collections import Counter
from itertools import combinations
from pathlib import Path
from statistics import fmean, mean, median

import pandas as pd
import pytest

from ionladder.config import load_params
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.slices import anion_kind, elements_of
from ionladder.data.store import load_inputs, read_table
from ionladder.data.versions import DATASET_STEPS, diff_versions
from ionladder.repo import Layout, content_hash, sha256_bytes
from ionladder.score import TaskScorer

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
    every = [frame["log10_sigma"].tolist() for frame in (train, test)]
    assert mae(*every) == pytest.approx(2.162563, abs=1e-6)
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
    ratios = inputs.structures["z_ratio_vs_table"]
    assert ratios["vy5"] == pytest.approx(3.0)
    assert ratios["yav"] == pytest.approx(2.0)
    assert ratios["24k"] == pytest.approx(0.5)


def test_the_first_step_changed_one_note(layout):
    (change,) = diff_versions(layout, "obelix", "1.0.2", "1.1.1")
    place = (change.kind, change.table, change.id, change.column)
    assert place == ("note", "entries", "l9v", "note")
    assert change.old.startswith("ball")
    assert change.new == "B" + change.old[1:]


def test_the_second_step_changed_one_flag_and_four_cifs(layout):
    changes = diff_versions(layout, "obelix", "1.1.1", "1.2.0")
    assert {change.kind for change in changes} == {"input"}
    entries = [c for c in changes if c.table == "entries"]
    (one,) = entries
    assert (one.id, one.column, one.old, one.new) == ("w7d", "cif_status", "match", "close")
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
    met = [oddity for version in VERSIONS for oddity in manifest(layout, version)["oddities"]]
    declared = get_dataset("obelix").oddities
    assert {(each["check"], entry) for each in met for entry in each["ids"]} == {
        (each.check, entry) for each in declared for entry in each.ids
    }


# --- Floors, limits and families of the real OBELiX, recomputed by loops from its tables


LAYOUT = Layout(Path(__file__).resolve().parents[2])
PARAMS = load_params(LAYOUT)
VERSION = "1.2.0"


@pytest.fixture(scope="module")
def table():
    """Label, limit, split, component and replicate group of every entry, straight from parquet."""
    folder = LAYOUT.version_dir("obelix", VERSION)
    names = ("labels", "splits", "entries")
    labels, splits, entries = (pd.read_parquet(folder / f"{name}.parquet") for name in names)
    return labels.merge(splits, on="id").merge(entries[["id", "replicate_group"]], on="id")


def scorer(task):
    return TaskScorer.open(LAYOUT, get_task(task), PARAMS.task_versions[task], PARAMS.scoring)


def level(value):
    return sum(value >= edge for edge in (-6, -5, -4))


@pytest.mark.parametrize(
    ("task", "achievable", "oracle", "primary"),
    [
        ("obelix", 0.7825, 0.3306, 1.0614),
        ("obelix-cif", 0.9016, 0.5970, 1.3910),
        ("obelix-cv", 0.7847, 0.3075, 1.0446),
    ],
)
def test_floors_are_those_of_loops_over_pairs(table, task, achievable, oracle, primary):
    scored = table[table["subset"] == ("train" if task == "obelix-cv" else "test")]
    scored = scored[scored["in_cif"]] if task == "obelix-cif" else scored
    is_limit = scored["log10_sigma_limit"].notna()
    pairs: dict[int, list[float]] = {}
    deviations: list[float] = []
    for _, group in table.dropna(subset=["replicate_group"]).groupby("replicate_group"):
        assert group["log10_sigma_limit"].isna().all(), "no repeated measurement is a limit"
        y = group["log10_sigma"].tolist()
        deviations += [abs(value - median(y)) for value in y]
        pairs.setdefault(level(median(y)), []).extend(abs(a - b) for a, b in combinations(y, 2))
    of_level = {key: mean(found) / math.sqrt(2) for key, found in pairs.items()}
    perfect = mean(of_level[level(y)] for y in scored.loc[~is_limit, "log10_sigma"])
    paid = (scored["log10_sigma_limit"] - scored["log10_sigma"]).fillna(0).mean()

    floors = {floor.name: floor for floor in scorer(task).floors()}

    assert mean(deviations) == pytest.approx(0.407753, abs=1e-6)
    assert floors["replicate_median_deviation"].value == pytest.approx(mean(deviations))
    assert perfect == pytest.approx(achievable, abs=1e-4)
    assert paid == pytest.approx(oracle, abs=1e-4)
    assert floors["achievable_error"].value == pytest.approx(perfect)
    share = 1 - is_limit.mean()
    assert floors["achievable_error_censored"].value == pytest.approx(share * perfect)
    last = floors["achievable_error_primary"]
    assert last.value == pytest.approx(share * perfect + paid) == pytest.approx(primary, abs=1e-4)
    assert last.oracle_share == pytest.approx(paid)
    assert (last.n_entries, last.n_groups, last.n_clusters) == (122, 48, 12)
    first = floors["replicate_median_deviation"]
    assert (first.ci_low, first.ci_high) == pytest.approx((0.114, 1.452), abs=1e-3)
    assert (first.groups_ci_low, first.groups_ci_high) == pytest.approx((0.307, 0.542), abs=1e-3)


def test_groups_merged_by_family_are_nineteen_and_the_error_less_sure(table):
    submission = LAYOUT.submission_dir("obelix", "rf-paper")
    wider = scorer("obelix").score(submission).receipt["wider"]
    assert (wider["n_groups"], wider["n_wider"], wider["n_families"]) == (42, 19, 8)
    assert wider["standard_error"] == pytest.approx(0.28, abs=0.005)
    assert wider["wider_error"] == pytest.approx(0.44, abs=0.005)
    assert wider["icc"] == pytest.approx(0.58, abs=0.02)
    predicted = pd.read_csv(next(submission.glob("predictions.csv")), dtype={"id": str})
    test = table[table["subset"] == "test"].set_index("id")
    errors = (predicted.set_index("id")["log10_sigma"] - test["log10_sigma"]).abs()
    of_entry = errors.groupby("id").mean()
    whole, groups = of_entry.mean(), test["component"]
    left_out = [of_entry[groups != group].mean() for group in groups.unique()]
    error = math.sqrt(41 / 42 * sum((rest - whole) ** 2 for rest in left_out))
    assert wider["standard_error"] == pytest.approx(error, abs=1e-5)


def test_limits_are_the_share_of_the_error_that_the_page_says(table):
    test = table[table["subset"] == "test"]
    assert (len(test), int(test["log10_sigma_limit"].notna().sum())) == (121, 8)
    for name, share in (("rf-paper", 0.22), ("hgb-l1", 0.27), ("train-median", 0.33)):
        scores = scorer("obelix").score(LAYOUT.submission_dir("obelix", name)).evaluation
        whole = scores.score("log10_sigma", "all", "mae").value
        part = scores.score("log10_sigma", "uncensored", "mae").value
        assert 1 - 113 * part / (121 * whole) == pytest.approx(share, abs=0.006)


# --- The slices of the real OBELiX test set; counts were made independently from published files


@pytest.fixture(scope="module")
def slices():
    return load_evaluation_labels(LAYOUT, TASK, VERSION).slices.set_index("id")


def test_parts_have_the_known_sizes(slices):
    assert slices["structure"].value_counts().to_dict() == {"with": 67, "without": 54}
    assert slices["order"].value_counts().to_dict() == {
        "disordered": 54,
        "no structure": 54,
        "ordered": 13,
    }
    assert slices["censoring"].value_counts().to_dict() == {"none": 113, "left": 8}
    # Positives at 1 mS/cm in the test set: 18.
    assert slices["superionic"].value_counts().to_dict() == {"no": 103, "yes": 18}


def test_the_anion_rule_agrees_with_the_families_that_imply_anions():
    entries = load_inputs(LAYOUT, TASK, VERSION).entries
    anions = entries["formula_norm"].map(lambda text: anion_kind(elements_of(text)))
    by_family = pd.crosstab(entries["family"], anions)
    for family, allowed in {
        "garnet": {"oxide", "oxyhalide"},
        "perovskites": {"oxide", "oxyhalide"},
        "LGPS": {"sulfide", "sulfide halide"},
        "chlorides": {"chloride"},
        "thio-phosphate": {"sulfide"},
        "chalcogenidotetrelates": {"selenide", "sulfide"},
    }.items():
        found = by_family.loc[family]
        assert set(found.index[found > 0]) <= allowed, family
    phosphates = by_family.loc["NASICON"]
    assert phosphates["phosphate"] / phosphates.sum() > 0.95
    argyrodites = by_family.loc["argyrodites"]
    assert argyrodites["sulfide halide"] / argyrodites.sum() > 0.8
    # The one that is no pure halide is Li6NBr3.
    halides = by_family.loc["halides"]
    assert halides[["chloride", "bromide", "iodide"]].sum() == halides.sum() - 1
    assert halides["mixed"] == 1


# --- The CIF entries and the folds of the real OBELiX, with numbers measured apart from this
# package


CIF, FOLDS = get_task("obelix-cif"), get_task("obelix-cv")


def score(task, name):
    """Value and spread of the primary metric of a committed submission."""
    evaluation = scorer(task).score(LAYOUT.submission_dir(task, name)).evaluation
    return vars(evaluation.score("log10_sigma", "all", "mae"))


def test_the_cif_forest_scores_as_published():
    # The paper's text says 1.86; thirty seeds counted apart from this package gave 1.887 ± 0.021.
    assert score("obelix-cif", "rf-paper-cif")["value"] == pytest.approx(1.887, abs=0.03)


def test_no_test_entry_is_on_the_board_of_folds(table):
    evaluation = load_evaluation_labels(LAYOUT, FOLDS, VERSION)
    train = sorted(table.loc[table["subset"] == "train", "id"])
    assert evaluation.test["id"].tolist() == train
    assert len(train) == 478
    assert evaluation.test["component"].nunique() == 124
    assert load_inputs(LAYOUT, FOLDS, VERSION).test_ids == ()


@pytest.mark.parametrize(
    ("scheme", "expected", "band"),
    # Counted apart from this package: 1.781 ± 0.107 over random groupings, 1.791 ± 0.044 over
    # balanced ones; 0.9995 ± 0.0195 over thirty shuffles.
    [("grouped_doi_comp", 1.78, 0.12), ("kfold_shuffled", 1.0, 0.06)],
)
def test_the_forest_out_of_fold_is_as_far_off_as_counted(table, scheme, expected, band):
    path = LAYOUT.submission_dir("obelix-cv", "rf-paper") / "cv_predictions.parquet"
    rows = pd.read_parquet(path)
    rows = rows[rows["scheme"] == scheme]
    errors = (rows["log10_sigma"] - rows["id"].map(table.set_index("id")["log10_sigma"])).abs()
    by_repeat = errors.groupby(rows["repeat"]).agg(["mean", "size"])
    assert (by_repeat["size"] == 478).all()
    assert len(by_repeat) == 5
    assert by_repeat["mean"].mean() == pytest.approx(expected, abs=band)
    if scheme == "grouped_doi_comp":
        scored = score("obelix-cv", "rf-paper")
        assert scored["value"] == pytest.approx(by_repeat["mean"].mean(), abs=1e-9)
        assert scored["seed_sd"] == pytest.approx(by_repeat["mean"].std(ddof=1), abs=1e-9)
