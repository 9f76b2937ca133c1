"""The checking process: alone, bounded, and never believed."""

import pytest

from ionladder.pr import check as verdict
from ionladder.pr.check import ReviewQuestion, ask
from ionladder.submit.isolate import Limits

GOOD = '{"outcome": "withdrawn"}'


@pytest.fixture
def question(tmp_path):
    folders = {name: tmp_path / name for name in ("root", "board", "sent")}
    for folder in folders.values():
        folder.mkdir()
    return ReviewQuestion(task="obelix", name="mine", is_new=True, **folders)


def run(question, monkeypatch, body, limits=None):
    """Let another program stand in for the checker; it has bound itself as that one does."""
    program = (
        "import json, os, sys; sys.path.insert(0, sys.argv[1]); asked = json.load(sys.stdin)\n"
        "from ionladder.submit.isolate import *\n"
        "bind_this_process(Limits(**asked['limits'])); forbid_side_doors()\n"
    )
    monkeypatch.setattr(verdict, "_PROGRAM", program + body)
    return ask(question, limits or Limits())


def said(answer):
    return str(answer["problems"])


def test_an_answer_is_handed_on_with_what_was_asked(question, monkeypatch):
    body = 'print(json.dumps({"outcome": "withdrawn", "name": "another", "task": "other"}))'
    answer = run(question, monkeypatch, body)
    assert answer == {"task": "obelix", "name": "mine", "is_new": True, "outcome": "withdrawn"}


def test_the_process_gets_nothing_of_the_callers_surroundings(question, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    body = (
        "import resource; R = resource\n"
        "facts = [sorted(os.environ), os.getcwd(), sys.flags.isolated, os.listdir(),\n"
        "         [R.getrlimit(w) for w in (R.RLIMIT_CORE, R.RLIMIT_CPU, R.RLIMIT_FSIZE)]]\n"
        'problem = dict.fromkeys(["where", "expected", "found", "next_step"], json.dumps(facts))\n'
        'print(json.dumps({"outcome": "refused", "problems": [problem]}))'
    )
    found = said(run(question, monkeypatch, body, Limits(cpu_s=7, file_bytes=9999)))
    assert "GITHUB_TOKEN" not in found
    assert "PYTHONPATH" not in found
    assert "ionladder-check-" in found
    assert "[[0, 0], [7, 7], [9999, 9999]]" in found


@pytest.mark.parametrize("answer", ["", "[]", '{"outcome": "brilliant"}', GOOD + GOOD])
def test_an_answer_of_another_shape_is_not_believed(question, monkeypatch, answer):
    found = run(question, monkeypatch, f"print({answer!r})")
    assert found["outcome"] == "unchecked"


def test_a_failing_process_is_for_a_maintainer_with_its_last_word(question, monkeypatch):
    found = run(question, monkeypatch, "raise ValueError('\\u202e<b>')")
    assert found["outcome"] == "unchecked"
    assert "ValueError: \\\\u202e<b>" in said(found)
    assert "fault of the check" in said(found)


@pytest.mark.parametrize(
    "body",
    [
        "os.system('true')",
        "os.fork()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import pickle; pickle.loads(b'cos\\nsystem\\n(S\"true\"\\ntR.')",
    ],
)
def test_side_doors_are_shut(question, monkeypatch, body):
    found = run(question, monkeypatch, f"{body}\nprint({GOOD!r})")
    assert found["outcome"] == "unchecked"
    assert "which it never needs" in said(found)


@pytest.mark.parametrize(
    ("body", "limits", "outcome", "words"),
    [
        ("import time; time.sleep(60)", {"wall_s": 1}, "refused", "a longer one, which was ended"),
        ("while True: pass", {"cpu_s": 1}, "refused", "within 1 CPU-seconds"),
        ("bytearray(400_000_000)", {"memory_bytes": 300_000_000}, "refused", "address space"),
        ("while 1: print('x' * 9999)", {"file_bytes": 99_999}, "unchecked", "failed by itself"),
        ("os.abort()", {}, "refused", "broke off (signal 6)"),
    ],
)
def test_a_process_beyond_a_limit_is_ended(question, monkeypatch, body, limits, outcome, words):
    answer = run(question, monkeypatch, body, Limits(**limits))
    assert answer["outcome"] == outcome
    assert words in said(answer)
