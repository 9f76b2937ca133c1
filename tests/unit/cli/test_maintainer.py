"""The commands on data: what they print, and that one bad version does not stop the others."""

import pytest

from factories import SIGMA, write_repo
from ionladder.cli.maintainer import fetch, ingest
from ionladder.errors import ConfigError, FetchError, IngestError, UnreachableError

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
