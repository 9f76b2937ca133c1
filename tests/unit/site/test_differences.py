"""Submissions against each other: words follow intervals, absent rows and names are said."""

import json
import re
from dataclasses import replace

import markdown
import numpy as np
import pytest
from scipy.stats import spearmanr

from contracts.test_pages import EXTENSIONS, Checked
from ionladder.board.compare import EXPERIMENTS_COLUMNS
from ionladder.board.model import Pair, Value, parse_analysis, parse_board
from ionladder.errors import SiteError
from ionladder.site import differences as diffs
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.specs import Clause, Contrast, Question
from unit.site.page_tree import tree_of, words
from unit.site.synthetic_board import (
    CIF,
    HOSTILE,
    Entry,
    add_analysis,
    add_board,
    add_data,
    hostile,
    leaderboard,
    make_repository,
    networks,
    pair_table,
    typical,
)

Names = tuple[str, str]
Ends = tuple[float | None, float | None, float | None]

EXPERIMENT = CIF.experiments[0]
URL = f"obelix-cif/{EXPERIMENT.name}/"
DECADES = "decades for M0 (95 % interval"
NAMES = {
    "cgcnn": HOSTILE["script"],
    "painn": HOSTILE["markdown link"],
    "schnet": HOSTILE["template"],
    "chgnet-features": HOSTILE["unbroken"],
}
UNTOLD = "which is not statistically resolved."
OCCUPANCY: dict[Names, Ends] = {
    ("cgcnn-weighted", "cgcnn"): (-1.07, -2.43, 0.30),
    ("schnet-weighted", "schnet"): (-0.57, -1.63, 0.50),
}


def board_of(shown):
    return parse_board(leaderboard(shown, CIF), CIF, shown_as="here")


def analysis(*rows):
    table = pair_table({}) | {"rows": [list(row) for row in rows]}
    return parse_analysis({"task": "x", "pairs": table}, shown_as="analysis/x.json")


def experiment(root, pairs, table=None):
    """A repository with the board of the experiment, its pairs, and perhaps its own table."""
    shown = [replace(e, model=NAMES.get(e.name, e.model)) for e in networks()]
    layout = add_board(make_repository(root, typical()), shown, CIF)
    more = {} if table is None else {"experiments": {EXPERIMENT.name: table}}
    return add_analysis(layout, CIF.name, pairs=pair_table(pairs), **more)


def page(layout, url=URL):
    return render_pages(load_site(layout))[url]


# Pairs of a board


@pytest.mark.parametrize(
    ("low", "high", "p", "state", "turned"),
    [
        # The verdict allows for all pairs; without one, the interval of the pair decides.
        (0.1, 0.5, 0.04, "higher", "lower"),
        (0.1, 0.5, 0.06, "open", "open"),
        (-0.1, 0.5, None, "open", "open"),
        (0.1, 0.5, None, "higher", "lower"),
    ],
)
def test_a_pair_reads_from_both_sides(low, high, p, state, turned):
    board, found = board_of(networks()), analysis(("painn", "cgcnn", 0.2, low, high, p))
    ((first, mine),) = diffs.pair_rows(board, found, "painn")
    ((_, theirs),) = diffs.pair_rows(board, found, "cgcnn")
    assert first.submission == "cgcnn"
    assert (mine.state, mine.p, theirs.state) == (state, p, turned)
    assert mine.is_within(0.6)
    assert not mine.is_within(0.5)
    assert not mine.is_within(None)
    assert theirs.score == (-0.2, -high, -low)
    assert diffs.pair_rows(board, parse_analysis(None, shown_as="x"), "painn") == []


def test_distances_and_rank_correlations_are_those_of_numpy_and_scipy():
    rng = np.random.default_rng(3)
    one, two = rng.normal(size=(4, 30)), rng.normal(size=(4, 30))
    one[2, 5] = np.nan
    two[3] = 1.0
    apart, order = diffs.distances([one, two]), diffs.rank_correlations([one, two])
    expected = (np.nanmean(abs(one[0] - one[2])) + np.mean(abs(two[0] - two[2]))) / 2
    assert apart[0, 2] == pytest.approx(expected)
    assert np.allclose(apart, apart.T)
    rho = (spearmanr(one[0], one[1])[0] + spearmanr(two[0], two[1])[0]) / 2
    assert order[0, 1] == pytest.approx(rho)
    assert np.isnan(diffs.rank_correlations([two])[3, 0])


# What an experiment found


def said(*ends):
    """The sentence on contrasts with these differences."""
    rows = [Entry(name=f"a{n}", value=1.0 + n) for n in range(len(ends))]
    contrasts = tuple(
        Contrast(submissions=(f"a{n}",), other="b", title=f"for M{n}") for n in range(len(ends))
    )
    clause = Clause(act="doing it,", contrasts=contrasts)
    known = {
        (f"a{n}", "b", None, None): Pair(submission=f"a{n}", other="b", score=Value(*each))
        for n, each in enumerate(ends)
    }
    differences = diffs.Differences(
        board=board_of([*rows, Entry(name="b", value=9.0)]), known=known
    )
    question = Question(name="q", title="?", clauses=(clause,))
    found = diffs.sentence(question, differences, confidence="95 %")
    return None if found is None else words(tree_of(found))


LOWER, HIGHER, OPEN = (-1.0, -2.0, -0.1), (1.0, 0.5, 2.0), (0.5, -0.1, 1.0)


BY_EACH = (
    f"lowers the MAE by 1.00 {DECADES.replace('M0', 'M1')} −2.00 to −0.10), and raises it by 1.00 "
    "decades for M0 (interval +0.50 to +2.00), and changes it by +0.50 decades for M2 (interval "
    f"−0.10 to +1.00), {UNTOLD}"
)
BARE = f"changes the MAE by +0.50 decades for M0 (without an interval), {UNTOLD}"
TO_ZERO = f"changes the MAE by −1.00 {DECADES} −2.00 to ±0.00), {UNTOLD}"


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([LOWER], f"lowers the MAE by 1.00 {DECADES} −2.00 to −0.10)."),
        ([(-1.0, -2.0, 0.0)], TO_ZERO),
        ([HIGHER, LOWER, OPEN], BY_EACH),
        ([(0.5, None, None)], BARE),
    ],
)
def test_words_follow_the_interval(ends, expected):
    assert said(*ends) == f"Doing it, {expected}"
    assert said((None, None, None)) is None


def test_an_end_at_infinity_bounds_nothing_and_a_damaged_analysis_is_an_error(tmp_path):
    found = analysis(("a", "b", 1.0, 0.5, float("inf"), None))
    board = board_of([Entry(name="a"), Entry(name="b")])
    pair = diffs.read_differences(board, found, EXPERIMENT).of("a", "b")
    assert pair is not None
    assert pair.score == Value(1.0, 0.5, None)
    assert (pair.half_width, pair.state) == (None, "open")
    with pytest.raises(SiteError, match=r"analysis/x\.json.*ionladder leaderboard"):
        analysis(("one",))
    layout = experiment(tmp_path, OCCUPANCY, {"columns": ["submission"], "rows": [["cgcnn"]]})
    with pytest.raises(SiteError, match="differences of the experiment '3d-models'"):
        render_pages(load_site(layout))


def test_names_of_models_stay_text_on_the_page_of_an_experiment(tmp_path):
    checked = Checked()
    text = page(experiment(tmp_path, OCCUPANCY))
    checked.feed(markdown.markdown(text.split("---\n", 2)[2], extensions=EXTENSIONS))
    checked.close()
    assert checked.complaints == []
    shown = words(tree_of(text))
    assert "by −1.07 decades for CGCNN (95 % interval −2.43 to +0.30)" in shown
    # Printed errors by what the networks learned from; PaiNN 3.03 here, 2.95 and 2.88 printed.
    assert (
        "Table 3: trained on randomised positions, which is what public CIFs allow. Of 5" in shown
    )
    assert re.search(r"PaiNN, randomised positions ?here: painn ?2\.95 ?3\.03", shown)
    assert "Table 2: trained on original structures, most of them private. Of 5 printed" in shown
    assert "None of the printed errors has a row of that network here." in shown
    assert "SchNet: 17 settings, 3 with another value than in the authors’ program" in shown


def test_an_experiment_speaks_of_its_subset_too_and_of_what_is_detectable(tmp_path):
    pair, columns = ["cgcnn-weighted", "cgcnn"], list(EXPERIMENTS_COLUMNS)
    whole = [*pair, None, None, 67, 32, -1.07, -2.43, 0.30, 0.2, 1.9]
    subset = [*pair, "subset", "uncensored", 59, 29, -0.8, -1.5, -0.1, 0.01, 1.2]
    table = {"columns": columns, "rows": [whole, subset], "confidence": 0.95}
    shown = words(tree_of(page(experiment(tmp_path, {}, table))))
    assert "changes the MAE by −1.07 decades for CGCNN (95 % interval −2.43 to +0.30, " in shown
    assert "detectable 1.90), which is not statistically resolved." in shown
    assert "On uncensored entries alone: Weighing" in shown
    assert "lowers the MAE by 0.80 decades for CGCNN (95 % interval −1.50 to −0.10" in shown
    assert "67 entries in 32 groups decide here." in shown


# The comparison page and the files that it loads


def documents(layout):
    site = load_site(layout)
    made = diffs.compare_documents(site, render_pages(site).keys())
    return {place: json.loads(text) for place, text in made.items()}


def test_files_hold_pairs_scores_on_parts_and_errors_or_why_not(tmp_path):
    pairs = pair_table({("rf-sites", "hgb-bonds"): (-0.03, -0.08, 0.02)})
    layout = add_data(make_repository(tmp_path, [*typical(), *hostile()]))
    made = documents(add_analysis(layout, "bvel-proto", pairs=pairs))
    board = made["compare/bvel-proto/board.json"]
    listed = made["compare/bvel-proto/entries.json"]
    first = made["compare/bvel-proto/of/rf-sites.json"]
    second = made["compare/bvel-proto/of/hgb-bonds.json"]
    assert board["missing"] is None
    assert first["pairs"] == {"hgb-bonds": [-0.03, -0.08, 0.02, 0.5, True]}
    assert second["pairs"] == {"rf-sites": [0.03, -0.02, 0.08, 0.5, True]}
    for one in (first, second):
        assert len(one["parts"]) == len(board["parts"])
        assert len(one["errors"]) == len(listed["ids"])
    assert all(href.startswith("../../entries/bvel-proto/") for href in listed["hrefs"])
    other = made["compare/obelix/board.json"]
    assert "were not on the machine" in other["missing"]
    assert "compare/obelix/entries.json" not in made
    assert "errors" not in made["compare/obelix/of/rf-paper.json"]
    assert all(line["model"].isprintable() for line in other["submissions"].values())
