"""Summaries: numbers as the board prints them, and no word of a stranger that does anything."""

import copy
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ionladder.pr.report import MARKER, MAX_CHARACTERS, block, code, parse_report, render
from ionladder.specs import Slice
from report_example import REPORT
from tiny import TASK

TASKS = {"tiny": TASK}
SLICED = replace(
    TASK,
    slices=(
        Slice(name="distance", title="Distance", column="distance", values=(("far", "far away"),)),
    ),
)
PART = {"slice": "distance", "part": "far", "n": 9, "value": 2.5, "ci_low": 2.0, "ci_high": 3.0}
PROBLEM = {
    "where": "predictions.csv",
    "expected": "this",
    "found": "that",
    "next_step": "Correct it.",
}

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "[click](https://evil.example)",
    "https://evil.example www.evil.example a@evil.example",
    "@everyone @org/team #1 GH-1 org/repo#1 " + "a" * 40,
    "`code` ``more`` ``` fence",
    "```\n# heading\n@everyone",
    "a | b | c\n|---|---|",
    "<!-- ionladder: submission check -->",
    "\u202egnp.exe \u2066x\u2069 \x00\x07",
    "&lt;b&gt; &#64;everyone \\` \\",
    "$\\require{x}$ $$x$$ :tada:",
    "",
]


def report(**changes):
    return parse_report(json.dumps(REPORT | changes).encode(), where="report.json")


def tokens(text):
    """Every token of the rendered text, inline ones included, as CommonMark with tables has it."""
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        found += [token, *(token.children or [])]
    return found


def assert_inert(text, stranger):
    """Nothing but our marker is HTML, no link but ours, and the words stand in code alone."""
    assert text.startswith(MARKER)
    for token in tokens(text):
        assert token.type not in {"image", "link_open", "html_inline"}, token
        if token.type == "html_block":
            assert token.content.strip() == MARKER
        if token.type in {"text", "heading_open"}:
            for word in ("evil", "everyone", "alert", "heading", "script", "GH-1", ":tada:"):
                assert word not in token.content, stranger


def test_numbers_and_verdicts_are_said():
    text = render(report(), TASKS, run="https://github.com/o/r/actions/runs/1")
    assert "### Submission check: good" in text
    assert "| MAE | 1.250 [1.00–1.50] |" in text
    assert "**rank 1** of 2 (range 1–2), in the top group; not separated from `other`." in text
    assert "`Mine`: 6 of 6 entries of `tiny 1.0.0` scored." in text
    assert "[The run](https://github.com/o/r/actions/runs/1)" in text
    assert "Close: Very." in text


@pytest.mark.parametrize("stranger", HOSTILE)
def test_no_word_of_a_stranger_does_anything(stranger):
    changed = copy.deepcopy(REPORT["submissions"])
    changed[0]["receipt"]["model"] = stranger
    changed[0]["audit"][0] |= {"title": stranger, "sentence": stranger}
    problems = [dict.fromkeys(PROBLEM, stranger)]
    changed[0]["worst_slices"] = [PART | {"part": stranger}]
    hostile = report(submissions=changed, refusals=problems, questions=problems)
    assert_inert(render(hostile, {"tiny": SLICED}), stranger)


@given(st.text(max_size=60))
def test_any_text_stays_in_its_code_span(stranger):
    parsed = tokens(f"before {code(stranger)} after")
    kinds = [token.type for token in parsed if token.type != "inline"]
    assert kinds == ["paragraph_open", "text", "code_inline", "text", "paragraph_close"]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_lines_stay_in_their_code_block(lines):
    parsed = tokens(f"{block(lines)}\n\nafter")
    assert [t.type for t in parsed if t.type != "inline"] == [
        "fence",
        "paragraph_open",
        "text",
        "paragraph_close",
    ]


def test_a_very_long_report_is_cut_between_parts():
    problems = [dict.fromkeys(PROBLEM, "x" * 500)] * 100
    items = [
        {
            "task": "tiny",
            "name": f"m{i}",
            "is_new": True,
            "outcome": "refused",
            "problems": problems,
        }
        for i in range(5)
    ]
    text = render(report(refusals=problems, submissions=items), TASKS)
    assert len(text) <= MAX_CHARACTERS
    assert text.startswith(MARKER)
    assert "too long" in text


@pytest.mark.parametrize("stranger", ["javascript:alert(1)", "http://x y", "https://x)[y](z", ""])
def test_the_address_of_the_run_is_held_to_one(stranger):
    for token in tokens(render(report(), TASKS, run=stranger)):
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith("https://")
