"""A small synthetic release in the exact layout of OBELiX, and repositories that pin it.

It passes every integrity check, so that a test can break one thing and see that thing named.
"""

import csv
import gzip
import io
import json
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

from ionladder.repo import Layout, sha256_file

COLUMNS = (
    *("ID", "Reduced Composition", "Z", "True Composition", "Ionic conductivity (S cm-1)"),
    *("IC (Total)", "IC (Bulk)", "Space group", "Space group #"),
    *("a", "b", "c", "alpha", "beta", "gamma", "Family", "DOI", "Checked", "Ref", "Cif ID"),
    *("Cif ref_1", "Cif ref_2", "note", "close match", "close match DOI"),
    *("ICSD ID", "Laskowski ID", "Liion ID"),
)
SIGMA = "Ionic conductivity (S cm-1)"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

# Ids that spreadsheets and careless parsers turn into numbers.
TEST_IDS = ("019", "5e2", "max")
TRAIN_IDS = ("7e5",)

_SYSTEMS = (
    ("Pnma", 62, (1.0, 1.2, 0.9), (90.0, 90.0, 90.0)),
    ("Fm-3m", 225, (1.0, 1.0, 1.0), (90.0, 90.0, 90.0)),
    ("P42/nmc", 137, (1.0, 1.0, 1.3), (90.0, 90.0, 90.0)),
)
_FAMILIES = ("NASICON", "garnet", "Halide", "")
_ANG3_PER_ATOM = 15.0
_AMOUNT = re.compile(r"([A-Z][a-z]?)([0-9.]+)")

Row = dict[str, str]


@dataclass
class Upstream:
    """A release before it is written: what tests change.

    ``train`` and ``test`` are copies of the rows of ``rows``, as in the published files.
    """

    rows: list[Row]
    train: list[Row]
    test: list[Row]
    cifs: dict[str, str]
    expected: dict[str, int] = field(default_factory=dict)

    def row(self, entry: str) -> Row:
        """The row of ``all.csv`` with that id."""
        return next(row for row in self.rows if row["ID"] == entry)

    def change(self, entry: str, column: str, value: str) -> None:
        """Change one cell everywhere it is published."""
        for row in (*self.rows, *self.train, *self.test):
            if row["ID"] == entry:
                assert column in row, column
                row[column] = value


Changes = Mapping[tuple[str, str], str]
Edit = Callable[[Upstream], None]


def make_upstream(*, n_train: int = 36, n_test: int = 14) -> Upstream:
    """A release of the given size; every entry's values follow from its place alone."""
    train = _ids(n_train, TRAIN_IDS, "a")
    test = _ids(n_test, TEST_IDS, "z")
    rows = [_row(entry, i, "P", "S", "tr") for i, entry in enumerate(train)]
    rows += [_row(entry, i, "Ge", "O", "te") for i, entry in enumerate(test)]
    cifs = {row["ID"]: make_cif(row) for row in rows if row["Cif ID"] == "done"}
    by_id = {row["ID"]: row for row in rows}
    return Upstream(
        rows=sorted(rows, key=lambda row: row["ID"]),
        train=[dict(by_id[entry]) for entry in train],
        test=[dict(by_id[entry]) for entry in test],
        cifs=cifs,
        expected={
            "entries": len(rows),
            "train": n_train,
            "test": n_test,
            "structures": len(cifs),
            "components": _n_components(n_train) + _n_components(n_test),
            "crossing_formulas": 0,
        },
    )


def make_cif(row: Mapping[str, str]) -> str:
    """A CIF that agrees with a row: its cell, its contents, its space group."""
    amounts = _amounts(row["True Composition"])
    sites = [(el, i) for el, amount in amounts.items() for i in range(ceil(amount))]
    contents = " ".join(f"{element}{amount:g}" for element, amount in amounts.items())
    lines = [
        f"data_{row['ID']}",
        f"_symmetry_space_group_name_H-M   '{row['Space group']}'",
        *(f"_cell_length_{axis}   {row[axis]}" for axis in "abc"),
        *(f"_cell_angle_{angle}   {row[angle]}" for angle in ("alpha", "beta", "gamma")),
        f"_symmetry_Int_Tables_number   {row['Space group #']}",
        f"_chemical_formula_sum   '{contents}'",
        *("loop_", "_symmetry_equiv_pos_site_id", "_symmetry_equiv_pos_as_xyz", "1 'x, y, z'"),
        *("loop_", "_atom_site_type_symbol", "_atom_site_label"),
        *(f"_atom_site_fract_{axis}" for axis in "xyz"),
        "_atom_site_occupancy",
    ]
    for place, (element, i) in enumerate(sites):
        occupancy = amounts[element] / ceil(amounts[element])
        x = (place + 0.5) / len(sites)
        lines.append(f"{element} {element}{i} {x:.4f} {x:.4f} {x:.4f} {occupancy:.6f}")
    return "\n".join(lines) + "\n"


def write_mirror(
    folder: Path,
    *,
    version: str = "1.0.0",
    n_train: int = 36,
    n_test: int = 14,
    changes: Changes | None = None,
    edit: Edit | None = None,
) -> dict[str, Any]:
    """Write a release into a mirror folder.

    Args:
        folder: Mirror; the release goes to ``obelix/v<version>-data/``.
        version: Its version.
        n_train: Training entries, at least 12.
        n_test: Test entries, at least 8.
        changes: (id, upstream column) → other text, to build a second version.
        edit: Anything else to do to the release before it is written.

    Returns:
        What ``params.yaml`` pins of it.
    """
    upstream = make_upstream(n_train=n_train, n_test=n_test)
    for (entry, column), value in (changes or {}).items():
        upstream.change(entry, column, value)
    if edit is not None:
        edit(upstream)
    tag = f"v{version}-data"
    target = folder / "obelix" / tag
    write_release(upstream, target)
    return {
        "dataset": "obelix",
        "version": version,
        "tag": tag,
        "commit": COMMIT,
        "base_url": target.resolve().as_uri(),
        "files": {path.name: sha256_file(path) for path in sorted(target.iterdir())},
        "expected": upstream.expected,
        "folds": {"n_folds": 5, "n_repeats": 2, "seed": 7},
    }


def write_release(upstream: Upstream, target: Path) -> None:
    """Write the four files of a release."""
    target.mkdir(parents=True)
    for name, rows in (
        ("all.csv", upstream.rows),
        ("train.csv", upstream.train),
        ("test.csv", upstream.test),
    ):
        with (target / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    members = {f"cifs/{entry}.cif": text.encode() for entry, text in upstream.cifs.items()}
    (target / "all_cifs.tar.gz").write_bytes(make_tar(members))


def make_tar(members: Mapping[str, bytes]) -> bytes:
    """A gzipped tar archive with the same bytes every time."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def write_repo(
    folder: Path,
    versions: Sequence[str] | Mapping[str, Mapping[str, Any]] = ("1.0.0",),
    *,
    resamples: int = 500,
    tasks: Sequence[str] = ("obelix",),
) -> Layout:
    """Write a repository whose ``params.yaml`` pins synthetic versions from its own mirror.

    Args:
        folder: Root of the repository; the mirror stands in ``upstream/`` below it.
        versions: Versions, or version → options of :func:`write_mirror`. Tasks are scored on the
            last.
        resamples: Group resamples of an interval.
        tasks: Tasks of OBELiX.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = versions if isinstance(versions, Mapping) else {version: {} for version in versions}
    datasets = {
        f"obelix-{version}".replace(".", "-"): write_mirror(
            folder / "upstream", version=version, **kwargs
        )
        for version, kwargs in options.items()
    }
    params = {
        "project": "ionladder",
        "scoring": {"resamples": resamples, "seed": 7, "confidence": 0.95},
        "tasks": {task: {"dataset": "obelix", "version": list(options)[-1]} for task in tasks},
        "more_tables": {},
        "datasets": datasets,
    }
    # JSON is YAML, and it never writes an id or a version as a number.
    (folder / "params.yaml").write_text(json.dumps(params, indent=2), encoding="utf-8")
    return Layout(folder.resolve())


def _ids(count: int, special: Sequence[str], letter: str) -> list[str]:
    return [*special, *(f"{letter}{i:02d}" for i in range(count - len(special)))]


def _doi_group(position: int) -> int:
    """Entries 0-5 share one article, 6-9 another; the others come in pairs."""
    if position < 6:
        return 0
    return 1 if position < 10 else 2 + (position - 10) // 2


def _n_components(count: int) -> int:
    return len({_doi_group(position) for position in range(count)})


def _composition(position: int) -> int:
    """Entries 2 and 3, and 6 to 8, are repeated measurements of one material."""
    return {3: 2, 7: 6, 8: 6}.get(position, position)


def _row(entry: str, position: int, cation: str, anion: str, part: str) -> Row:
    kind = _composition(position)
    n_li, z = 1 + kind, 1 + kind % 2
    li = n_li * z - (0.5 if kind % 4 == 1 else 0.0)
    symbol, number, shape, angles = _SYSTEMS[kind % len(_SYSTEMS)]
    volume = _ANG3_PER_ATOM * (li + 5 * z)
    edge = (volume / (shape[0] * shape[1] * shape[2])) ** (1 / 3)
    has_cif = position % 3 == 0
    sigma = _label(position)
    is_total = position == 11
    return dict.fromkeys(COLUMNS, "") | {
        "ID": entry,
        "Reduced Composition": f"Li{li / z:g}({cation}{anion}4)",
        "Z": str(z),
        "True Composition": f"Li{li}{cation}{float(z)}{anion}{float(4 * z)}",
        SIGMA: sigma,
        "IC (Total)": sigma if is_total else "",
        "IC (Bulk)": "0.01" if is_total else "",
        "Space group": symbol,
        "Space group #": str(number),
        **{axis: f"{edge * ratio:.4f}" for axis, ratio in zip("abc", shape, strict=True)},
        **dict(zip(("alpha", "beta", "gamma"), map(str, angles), strict=True)),
        "Family": _FAMILIES[position % len(_FAMILIES)],
        "DOI": f"10.1000/{part}.{_doi_group(position)}".upper(),
        "Checked": "1",
        "Ref": "synthetic",
        "Cif ID": "done" if has_cif else "not available",
        "close match": "Yes" if position == 6 else "",
        "ICSD ID": f"{1000.0 + position}" if has_cif else "",
        "note": "made up" if position == 1 else "",
    }


def _label(position: int) -> str:
    """Six decades of conductivities, a few upper limits among them."""
    if position % 12 == 5:
        return "<1E-8" if position == 5 else "<1E-10"
    return f"{1 + position % 9}e-{3 + (position * 5) % 7:02d}"


def _amounts(formula: str) -> dict[str, float]:
    """Read ``Li1.5P1.0S4.0``: elements, each with its amount."""
    return {element: float(amount) for element, amount in _AMOUNT.findall(formula)}
