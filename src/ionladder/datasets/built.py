"""What an ingest hands over: tables in memory, the checks they passed, and a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ionladder.datasets.streamed import StreamedTable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One integrity check that a version passed.

    Attributes:
        name: Its name.
        description: What it makes sure of, one sentence.
        detail: What was counted or compared.
        excused: Known oddities it met: name in the dataset's oddities, and id.
    """

    name: str
    description: str
    detail: str
    excused: frozenset[tuple[str, str]] = frozenset()

    @property
    def allowed(self) -> tuple[str, ...]:
        """Ids of the oddities it met, sorted."""
        return tuple(sorted({entry for _, entry in self.excused}))


@dataclass(frozen=True, kw_only=True)
class BuiltVersion:
    """A dataset version in memory.

    Attributes:
        tables: Table name → table, in the order of the dataset's declaration.
        checks: Checks passed, in order.
        summary: Counts and distributions for the dataset card, JSON-ready.
        frames: Tables of frames that were written while the raw files were read.
    """

    tables: Mapping[str, pa.Table]
    checks: tuple[CheckResult, ...]
    summary: Mapping[str, Any]
    frames: Mapping[str, StreamedTable] = field(default_factory=dict)
