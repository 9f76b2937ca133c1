"""Reports from anybody: another size, shape or archive is an error, and nothing is believed."""

import copy
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import tiny
from ionladder.errors import Problem, PullRequestError
from ionladder.pr.report import (
    MARKER,
    MAX_CHARACTERS,
    MAX_REPORT_BYTES,
    block,
    code,
    parse_report,
    read_report,
    render,
)
from ionladder.specs import Slice
from tiny import TASK

REPORT = json.loads(Path(tiny.__file__).with_name("report_example.json").read_text("utf-8"))


def changed(path, value):
    """The report with one value replaced; ``submissions.0.name`` names it."""
    report = copy.deepcopy(REPORT)
    place: Any = report
    *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parts:
        place = place[part]
    place[last] = value
    return json.dumps(report).encode()


def archive(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name.replace("_json", ".json"), data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", 2),
        ("verdict", "excellent"),
        ("head", "c" * 39),
        ("submissions", [REPORT["submissions"][0]] * 21),
        ("refusals", [{"where": "x"}]),
        ("refusals", [{"where": "x" * 30_000, "expected": "", "found": "", "next_step": ""}]),
        ("submissions.0.name", "../mine"),
        ("submissions.0.outcome", "brilliant"),
        ("submissions.0.is_new", "yes"),
        ("submissions.0.standing.rank", "1 @all"),
        ("submissions.0.standing.tied_with", ["[x](http://x)"]),
        ("submissions.0.standing.probability_best", 1.5),
        ("submissions.0.receipt.model", "x" * 5000),
        ("submissions.0.receipt.targets", {f"t{i}": {} for i in range(1000)}),
        ("submissions.0.receipt.targets.log10_sigma.all.metrics.mae.value", "1.2"),
        ("submissions.0.audit.0.check", "a b"),
    ],
)
def test_a_value_of_another_shape_is_refused(path, value):
    with pytest.raises(PullRequestError, match="a report of `ionladder pr-check`"):
        parse_report(changed(path, value), where="report.json")


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe{}", b'{"format": NaN}', b"[" * 100_000, b" " * (MAX_REPORT_BYTES + 1)]
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(PullRequestError):
        parse_report(data, where="report.json")


def test_an_archive_with_the_report_is_read(tmp_path):
    path = tmp_path / "report.zip"
    path.write_bytes(archive(report_json=json.dumps(REPORT).encode()))
    (submission,) = read_report(path).submissions
    score = submission.receipt.targets["log10_sigma"]["all"].metrics["mae"]
    assert (score.value, score.ci_high) == (1.25, 1.5)


@pytest.mark.parametrize(
    "data",
    [
        archive(other_json=b"{}"),
        archive(report_json=b"{}", more=b""),
        archive(report_json=b" " * 50_000_000),
        archive(report_json=json.dumps(REPORT).encode())[:-30],
        archive(report_json=b"{}").replace(b"report.json", b"../ort.json"),
        b"PK" + b"x" * 1_500_000,
    ],
)
def test_another_archive_is_refused(tmp_path, data):
    path = tmp_path / "report.zip"
    path.write_bytes(data)
    with pytest.raises(PullRequestError):
        read_report(path)


# --- Summaries: numbers as the board prints them, and no word of a stranger that does anything

TASKS = {"tiny": TASK}
SLICED = replace(
    TASK,
    slices=(
        Slice(name="distance", title="Distance", column="distance", values=(("far", "far away"),)),
    ),
)
PART = {"slice": "distance", "part": "far", "n": 9, "value": 2.5, "ci_low": 2.0, "ci_high": 3.0}
PROBLEM = vars(Problem("predictions.csv", "this", "that", "Correct it."))

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
    kinds = [token.type for token in parsed if token.type != "inline"]
    assert kinds == ["fence", "paragraph_open", "text", "paragraph_close"]


def test_a_very_long_report_is_cut_between_parts():
    problems = [dict.fromkeys(PROBLEM, "x" * 500)] * 100
    item = {"task": "tiny", "is_new": True, "outcome": "refused", "problems": problems}
    items = [item | {"name": f"m{i}"} for i in range(5)]
    text = render(report(refusals=problems, submissions=items), TASKS)
    assert len(text) <= MAX_CHARACTERS
    assert text.startswith(MARKER)
    assert "too long" in text


@pytest.mark.parametrize("stranger", ["javascript:alert(1)", "http://x y", "https://x)[y](z", ""])
def test_the_address_of_the_run_is_held_to_one(stranger):
    for token in tokens(render(report(), TASKS, run=stranger)):
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith("https://")
