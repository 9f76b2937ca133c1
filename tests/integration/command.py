"""Running ``ionladder`` inside the test process, as a user would at a prompt."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import tiny
from ionladder.cli.main import run
from ionladder.repo import Layout


@dataclass(frozen=True)
class Result:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


class Prompt:
    """A prompt in one folder."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Result:
        """Run one command and return what it did."""
        self._monkeypatch.chdir(self._folder)
        self._monkeypatch.delenv("COLUMNS", raising=False)  # output is not wrapped
        self._monkeypatch.setattr("sys.argv", ["ionladder", *arguments])
        self._capsys.readouterr()
        code = 0
        try:
            run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)

    def ok(self, *arguments: str) -> Result:
        """Run a command that must succeed."""
        result = self(*arguments)
        assert result.code == 0, result.err
        return result

    def error(self, *arguments: str) -> str:
        """Run a command that must fail with an error: exit 1, no traceback."""
        result = self(*arguments)
        assert result.code == 1, result.out
        assert "Traceback" not in result.err
        return result.err


def files_below(folder: Path) -> dict[str, bytes]:
    """Path → bytes of every file."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def held_out(layout: Layout, version: str) -> pd.DataFrame:
    """Test labels read straight from parquet, past all of our own loading code."""
    folder = layout.version_dir("obelix", version)
    labels, splits = (pd.read_parquet(folder / f"{n}.parquet") for n in ("labels", "splits"))
    return labels.merge(splits[splits["subset"] == "test"], on="id").set_index("id")


def fill_in(
    layout: Layout, name: str, values: pd.Series, task: str = "obelix", card: str = tiny.CARD
) -> Path:
    """Write a submission of values by id; its predictions."""
    path = layout.submission_dir(task, name) / "predictions.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    values.rename("log10_sigma").rename_axis("id").to_csv(path)
    path.with_name("submission.yaml").write_text(card)
    return path


def use_version(layout: Layout, version: str) -> None:
    """Score on a version from now on."""
    params = json.loads(layout.params.read_text())
    params["tasks"]["obelix"]["version"] = version
    layout.params.write_text(json.dumps(params))


def fetch_and_ingest(root: Path) -> None:
    """What ``ionladder fetch`` and ``ionladder ingest`` leave in a repository."""
    from ionladder.cli.maintainer import fetch, ingest

    with pytest.MonkeyPatch.context() as patch:  # the caller's mirror is hidden
        patch.chdir(root)
        patch.delenv("IONLADDER_MIRROR", raising=False)
        fetch(None)
        ingest(None)


def killed(root, target, calls, *arguments, first=""):
    """Run a command that is killed, as by the system, at so many calls of a module's function."""
    module, name = target.rsplit(".", 1)
    code = f"""if True:
        import itertools, os, signal, {module} as module
        from ionladder.cli.main import run
        as_before, n = module.{name}, itertools.count(1)
        def counted(*given, **options):
            if next(n) == {calls}:
                os.kill(os.getpid(), signal.SIGKILL)
            return as_before(*given, **options)
        module.{name} = counted
        {first}
        run()"""
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
