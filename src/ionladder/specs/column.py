"""A table's columns: name, type, unit and meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Role = Literal["key", "input", "label", "split", "note"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table that crosses a package border.

    Attributes:
        name: Column name; carries the unit where there is one (``a_ang``).
        type: An Arrow type by name: ``string``, ``bool``, ``int8`` … ``int64``, ``float64``,
            ``list<string>``, ``list<int8>``, ``list<uint8>``, ``list<float32>``,
            ``list<float64>``, or ``category`` (dictionary of strings).
        unit: Unit as printed (``Å``, ``S/cm``), or None for a plain number, flag or text.
        description: One sentence for the manifest and the dataset card.
        nullable: Whether a missing value is allowed, and then means "not reported".
        role: What a changed cell means: ``label`` and ``split`` force a re-score, ``input`` makes
            submissions that used it stale, ``note`` touches neither; ``key`` identifies the row.
    """

    name: str
    type: str
    unit: str | None = None
    description: str
    nullable: bool = False
    role: Role = "input"

    def arrow_field(self) -> pa.Field:
        """The Arrow field, with unit and description as metadata."""
        import pyarrow as pa

        # Elements that are never missing are read twice as fast; only frames have these types.
        special = {
            "list<string>": pa.list_(pa.field("element", pa.string())),
            "list<int8>": pa.list_(pa.field("element", pa.int8())),
            "list<uint8>": pa.list_(pa.field("element", pa.uint8(), nullable=False)),
            "list<float32>": pa.list_(pa.field("element", pa.float32(), nullable=False)),
            "list<float64>": pa.list_(pa.field("element", pa.float64())),
            "category": pa.dictionary(pa.int32(), pa.string()),
        }
        kind = special.get(self.type) or pa.type_for_alias(self.type)
        metadata = {"unit": self.unit or "", "description": self.description}
        return pa.field(self.name, kind, nullable=self.nullable, metadata=metadata)


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of a list of columns, in their order."""
    import pyarrow as pa

    return pa.schema([column.arrow_field() for column in columns])
