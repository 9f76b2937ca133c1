"""Pages of test entries, on the embedded data: complete where labels are, honest where not."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pandas as pd
import pytest

from ionladder.repo import Layout
from ionladder.site import context as entry_choice
from ionladder.site import slices
from ionladder.site.context import load_site
from ionladder.site.pages import submission as entry_pages
from ionladder.site.render import render_pages
from unit.site.synthetic_barriers import TARGETS, TASK, VERSION, add_board, barriers
from unit.site.synthetic_board import REPOSITORY, make_repository, typical

INDEX = "entries/bvel-proto/"
DATA = REPOSITORY / "data" / TASK.dataset / VERSION


def embedded_labels() -> pd.DataFrame:
    """Labels of the test entries of the embedded data."""
    splits = pd.read_parquet(DATA / "splits.parquet")
    test = splits[(splits["split_name"] == TASK.split) & (splits["subset"] == "test")][["id"]]
    return test.merge(pd.read_parquet(DATA / "labels.parquet"), on="id")[["id", *TARGETS]]


N_TEST = len(embedded_labels())


def with_data(root: Path) -> Layout:
    """The barriers' board with its real labels, and predictions that read.

    The first submission is right; each following one is off by a tenth of an eV more.
    """
    layout = add_board(make_repository(root, typical()), barriers(), with_data=True)
    labels = embedded_labels()
    for place, entry in enumerate(barriers()):
        rows = labels.assign(**{t: labels[t].fillna(9.0) + place / 10 for t in TARGETS})
        rows.to_csv(layout.submission_dir(TASK.name, entry.name) / "predictions.csv", index=False)
    return layout


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return render_pages(load_site(with_data(tmp_path_factory.mktemp("site"))))


def test_every_test_entry_has_a_page_and_the_index_links_it(pages: dict[str, str]) -> None:
    own = [url for url in pages if url.startswith(INDEX) and url != INDEX]
    assert len(own) == N_TEST
    for url in own:
        assert f'href="{url.removeprefix(INDEX)}"' in pages[INDEX]


def test_the_index_shows_the_hardest_the_disputed_and_all(pages: dict[str, str]) -> None:
    bodies = [part.split("</tbody>")[0] for part in pages[INDEX].split("<tbody>")[1:]]
    assert [body.count("<tr") for body in bodies] == [15, 15, N_TEST]


def test_the_page_of_an_entry_has_every_model_s_error(pages: dict[str, str]) -> None:
    page = next(text for url, text in pages.items() if url.startswith(INDEX) and url != INDEX)
    models = page.split("<tbody>")[1].split("</tbody>")[0]
    places = [models.index(f"/{entry.name}/") for entry in barriers()]
    assert places == sorted(places)  # the smallest error first
    for section in ("facts", "replicates", "neighbours"):
        assert f"{{: #{section} }}" in page


def test_where_the_labels_are_missing_the_page_says_so_and_has_no_table(
    pages: dict[str, str],
) -> None:
    missing = pages["entries/obelix/"]
    assert "labels of obelix 1.2.0 were not on the machine" in missing
    assert "<table" not in missing
    assert [url for url in pages if url.startswith("entries/obelix/")] == ["entries/obelix/"]


def as_if_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_choice, "LARGEST_WHOLE", N_TEST - 1)
    monkeypatch.setattr(entry_choice, "SHOWN_OF_MANY", 20)


def own_pages(pages: dict[str, str]) -> list[str]:
    return [url for url in pages if url.startswith(INDEX) and url != INDEX]


def test_of_a_task_with_many_entries_the_hardest_have_pages_and_the_index_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_if_many(monkeypatch)
    pages = render_pages(load_site(with_data(tmp_path)))
    assert len(own_pages(pages)) == 20
    bodies = [part.split("</tbody>")[0] for part in pages[INDEX].split("<tbody>")[1:]]
    assert [body.count("<tr") for body in bodies] == [15, 15, 20]
    assert "The hardest 20" in pages[INDEX]
    assert f"This task has {N_TEST} test entries" in pages[INDEX]
    assert "largest median error" in pages[INDEX]


def test_the_page_of_an_entry_lists_a_bounded_number_of_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_pages, "MOST_MODELS", 2)
    pages = render_pages(load_site(with_data(tmp_path)))
    page = pages[own_pages(pages)[0]]
    models = page.split("<tbody>")[1].split("</tbody>")[0]
    assert models.count("<tr") == 2
    assert f"{len(barriers()) - 2} more predict this entry too" in page


def test_rows_of_the_index_can_be_found_by_what_is_known_of_them(pages: dict[str, str]) -> None:
    index = pages[INDEX]
    assert 'data-find="entries-all"' in index
    rows = index.split('id="entries-all"')[1].split("</tbody>")[0].split("<tr")[2:]
    assert len(rows) == N_TEST
    for row in rows:
        text = html.unescape(row.split('data-text="')[1].split('"')[0])
        name = html.unescape(row.split('class="il-name">')[1].split("<")[0])
        assert name in text
        assert text == text.lower()


def test_the_page_of_a_submission_names_the_entries_it_errs_most_on(pages: dict[str, str]) -> None:
    worst = barriers()[-1]
    page = pages[f"submissions/bvel-proto/{worst.name}/"]
    hardest = page.split("{: #hardest }")[1].split("</tbody>")[0]
    assert hardest.split("<tbody>")[1].count("<tr") == 12
    assert 'href="../../../entries/bvel-proto/' in hardest
    errors = [
        float(part.split('data-sort="')[1].split('"')[0])
        for part in hardest.split("il-primary")[1:]
    ]
    assert errors == sorted(errors, reverse=True)


def test_marks_of_plots_name_the_material_before_the_id(pages: dict[str, str]) -> None:
    page = pages[f"submissions/bvel-proto/{barriers()[0].name}/"]
    titles = re.findall(r"<title>([^<]+): computed [^<]+</title>", page)
    assert len(titles) == 2 * sum(embedded_labels()[t].notna().sum() for t in TARGETS)
    assert all(re.fullmatch(r".+ \(.+\)", html.unescape(title)) for title in titles)


def test_a_plot_of_very_many_entries_draws_an_even_sample_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "MOST_MARKS", 40)
    page = render_pages(load_site(with_data(tmp_path)))["submissions/bvel-proto/rf-sites/"]
    assert "40 of " in page
    assert "evenly spaced by id" in page
