"""Notes of the audit and stated uncertainty on a submission's page, on the board, in methods."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionladder.board.audit import CHECKS, Finding, audit_json
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages.methods import AUDIT_RULES
from ionladder.site.render import render_pages
from ionladder.site.text import UNCERTAINTY
from ionladder.stats.calibration import CURVE_LEVELS, SCORES, calibrate
from unit.site.synthetic_board import HOSTILE, TASK, make_repository, typical

PAGE = "submissions/obelix/{}/"
TWIN = Finding(
    check="identical",
    title="The same predictions as another submission",
    sentence="Predictions equal those of rf-paper to 6 decimals. Worth checking: a copy.",
    evidence={"twin": "rf-paper", "n_twins": 1234, "largest_residual": -0.00012345},
)


def add_audit(layout: Layout, findings: dict[str, list[Finding]]) -> Layout:
    """Write an analysis with an audit."""
    place = layout.analysis_json(TASK.name)
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({"task": TASK.name, "audit": audit_json(findings)}))
    return layout


def add_uncertainty(layout: Layout, name: str, part: dict[str, Any]) -> None:
    """State standard deviations in a receipt and in the row of the board."""
    place = layout.receipt(TASK.name, name)
    place.write_text(
        json.dumps({**json.loads(place.read_text()), "uncertainty": {"log10_sigma": part}})
    )
    board = layout.leaderboard_json(TASK.name)
    content = json.loads(board.read_text())
    for row in content["rows"]:
        if row["submission"] == name:
            row |= {score: part[score] for score in SCORES}
    board.write_text(json.dumps(content))


def stated(n: int = 113) -> dict[str, Any]:
    """What a receipt holds of widths that are too small."""
    rng = np.random.default_rng(5)
    found = calibrate(rng.normal(0.0, 2.0, n), np.zeros(n), np.ones(n))
    return {"n": n, "n_censored": 8, "n_missing": 0, **vars(found)}


def section(page: str, anchor: str) -> str:
    return page.split(f"{{: #{anchor} }}")[1].split("\n## ", maxsplit=1)[0]


def pages(layout: Layout) -> dict[str, str]:
    return render_pages(load_site(layout))


def test_a_note_shows_its_sentence_its_numbers_and_a_link_to_the_twin(tmp_path: Path) -> None:
    layout = add_audit(make_repository(tmp_path, typical()), {"hgb-l1": [TWIN]})
    part = section(pages(layout)[PAGE.format("hgb-l1")], "audit")
    assert "The same predictions as another submission" in part
    assert "Predictions equal those of rf-paper to 6 decimals" in part.replace("&#45;", "-")
    assert '<a href="../rf-paper/">' in part
    assert "<dd>1\u202f234</dd>" in part
    assert "<dt>other submissions</dt>" in part
    assert "−0.0001234" in part or "−0.000123" in part


def test_a_submission_without_findings_says_so_and_lists_the_checks(tmp_path: Path) -> None:
    layout = add_audit(make_repository(tmp_path, typical()), {"hgb-l1": []})
    part = section(pages(layout)[PAGE.format("hgb-l1")], "audit")
    assert "The audit found nothing to note" in part
    for check in CHECKS:
        assert check.title in part


def test_a_submission_that_was_not_audited_claims_nothing(tmp_path: Path) -> None:
    layout = add_audit(make_repository(tmp_path, typical()), {"hgb-l1": []})
    for name in ("rf-paper", "mlp-paper"):
        part = section(pages(layout)[PAGE.format(name)], "audit")
        assert "No audit of this submission is recorded" in part
        assert "nothing to note" not in part


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_words_of_strangers_in_a_note_stay_words(tmp_path: Path, text: str) -> None:
    line = text.replace("\ud800", "")
    finding = Finding(check="identical", title=line, sentence=line, evidence={"twin": line})
    layout = add_audit(make_repository(tmp_path, typical()), {"hgb-l1": [finding]})
    part = section(pages(layout)[PAGE.format("hgb-l1")], "audit")
    for sign in ("<script", "<img", "](javascript", "{{", "\u202e", "`c`"):
        assert sign not in part


def test_without_stated_widths_neither_page_nor_board_speaks_of_them(tmp_path: Path) -> None:
    made = pages(make_repository(tmp_path, typical()))
    assert "Stated uncertainty" not in made[PAGE.format("hgb-l1")]
    assert "Stated uncertainty" not in made["obelix/"]


def test_stated_widths_are_shown_with_every_score_its_meaning_and_a_curve(tmp_path: Path) -> None:
    layout, part = make_repository(tmp_path, typical()), stated()
    add_uncertainty(layout, "hgb-l1", part)
    made = pages(layout)
    shown = section(made[PAGE.format("hgb-l1")], "uncertainty")
    assert "113 entries" in shown
    assert "8 with only an upper limit left out" in shown
    for name, words in UNCERTAINTY.items():
        assert f">{words.title}" in shown
        assert words.meaning in shown
        assert f'title="{part[name]:.6g}"'.replace("-", "&#45;") in shown.replace("-", "&#45;")
    assert "il-chart--calibration" in shown
    assert "widths are too small" in shown
    assert "Stated uncertainty" not in made[PAGE.format("rf-paper")]


def test_the_board_has_columns_on_stated_widths_when_one_row_has_them(tmp_path: Path) -> None:
    layout, part = make_repository(tmp_path, typical()), stated()
    add_uncertainty(layout, "hgb-l1", part)
    board = pages(layout)["obelix/"]
    assert "Stated uncertainty" in board
    for name in SCORES:
        assert f'data-sort="{part[name]!r}"' in board


def test_widths_that_could_not_be_judged_leave_dashes_and_no_curve(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    nothing = {"n": 0, "n_censored": 121, "n_missing": 0, "observed": [None] * len(CURVE_LEVELS)}
    add_uncertainty(layout, "hgb-l1", {**nothing, **dict.fromkeys(SCORES)})
    shown = section(pages(layout)[PAGE.format("hgb-l1")], "uncertainty")
    assert "il-chart--calibration" not in shown
    assert shown.count(">–</td>") == len(SCORES)


def test_methods_define_every_score_and_every_check(tmp_path: Path) -> None:
    page = pages(make_repository(tmp_path, typical()))["methods/"]
    for words in UNCERTAINTY.values():
        assert words.title in section(page, "uncertainty")
        assert words.meaning in section(page, "uncertainty")
    for check in CHECKS:
        assert AUDIT_RULES[check.name] in section(page, "audit")
    assert set(UNCERTAINTY) == set(SCORES)
