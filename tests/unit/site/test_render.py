"""Rendering replaces the whole folder or nothing, keeps every link alive, and stays light."""

import html
import json
import re

import markdown
import pytest

from ionladder.errors import DataChangedError, Problem
from ionladder.repo import replacing_folder
from ionladder.site.context import load_site
from ionladder.site.render import hand_written, render_pages, render_site
from ionladder.site.text import dead_links, link_targets
from unit.site import synthetic_board as board_of


def test_rendering_replaces_the_folder_with_ascii_that_reads_the_same(tmp_path):
    layout = board_of.make_repository(tmp_path, [*board_of.typical(), board_of.Entry(name="large")])
    root = layout.generated_docs_dir
    stale = root / "submissions" / board_of.TASK.name / "gone" / "index.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    big = layout.submission_dir("obelix", "large") / "predictions.csv"
    big.write_bytes(b"x" * (2 << 20))

    def snapshot():
        render_site(load_site(layout))
        return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}

    found = snapshot()
    assert "submissions/obelix/gone/index.md" not in found
    assert "submissions/obelix/large/predictions.csv" not in found
    assert b"large; in the repository" in found["submissions/obelix/large/index.md"]
    written, page = found["obelix/index.md"].decode(), render_pages(load_site(layout))["obelix/"]
    assert written.split("\n---\n", 1)[1].isascii()
    assert html.unescape(written) == html.unescape(page)
    assert snapshot() == found


def test_dead_links_are_named_with_their_page_and_live_ones_are_fine():
    (problem,) = dead_links({"obelix/": link_targets('<a href="../nowhere/">x</a>')}, {"obelix/"})
    assert problem.where == "obelix/index.md"
    assert "'../nowhere/'" in problem.found
    page = '<a href="#a"></a><a href="../x/#b"></a><a href="data.csv"></a><a href="https://e.org">'
    assert dead_links({"obelix/": link_targets(page)}, {"obelix/", "x/", "obelix/data.csv"}) == []


def test_what_is_refused_unreadable_or_absent_is_said_on_its_page(tmp_path):
    layout = board_of.add_board(board_of.make_repository(tmp_path, board_of.typical()), [])
    layout.leaderboard_json("bvel-proto").unlink()
    for name in ("broken", "fresh"):
        layout.submission_dir("obelix", name).mkdir()
    problem = Problem(where="predictions.csv", expected="121 rows", found="<b>", next_step="Add.")
    refused = {"task": "obelix", "submission": "broken", "refused": [vars(problem)]}
    layout.receipt("obelix", "broken").write_text(json.dumps(refused))
    (layout.submission_dir("obelix", "rf-paper") / "submission.yaml").write_text("model: x\n")
    pages = render_pages(load_site(layout))
    assert "expected 121 rows; found &lt;b&gt;" in pages["obelix/"]
    assert "ionladder validate submissions/obelix/fresh" in pages["obelix/"]
    assert "run ionladder leaderboard" in pages["bvel-proto/"]
    page = pages["submissions/obelix/rf-paper/"]
    assert "The card cannot be read" in page
    assert "expected a value" in page
    score = board_of.receipt(board_of.typical()[1])["targets"]["log10_sigma"]["all"]["metrics"][
        "mae"
    ]
    assert f"{score['ci_low']:.2f}–{score['ci_high']:.2f}" in page
    assert f"± {score['seed_sd']:.2f}" in page
    layout.receipt("obelix", "rf-paper").write_text('{"task": ')
    with pytest.raises(DataChangedError, match=r"leaderboard/scores/obelix/rf-paper\.json"):
        load_site(layout)


def test_an_error_midway_leaves_the_former_folder_as_it_was(tmp_path):
    target = tmp_path / "pages"
    target.mkdir()
    (target / "kept.md").write_text("kept")
    with pytest.raises(ZeroDivisionError), replacing_folder(target) as fresh:
        (fresh / "half.md").write_text(str(1 / 0))
    assert [path.name for path in tmp_path.iterdir()] == ["pages"]
    assert [path.name for path in target.iterdir()] == ["kept.md"]


def as_markdown(text, *extensions):
    """A page as Markdown makes it, without white space between elements."""
    body = text.split("---\n", 2)[2] if text.startswith("---\n") else text
    usual = ["admonition", "attr_list", "tables", "toc", "pymdownx.superfences"]
    made = markdown.markdown(body, extensions=[*usual, *extensions])
    return re.sub(r"\s+", " ", re.sub(r"\s*([<>])\s*", r"\1", made))


def test_every_page_is_the_same_with_and_without_the_extension_that_saves_time(tmp_path):
    site = load_site(board_of.make_repository(tmp_path, [*board_of.typical(), *board_of.hostile()]))
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
def test_markdown_is_left_to_markdown(text):
    assert as_markdown(text) == as_markdown(text, "ionladder.site.raw_html")
