"""What scoring one submission to `mplitrj` costs: 82,492 configurations of 100 atoms on average.

Truth and predictions are synthetic and of the real size (24.7 million force components); the truth
is written as ingest writes it, the predictions as the template says. Timed is what one submission
costs once the labels are there: both files read and checked, forces, energies and stress reduced,
every metric on every subset with its interval. Each measurement runs in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ionladder.config import ScoringSettings
from ionladder.data.labels import EvaluationLabels
from ionladder.data.litraj.tasks import FRAMES
from ionladder.data.registry import get_task
from ionladder.data.store import StreamedWriter
from ionladder.repo import sha256_file
from ionladder.score import PreparedLabels, align_checked, evaluate_aligned
from ionladder.score_frames import reader
from ionladder.submit.frames import FramePredictions, write_offset_predictions

TASK = get_task("mplitrj")
N, N_OFFSETS, BLOCK = 82_492, 2_000, 1024
N_MATERIALS = 900
LIMIT_CPU_S, LIMIT_MB = 1.5, 500.0
SEED = 20250221
SETTINGS = ScoringSettings(resamples=10_000, seed=SEED, confidence=0.95)


def main() -> None:
    """Write the files, score them; exit 1 over a limit."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, context.Pool(1, maxtasksperchild=1) as pool:
        root = Path(folder)
        n_components, size = pool.apply(write_files, (root,))
        print(f"{N:,} configurations, {n_components:,} force components")
        print(f"truth {size[0] / 1e6:.0f} MB, predictions {size[1] / 1e6:.0f} MB\n")
        print(f"{'':<34}{'CPU s':>8}{'peak MB':>9}")
        over = False
        for title, with_offsets in (("energies as given", False), ("offsets per element", True)):
            parts, peak = pool.apply(score, (root, with_offsets))
            for name, seconds in parts.items():
                print(
                    f"  {title}: {name:<{32 - len(title) - 2}}"[:34].ljust(34) + f"{seconds:>8.2f}"
                )
            total = sum(seconds for name, seconds in parts.items() if name != "labels")
            print(f"{title + ', one submission':<34}{total:>8.2f}{peak:>9.0f}")
            over |= total > LIMIT_CPU_S or peak > LIMIT_MB
    print(f"Limit: {LIMIT_CPU_S:g} CPU-seconds a submission, {LIMIT_MB:g} MB.")
    sys.exit(over)


def write_files(root: Path) -> tuple[int, tuple[int, int]]:
    """Truth, offset set, and a submission with and without offset predictions."""
    rng = np.random.default_rng(SEED)
    specs = {table.name: table for table in FRAMES}
    folder = root / "submission"
    folder.mkdir()
    total = 0
    with (
        StreamedWriter(root / "truth.parquet", specs["frames_test"], {}) as truth,
        FramePredictions(folder / "predictions.parquet", has_stress=True) as predictions,
    ):
        for begin in range(0, N, BLOCK):
            made = _block(rng, "test", begin, min(BLOCK, N - begin))
            truth.write(made)
            ids, forces = made["id"].to_pylist(), _split(made["forces_ev_per_ang"])
            total += sum(map(len, forces))
            noisy = [f + rng.normal(0.0, 0.05, len(f)) for f in forces]
            energy = made["energy_ev"].to_numpy() + rng.normal(0.0, 0.5, len(ids))
            stress = rng.normal(0.0, 0.01, (len(ids), 6))
            predictions.write(ids, energy, [f.reshape(-1, 3) for f in noisy], stress)
    with StreamedWriter(root / "offsets.parquet", specs["frames_offset"], {}) as writer:
        made = _block(rng, "train", 0, N_OFFSETS)
        writer.write(made)
    energy = made["energy_ev"].to_numpy() + 1.0
    write_offset_predictions(root / "offsets-submitted.parquet", made["id"].to_pylist(), energy)
    paths = (root / "truth.parquet", folder / "predictions.parquet")
    return total, (paths[0].stat().st_size, paths[1].stat().st_size)


def _block(rng: np.random.Generator, part: str, begin: int, n: int) -> Any:
    import pyarrow as pa

    lengths = rng.integers(60, 141, n)
    atoms = int(lengths.sum())
    kinds = np.array([3, 8, 15, 16, 26, 22, 40, 57, 17, 9], dtype=np.uint8)
    numbers = kinds[rng.integers(0, len(kinds), atoms)]

    def lists(values: np.ndarray, sizes: np.ndarray) -> Any:
        offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
        return pa.ListArray.from_arrays(offsets, pa.array(values))

    forces = rng.normal(0.0, 0.4, 3 * atoms).round(8).astype(np.float32)
    return pa.table(
        {
            "id": [f"{part}-{row:07d}" for row in range(begin, begin + n)],
            "numbers": lists(numbers, lengths),
            "cell_ang": lists(rng.uniform(5, 15, 9 * n), np.full(n, 9)),
            "positions_ang": lists(np.zeros(3 * atoms, dtype=np.float32), 3 * lengths),
            "energy_ev": rng.normal(-500.0, 50.0, n),
            "forces_ev_per_ang": lists(forces, 3 * lengths),
            "stress_ev_per_ang3": lists(rng.normal(0.0, 0.01, 6 * n), np.full(n, 6)),
        }
    )


def _split(column: Any) -> list[np.ndarray]:
    return [row.values.to_numpy() for row in column]


def score(root: Path, with_offsets: bool) -> tuple[dict[str, float], float]:
    """CPU-seconds of each step, and the peak memory of this process."""
    folder = root / "submission"
    beside = folder / "offset_predictions.parquet"
    beside.unlink(missing_ok=True)
    if with_offsets:
        beside.write_bytes((root / "offsets-submitted.parquet").read_bytes())
    clock = _Clock()
    labels = _labels(root)
    sha256_file(root / "truth.parquet")  # as `require_frames` does whenever labels are loaded
    read, prepared = reader(labels, TASK), PreparedLabels(labels.test, TASK, SETTINGS)
    clock.lap("labels")
    table, problems = read(folder, "submission")
    assert table is not None, problems
    clock.lap("both files")
    aligned = align_checked(prepared.id_array, table, TASK)
    evaluation = evaluate_aligned(prepared, aligned, TASK)
    clock.lap("metrics and intervals")
    assert evaluation.score("force_ev_per_ang", "all", "mae").value > 0
    return clock.laps, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


class _Clock:
    def __init__(self) -> None:
        self._start, self.laps = time.process_time(), dict[str, float]()

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.laps[name], self._start = now - self._start, now


def _labels(root: Path) -> EvaluationLabels:
    rng = np.random.default_rng(SEED)
    test = pd.DataFrame(
        {
            "id": [f"test-{row:07d}" for row in range(N)],
            "n_atoms": rng.integers(60, 141, N),
            "has_stress": True,
            "has_direction": True,
            "has_path_energy": True,
            "has_u_metal": rng.random(N) < 0.5,
            "component": np.sort(rng.integers(0, N_MATERIALS, N)),
            "path_id": [f"mp-{row // 300}_0_1_0_0_0" for row in range(N)],
        }
    )
    for target in TASK.targets:
        test[target.name] = target.ideal
    return EvaluationLabels(
        test=test,
        train=pd.DataFrame({"id": [f"train-{row:07d}" for row in range(1000)]}),
        replicates=test.iloc[:0],
        labels_sha256="",
        split_sha256="",
        folds=pd.DataFrame(columns=["scheme", "repeat", "fold", "id"]),
        truth=root / "truth.parquet",
        offsets=root / "offsets.parquet",
    )


if __name__ == "__main__":
    main()
