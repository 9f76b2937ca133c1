"""A hook of MkDocs: boards and datasets that ``mkdocs.yml`` does not name are in the navigation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

_REACHED_FROM_BOARDS = ("submissions", "entries", "charts", "compare")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add a section with what is not named, before the last two, which are about the site."""
    docs = Path(config.docs_dir)
    named = json.dumps(config.nav)
    pages = [*docs.glob("*/index.md"), *docs.glob("datasets/*/index.md")]
    paths = (page.relative_to(docs) for page in sorted(pages))
    found = [
        path.as_posix()
        for path in paths
        if f'"{path.as_posix()}"' not in named and path.parts[0] not in _REACHED_FROM_BOARDS
    ]
    if found and config.nav:
        config.nav.insert(max(len(config.nav) - 2, 0), {"More": found})
    return config
