"""A valid synthetic release, and what ingest says of it when one thing is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from factories import Edit, write_repo
from ionladder.config import load_params
from ionladder.data.obelix.ingest import build
from ionladder.errors import IngestError, Problem

Broken = Callable[[Edit], list[Problem]]


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    """Break a valid release and return what ingest objects to (nothing: an empty list)."""

    def run(edit: Edit) -> list[Problem]:
        layout = write_repo(tmp_path, {"1.0.0": {"edit": edit}})
        pinned = load_params(layout).versions["obelix-1-0-0"]
        try:
            build(tmp_path / "upstream" / "obelix" / "v1.0.0-data", pinned)
        except IngestError as error:
            return list(error.problems)
        return []

    return run
