"""Files are read in a process of its own, which may end in any way."""

import itertools
import os
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from git_repository import ran
from ionladder.errors import DataMissingError
from ionladder.submit.isolate import Limits, ReaderProcess
from ionladder.submit.tables import read_submitted_table

TABLE = pa.table(
    {
        "id": [f"e{i:06}" for i in range(5000)],
        "x": [i / 7 for i in range(5000)],
        "seed": [i % 3 for i in range(5000)],
        "gap": [None if i % 5 else float(i) for i in range(5000)],
    }
)
LIMITS = Limits(cpu_s=1, memory_bytes=200_000_000)


def read(what):
    """A reader that misbehaves as it is told to."""
    acts: dict[str, Any] = {
        "read": lambda: None,
        "use memory": lambda: bytes(400_000_000),
        "compute": lambda: sum(itertools.count()),
        "break off": os.abort,
        "leave": lambda: os._exit(0),
        "print": lambda: os.write(2, b"noise"),
        "be wrong": lambda: {}["nothing"],
        "wait": lambda: time.sleep(60),
    }
    if what == "miss":
        raise DataMissingError("labels", "a table", "none", "Fetch it.")
    acts[what]()
    return pa.table({"pid": [os.getpid()]}), []


@pytest.mark.parametrize(
    ("act", "limits", "words"),
    [
        ("use memory", LIMITS, "unpacked within 0.2 GB; found one that needs more"),
        ("compute", Limits(cpu_s=1), "read within 1 s; found one that takes longer"),
        ("wait", Limits(wall_s=1, cpu_s=9), "read within 9 s; found one that takes longer"),
        ("break off", LIMITS, "broke off (signal 6)"),
        ("leave", LIMITS, "broke off (signal 0)"),
    ],
)
def test_a_process_that_ends_is_a_problem_of_that_file(act, limits, words):
    reader = ReaderProcess(read, limits)
    table, problems = reader(act, where="p.parquet")
    assert table is None
    assert [str(problem).startswith("p.parquet: ") for problem in problems] == [True]
    assert words in str(problems[0])
    table, problems = reader("read", where="p.parquet")
    assert (table.num_rows, problems) == (1, [])
    reader.close()


def test_the_process_ends_with_its_parent():
    program = (
        "import os, signal, sys; sys.path[:0] = sys.argv[1:]; import test_isolate as t\n"
        "reader = t.ReaderProcess(t.read)\n"
        "print(reader('read', where='x')[0]['pid'][0], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = ran(sys.executable, "-c", program, Path(__file__).parent, *sys.path)
    for _ in range(200):
        try:
            os.kill(int(done.stdout), 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the child is still there")


def test_a_text_meant_often_counts_as_often(tmp_path):
    """Fifty million bytes in 60,000 cells that all mean one text of 900."""
    path = tmp_path / "predictions.parquet"
    pq.write_table(pa.table({"id": pa.repeat("x" * 900, 60_000)}), path)
    _, (problem,) = read_submitted_table(path, shown_as="sent", allowed=["id"], max_rows=100_000)
    assert str(problem).startswith("sent: expected at most 50 MB when unpacked; found 54 MB")


def test_no_changed_byte_is_more_than_a_problem(tmp_path):
    """For some of them, native code ends the process that reads."""
    path = tmp_path / "predictions.parquet"
    pq.write_table(TABLE.slice(0, 3).select(["id", "x"]), path, store_schema=False)
    good = path.read_bytes()
    for place in range(0, len(good), 3):
        bad = bytearray(good)
        bad[place] = (bad[place] + 128) % 256
        path.write_bytes(bad)
        table, problems = read_submitted_table(
            path, shown_as="sent", allowed=["id", "x"], max_rows=10
        )
        assert (table is None) == bool(problems)


def test_one_process_reads_many_files_and_prints_nothing(capfd, monkeypatch):
    reader = ReaderProcess(read, LIMITS)
    pids = {reader(act, where="x")[0]["pid"][0].as_py() for act in ("read", "print", "read")}
    assert len(pids) == 1
    assert pids != {os.getpid()}
    assert capfd.readouterr() == ("", "")
    with pytest.raises(DataMissingError, match="Fetch it"):
        reader("miss", where="x")
    with pytest.raises(RuntimeError, match="KeyError: 'nothing'"):
        reader("be wrong", where="x")
    reader.close()
    monkeypatch.delattr(os, "fork")
    with pytest.warns(RuntimeWarning, match="cannot bound the process that reads parquet"):
        table, _ = ReaderProcess(read, LIMITS)("read", where="x")
    assert table["pid"][0].as_py() == os.getpid()
