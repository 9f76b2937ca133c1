"""An ingest of nebDFT2k that is killed: the next one starts over, and nothing is half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nebdft2k_repository import KEY, VERSION, put_archive

from ionladder.config import Params, load_params
from ionladder.data.ingest import ingest
from ionladder.data.store import require_manifest
from ionladder.repo import Layout

# Ingests, and kills itself when a function of a module is called for the nth time.
_KILLED = """
import importlib, os, signal, sys
from pathlib import Path
from ionladder.config import load_params
from ionladder.data.ingest import ingest
from ionladder.repo import Layout

root, key, module, name, n = sys.argv[1:]
home = importlib.import_module(module)
call, calls = getattr(home, name), []

def watched(*args, **named):
    calls.append(name)
    if len(calls) == int(n):
        os.kill(os.getpid(), signal.SIGKILL)
    return call(*args, **named)

setattr(home, name, watched)
layout = Layout(Path(root))
ingest(layout, load_params(layout).versions[key])
"""

MOMENTS = {
    "while hops are read": ("ionladder.data.litraj.paths", "exchanged_atoms", 9),
    "when frames are in place and tables are not": ("ionladder.data.ingest", "write_checksums", 1),
}


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_next_ingest_ends_like_an_undisturbed_one(
    moment: str, tmp_path: Path, nebdft2k: tuple[Layout, Params]
) -> None:
    layout = put_archive(tmp_path)
    module, name, n = MOMENTS[moment]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), KEY, module, name, str(n)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not layout.manifest("nebdft2k", VERSION).exists()
    (layout.version_dir("nebdft2k", VERSION) / ".ingest.part").mkdir(exist_ok=True)
    (layout.version_dir("nebdft2k", VERSION) / ".ingest.part" / "rest.parquet").touch()

    ingest(layout, load_params(layout).versions[KEY])

    assert _contents(layout) == _contents(nebdft2k[0])


def _contents(layout: Layout) -> dict[str, object]:
    """Every file of the version, but for the archive and its checksum."""
    folder = layout.version_dir("nebdft2k", VERSION)
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    found: dict[str, object] = {
        name: path.read_bytes() for name, path in files.items() if not name.startswith("raw/")
    }
    manifest = require_manifest(layout, "nebdft2k", VERSION)
    found["manifest.json"] = {name: value for name, value in manifest.items() if name != "source"}
    return found
