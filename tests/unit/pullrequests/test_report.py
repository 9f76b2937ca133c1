"""Reports from anybody: another size, shape or archive is an error, and nothing is believed."""

import copy
import io
import json
import zipfile
from typing import Any

import pytest

from ionladder.errors import PullRequestError
from ionladder.pr.report import MAX_REPORT_BYTES, parse_report, read_report
from report_example import REPORT


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
    assert submission.receipt is not None
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
