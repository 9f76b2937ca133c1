"""The layout of a repository on disk, as functions: nobody else joins these names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ionladder.core.errors import ConfigError
from ionladder.core.problems import Problem

ROOT_VARIABLE = "IONLADDER_ROOT"
PARAMS_FILE = "params.yaml"


@dataclass(frozen=True)
class Layout:
    """Where things live below the root of a leaderboard repository."""

    root: Path

    @property
    def params(self) -> Path:
        return self.root / PARAMS_FILE

    def version_dir(self, dataset: str, version: str) -> Path:
        return self.root / "data" / dataset / version

    def raw_dir(self, dataset: str, version: str) -> Path:
        return self.version_dir(dataset, version) / "raw"

    def table(self, dataset: str, version: str, name: str) -> Path:
        return self.version_dir(dataset, version) / f"{name}.parquet"

    def frames_dir(self, dataset: str, version: str) -> Path:
        """Tables of atomic configurations, too large to be loaded whole."""
        return self.version_dir(dataset, version) / "frames"

    def frames(self, dataset: str, version: str, name: str) -> Path:
        return self.frames_dir(dataset, version) / f"{name}.parquet"

    @property
    def pins(self) -> Path:
        """Versions that were fetched on demand: their bytes, and the tasks scored on them."""
        return self.root / "data" / "pins.json"

    def manifest(self, dataset: str, version: str) -> Path:
        return self.version_dir(dataset, version) / "manifest.json"

    def checksums(self, dataset: str, version: str) -> Path:
        return self.version_dir(dataset, version) / "SHA256SUMS"

    def submissions_dir(self, task: str) -> Path:
        return self.root / "submissions" / task

    def submission_dir(self, task: str, name: str) -> Path:
        return self.submissions_dir(task) / name

    @property
    def leaderboard_dir(self) -> Path:
        return self.root / "leaderboard"

    def leaderboard_json(self, task: str) -> Path:
        return self.leaderboard_dir / f"{task}.json"

    def leaderboard_csv(self, task: str) -> Path:
        return self.leaderboard_dir / f"{task}.csv"

    def analysis_json(self, task: str) -> Path:
        return self.leaderboard_dir / "analysis" / f"{task}.json"

    @property
    def history(self) -> Path:
        return self.leaderboard_dir / "history.jsonl"

    def receipts_dir(self, task: str) -> Path:
        return self.leaderboard_dir / "scores" / task

    def receipt(self, task: str, name: str) -> Path:
        return self.receipts_dir(task) / f"{name}.json"

    @property
    def benchmarks_results(self) -> Path:
        """Measured by the programs in ``benchmarks/``, shown on the methods page."""
        return self.root / "benchmarks" / "results"

    def training_curve(self, baseline: str) -> Path:
        """How a baseline's trainings went, epoch by epoch."""
        return self.benchmarks_results / "training_curves" / f"{baseline}.csv"

    @property
    def graphs_cache(self) -> Path:
        """Crystal graphs kept between trainings; git ignores them, and they can be made again."""
        return self.root / "build" / "graphs"

    @property
    def features_cache(self) -> Path:
        """Dear features of crystals, kept between trainings; git ignores them."""
        return self.root / "build" / "features"

    @property
    def docs_dir(self) -> Path:
        return self.root / "docs"

    @property
    def generated_docs_dir(self) -> Path:
        return self.docs_dir / "generated"

    def relative(self, path: Path) -> str:
        """Show a path as the reader would type it from the root; unchanged when outside."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return path.as_posix()


def find_layout(start: Path | None = None) -> Layout:
    """Find the repository this process works in.

    ``IONLADDER_ROOT`` names it; otherwise it is the nearest folder with a ``params.yaml`` at or
    above ``start`` (default: the current folder).

    Raises:
        ConfigError: No such folder.
    """
    named = os.environ.get(ROOT_VARIABLE)
    begin = Path(named) if named else (start or Path.cwd())
    candidates = [begin] if named else [begin, *begin.resolve().parents]
    for folder in candidates:
        if (folder / PARAMS_FILE).is_file():
            return Layout(folder.resolve())
    raise ConfigError(
        Problem(
            where=str(begin),
            expected=f"a leaderboard repository (a folder with {PARAMS_FILE}) here or above",
            found="none",
            next_step=f"Change into the cloned repository, or set {ROOT_VARIABLE} to its folder.",
        )
    )
