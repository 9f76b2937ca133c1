"""Hops of LiTraj by name: a material, two Li sites of its unit cell, and a periodic image."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EDGE = re.compile(r"(mp-[0-9]+)_([0-9]+)_([0-9]+)_(-?[0-9]+)_(-?[0-9]+)_(-?[0-9]+)")


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A hop.

    Attributes:
        material_id: The material (``mp-2878``).
        source: Site of the unit cell that the ion leaves, from 0.
        target: Site of the unit cell that it reaches, from 0.
        offset: Cell in which the target lies, in lattice vectors from that of the source.
    """

    material_id: str
    source: int
    target: int
    offset: tuple[int, int, int]

    def __str__(self) -> str:
        numbers = (self.source, self.target, *self.offset)
        return "_".join((self.material_id, *map(str, numbers)))


def parse_edge_id(text: str) -> Edge:
    """Read ``{material_id}_{source}_{target}_{ox}_{oy}_{oz}``.

    Raises:
        ValueError: It has another form, or leads from a site to itself.

    Example:
        >>> parse_edge_id("mp-1211498_4_5_1_-1_-1").offset
        (1, -1, -1)
    """
    hit = _EDGE.fullmatch(text)
    if hit is None:
        msg = f"no edge_id: {text!r}"
        raise ValueError(msg)
    source, target, *offset = (int(number) for number in hit.groups()[1:])
    if source == target and not any(offset):
        msg = f"an edge_id that leads nowhere: {text!r}"
        raise ValueError(msg)
    first, second, third = offset
    return Edge(material_id=hit[1], source=source, target=target, offset=(first, second, third))
