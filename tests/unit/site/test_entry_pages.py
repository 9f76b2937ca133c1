"""Pages of test entries: one each, the hardest of many, and a sentence where labels are missing."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ionladder.entries import EntryTable
from ionladder.site import charts_entries, context
from ionladder.site.context import EntryChoice, load_site
from ionladder.site.differences import compare_documents
from ionladder.site.pages import materials, submission
from ionladder.site.render import render_pages
from unit.site import synthetic_board as made
from unit.site.test_charts import corners, find, svgs

INDEX = "entries/bvel-proto/"
N_TEST = len(made.embedded_labels())


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    layout = made.make_repository(tmp_path_factory.mktemp("site"), made.typical())
    return render_pages(load_site(made.add_data(layout)))


def own_pages(pages):
    return [url for url in pages if url.startswith(INDEX) and url != INDEX]


def bodies(page):
    return [part.split("</tbody>")[0] for part in page.split("<tbody>")[1:]]


def test_every_test_entry_has_a_page_that_lists_link_and_a_neighbour_in_order(pages):
    own, index = own_pages(pages), pages[INDEX]
    assert len(own) == N_TEST
    assert all(f'href="{url.removeprefix(INDEX)}"' in index for url in own)
    assert [body.count("<tr") for body in bodies(index)] == [15, 15, N_TEST]
    assert all(f'href="bvel-proto/{url.removeprefix(INDEX)}"' in pages["entries/"] for url in own)
    assert 'data-crystal="' in pages[own[0]]
    assert 'rel="prev"' in pages[own[1]] or 'rel="next"' in pages[own[1]]
    models = bodies(pages[own[0]])[0]
    places = [models.index(f"/{entry.name}/") for entry in made.barriers()]
    assert places == sorted(places), "the smallest error first"


def test_the_line_of_a_label_crosses_no_title_of_a_board(pages):
    drawn = pages[own_pages(pages)[0]].split("<svg")[1].split("</svg>")[0]
    titles = [float(y) for y in re.findall(r'class="il-label" x="[^"]+" y="([^"]+)"', drawn)]
    (line,) = re.findall(r'class="il-floor-line" d="([^"]+)"', drawn)
    lines = re.findall(r" ([0-9.]+)v([0-9.]+)", line)
    assert len(lines) == len(titles) + 1 == 2
    assert not any(float(a) < y < float(a) + float(b) + 10 for y in titles for a, b in lines)


def test_ids_that_no_folder_can_hold_apart_have_no_page():
    n = 5
    one, many = np.zeros(n), np.zeros((1, n))
    shared = {"labels": {"y": one}, "limits": {"y": one * np.nan}, "predictions": {"y": many}}
    errors = {"errors": many, "above": many, "typical_error": one, "typical_above": one}
    ids = ("AlFe2O4_1", "b", "B", "../c", "d.e")
    table = EntryTable(ids=ids, names=("m",), spread=one, **shared, **errors)
    assert EntryChoice(table).listed == ("AlFe2O4_1", "d.e")


def test_where_the_labels_are_missing_the_page_says_so_and_has_no_table(pages):
    missing = pages["entries/obelix/"]
    assert "labels of obelix 1.2.0 were not on the machine" in missing
    assert "<table" not in missing
    assert [url for url in pages if url.startswith("entries/obelix/")] == ["entries/obelix/"]
    assert "The labels of obelix 1.2.0" in pages["submissions/obelix/rf-paper/"]


def test_withheld_labels_are_on_no_page_and_in_no_file(tmp_path):
    site = load_site(made.add_data(made.make_repository(tmp_path, made.typical())))
    tasks = tuple(
        replace(each, dataset=replace(each.dataset, withheld="No licence is stated"))
        for each in site.tasks
    )
    site = replace(site, tasks=tasks)
    pages = render_pages(site)
    files = materials.entry_files(site) | compare_documents(site, pages.keys())
    text = "".join([*pages.values(), *files.values()])
    assert "No licence is stated" in pages[INDEX]
    assert own_pages(pages) == []
    assert [entry for entry in made.embedded_labels()["id"] if f'"{entry}"' in text] == []
    assert '"labels"' not in text


def test_of_very_many_entries_models_and_marks_a_part_is_shown_and_the_page_says_so(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(context, "LARGEST_WHOLE", N_TEST - 1)
    monkeypatch.setattr(context, "SHOWN_OF_MANY", 20)
    monkeypatch.setattr(materials, "MOST_MODELS", 2)
    monkeypatch.setattr(submission, "WHOLE", 1)
    monkeypatch.setattr(charts_entries, "MOST_MARKS", 40)
    monkeypatch.setattr(materials, "LARGEST_INDEXED", N_TEST - 1)
    monkeypatch.setattr(materials, "MAPPED_MODELS", 2)
    site = load_site(made.add_data(made.make_repository(tmp_path, made.typical())))
    pages = render_pages(site)
    mapped = json.loads(materials.entry_files(site)["data/map/bvel-proto.json"])
    assert [len(mapped[key]) for key in ("ids", "names", "page", "models")] == [20, 20, 20, 2]
    assert mapped["models"][0]["predicted"][0] == pytest.approx(mapped["targets"][0]["labels"])
    assert [body.count("<tr") for body in bodies(pages[INDEX])] == [15, 15, 20]
    assert f"This task has {N_TEST} test entries" in pages[INDEX]
    own = own_pages(pages)
    assert len(own) == 20
    assert bodies(pages[own[0]])[0].count("<tr") == 2
    assert f"{len(made.barriers()) - 2} more predict this entry too" in pages[own[0]]
    assert "40 of " in pages["submissions/bvel-proto/rf-sites/"]
    plots = {
        name: pages[f"submissions/bvel-proto/{name}/"].count('id="residuals-')
        for name in ("rf-sites", "hgb-bonds", "train-median")
    }
    assert plots == {"rf-sites": 3, "hgb-bonds": 0, "train-median": 3}, "references have all"


def test_the_page_of_a_submission_names_materials_and_the_entries_it_errs_most_on(pages):
    page = pages["submissions/bvel-proto/train-median/"]
    hardest = bodies(page.split("{: #hardest }")[1])[0]
    assert hardest.count("<tr") == 10
    assert 'href="../../../entries/bvel-proto/' in hardest
    errors = [float(text) for text in re.findall(r"</th><td>([\d.]+)", hardest)]
    assert len(errors) == 10
    assert errors == sorted(errors, reverse=True)


def test_the_file_of_a_board_names_the_marks_of_each_of_its_submissions(tmp_path):
    layout = made.add_data(made.make_repository(tmp_path, made.typical()))
    pages = render_pages(site := load_site(layout))
    board = json.loads(compare_documents(site, pages.keys())["compare/bvel-proto/entries.json"])
    page, labels = pages["submissions/bvel-proto/rf-sites/"], made.embedded_labels()
    assert page.count('data-entries="../../../compare/bvel-proto/entries.json"') == 3
    folder = layout.submission_dir("bvel-proto", "rf-sites")
    sent, labels = (
        table.set_index("id").astype(float)
        for table in (pd.read_csv(folder / "predictions.csv", dtype={"id": str}), labels)
    )
    drawings = {svg.get("id"): svg for svg in svgs(page)}
    for target, marks, kinds in zip(made.TARGETS, board["marks"], board["kinds"], strict=True):
        ids = [board["ids"][at] for at in marks]
        assert sorted(ids) == sorted(labels.index[labels[target].notna()])
        assert set(kinds) == {"0"}, "one path holds them all"
        (group,) = find(drawings[f"parity-{target}"], "il-marks")
        far = dict(re.findall(r"(\d+):(\S+)", group.get("data-far", "")))
        read = [float(far.get(str(i), y / 10_000)) for i, (_, y) in enumerate(corners(group[0]))]
        assert read == pytest.approx(sent[target][ids].tolist(), abs=1.5e-4)
