"""Scoring a whole foreign leaderboard: a synthetic JARVIS-Leaderboard in its exact layout."""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import measure_or_exit

FILES, ROWS, BENCHMARKS = 1_756, 2_090_000, 280
# Form of the files → CPU-seconds, and memory of the larger in MB.
LIMITS = {"csv.zip": 7.0, "parquet": 1.6}
LIMIT_MB = 600
PARTIAL = 30
# Passes that check nothing: a mean over an inner join, by Arrow, and by polars where it is here.
READ = """
import io, json, sys, zipfile
from pathlib import Path
root, form = Path(sys.argv[1]), sys.argv[2]
truths = {path.name.split(".")[0]: path for path in root.rglob("benchmarks/**/*.*")}
files = sorted(root.rglob(f"contributions/*/*.{form}"), key=lambda path: path.name)
def names():
    return ((path, "_".join(path.name.split("-")[3:1:-1])) for path in files)
def pairs(name):
    test = json.loads(zipfile.ZipFile(truths[name]).read(truths[name].name[:-4]))["test"]
    return {"id": [*test], "label": [*map(float, test.values())]}
def text(path):
    return zipfile.ZipFile(path).read(path.name[:-4])
labels, n = {}, 0
"""
BARE = {
    "pyarrow": READ
    + """
import pyarrow as pa, pyarrow.compute as pc, pyarrow.csv as pc_csv, pyarrow.parquet as pq
for path, name in names():
    if form == "parquet":
        if name not in labels:
            labels[name] = pq.read_table(truths[name], use_threads=False)
        sent = pq.read_table(path, columns=["id", "prediction"], use_threads=False)
    else:
        if name not in labels:
            labels[name] = pa.table(pairs(name))
        sent = pc_csv.read_csv(pa.BufferReader(text(path)), convert_options=pc_csv.ConvertOptions(
            column_types={"id": pa.string()}, include_columns=["id", "prediction"]),
            read_options=pc_csv.ReadOptions(use_threads=False))
    both = labels[name].join(sent, "id", join_type="inner", use_threads=False)
    pc.mean(pc.abs(pc.subtract(both["label"], both["prediction"]))).as_py()
    n += len(both)
print(n)
""",
    "polars": READ
    + """
import polars as pl
for path, name in names():
    if form == "parquet":
        if name not in labels:
            labels[name] = pl.read_parquet(truths[name])
        sent = pl.read_parquet(path, columns=["id", "prediction"])
    else:
        if name not in labels:
            labels[name] = pl.DataFrame(pairs(name))
        sent = pl.read_csv(io.BytesIO(text(path)), columns=["id", "prediction"],
                           schema_overrides={"id": pl.String})
    both = labels[name].join(sent, on="id")
    (both["label"] - both["prediction"]).abs().mean()
    n += len(both)
print(n)
""",
}


def main() -> None:
    """Make the trees, score them, and pass over them without any check; exit 1 over a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="share of the files to make")
    arguments = parser.parse_args()
    program = shutil.which("ionladder") or sys.exit("ionladder is not on PATH.")
    over = False
    print(f"{'form':>8}{'who':>18}{'CPU s':>8}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for form, limit in LIMITS.items():
            root = Path(folder) / form.replace(".", "_")
            n_files = make_tree(root, form, arguments.share)
            commands = {
                f"bare {package} join": (sys.executable, "-c", text, str(root), form)
                for package, text in BARE.items()
                if find_spec(package)
            }
            commands["ionladder rescore"] = (program, "rescore", str(root), "--json")
            for who, command in commands.items():
                cost = measure_or_exit(command, folder=root, variables={"POLARS_MAX_THREADS": "1"})
                print(f"{form:>8}{who:>18}{cost.cpu_s:>8.2f}{cost.peak_rss_mb:>9.0f}")
            rows = json.loads(cost.output)
            refused = sum(row["value"] is None for row in rows)
            if len(rows) != n_files or refused != min(PARTIAL, n_files):
                sys.exit(f"{n_files} files went in, {len(rows)} rows came out, {refused} refused.")
            over |= arguments.share == 1.0 and (cost.cpu_s > limit or cost.peak_rss_mb > LIMIT_MB)
    print(f"Limits: {LIMITS} CPU-seconds and {LIMIT_MB} MB.")
    sys.exit(over)


def make_tree(root: Path, form: str, share: float) -> int:
    """Benchmarks of 10 to 27,000 entries, each with some contributions; 30 of them are partial."""
    draw, rng, n_files = random.Random(0), np.random.default_rng(0), round(FILES * share)
    sizes = np.clip(rng.lognormal(6.0, 1.6, BENCHMARKS), 10, 27_000)
    chosen = rng.integers(BENCHMARKS, size=n_files)
    sizes = (sizes * ROWS * share / sizes[chosen].sum()).astype(int) + 5
    labels = root / "jarvis_leaderboard/benchmarks/AI/SinglePropertyPrediction"
    labels.mkdir(parents=True)
    for number, size in enumerate(sizes):
        ids = [f"JVASP-{n}" for n in draw.sample(range(100_000), int(size))]
        truth, name = rng.normal(size=len(ids)), f"set{number}_gap"
        if form == "parquet":
            pq.write_table(pa.table({"id": ids, "label": truth}), labels / f"{name}.parquet")
        else:
            cells = [str(v) if number % 7 == 0 else v for v in truth.tolist()]
            content = json.dumps({"train": {}, "test": dict(zip(ids, cells, strict=True))})
            _zip(labels / f"{name}.json.zip", content)
        for file in np.flatnonzero(chosen == number):
            order = rng.permutation(len(ids))[int(file < PARTIAL) :]
            sent = pa.table({"id": np.array(ids)[order], "prediction": truth[order] + 0.1})
            folder = root / f"jarvis_leaderboard/contributions/model{file}"
            folder.mkdir(parents=True)
            path = folder / f"AI-SinglePropertyPrediction-gap-set{number}-test-mae.{form}"
            if form == "parquet":
                pq.write_table(sent, path)
            else:
                extra = int(file % 8 == 0)
                lines = [f"id,{'target,' * extra}prediction"]
                rows = zip(*sent.to_pydict().values(), strict=True)
                lines += [f"{i},{'0,' * extra}{value!r}" for i, value in rows]
                _zip(path, "\n".join(lines) + "\n")
    return n_files


def _zip(path: Path, content: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path.name.removesuffix(".zip"), content)
    path.write_bytes(packed.getvalue())


if __name__ == "__main__":
    main()
