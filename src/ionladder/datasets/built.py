"""What an ingest hands over: tables in memory, the checks they passed, and a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One integrity check that a version passed.

    Attributes:
        name: Its name.
        description: What it makes sure of, one sentence.
        allowed: Ids of the known oddities it met.
        detail: What was counted or compared.
    """

    name: str
    description: str
    allowed: tuple[str, ...]
    detail: str


@dataclass(frozen=True, kw_only=True)
class BuiltVersion:
    """A dataset version in memory.

    Attributes:
        tables: Table name → table, in the order of the dataset's declaration.
        checks: Checks passed, in order.
        summary: Counts and distributions for the dataset card, JSON-ready.
    """

    tables: Mapping[str, pa.Table]
    checks: tuple[CheckResult, ...]
    summary: Mapping[str, Any]
