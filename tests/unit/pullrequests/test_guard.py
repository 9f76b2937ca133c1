"""The guard begins from an honest pull request and meets one change at a time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.errors import error_text
from ionladder.git import FileChange
from ionladder.pr.rules import MAX_CHANGES, MAX_FOLDERS, MAX_TABLE_BYTES, KnownSubmissions, guard

BOARD = KnownSubmissions(
    names={"obelix": frozenset({"rf-paper", "hgb-l1", "old"}), "bvel-proto": frozenset()},
    reserved={"obelix": frozenset({"train-mean"}), "bvel-proto": frozenset()},
)
FOLDER = "submissions/obelix/my-model"


def added(path, **other):
    change = FileChange(
        path=path, old_mode="000000", new_mode="100644", object_id="a" * 40, size=2000
    )
    return replace(change, **other)


HONEST = (added(f"{FOLDER}/predictions.csv"), added(f"{FOLDER}/submission.yaml"))


def refusal(*changes):
    """Why a pull request is refused; it is never handed on."""
    found = guard([*HONEST, *changes], BOARD)
    assert found.refusals
    assert not found.folders
    return error_text(found.refusals)


def question(*changes):
    found = guard(changes, BOARD)
    assert not found.refusals
    assert found.questions
    assert found.folders
    return error_text(found.questions)


def test_an_honest_pull_request_passes():
    found = guard(HONEST, BOARD)
    assert (found.refusals, found.questions) == ((), ())
    (folder,) = found.folders
    assert (folder.task, folder.name, folder.is_new) == ("obelix", "my-model", True)
    assert folder.changes == HONEST


@pytest.mark.parametrize(
    "path",
    [
        "dvc.yaml",
        "src/ionladder/metrics/mae.py",
        ".github/workflows/submission-check.yml",
        "submissions",
        "Submissions/obelix/my-model/predictions.csv",
    ],
)
def test_anything_outside_submissions_is_refused_by_name(path):
    said = refusal(added(path, old_mode="100644"))
    assert f"1 file elsewhere ({path})" in said
    assert "a maintainer reads" in said


def test_the_code_of_a_baseline_may_come_with_its_submission_and_a_maintainer_decides():
    code = added("src/ionladder/baselines/classic.py", old_mode="100644")
    found = guard([*HONEST, code], BOARD)
    assert found.refusals == ()
    (question,) = found.questions
    assert "src/ionladder/baselines/classic.py" in question.found
    assert guard([code], BOARD).refusals
    assert guard([*HONEST, code, added("dvc.yaml", old_mode="100644")], BOARD).refusals


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("120000", "a symbolic link"),
        ("160000", "a submodule"),
        ("040000", "a folder without files"),
        ("100755", f"an executable file. Run `git update-index --chmod=-x {FOLDER}/cv_pred"),
    ],
)
def test_only_plain_files_pass(mode, words):
    said = refusal(added(f"{FOLDER}/cv_predictions.csv", new_mode=mode))
    assert f"{FOLDER}/cv_predictions.csv: expected a regular file; found {words}" in said


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{FOLDER}/code/train.py", "a folder inside it"),
        ("submissions/obelix/predictions.csv", "a file above it"),
        ("submissions/obelisk/my-model/predictions.csv", "Did you mean obelix?"),
        (f"{FOLDER}/Predictions.csv", "a file 'Predictions.csv'"),
        (f"{FOLDER}/predict\u0456ons.csv", "a file 'predict\\u0456ons.csv'"),
        ("submissions/obelix/../predictions.csv", "found '..'"),
        ("submissions/obelix/My Model/predictions.csv", "found 'My Model'"),
        ("submissions/obelix/RF-Paper/predictions.csv", "the name of submissions/obelix/rf-paper"),
        ("submissions/obelix/rf-p\u0430per/predictions.csv", "found 'rf-p\\u0430per'"),
        ("submissions/obelix/\uff52\uff46-paper/predictions.csv", "reads like 'rf-paper'"),
        ("submissions/obelix/rf\udcff/predictions.csv", "found 'rf\\udcff'"),
        (f"submissions/obelix/{'a' * 65}/predictions.csv", "1 to 64 characters"),
    ],
)
def test_a_file_of_another_place_or_name_is_refused(path, words):
    assert words in refusal(added(path))


@pytest.mark.parametrize("name", ["rf_paper", "rf.paper", "hgb-li", "o1d"])
def test_a_name_that_reads_like_another_is_refused(name):
    assert "cannot be mistaken" in refusal(added(f"submissions/obelix/{name}/predictions.csv"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (HONEST[0], "one file of a name"),
        (added(f"{FOLDER}/cv_predictions.csv", size=None), "git does not have"),
        (
            added(f"{FOLDER}/cv_predictions.csv", size=MAX_TABLE_BYTES + 500_000),
            "expected at most 10 MB; found 10.5 MB",
        ),
        (added("submissions/obelix/one/submission.yaml", size=10**6), "65.5 kB; found 1 MB"),
        (added("submissions/obelix/my_model/submission.yaml"), "reads like 'my-model'"),
        (added("leaderboard/obelix.json"), "made again on the main branch"),
    ],
)
def test_one_change_too_many_is_refused_with_the_reason(change, words):
    assert words in refusal(change)


def test_too_many_submissions_are_refused():
    names = [f"{chr(97 + 2 * i) * 5}-kind" for i in range(MAX_FOLDERS)]
    said = refusal(*(added(f"submissions/obelix/{name}/predictions.csv") for name in names))
    assert f"at most {MAX_FOLDERS} submissions; found {MAX_FOLDERS + 1}" in said


def test_files_are_counted_before_anything_else():
    many = [added(f"submissions/obelix/m{i}/predictions.csv") for i in range(MAX_CHANGES)]
    (only,) = guard([*HONEST, *many], BOARD).refusals
    assert (only.found, guard(many[:5], BOARD).refusals) == ("more files", ())


@pytest.mark.parametrize("folder", ["submission", "Submissions", "submisions", "submssions"])
def test_a_misspelt_folder_is_named(folder):
    said = refusal(added(f"{folder}/obelix/my-model/predictions.csv"))
    assert f"Did you mean `submissions/` by {folder}?" in said


@pytest.mark.parametrize(
    ("old_mode", "new_mode", "words"),
    [
        ("100644", "100644", "changes predictions.csv"),
        ("100644", "000000", "removes predictions.csv"),
        ("000000", "100644", "adds predictions.csv"),
    ],
)
def test_changing_a_board_is_for_a_maintainer(old_mode, new_mode, words):
    path = "submissions/obelix/rf-paper/predictions.csv"
    said = question(added(path, old_mode=old_mode, new_mode=new_mode))
    assert f"changes of one that is on the board ({words})" in said
    assert "add a folder of another name" in said


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("rf-papers/predictions.csv", "close to 'rf-paper'"),
        ("rf-papre/predictions.csv", "close to 'rf-paper'"),
        ("train-mean/predictions.csv", "references are not ranked"),
        ("my-model/README.md", "A maintainer reads it"),
    ],
)
def test_a_doubtful_name_and_a_readme_are_for_a_maintainer(path, words):
    assert words in question(*HONEST, added(f"submissions/obelix/{path}"))


_PARTS = st.sampled_from(
    ["submissions", "obelix", "rf-paper", "new", "..", "", ".git", "predictions.csv", "\u0430", "A"]
)
_CHANGES = st.builds(
    lambda parts, mode, size: added("/".join(parts), new_mode=mode, size=size),
    st.lists(_PARTS, min_size=1, max_size=6),
    st.sampled_from(["100644", "100755", "120000", "160000", "000000"]),
    st.one_of(st.none(), st.integers(0, 20_000_000)),
)


@given(st.lists(_CHANGES, max_size=6))
def test_what_passes_is_plain_small_and_in_its_place(changes):
    found = guard(changes, BOARD)
    error_text([*found.refusals, *found.questions]).encode("utf-8")
    for folder in found.folders:
        assert folder.name in {"rf-paper", "new"}
        for change in folder.changes:
            assert change.path == f"submissions/obelix/{folder.name}/predictions.csv"
            assert change.new_mode in {"100644", "000000"}
            assert change.new_mode == "000000" or (change.size or 0) <= MAX_TABLE_BYTES
    if not found.refusals:
        assert {c.path for f in found.folders for c in f.changes} == {c.path for c in changes}
