"""What reading LiTraj costs, on synthetic archives of the shape of the real ones.

``python benchmarks/litraj_ingest.py`` reads frames alone; ``--full`` also ingests an archive with
as many hops as nebBVSE122k. Exits 1 when a limit is passed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measure import measure_or_exit
from reports import ROOT, markdown

FEWEST_PER_CPU_S = 2_000
MOST_MB = 1_000
MOST_GROWTH = 1.5

# 122,421 hops of 11,290 materials, in upstream's parts.
HOPS = {"train": 96_849, "val": 12_405, "test": 13_167}
MATERIALS = {"train": 8_932, "val": 1_144, "test": 1_214}
HOP_ATOMS = 125
STEP_EV = 0.0009765625


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Frames of one kind.

    Attributes:
        name: As printed.
        n_atoms: Atoms a frame.
        has_forces: Whether every atom has a force, and the frame energy and stress.
    """

    name: str
    n_atoms: int
    has_forces: bool


SHAPES = (
    Shape(name="MPLiTrj: positions and forces", n_atoms=150, has_forces=True),
    Shape(name="BVEL13k: positions", n_atoms=45, has_forces=False),
)


def main() -> None:
    """Measure, print a table, and end with 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=12_000, help="frames of the larger file")
    parser.add_argument("--full", action="store_true", help="ingest nebBVSE122k's size too")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    rows, passed = [], []
    with tempfile.TemporaryDirectory() as folder:
        rows += [reading(shape, options.frames, Path(folder)) for shape in SHAPES]
        if options.full:
            rows.append(ingesting(Path(folder)))
    print(markdown(rows))
    for row in rows:
        if row["per CPU-s"] < FEWEST_PER_CPU_S:
            passed.append(
                f"{row['what']}: fewer than {FEWEST_PER_CPU_S} configurations a CPU-second"
            )
        if row["peak MB"] > MOST_MB:
            passed.append(f"{row['what']}: more than {MOST_MB} MB")
        if float(row["growth"] or 0) > MOST_GROWTH:
            passed.append(f"{row['what']}: cost grows faster than the number of configurations")
    if passed:
        sys.exit("\n".join(passed))


def reading(shape: Shape, frames: int, folder: Path) -> dict[str, object]:
    """Cost of reading one file; growth from a quarter of it."""
    costs = []
    for count in (frames // 4, frames):
        path = folder / "frames.zip"
        _write_zip(path, {"frames.xyz": _frames(shape, count)})
        costs.append((count, _cost("read", path)))
    (few, cheap), (many, dear) = costs
    per_frame = [cost[0] / count for count, cost in ((few, cheap), (many, dear))]
    return {
        "what": shape.name,
        "configurations": many,
        "CPU-s": round(dear[0], 2),
        "per CPU-s": round(1 / per_frame[1]),
        "peak MB": round(dear[1]),
        "growth": f"{per_frame[1] / per_frame[0]:.2f}",
    }


def ingesting(folder: Path) -> dict[str, object]:
    """Cost of the whole ingest of an archive with as many hops as nebBVSE122k."""
    raw = folder / "raw"
    raw.mkdir()
    parts = {f"nebBVSE122k_{part}.xyz": _hops(part) for part in HOPS}
    index = {"nebBVSE122k_index.csv": _index()}
    _write_zip(raw / "nebBVSE122k.zip", {f"nebBVSE122k/{n}": t for n, t in (parts | index).items()})
    cpu_s, peak_mb = _cost("build", raw)
    total = sum(HOPS.values())
    return {
        "what": "nebBVSE122k: whole ingest",
        "configurations": total,
        "CPU-s": round(cpu_s, 1),
        "per CPU-s": round(total / cpu_s),
        "peak MB": round(peak_mb),
        "growth": "",
    }


def child(what: str, path: str) -> None:
    """The measured part, in a process of its own; prints its CPU-seconds, imports left out."""
    import pandas  # noqa: F401, ICN001 - Arrow imports it when the first array is made
    import pyarrow.compute  # noqa: F401

    from ionladder.data.archives import ZipMembers
    from ionladder.data.litraj.xyz import iter_frames

    start = time.process_time()
    if what == "read":
        with ZipMembers(Path(path)) as archive, archive.open("frames.xyz") as stream:
            for _ in iter_frames(stream, where=path, wanted=("pos", "forces")):
                pass
    if what == "build":
        from ionladder.config import load_params
        from ionladder.data.nebbvse122k.ingest import build
        from ionladder.repo import Layout

        version = load_params(Layout(ROOT)).versions["nebbvse122k-1-0-0"]
        work = Path(path).with_name("work")
        work.mkdir()
        build(Path(path), version, work)
    print(time.process_time() - start)


def _cost(what: str, path: Path) -> tuple[float, float]:
    """CPU-seconds and peak memory of a child; the best of three runs for short ones."""
    command = [sys.executable, __file__, "--child", what, str(path)]
    runs = [measure_or_exit(command, folder=ROOT) for _ in range(1 if what == "build" else 3)]
    return min(float(run.output.split()[-1]) for run in runs), max(run.peak_rss_mb for run in runs)


def _frames(shape: Shape, count: int) -> Iterator[str]:
    rng = np.random.default_rng(1)
    bodies = [_body(rng, shape.n_atoms, has_forces=shape.has_forces) for _ in range(50)]
    columns = ":forces:R:3" if shape.has_forces else ""
    lattice = "10.1 0.0 0.0 0.2 11.3 0.0 0.0 0.4 12.9"
    for number in range(count):
        info = f"material_id=mp-{number} "
        if shape.has_forces:
            stress = " ".join(f"{v:.8f}" for v in rng.normal(0, 0.01, 9))
            info += f'energy={-900 - number / 7} stress="{stress}"'
        else:
            info += "E_1D=0.4785 E_2D=0.4785 E_3D=0.8008 E_3D_x_nsites=36.036"
        head = f'Lattice="{lattice}" Properties=species:S:1:pos:R:3{columns} {info} pbc="T T T"'
        yield f"{shape.n_atoms}\n{head}\n{bodies[number % len(bodies)]}"


def _hop_names(part: str) -> Iterator[tuple[str, str, float]]:
    """Material, edge and barrier of every hop of a part."""
    first = {"train": 1, "val": 100_000, "test": 200_000}[part]
    for number in range(HOPS[part]):
        material = f"mp-{first + number % MATERIALS[part]}"
        hop = number // MATERIALS[part]
        yield material, f"{material}_0_{hop + 1}_0_-1_0", round(number % 997 * STEP_EV, 4)


def _hops(part: str) -> Iterator[str]:
    rng = np.random.default_rng(2)
    bodies = [_body(rng, HOP_ATOMS, has_forces=False) for _ in range(50)]
    for number, (material, edge, em) in enumerate(_hop_names(part)):
        head = (
            'Lattice="10.1 0.0 0.0 0.2 11.3 0.0 0.0 0.4 12.9" Properties=species:S:1:pos:R:3 '
            f'material_id={material} edge_id={edge} em={em} em_x_nsites={em * 126:.4f} pbc="T T T"'
        )
        body = bodies[number % len(bodies)]
        yield f"{HOP_ATOMS + 1}\n{head}\n{body}X {1.0:16.8f} {2.0:16.8f} {3.0:16.8f}\n"


def _index() -> Iterator[str]:
    yield "material_id,edge_id,chemsys,_split,em\n"
    for part in HOPS:
        for material, edge, em in _hop_names(part):
            yield f"{material},{edge},Li-O-P,{part},{em}\n"


def _body(rng: np.random.Generator, n_atoms: int, *, has_forces: bool) -> str:
    symbols = [("Li", "P", "O", "O")[i % 4] for i in range(n_atoms)]
    numbers = rng.normal(0, 8, (n_atoms, 6 if has_forces else 3))
    lines = (
        f"{symbol:<2} " + " ".join(f"{value:16.8f}" for value in row)
        for symbol, row in zip(symbols, numbers, strict=True)
    )
    return "\n".join(lines) + "\n"


def _write_zip(path: Path, members: dict[str, Iterator[str]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, texts in members.items():
            with archive.open(name, "w", force_zip64=True) as stream:
                for text in texts:
                    stream.write(text.encode())


if __name__ == "__main__":
    try:
        main()
    except subprocess.SubprocessError as error:
        sys.exit(str(error))
