"""Files of LiTraj written by hand, byte by byte as ASE writes them; ASE itself is not needed.

A frame is a line with the number of atoms, a line with ``Lattice``, ``Properties``, the info and
``pbc``, and one line an atom: the symbol in two places, numbers as ``%16.8f``, flags as ``T`` or
``F``.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ionladder.config import add_pin, load_params
from ionladder.data.ingest import ingest_version
from ionladder.repo import Layout, sha256_file

_TYPES = {"b": ("L", " {!s:.1}"), "i": ("I", "{:8d}"), "f": ("R", "{:16.8f}"), "U": ("S", "{}")}


def frame_text(
    symbols: Sequence[str],
    positions: Any,
    cell: Any,
    info: Mapping[str, Any] | None = None,
    arrays: Mapping[str, Any] | None = None,
) -> str:
    """One frame.

    Args:
        symbols: Element symbols; ``X`` for the dummy atom.
        positions: Cartesian positions, Å.
        cell: Lattice vectors as rows, Å.
        info: Key → value of the comment line, in order; a matrix or list is quoted, row by row.
        arrays: Name → one value or one triple an atom, in order (``forces``, ``freezed``).
    """
    properties, lines = ["species:S:1"], [[f"{symbol:<2}"] for symbol in symbols]
    for name, values in {"pos": np.asarray(positions, dtype=float), **(arrays or {})}.items():
        table = np.asarray(values).reshape(len(symbols), -1)
        kind, form = _TYPES[table.dtype.kind]
        properties.append(f"{name}:{kind}:{table.shape[1]}")
        for words, row in zip(lines, table.tolist(), strict=True):
            words += [form.format(value) for value in row]
    lattice = " ".join(map(str, np.asarray(cell, dtype=float).ravel().tolist()))
    pairs = "".join(f" {key}={_written(value)}" for key, value in (info or {}).items())
    comment = f'Lattice="{lattice}" Properties={":".join(properties)}{pairs} pbc="T T T"'
    return "\n".join([str(len(symbols)), comment, *map(" ".join, lines)]) + "\n"


def _written(value: Any) -> str:
    """A value of the comment line: numbers in full, several of them between quotes."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if not isinstance(value, str):
        value = " ".join(map(str, np.asarray(value).ravel().tolist()))
    return f'"{value}"' if " " in value else value


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


def version_entry(
    dataset: str, file: str, expected: Mapping[str, int], tasks: Sequence[str], *, n_folds: int = 5
) -> dict[str, Any]:
    """A version that is fetched on demand, as ``params.yaml`` states it."""
    return {
        "dataset": dataset,
        "version": "1.0.0",
        "tag": "litraj",
        "base_url": "https://upstream.invalid/litraj",
        "files": [file],
        "download_bytes": 1_000_000,
        "ingested_bytes": 1_000_000,
        "expected": dict(expected),
        "folds": {"n_folds": n_folds, "n_repeats": 1, "seed": 20250221},
        "tasks": list(tasks),
    }


SCORING = {"resamples": 200, "seed": 7, "confidence": 0.95}


def pinned_repository(root: Path, entry: dict[str, Any], write: Callable[[Path], Path]) -> Layout:
    """A repository with one archive fetched and pinned, as `ionladder fetch --pin` leaves it.

    Args:
        root: Where to make it.
        entry: The version, as ``version_entry`` makes it.
        write: Writes the archive into a folder and returns its path.
    """
    layout, key = Layout(root), key_of(entry)
    root.mkdir(parents=True, exist_ok=True)
    params = {
        "project": "ionladder",
        "scoring": SCORING,
        "datasets": {},
        "tasks": {},
        "on_demand": {key: entry},
    }
    layout.params.write_text(json.dumps(params), encoding="utf-8")
    path = write(layout.raw_dir(entry["dataset"], "1.0.0"))
    add_pin(layout, load_params(layout).versions[key], {path.name: sha256_file(path)})
    return layout


def ingested_repository(root: Path, entry: dict[str, Any], write: Callable[[Path], Path]) -> Layout:
    """A repository with one archive fetched, pinned and ingested."""
    layout = pinned_repository(root, entry, write)
    ingest_version(layout, load_params(layout).versions[key_of(entry)])
    return layout


def key_of(entry: dict[str, Any]) -> str:
    """The key of a version in ``params.yaml``."""
    return f"{entry['dataset']}-1-0-0".replace("_", "-")
