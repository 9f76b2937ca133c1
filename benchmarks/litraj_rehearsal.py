"""A rehearsal of `ionladder fetch mplitrj-subsample-1-0-0 --pin` at full size, without upstream.

Makes an archive of 118,024 configurations of 150 atoms on average in upstream's layout, serves it
from 127.0.0.1, and runs the command as a user would, in a repository of its own: download, ingest,
every check, pin. Prints CPU-seconds, configurations per CPU-second and peak memory of the command,
and exits 1 where they miss the limits. The configurations repeat a few hundred different ones, so
that the archive is made in a minute; nothing in the ingest is faster for that but a cache of
formulas.

    python benchmarks/litraj_rehearsal.py [--share 0.1] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

STEM, KEY = "MPLiTrj_subsample", "mplitrj-subsample-1-0-0"
COUNTS = {"train": 94_044, "val": 12_249, "test": 11_731}
N_DIFFERENT = 331
LEAST_PER_CPU_S, LIMIT_MB = 2000.0, 1000.0
SEED = 20250221


def main() -> None:
    """Make, serve, fetch; exit 1 over a limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="part of the full size")
    parser.add_argument("--keep", type=Path, help="folder for the repository; not removed")
    options = parser.parse_args()
    counts = {part: max(int(n * options.share), 1) for part, n in COUNTS.items()}
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder)
        archive = root / "upstream" / "mplitrj_subsample" / "litraj" / f"{STEM}.zip"
        archive.parent.mkdir(parents=True, exist_ok=True)
        n_atoms = write_archive(archive, counts)
        write_params(root, counts)
        size = archive.stat().st_size / 1e6
        print(f"{sum(counts.values()):,} configurations, {n_atoms:.0f} atoms each, {size:.0f} MB")
        cpu_s, peak_mb = fetch(root)
    per_s = sum(counts.values()) / cpu_s
    print(
        f"fetch --pin: {cpu_s:.1f} CPU-seconds, {per_s:,.0f} configurations each, {peak_mb:.0f} MB"
    )
    print(f"Limits: {LEAST_PER_CPU_S:,.0f} configurations a CPU-second, {LIMIT_MB:g} MB.")
    sys.exit(per_s < LEAST_PER_CPU_S or peak_mb > LIMIT_MB)


def frames() -> tuple[list[bytes], float]:
    """A few hundred different frames as text, and their mean number of atoms."""
    rng = np.random.default_rng(SEED)
    symbols = np.array(["Li", "O ", "P ", "S ", "Fe", "Zr", "La", "Cl"])
    texts, total = [], 0
    for number in range(N_DIFFERENT):
        n = int(rng.integers(100, 201))
        total += n
        side = rng.normal(0.0, 0.01, (3, 3))
        stress = " ".join(map(repr, (side + side.T).ravel().tolist()))
        lattice = " ".join(map(repr, np.diag(rng.uniform(8, 16, 3)).ravel().tolist()))
        lines = [
            str(n),
            (
                f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:forces:R:3 '
                f"material_id=mp-{number // 8} energy={-6.2 * n + rng.normal()!r} "
                f'stress="{stress}" pbc="T T T"'
            ),
        ]
        values = np.hstack([rng.uniform(0, 12, (n, 3)), rng.normal(0, 0.4, (n, 3))])
        for symbol, row in zip(rng.choice(symbols, n), values.tolist(), strict=True):
            lines.append(f"{symbol}" + "".join(f" {value:16.8f}" for value in row))
        texts.append(("\n".join(lines) + "\n").encode())
    return texts, total / N_DIFFERENT


def write_archive(path: Path, counts: dict[str, int]) -> float:
    """The archive; each different frame is deflated once, and its bytes are written again."""
    texts, n_atoms = frames()
    packed = [_deflated(text) for text in texts]
    end = zlib.compressobj(wbits=-15).flush()
    directory: list[bytes] = []
    with path.open("wb") as file:
        for part, count in counts.items():
            name = f"{STEM}/{STEM}_{part}.xyz".encode()
            places = [place % N_DIFFERENT for place in range(count)]
            crc = 0
            for place in places:
                crc = zlib.crc32(texts[place], crc)
            sizes = (
                sum(len(packed[p]) for p in places) + len(end),
                sum(len(texts[p]) for p in places),
            )
            # Version, flags, method (deflated), time, date, CRC, sizes, lengths of name and extra.
            head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, crc, *sizes, len(name), 0)
            begin = file.tell()
            file.write(b"PK\3\4" + head + name)
            for place in places:
                file.write(packed[place])
            file.write(end)
            rest = struct.pack("<HHHII", 0, 0, 0, 0, begin)
            directory.append(b"PK\1\2" + struct.pack("<H", 20) + head + rest + name)
        begin = file.tell()
        listed = b"".join(directory)
        n = len(directory)
        file.write(listed)
        file.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, n, n, len(listed), begin, 0))
    return n_atoms


def _deflated(text: bytes) -> bytes:
    """Deflated so that more may follow, and that nothing refers to what came before."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


def write_params(root: Path, counts: dict[str, int]) -> None:
    """A repository that pins nothing yet."""
    version = {
        "dataset": "mplitrj_subsample",
        "version": "1.0.0",
        "tag": "litraj",
        "base_url": "https://example.org/litraj",
        "files": [f"{STEM}.zip"],
        "download_bytes": 492_000_000,
        "ingested_bytes": 600_000_000,
        "expected": counts,
        "folds": {"n_folds": 5, "n_repeats": 1, "seed": SEED},
        "tasks": ["mplitrj-subsample"],
    }
    params = {
        "scoring": {"resamples": 500, "seed": SEED, "confidence": 0.95},
        "tasks": {},
        "datasets": {},
        "on_demand": {KEY: version},
    }
    (root / "params.yaml").write_text(json.dumps(params), encoding="utf-8")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def fetch(root: Path) -> tuple[float, float]:
    """CPU-seconds and peak memory of the command, while this process serves the archive."""
    handler = functools.partial(_Quiet, directory=str(root / "upstream"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    command = [sys.executable, "-m", "ionladder.cli.main", "fetch", KEY, "--pin"]
    settings = {"IONLADDER_MIRROR": address, "IONLADDER_ROOT": str(root)}
    child = subprocess.Popen(command, cwd=root, env={**os.environ, **settings})
    _, status, used = os.wait4(child.pid, 0)
    server.shutdown()
    if status:
        sys.exit("The command failed.")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


if __name__ == "__main__":
    main()
