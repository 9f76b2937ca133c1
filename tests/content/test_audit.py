"""What the audit notes of the committed submissions, and that the labels would pass it."""

import pytest

from ionladder.board.audit import audit_board
from ionladder.config import load_params
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_task
from ionladder.data.slices import crossing_ids
from ionladder.repo import Layout
from ionladder.score import TaskScorer, submission_folders

pytestmark = pytest.mark.data

# The same two as counted independently from the published files (`mvq` = `8po`, `2yl` = `52b`).
CROSSING = {"obelix": {"mvq", "2yl"}, "bvel-proto": set()}
# The two MLPs extrapolate: some of their seeds predict conductivities down to 1e-38 S/cm.
NOTED = {
    "obelix": {
        ("hgb-l1", "crossing"),
        ("mlp-paper", "physical"),
        ("mlp-paper-cif", "physical"),
        ("train-mean", "constant"),
        ("train-median", "constant"),
        ("train-median-cif", "constant"),
    },
    "bvel-proto": {("train-mean", "constant"), ("train-median", "constant")},
}


@pytest.fixture(scope="module", params=sorted(NOTED))
def task(request):
    return str(request.param)


@pytest.fixture(scope="module")
def findings(task, repository):
    """The audit of the committed board."""
    layout = Layout(repository)
    params, spec = load_params(layout), get_task(task)
    version = params.task_versions[task]
    scorer = TaskScorer.open(layout, spec, version, params.scoring)
    result = scorer.score_all(submission_folders(layout, task))
    assert not result.refused
    labels = load_evaluation_labels(layout, spec, version)
    crossing = crossing_ids(layout, spec, version)
    assert crossing == CROSSING[task]
    return audit_board(spec, result.scored, labels, crossing=crossing)


def test_the_committed_submissions_are_noted_for_what_they_are(task, findings):
    noted = {(name, finding.check) for name, items in findings.items() for finding in items}
    assert noted == NOTED[task]


def test_all_labels_lie_within_the_physical_range(task, repository):
    layout, spec = Layout(repository), get_task(task)
    labels = load_evaluation_labels(layout, spec, load_params(layout).task_versions[task])
    for target in spec.targets:
        assert target.physical is not None
        low, high = target.physical
        for part in (labels.train, labels.test):
            assert part[target.name].dropna().between(low, high).all()
