"""Where a pinned file is taken from: its upstream address, or a mirror that stands in for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ionladder.core.errors import ConfigError
from ionladder.core.problems import Problem
from ionladder.specs.source import Source

MIRROR_VARIABLE = "IONLADDER_MIRROR"


@dataclass(frozen=True)
class Place:
    """Where one file is taken from: a web address, or a path on this machine."""

    location: str | Path

    def __str__(self) -> str:
        return str(self.location)


def place_of(source: Source, name: str) -> Place:
    """Where to take a file from: the mirror when one is set, otherwise upstream.

    ``IONLADDER_MIRROR`` is a folder, or an http, https or file URL; below it a file stands at
    ``<dataset>/<tag>/<file>``.

    Raises:
        ConfigError: The mirror is a URL of another kind.
    """
    mirror = os.environ.get(MIRROR_VARIABLE, "").strip()
    address = f"{mirror.rstrip('/')}/{source.mirror_path(name)}" if mirror else source.url(name)
    scheme = urlsplit(address).scheme if "://" in address else ""
    if scheme in ("http", "https"):
        return Place(address)
    if scheme == "file":
        return Place(Path(url2pathname(urlsplit(address).path)))
    if scheme == "" and mirror:
        return Place(Path(mirror) / source.mirror_path(name))
    raise ConfigError(
        Problem(
            where=MIRROR_VARIABLE if mirror else f"{source.dataset} {source.version}, base_url",
            expected="a folder, or an http, https or file URL",
            found=repr(mirror or source.base_url),
            next_step="Correct it, or unset it to use the upstream address.",
        )
    )
