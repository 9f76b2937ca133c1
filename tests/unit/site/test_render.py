"""Rendering replaces the whole folder or nothing, keeps every link alive, and stays light."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import markdown
import pytest

from ionladder.errors import Problem, SiteError
from ionladder.repo import replacing_folder
from ionladder.site import render as build
from ionladder.site.context import load_site
from ionladder.site.raw_html import is_html
from ionladder.site.render import build_site, hand_written, render_pages, render_site
from ionladder.site.text import dead_links, link_targets
from unit.site.synthetic_board import TASK, Entry, hostile, make_repository, receipt, typical


def test_pages_of_submissions_that_have_gone_vanish(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    stale = layout.generated_docs_dir / "submissions" / TASK.name / "gone" / "index.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    render_site(load_site(layout))
    assert not stale.exists()
    assert (layout.generated_docs_dir / "submissions/obelix/rf-paper/index.md").is_file()


def test_rendering_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())

    def snapshot() -> dict[str, bytes]:
        render_site(load_site(layout))
        root = layout.generated_docs_dir
        return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}

    assert snapshot() == snapshot()


def test_an_error_midway_leaves_the_former_folder_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "pages"
    target.mkdir()
    (target / "kept.md").write_text("kept")
    with pytest.raises(ZeroDivisionError), replacing_folder(target) as fresh:
        (fresh / "half.md").write_text(str(1 / 0))
    assert [path.name for path in tmp_path.iterdir()] == ["pages"]
    assert [path.name for path in target.iterdir()] == ["kept.md"]


def test_a_link_that_leads_nowhere_is_named_with_its_page() -> None:
    (problem,) = dead_links({"obelix/": link_targets('<a href="../nowhere/">x</a>')}, {"obelix/"})
    assert problem.where == "obelix/index.md"
    assert "'../nowhere/'" in problem.found


def test_links_to_anchors_files_and_other_hosts_are_fine() -> None:
    page = '<a href="#a"></a><a href="../x/#b"></a><a href="data.csv"></a><a href="https://e.org">'
    assert dead_links({"obelix/": link_targets(page)}, {"obelix/", "x/", "obelix/data.csv"}) == []


def test_a_large_prediction_file_is_named_and_not_copied(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [Entry(name="large")])
    big = layout.submission_dir("obelix", "large") / "predictions.csv"
    big.write_bytes(b"x" * (2 << 20))
    render_site(load_site(layout))
    page = layout.generated_docs_dir / "submissions/obelix/large"
    assert not (page / "predictions.csv").exists()
    assert "large; in the repository" in (page / "index.md").read_text()


def test_without_the_labels_the_page_says_so_instead_of_a_plot(tmp_path: Path) -> None:
    pages = render_pages(load_site(make_repository(tmp_path, typical())))
    page = pages["submissions/obelix/rf-paper/"]
    assert "The labels of obelix 1.2.0" in page
    assert "il-chart--parity" not in page


def test_a_refused_submission_is_listed_with_its_problems(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    layout.submission_dir("obelix", "broken").mkdir()
    problem = Problem(where="predictions.csv", expected="121 rows", found="<b>", next_step="Add.")
    refused = {"task": "obelix", "submission": "broken", "refused": [vars(problem)]}
    layout.receipt("obelix", "broken").write_text(json.dumps(refused))
    layout.submission_dir("obelix", "fresh").mkdir()
    page = render_pages(load_site(layout))["obelix/"]
    assert "expected 121 rows; found &lt;b&gt;" in page
    assert "ionladder validate submissions/obelix/fresh" in page


def test_a_task_without_a_board_is_rendered_with_the_command_that_makes_it(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [])
    layout.leaderboard_json("obelix").unlink()
    layout.leaderboard_csv("obelix").unlink()
    pages = render_pages(load_site(layout))
    assert "run ionladder leaderboard" in pages["obelix/"]


def test_a_damaged_receipt_is_named(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    layout.receipt("obelix", "rf-paper").write_text('{"task": ')
    with pytest.raises(SiteError, match=r"leaderboard/scores/obelix/rf-paper\.json"):
        load_site(layout)


def test_an_unreadable_card_leaves_the_page_standing_with_the_reason(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    (layout.submission_dir("obelix", "rf-paper") / "submission.yaml").write_text("model: x\n")
    page = render_pages(load_site(layout))["submissions/obelix/rf-paper/"]
    assert "The card cannot be read" in page
    assert "expected a value" in page


def test_numbers_come_from_the_receipt_with_interval_and_seed_spread(tmp_path: Path) -> None:
    entry = Entry(name="seeds", value=1.5, n_seeds=20)
    page = render_pages(load_site(make_repository(tmp_path, [entry])))["submissions/obelix/seeds/"]
    score = receipt(entry)["targets"]["log10_sigma"]["all"]["metrics"]["mae"]
    assert f"{score['ci_low']:.2f}–{score['ci_high']:.2f}" in page
    assert f"± {score['seed_sd']:.3f}"[:-1] in page


def test_a_repository_without_mkdocs_configuration_is_told(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [])
    (tmp_path / "mkdocs.yml").unlink()
    with pytest.raises(SiteError, match=r"git checkout mkdocs\.yml"):
        build_site(layout)


def test_each_warning_of_mkdocs_becomes_a_problem() -> None:
    output = (
        "INFO    -  Building\n"
        "WARNING -  Doc file 'a.md' contains a link 'b.md', but it is missing.\n"
        "ERROR   -  Config value 'x': no.\n\nAborted with 1 warnings in strict mode!\n"
    )
    found = [problem.found for problem in build._problems(output)]
    assert found == [
        "Doc file 'a.md' contains a link 'b.md', but it is missing",
        "Config value 'x': no",
    ]
    (problem,) = build._problems("Traceback\nOSError: disk full\n")
    assert problem.found == "OSError: disk full"


def test_pages_are_written_in_ascii_and_read_as_they_were_rendered(tmp_path: Path) -> None:
    site = load_site(make_repository(tmp_path, typical()))
    render_site(site)
    page = render_pages(site)["obelix/"]
    written = (site.layout.generated_docs_dir / "obelix/index.md").read_text(encoding="utf-8")
    body = written.split("\n---\n", 1)[1]
    assert body.isascii()
    assert html.unescape(written) == html.unescape(page)
    assert not page.isascii()


def as_markdown(text: str, *extensions: str) -> str:
    """A page as Markdown makes it, without white space between elements."""
    body = text.split("---\n", 2)[2] if text.startswith("---\n") else text
    usual = ["admonition", "attr_list", "tables", "toc", "pymdownx.superfences"]
    made = markdown.markdown(body, extensions=[*usual, *extensions])
    return re.sub(r"\s+", " ", re.sub(r"\s*([<>])\s*", r"\1", made))


def test_every_page_is_the_same_with_and_without_the_extension_that_saves_time(
    tmp_path: Path,
) -> None:
    site = load_site(make_repository(tmp_path, [*typical(), *hostile()]))
    pages = render_pages(site) | hand_written(site)
    for url, text in pages.items():
        assert as_markdown(text) == as_markdown(text, "ionladder.site.raw_html"), url


@pytest.mark.parametrize(
    "text",
    [
        "<p>a</p>\n\nwords\n\n<p>b</p>",
        "# Heading\n\n* item\n\n<div>x</div>",
        "```html\n# comment\n<div>x</div>\n# comment\n```",
        "<span>inline</span> words",
    ],
)
def test_markdown_is_left_to_markdown(text: str) -> None:
    assert as_markdown(text) == as_markdown(text, "ionladder.site.raw_html")


def test_markdown_reads_nothing_of_a_generated_page_but_its_headings(tmp_path: Path) -> None:
    for url, text in render_pages(load_site(make_repository(tmp_path, hostile()))).items():
        stretches = re.split(r"^#{1,6} .*$", text.split("---\n", 2)[2], flags=re.MULTILINE)
        if url != "methods/":
            assert all(is_html(stretch) for stretch in stretches if stretch.strip()), url
