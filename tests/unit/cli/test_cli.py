"""Tables, bars and completion: for a person at a terminal, for a program, for a shell."""

import io
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from factories import SIGMA, write_repo
from ionladder.cli import common
from ionladder.cli.common import following, say, show
from ionladder.cli.main import app
from ionladder.cli.maintainer import fetch, ingest
from ionladder.errors import ConfigError, FetchError, IngestError, UnreachableError

ITEMS = list(range(5))
HEADER = ["", "all", "with CIF"]
ROWS = [["MAE", "1.586 [1.05, 2.39]", "–"], ["R²", "0.4", "-12.25"]]


@pytest.mark.parametrize("columns", ["", "20", "24", "80"])
def test_numbers_are_never_cut_and_columns_without_room_follow_below(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    show("[bold]Errors[/bold]", HEADER, ROWS)
    title, *rest = capsys.readouterr().out.splitlines()
    one = ["                    all", "MAE  1.586 [1.05, 2.39]", "R²                  0.4"]
    other = ["     with CIF", "MAE         –", "R²     -12.25"]
    is_narrow = columns in {"20", "24"}
    beside = [a + b[3:] for a, b in zip(one, other, strict=True)]
    assert rest == ([*one, *other] if is_narrow else beside)
    assert title == "[bold]Errors[/bold]"


def test_prose_breaks_between_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "24")
    say("rank 1 of 9, not separated from catboost-screening\n  Label: 5.313 [2.42, 11.65] and more")
    assert capsys.readouterr().out == (
        "rank 1 of 9, not\nseparated from\ncatboost-screening\n"
        "  Label: 5.313 [2.42,\n    11.65] and more\n"
    )


def test_a_pipe_gets_none_however_long_it_takes(monkeypatch):
    monkeypatch.setattr(common, "PATIENCE_S", 0.0)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(following(ITEMS, "Counting")) == ITEMS
    assert stream.getvalue() == ""


REPOSITORY = Path(__file__).resolve().parents[3]
SUBMISSIONS = [f"submissions/{task}/" for task in ("obelix", "obelix-cif", "obelix-cv")]

_PROGRAM = (
    "import sys; sys.argv = ['ionladder']; "
    "from ionladder.cli.main import app\n"
    "try:\n    app(prog_name='ionladder')\n"
    "finally:\n    print('pandas' in sys.modules, file=sys.stderr)"
)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ionladder val", ["validate"]),
        ("ionladder new obelix-c", ["obelix-cif", "obelix-cv"]),
        ("ionladder convert x.csv --task bvel-", ["bvel-proto"]),
        ("ionladder export obelix --format cr", ["croissant"]),
        ("ionladder baseline train-mea", ["train-mean"]),
        ("ionladder score submissions/obelix-c", SUBMISSIONS[1:]),
        ("ionladder compare submissions/obelix-cif/rf-p", ["submissions/obelix-cif/rf-paper-cif"]),
        ("ionladder data nothing-like-it", []),
    ],
)
def test_all_that_has_a_name_is_completed_and_mostly_without_loading_pandas(typed, offered):
    asked = {
        "_IONLADDER_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }
    command, environment = [sys.executable, "-c", _PROGRAM], os.environ | asked
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    loaded = str(typed.startswith("ionladder baseline"))
    assert (done.stderr.split(), done.stdout.split()) == ([loaded], offered)


def ran(*command, columns="80", **options):
    environment = {**os.environ, "COLUMNS": columns, **options.pop("env", {})}
    program = [sys.executable, "-m", "ionladder.cli.main", *command]
    return subprocess.run(
        program, env=environment, text=True, check=False, stderr=subprocess.PIPE, **options
    )


def test_help_is_grouped_and_no_sentence_is_cut():
    one, other = (ran(option, stdout=subprocess.PIPE).stdout for option in ("-h", "--help"))
    assert one == other
    places = [one.index(f"For {whom}:") for whom in ("contributors", "readers", "maintainers")]
    assert places == sorted(places)
    assert one.count("...") == 1  # COMMAND [ARGS]...
    assert max(map(len, one.splitlines())) <= 80
    listed = set(re.findall(r"^  ([a-z-]+) ", one, re.MULTILINE)) - {"-h"}
    assert listed >= {command.name for command in app.registered_commands if command.name}
    assert "Usage: " in ran("score", "-h", stdout=subprocess.PIPE).stdout


def test_no_traceback_whatever_becomes_of_the_output():
    with Path("/dev/full").open("w") as full:
        done = ran("--help", stdout=full)
    assert (done.returncode, done.stderr) == (
        1,
        "The output is not whole: No space left on device. Write it somewhere else.\n",
    )
    reading, writing = os.pipe()
    os.close(reading)
    done = ran("claims", "obelix", stdout=writing)
    assert (done.returncode, done.stderr) == (141, "")
    done = ran("claims", "obelix", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


def test_a_busy_port_and_a_site_that_is_not_built_are_named(tmp_path):
    (tmp_path / "params.yaml").touch()
    asked = {"cwd": tmp_path, "stdout": subprocess.PIPE, "env": {"IONLADDER_ROOT": str(tmp_path)}}
    assert "Run `make site` first." in ran("serve", **asked).stderr
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").touch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = ran("serve", "--port", port, columns="200", **asked)
    assert done.returncode == 1
    assert f"port {port}: expected a free port; found one that cannot be had" in done.stderr


# --- The commands on data: what they print, and that one bad version does not stop the others

BAD = {"changes": {("a03", SIGMA): "n/a"}}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("IONLADDER_ROOT", str(tmp_path))
    return tmp_path


def test_fetch_names_every_version_it_could_not_reach_and_changed_bytes_first(root, capsys):
    write_repo(root, ["1.0.0", "1.1.0", "1.2.0"])
    upstream = root / "upstream" / "obelix"
    for version in ("1.0.0", "1.2.0"):
        (upstream / f"v{version}-data" / "all.csv").unlink()
    with pytest.raises(UnreachableError) as caught:
        fetch(None)
    wheres = [problem.where for problem in caught.value.problems]
    assert wheres == ["obelix 1.0.0, all.csv", "obelix 1.2.0, all.csv"]
    assert "obelix-1-1-0: 4 files" in capsys.readouterr().out
    (upstream / "v1.2.0-data" / "all.csv").write_text("ID\n")
    with pytest.raises(FetchError) as caught:
        fetch(None)
    assert not isinstance(caught.value, UnreachableError)
    wheres = [problem.where.split(",")[0] for problem in caught.value.problems]
    assert wheres == ["obelix 1.2.0", "obelix 1.0.0"]
    for command in (fetch, ingest):
        with pytest.raises(ConfigError, match="Did you mean obelix-1-0-0"):
            command(["obelix-1.0.0"])


def test_a_bad_version_does_not_stop_others(root, capsys):
    layout = write_repo(root, {"1.0.0": BAD, "1.1.0": {}})
    fetch(None)
    capsys.readouterr()
    with pytest.raises(IngestError, match=r"all\.csv, id 'a03'"):
        ingest(None)
    assert capsys.readouterr().out == (
        "obelix-1-1-0: 50 entries, 50 labels, 17 structures, 50 splits, 144 folds; "
        "15 checks passed; first release\n"
    )
    assert not layout.manifest("obelix", "1.0.0").exists()
