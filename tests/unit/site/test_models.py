"""Which model for what, pages of models on several boards, and dates of entries."""

from ionladder.board.model import PAIR_COLUMNS
from ionladder.repo import to_json, write_text
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.site.page_tree import tree_of
from unit.site.synthetic_board import CIF, Entry, add_board, make_repository, typical

MODELS = ["hgb-l1", "rf-paper", "rf-paper-cif", "mlp-paper", "mlp-paper-cif"]


def purpose(metric, alike, **more):
    """One purpose as an analysis stores it."""
    found = {"metric": metric, "slice": None, "part": None, "n": 121, "n_groups": 42}
    return {**found, "n_models": 5, "best": alike[0], "value": 1.0, "alike": alike, **more}


def test_purposes_name_those_not_separated_and_say_what_is_undetermined(tmp_path):
    layout = make_repository(tmp_path, typical())
    ends = {"agreement": 0.05, "agreement_ci_low": -0.4, "agreement_ci_high": 0.5}
    listed = [
        purpose("mae", MODELS[:2]),
        purpose("roc_auc_1e-4", MODELS[::-1], **ends),
        purpose("mae", MODELS, slice="family", part="garnet", n=23, n_groups=8),
        purpose("mae", MODELS[:1], slice="order", part="ordered", n=40, n_groups=20),
        purpose("gone", MODELS),
    ]
    content = {"pairs": {"columns": list(PAIR_COLUMNS), "rows": []}, "purposes": listed}
    write_text(layout.analysis_json("obelix"), to_json(content))
    pages = render_pages(load_site(layout))
    for page, has_parts in ((pages["choose/"], True), (pages["obelix/"], False)):
        (table,) = (t for t in tree_of(page).iter("table") if "il-purposes" in t.get("class", ""))
        lines = {
            "".join(row.find("th").itertext()): "".join(row.itertext())  # type: ignore[union-attr]
            for row in table.iter("tr")
            if row.find("td") is not None
        }
        assert "Gradient boosting, L1" in lines["MAE"]
        assert "of 5 models" in lines["MAE"]
        (screening,) = (line for title, line in lines.items() if title.startswith("ROC-AUC"))
        assert "undetermined among 5 models; first: MLP, CIF only" in screening
        assert "0.05" in screening
        assert "−0.40 to 0.50" in screening
        assert ("garnet (23 entries, 8 groups)" in lines.get("undetermined", "")) == has_parts
        assert ("ordered" in lines) == has_parts
    assert "MAE says little about this purpose" in pages["obelix/"]


def test_a_model_on_two_boards_has_a_page_and_one_of_the_same_name_by_others_has_not(tmp_path):
    layout = make_repository(tmp_path, typical())
    other = {"authors": [{"name": "Somebody else"}]}
    add_board(
        layout,
        [Entry(name="rf-paper", model="Random forest"), Entry(name="hgb-l1", card=other)],
        task=CIF,
    )
    pages = render_pages(load_site(layout))
    assert {url for url in pages if url.startswith("models/")} == {"models/rf-paper/"}
    page = pages["models/rf-paper/"]
    for task in ("obelix", "obelix-cif"):
        assert f'href="../../submissions/{task}/rf-paper/"' in page
    assert "on 2 boards" in pages["submissions/obelix/rf-paper/"]
    assert "on 2 boards" not in pages["submissions/obelix/hgb-l1/"]
    assert "https://…/submissions/obelix/rf-paper/" in pages["submissions/obelix/rf-paper/"]
