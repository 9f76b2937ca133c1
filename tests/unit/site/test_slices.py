"""One submission in detail: worst slices first, small parts last, honest about what is missing."""

import numpy as np

from ionladder.board.audit import AuditFinding, audit_json
from ionladder.board.model import parse_board
from ionladder.evaluation import SliceScore
from ionladder.receipt import MIN_ROWS, is_undetermined
from ionladder.repo import read_json, to_json
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.slices import slice_board, slice_table, stated_uncertainty
from ionladder.site.text import UNCERTAINTY
from ionladder.stats.calibration import CURVE_LEVELS, SCORES, calibrate
from unit.site import synthetic_board as made


def part(n, value, low=None, high=None):
    flags = {"too_few": n < MIN_ROWS, "undetermined": is_undetermined(low, high)}
    return {"n": n, "n_groups": min(n, 5), "mae": value, "ci_low": low, "ci_high": high, **flags}


SLICES = {
    "structure": {"with": part(67, 1.8, 1.2, 2.7), "without": part(54, 1.2, 0.8, 1.8)},
    "family": {
        "garnet": part(23, 0.6, 0.3, 1.1),
        "<b>odd</b>": part(9, 2.4, 0.001, 900.0),
        "silicates": part(1, None),
    },
    "train_distance": {"1st quarter: 0.00 to 0.24": part(31, 1.0)},
}


def add_to_receipt(layout, name, **parts):
    path = layout.receipt(made.TASK.name, name)
    path.write_text(to_json({**read_json(path), **parts}))


def with_slices(root, entries):
    """A synthetic repository whose receipts have slices."""
    layout = made.make_repository(root, entries)
    for entry in entries:
        add_to_receipt(layout, entry.name, slices=SLICES)
    return layout


def parts_of(small=None):
    board = parse_board(made.leaderboard(made.typical()), made.TASK, shown_as="board")
    table = slice_table(board, board.rows[0], {"slices": SLICES}, small or {})
    assert table is not None
    first = table["slices"][0][1][0]
    assert first.bar(table["scale"]).startswith("--v:")
    assert "--v" not in first.bar(lambda _: 1e3), "a value beyond the axis has no mark"
    return {item.name: parts for item, parts in table["slices"]}


def test_the_worst_part_comes_first_small_ones_last_and_open_ones_say_so():
    parts = parts_of()
    assert [p.value for p in parts["structure"]] == ["with", "without"]
    assert [p.value for p in parts["family"]] == ["<b>odd</b>", "garnet", "silicates"]
    assert [p.is_small for p in parts["family"]] == [False, False, True]
    assert parts["family"][0].cell.detail == "undetermined", "a factor of more than 30"
    assert parts["family"][2].brief == "– (1)", "a receipt withholds the score of one entry"
    nan = float("nan")
    score = SliceScore(n=1, n_groups=1, value=7.45, ci_low=nan, ci_high=nan)
    filled = parts_of({"family": {"silicates": score}})["family"][2].cell
    assert (filled.text, filled.detail) == ("7.45", ""), "shown where the labels are"


def test_a_board_shows_its_first_ten_models_and_all_references_on_large_parts(tmp_path):
    many = [made.Entry(name=f"m{i:02}", value=1 + i / 10) for i in range(14)]
    reference = made.Entry(name="train-median", value=9.0, kind="reference", tie_group=None)
    site = load_site(with_slices(tmp_path, [*many, reference]))
    shown = slice_board(site.task_site(made.TASK.name))
    assert shown is not None
    names = [row.submission for row, _ in shown["rows"]]
    assert names == [*(entry.name for entry in many[:10]), "train-median"]
    assert shown["n_hidden"] == 4
    titles = [title for _, parts in shown["groups"] for title, _ in parts]
    assert titles[:4] == ["with CIF", "without CIF", "garnet", "<b>odd</b>"], "no small part"
    assert all(len(cells) == len(titles) for _, cells in shown["rows"])
    pages = render_pages(site)
    for url in ("obelix/", "submissions/obelix/m00/"):
        assert "<b>odd" not in pages[url]
        assert "&lt;b&gt;odd" in pages[url]


def test_a_hostile_note_of_the_audit_stays_text(tmp_path):
    line = " ".join(made.HOSTILE[name] for name in ("script", "image", "template", "right to left"))
    odd = AuditFinding(check="identical", title=line, sentence=line, evidence={"twin": line})
    layout = made.make_repository(tmp_path, made.typical())
    made.add_analysis(
        layout, made.TASK.name, audit=audit_json({"mlp-paper": [], "train-mean": [odd]})
    )
    pages = render_pages(load_site(layout))
    page = pages["submissions/obelix/train-mean/"]
    assert not any(sign in page for sign in ("<script", "<img", "\u202e"))
    assert "found nothing to note" in pages["submissions/obelix/mlp-paper/"]
    assert "No audit of this submission is recorded" in pages["submissions/obelix/rf-paper/"]


def stated():
    """What a receipt holds of widths that are too small."""
    rng = np.random.default_rng(5)
    found = calibrate(rng.normal(0.0, 2.0, 113), np.zeros(113), np.ones(113))
    return {"n": 113, "n_censored": 8, "n_missing": 0, **vars(found)}


def test_stated_widths_have_every_score_and_a_curve_or_dashes():
    given = stated()
    (shown,) = stated_uncertainty({"uncertainty": {"log10_sigma": given}}, made.TASK)
    assert (shown["n"], shown["n_censored"]) == (113, 8)
    assert [float(cell.sort) for cell in shown["scores"]] == [given[name] for name in UNCERTAINTY]
    assert "widths are too small" in shown["chart"]
    assert stated_uncertainty(None, made.TASK) == []
    nothing = {"n": 0, "observed": [None] * len(CURVE_LEVELS), **dict.fromkeys(SCORES)}
    (shown,) = stated_uncertainty({"uncertainty": {"log10_sigma": nothing}}, made.TASK)
    assert shown["chart"] is None
    assert {cell.text for cell in shown["scores"]} == {"–"}
