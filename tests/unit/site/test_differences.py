"""Submissions against each other: words follow intervals, absent rows and names are said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import markdown
import numpy as np
import pytest
from scipy.stats import spearmanr

from contracts.test_pages import EXTENSIONS, Checked
from ionladder.board.compare import EXPERIMENTS_COLUMNS as COLUMNS
from ionladder.board.model import Board, Pair, Value, parse_analysis, parse_board
from ionladder.entries import EntryTable
from ionladder.errors import SiteError
from ionladder.repo import Layout
from ionladder.site import differences as differences_module
from ionladder.site.context import load_site
from ionladder.site.differences import (
    MOST_PAIRS,
    Differences,
    chosen_entries,
    compare_documents,
    distances,
    pair_rows,
    rank_correlations,
    read_differences,
    sentence,
)
from ionladder.site.pages.compare import MOST_ROWS
from ionladder.site.render import render_pages
from ionladder.specs import Clause, Contrast, Question
from unit.site import synthetic_barriers
from unit.site.page_tree import tree_of, words
from unit.site.synthetic_board import HOSTILE, Entry, hostile, make_repository, typical
from unit.site.synthetic_experiment import (
    EXPERIMENT,
    OCCUPANCY,
    TASK,
    Ends,
    Names,
    add_analysis,
    add_board,
    board_json,
    entries,
    pair_table,
)
from unit.site.test_entry_pages import with_data

URL = f"obelix-cif/{EXPERIMENT.name}/"
DECADES = "decades for M0 (95 % interval"


def board_of(shown: list[Entry]) -> Board:
    return parse_board(board_json(shown), TASK, shown_as="here")


def analysis(*rows: tuple[object, ...]) -> Any:
    table = pair_table({}) | {"rows": [list(row) for row in rows]}
    return parse_analysis({"task": "x", "pairs": table}, shown_as="analysis/x.json")


def page(layout: Layout, url: str = URL) -> str:
    return render_pages(load_site(layout))[url]


def text_of(layout: Layout, url: str = URL) -> str:
    return words(tree_of(page(layout, url)))


# Pairs of a board


@pytest.mark.parametrize(
    ("low", "high", "state"), [(-0.5, -0.1, "lower"), (0.1, 0.5, "higher"), (-0.1, 0.5, "open")]
)
def test_a_pair_reads_from_both_sides(low: float, high: float, state: str) -> None:
    board, found = board_of(entries()), analysis(("painn", "cgcnn", 0.2, low, high, 0.9))
    ((first, mine),) = pair_rows(board, found, "painn")
    ((_, theirs),) = pair_rows(board, found, "cgcnn")
    assert first.submission == "cgcnn"
    assert (mine.state, mine.probability_better) == (state, 0.9)
    assert theirs.score == (-0.2, -high, -low)
    assert theirs.probability_better == pytest.approx(0.1)
    assert pair_rows(board, parse_analysis(None, shown_as="x"), "painn") == []


def test_opponents_stand_in_the_order_of_the_board_and_are_bounded() -> None:
    shown = [Entry(name=f"m{n:03d}", value=1.0 + n / 100) for n in range(MOST_PAIRS + 5)]
    found = analysis(*(("m000", e.name, -0.1, -0.2, 0.1, 0.6) for e in reversed(shown[1:])))
    rows = pair_rows(board_of(shown), found, "m000")
    assert [row.submission for row, _ in rows] == [e.name for e in shown[1 : MOST_PAIRS + 1]]


def test_a_damaged_analysis_is_an_error() -> None:
    with pytest.raises(SiteError, match=r"analysis/x\.json.*ionladder leaderboard"):
        analysis(("one",))


def test_distances_and_rank_correlations_are_those_of_numpy_and_scipy() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.normal(size=(4, 30)), rng.normal(size=(4, 30))
    one[2, 5] = np.nan
    two[3] = 1.0
    apart, order = distances([one, two]), rank_correlations([one, two])
    expected = (np.nanmean(abs(one[0] - one[2])) + np.mean(abs(two[0] - two[2]))) / 2
    assert apart[0, 2] == pytest.approx(expected)
    assert np.allclose(apart, apart.T)
    rho = (spearmanr(one[0], one[1])[0] + spearmanr(two[0], two[1])[0]) / 2
    assert order[0, 1] == pytest.approx(rho)
    assert np.isnan(rank_correlations([two])[3, 0])


# What an experiment found


def said(*ends: Ends) -> str | None:
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
    differences = Differences(board=board_of([*rows, Entry(name="b", value=9.0)]), known=known)
    question = Question(name="q", title="?", clauses=(clause,))
    found = sentence(question, differences, confidence="95 %")
    return None if found is None else words(tree_of(found))


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([(-1.0, -2.0, -0.1)], f"lowers the MAE by 1.00 {DECADES} −2.00 to −0.10)."),
        ([(1.0, 0.1, 2.0)], f"raises the MAE by 1.00 {DECADES} +0.10 to +2.00)."),
        (
            [(-1.0, -2.0, 0.0)],
            (
                f"changes the MAE by −1.00 {DECADES} −2.00 to ±0.00), which the data do not tell "
                "from zero."
            ),
        ),
        (
            [(-1.0, -2.0, 0.1), (0.5, -0.1, 1.0)],
            (
                f"changes the MAE by −1.00 {DECADES} −2.00 to +0.10) and by +0.50 for M1 (−0.10 to "
                "+1.00), neither of which the data tell from zero."
            ),
        ),
        (
            [(1.0, 0.5, 2.0), (-1.0, -2.0, -0.1), (0.5, -0.1, 1.0)],
            (
                "lowers the MAE by 1.00 decades for M1 (95 % interval −2.00 to −0.10), and raises "
                "it by 1.00 decades for M0 (interval +0.50 to +2.00), and changes it by +0.50 "
                "decades for M2 (interval −0.10 to +1.00), which the data do not tell from zero."
            ),
        ),
        (
            [(0.5, None, None)],
            (
                "changes the MAE by +0.50 decades for M0 (without an interval), which the data do "
                "not tell from zero."
            ),
        ),
    ],
)
def test_words_follow_the_interval(ends: list[Ends], expected: str) -> None:
    assert said(*ends) == f"Doing it, {expected}"


def test_nothing_is_said_of_nothing() -> None:
    assert said((None, None, None)) is None
    assert said() is None


def test_an_end_at_infinity_bounds_nothing() -> None:
    found = analysis(("a", "b", 1.0, 0.5, float("inf"), None))
    board = board_of([Entry(name="a"), Entry(name="b")])
    pair = read_differences(board, found, EXPERIMENT).of("a", "b")
    assert pair is not None
    assert pair.score == Value(1.0, 0.5, None)
    assert (pair.half_width, pair.state) == (None, "open")


def test_the_page_answers_with_what_is_stored_and_names_what_is_absent(tmp_path: Path) -> None:
    layout = add_board(make_repository(tmp_path, typical()), entries(), pairs=OCCUPANCY)
    text = text_of(layout)
    assert "by −1.07 decades for CGCNN (95 % interval −2.43 to +0.30)" in text
    assert "by −0.57 for SchNet (−1.63 to +0.50), neither of which the data tell" in text
    assert "no two rows that would answer it are on the board" in text, "the others lack pairs"
    assert "p-cgcnn-bvel, p-schnet-bvel" in text.split("without a row here")[1]
    assert "Differences on parts of the test set have not been computed yet" in text
    assert "CHGNet’s stands at 2.594 now" in text, "a caveat prints the present score"
    own, parent = page(layout, "obelix-cif/"), page(layout, "obelix/")
    assert '<a href="3d-models/">3D models: what was learned</a>' in own
    tab = parent.split('id="subset-cif"')[1].split("</section>")[0]
    assert '<a href="../obelix-cif/">OBELiX, entries with a CIF</a>' in tab
    for entry in entries():
        assert f'href="../submissions/obelix-cif/{entry.name}/"' in tab
    assert "Rows of one name are runs of their own" in tab, "rf-paper-cif stands on both boards"
    assert "Trained on these entries alone" not in own


def test_of_many_candidates_the_first_of_the_board_is_compared_and_all_are_counted(
    tmp_path: Path,
) -> None:
    pair = ("cgcnn-weighted", "cgcnn")
    rows = [
        ("schnet-weighted", "rf-paper-cif", None, None, 67, 32, 0.79, -1.06, 2.64),
        ("painn", "rf-paper-cif", None, None, 67, 32, 1.15, 0.07, 2.23),
        ("cgcnn", "rf-paper-cif", None, None, 67, 32, 1.94, None, None),
        (*pair, None, None, 67, 32, -1.07, -2.43, 0.30),
        (*pair, "order", "ordered", 13, 13, -1.09, -2.0, -0.1),
        (*pair, "lithium", "lost", 6, 2, None, None, None),
    ]
    table = {"columns": list(COLUMNS), "rows": [[*row, 0.5] for row in rows]}
    layout = add_board(make_repository(tmp_path, typical()), entries(), table=table)
    html = page(layout)
    text = words(tree_of(html))
    assert "scores best (Model schnet-weighted) changes the MAE by +0.79 decades" in text
    assert (
        "Against Model rf-paper-cif, of 3 graph networks: none with a lower MAE, "
        "1 with a higher one (Model painn), 2 not resolved."
    ) in text
    assert "67 test entries in 32 groups" in text
    arms = html.split("{: #arms }")[1].split("{: #cost }")[0]
    row = arms.split("weighted − rounded")[1].split("</tr>")[0]
    assert row.count("<td") == 5
    assert 'il-best" data-sort="-1.09"' in row
    assert 'title="too few entries or groups"' in row
    assert "13 in 13 groups" in arms
    assert "One of 2 such intervals leaves out zero" in arms


def test_printed_errors_stand_beside_the_verified_row_of_the_same_model(tmp_path: Path) -> None:
    html = page(add_board(make_repository(tmp_path, typical()), entries(), pairs=OCCUPANCY))
    printed = html.split("{: #printed }")[1].split("</table>")[0]
    text = words(tree_of(printed))
    assert "Of 9 printed errors 3 have a verified row of the same model here" in text
    assert "largest gap is that of CGCNN, +0.98 decades" in text
    rows = [[words(cell) for cell in row] for row in tree_of(printed).iter("tr")]
    by_model = {row[0]: row[1:] for row in rows}
    # 2.84 is printed; the verified interval is made up as 0.7 to 1.4 times 3.819.
    assert by_model["CGCNNhere: cgcnn"] == [
        *("2.84", "3.822.67–5.35", "+0.98", "inside", "3", "11 s", "77 505"),
    ]
    assert by_model["p-CGCNNno verified counterpart"] == ["2.52", *["–"] * 6]


def test_what_can_be_decided_follows_from_the_widths(tmp_path: Path) -> None:
    pairs = OCCUPANCY | {("bvse-rf", "rf-paper-cif"): (-0.02, -0.21, 0.17)}
    pairs |= {("cgcnn-majority", "cgcnn"): (-3.0, -4.0, -2.0)}
    text = text_of(add_board(make_repository(tmp_path, typical()), entries(), pairs=pairs))
    assert "counted here for 4 pairs, each on all entries: " in text
    assert "3 of the first table and 1 more of arm against arm" in text
    assert "It is smallest for Model bvse-rf" in text
    assert "0.19 decades; the middle one needs 1.03 and the widest 1.36" in text
    assert "one of 3 pairs is told from zero" in text
    assert "span 0.52 decades, which is less" in text


def test_without_a_score_the_page_says_how_to_get_one(tmp_path: Path) -> None:
    text = text_of(make_repository(tmp_path, typical()))
    assert "No submission of this experiment has been scored yet" in text
    assert "{" not in text


@pytest.mark.parametrize("name", ["script", "markdown link", "template", "unbroken"])
def test_names_of_models_stay_text(tmp_path: Path, name: str) -> None:
    shown = [replace(entry, model=HOSTILE[name][:200]) for entry in entries()]
    pairs: dict[Names, Ends] = OCCUPANCY | {("schnet-weighted", "rf-paper-cif"): (0.79, None, None)}
    html = page(add_board(make_repository(tmp_path, typical()), shown, pairs=pairs))
    checked = Checked()
    checked.feed(markdown.markdown(html.split("---\n", 2)[2], extensions=EXTENSIONS))
    checked.close()
    assert checked.complaints == []
    assert "without an interval" in html


def test_a_table_of_another_shape_is_an_error(tmp_path: Path) -> None:
    table = {"columns": ["submission"], "rows": [["cgcnn"]]}
    layout = add_board(make_repository(tmp_path, typical()), entries(), table=table)
    with pytest.raises(SiteError, match="differences of the experiment '3d-models'"):
        render_pages(load_site(layout))


# The comparison page and the files that it loads


def documents(layout: Layout) -> dict[str, dict[str, object]]:
    site = load_site(layout)
    made = compare_documents(site, render_pages(site).keys())
    return {place: json.loads(text) for place, text in made.items()}


@pytest.mark.parametrize("shown", [[], typical()[:1], [Entry(name="none", value=None)]])
def test_a_board_with_too_few_submissions_says_so(tmp_path: Path, shown: list[Entry]) -> None:
    text = page(make_repository(tmp_path, shown), "compare/obelix/")
    assert "fewer than two submissions" in text
    assert "data-compare" not in text


def test_everybody_stands_against_the_leader_seen_from_the_other(tmp_path: Path) -> None:
    pairs: dict[Names, Ends] = {
        ("hgb-l1", "rf-paper"): (-0.09, -0.2, 0.02),
        ("hgb-l1", "mlp-paper"): (-0.75, -1.2, -0.3),
    }
    layout = make_repository(tmp_path, typical())
    html = page(add_analysis(layout, "obelix", pairs=pair_table(pairs)), "compare/obelix/")
    rows = html.split("il-against")[1].split("<tbody>")[1].split("</tbody>")[0].split("<tr ")[1:]
    assert len(rows) == len(typical()) - 1
    by_name = {row.split('data-sort="')[1].split('"')[0]: row for row in rows}
    for text in ("+0.09", "−0.02 to +0.20", "not resolved", "?a=hgb-l1&amp;b=rf-paper"):
        assert text in by_name["rf-paper"]
    assert ">worse<" in by_name["mlp-paper"]
    assert ">–<" in by_name["train-mean"], "a pair that is not stored is a dash"


def test_a_table_of_many_is_cut_and_says_so_while_all_can_be_chosen(tmp_path: Path) -> None:
    many = [Entry(name=f"m{i:04d}", value=1 + i / 1000) for i in range(MOST_ROWS + 51)]
    html = page(make_repository(tmp_path, many), "compare/obelix/")
    assert html.count("<option ") == len(many)
    assert html.split("<tbody>")[1].count("<tr ") == MOST_ROWS
    assert "50 more can be chosen" in html


def test_files_hold_pairs_scores_on_parts_and_errors(tmp_path: Path) -> None:
    pairs = pair_table({("rf-sites", "hgb-bonds"): (-0.03, -0.08, 0.02)})
    made = documents(add_analysis(with_data(tmp_path), "bvel-proto", pairs=pairs))
    board = made["compare/bvel-proto/board.json"]
    listed = made["compare/bvel-proto/entries.json"]
    first = made["compare/bvel-proto/of/rf-sites.json"]
    second = made["compare/bvel-proto/of/hgb-bonds.json"]
    assert board["missing"] is None
    assert first["pairs"] == {"hgb-bonds": [-0.03, -0.08, 0.02, 0.5]}
    assert second["pairs"] == {"rf-sites": [0.03, -0.02, 0.08, 0.5]}
    for one in (first, second):
        assert len(one["parts"]) == len(board["parts"])  # type: ignore[arg-type]
        assert len(one["errors"]) == len(listed["ids"])  # type: ignore[arg-type]
    assert all(href.startswith("../../entries/bvel-proto/") for href in listed["hrefs"])  # type: ignore[attr-defined]


def test_without_labels_files_say_why_there_are_no_errors(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [*typical(), *hostile()])
    made = documents(synthetic_barriers.add_board(layout, synthetic_barriers.barriers()))
    board = made["compare/obelix/board.json"]
    assert "were not on the machine" in str(board["missing"])
    assert "compare/obelix/entries.json" not in made
    assert "errors" not in made["compare/obelix/of/rf-paper.json"]
    models = [line["model"] for line in board["submissions"].values()]  # type: ignore[attr-defined]
    assert all(model.isprintable() and len(model) <= 80 for model in models)


def test_of_many_entries_a_bounded_number_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 50
    monkeypatch.setattr(differences_module, "MOST_ENTRIES", 10)
    spread = np.arange(n, dtype=float)
    table = EntryTable(
        ids=tuple(f"e{i:02d}" for i in range(n)),
        names=(),
        labels={},
        limits={},
        predictions={},
        errors=np.empty((0, n)),
        typical_error=spread,
        spread=spread,
    )
    chosen = chosen_entries(table)
    assert len(chosen) == 10
    assert chosen[-5:] == [45, 46, 47, 48, 49], "those on which models differ most"
    assert chosen[0] == 0, "and a spread over the others"
