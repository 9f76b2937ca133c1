"""Files of LiTraj written by hand, letter by letter as ASE writes them; ASE itself is not needed.

A frame is a line with the number of atoms, a line with ``Lattice``, ``Properties``, the info and
``pbc``, and one line an atom: the symbol in two places, numbers as ``%16.8f``, flags as ``T`` or
``F``.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Matrix = Sequence[Sequence[float]]

_TYPES = {bool: ("L", " {!s:.1}"), int: ("I", "{:8d}"), float: ("R", "{:16.8f}"), str: ("S", "{}")}


def frame_text(
    symbols: Sequence[str],
    positions: Matrix,
    cell: Matrix,
    info: Mapping[str, Any] | None = None,
    arrays: Mapping[str, Sequence[Any]] | None = None,
) -> str:
    """One frame.

    Args:
        symbols: Element symbols; ``X`` for the dummy atom.
        positions: Cartesian positions, Å.
        cell: Lattice vectors as rows, Å.
        info: Key → value of the comment line, in order; a matrix or list is quoted, row by row.
        arrays: Name → one value or one triple an atom, in order (``forces``, ``freezed``).
    """
    arrays = arrays or {}
    properties = ["species:S:1", "pos:R:3"]
    columns = [[f"{symbol:<2}"] for symbol in symbols]
    for words, position in zip(columns, positions, strict=True):
        words.extend(f"{value:16.8f}" for value in position)
    for name, values in arrays.items():
        kind, width = _kind(values[0])
        properties.append(f"{name}:{kind}:{width}")
        for words, value in zip(columns, values, strict=True):
            words.extend(_words(value))
    lattice = " ".join(str(float(value)) for row in cell for value in row)
    pairs = "".join(f" {key}={_written(value)}" for key, value in (info or {}).items())
    comment = f'Lattice="{lattice}" Properties={":".join(properties)}{pairs} pbc="T T T"'
    lines = [str(len(symbols)), comment, *(" ".join(words) for words in columns)]
    return "\n".join(lines) + "\n"


def csv_text(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> str:
    """An index as pandas writes it without its own index; None is an empty field."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def write_zip(path: Path, members: Mapping[str, str | bytes]) -> Path:
    """A zip with the members of a folder, and the folder itself before them, as upstream packs.

    Args:
        path: The archive (``BVEL13k.zip``).
        members: Path inside (``BVEL13k/BVEL13k_train.xyz``) → content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in sorted({name.split("/")[0] for name in members if "/" in name}):
            archive.writestr(f"{folder}/", "")
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _kind(value: Any) -> tuple[str, int]:
    if isinstance(value, list | tuple) or hasattr(value, "tolist"):
        flat = value.tolist() if hasattr(value, "tolist") else list(value)
        return (_TYPES[type(flat[0])][0], len(flat)) if isinstance(flat, list) else _kind(flat)
    return _TYPES[type(value)][0], 1


def _words(value: Any) -> list[str]:
    flat = value.tolist() if hasattr(value, "tolist") else value
    values = flat if isinstance(flat, list | tuple) else [flat]
    return [_TYPES[type(one)][1].format(one) for one in values]


def _written(value: Any) -> str:
    """A value of the comment line: numbers in full, several of them between quotes."""
    flat = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(flat, list | tuple):
        rows = [row if isinstance(row, list | tuple) else [row] for row in flat]
        return '"' + " ".join(str(one) for row in rows for one in row) + '"'
    if isinstance(flat, bool):
        return "T" if flat else "F"
    text = str(flat)
    return f'"{text}"' if " " in text else text
