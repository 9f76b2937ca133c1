"""``data/pins.json``: the bytes of versions fetched on demand, as the first fetch saw them.

Upstream publishes no checksums for these archives, so the first fetch records them, after every
check of the tables made from them has passed. DVC reads the same file: a version has stages from
the moment it is pinned, and none before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ionladder.core.errors import ConfigError
from ionladder.core.files import read_json, to_json, write_text
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.specs.params import DatasetVersion, Params

_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PinnedVersion(_Strict):
    """One version: dataset, version, and the SHA-256 of its files."""

    dataset: str
    version: str
    files: Annotated[dict[str, _Sha256], Field(min_length=1)]


class _Use(_Strict):
    dataset: str
    version: str


class Pins(_Strict):
    """The whole file: versions by their key, and the tasks scored on them."""

    on_demand_versions: dict[str, PinnedVersion] = {}
    on_demand_tasks: dict[str, _Use] = {}


def read_pins(layout: Layout) -> Pins:
    """Read the file; nothing is pinned where there is none.

    Raises:
        ConfigError: It is no JSON, or has other fields.
    """
    if not layout.pins.is_file():
        return Pins()
    try:
        return Pins.model_validate(read_json(layout.pins))
    except (ValueError, ValidationError) as error:
        first_line = str(error).splitlines()[0]
        raise ConfigError(
            Problem(
                where=layout.relative(layout.pins),
                expected="the pins of versions fetched on demand, as `ionladder fetch` writes them",
                found=f"something else ({first_line})",
                next_step=f"Restore it: `git checkout {layout.relative(layout.pins)}`.",
            )
        ) from error


def not_pinned(version: DatasetVersion, *, where: str) -> Problem:
    """The letter about a version whose archive nobody has fetched yet."""
    return Problem(
        where=f"{where}, {version.key}",
        expected="the SHA-256 of its archive",
        found="none: upstream publishes no checksum, and nobody has fetched it here yet",
        next_step=(
            f"`ionladder fetch {version.key} --pin` fetches it, holds it to every check, and "
            "records its bytes."
        ),
    )


def require_scored(layout: Layout, params: Params, task: str) -> None:
    """Refuse to work on a task whose data nobody has fetched yet.

    Raises:
        ConfigError: It waits for them.
    """
    version = params.waits_for(task)
    if version is not None:
        raise ConfigError(not_pinned(version, where=f"task {task}, {layout.relative(layout.pins)}"))


def add_pin(layout: Layout, version: DatasetVersion, digests: Mapping[str, str]) -> None:
    """Record the bytes of a version and the tasks that are scored on it from now on.

    A pin is never changed: the caller has made sure that there is none, or the same.
    """
    pins = read_pins(layout).model_dump()
    use = {"dataset": version.dataset, "version": version.version}
    pins["on_demand_versions"][version.key] = {**use, "files": dict(sorted(digests.items()))}
    for task in version.on_demand.tasks if version.on_demand else ():
        pins["on_demand_tasks"][task] = use
    ordered = {part: dict(sorted(pins[part].items())) for part in pins}
    write_text(layout.pins, to_json(ordered))
