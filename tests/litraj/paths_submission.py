"""Submissions of paths on the miniature of nebDFT2k, good ones with one thing changed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from nebdft2k_miniature import MadeHop, hops
from writing import frame_text

from tiny import CARD

Rows = list[dict[str, Any]]


def held_out_hops() -> list[MadeHop]:
    """Hops of the test part, by id."""
    return sorted((hop for hop in hops() if hop.part == "test"), key=lambda hop: hop.id)


def good_rows(*, energy_error: float = 0.0, shift: float = 0.0) -> Rows:
    """The DFT paths themselves, with barriers and the moving ion off by so much."""
    rows = []
    for hop in held_out_hops():
        moved, energies = hop.relaxed.copy(), hop.energies.copy()
        moved[:, hop.moving, 0] += shift
        energies[energies.argmax()] += energy_error
        rows += [
            {
                "id": hop.id,
                "image": image,
                "energy_ev": float(energies[image]),
                "positions_ang": moved[image].ravel(),
                "converged": True,
            }
            for image in range(len(energies))
        ]
    return rows


def failing(rows: Rows, ids: Iterable[str]) -> Rows:
    """The rows with some hops given up."""
    nothing = {"converged": False, "energy_ev": None, "positions_ang": None}
    return [{**row, **(nothing if row["id"] in set(ids) else {})} for row in rows]


def edited(rows: Rows, place: int, **changes: Any) -> Rows:
    """The rows with one changed."""
    return [{**row, **(changes if at == place else {})} for at, row in enumerate(rows)]


def write(folder: Path, rows: Rows) -> Path:
    """A submission with ``predictions.parquet``."""
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(CARD, encoding="utf-8")
    number = pa.float64()
    schema = pa.schema([("id", pa.string()), ("image", pa.int64()), ("energy_ev", number)])
    schema = schema.append(pa.field("positions_ang", pa.list_(number)))
    schema = schema.append(pa.field("converged", pa.bool_()))
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "predictions.parquet")
    return folder


def write_extxyz(folder: Path, rows: Rows) -> Path:
    """The rows as ``predictions.extxyz``."""
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(CARD, encoding="utf-8")
    made = {hop.id: hop for hop in held_out_hops()}
    frames = []
    for row in rows:
        hop, flat = made[row["id"]], row["positions_ang"]
        positions = hop.init[row["image"]] if flat is None else np.reshape(flat, (-1, 3))
        info = {"edge_id": row["id"], "image": row["image"], "converged": bool(row["converged"])}
        info |= {} if row["energy_ev"] is None else {"energy": row["energy_ev"]}
        frames.append(frame_text(hop.symbols, positions, hop.cell, info))
    (folder / "predictions.extxyz").write_text("".join(frames), encoding="utf-8")
    return folder
