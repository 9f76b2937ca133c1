"""Boards that never were: a repository with as many submissions, as odd as a test wants them."""

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ionladder.board.history import Record, append_records, new_records
from ionladder.board.model import to_csv
from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.specs import MEAN_OF_TARGETS, Reported, Task
from unit.board.records import FIRST

REPOSITORY = Path(__file__).resolve().parents[3]
TASK, BARRIERS, CIF = (get_task(name) for name in ("obelix", "bvel-proto", "obelix-cif"))
TARGETS = [target.name for target in BARRIERS.targets]
VERSIONS = {"obelix": "1.2.0", "bvel_proto": "1.0.0"}
MANIFEST = REPOSITORY / "data" / "bvel_proto" / "1.0.0" / "manifest.json"
THEME = "src/ionladder/site/theme"
SIZES = {"all": (121, 42), "cif": (67, 25), "no_cif": (54, 22), "uncensored": (113, 40)}
SHIFTS = {"cif": 0.25, "no_cif": -0.25, "uncensored": -0.3}
SHIFTS |= dict(zip(TARGETS, (-0.2, -0.05, 0.25), strict=True))
FOLDS = {
    "obelix": {"grouped_doi_comp": 1.78, "kfold_shuffled": 1.0},
    "bvel_proto": {"random": 0.3, "chemsys": 0.42, "prototype": 0.8},
}
FLOORS = {
    "obelix": (
        ("replicate_median_deviation", 0.407753, 0.303, 0.524),
        ("replicate_pair_difference", 0.539106, 0.402, 0.694),
        ("replicate_leave_one_out", 0.730123, 0.535, 0.957),
        ("achievable_error_primary", 1.061, 0.455, 2.474),
    ),
    "bvel_proto": (
        ("replicate_median_deviation", 0.031, 0.02, 0.043),
        ("replicate_pair_difference", 0.05, 0.03, 0.07),
    ),
}
COUNTED, REPEATS = {"n_expected": 121, "n_scored": 121}, {"n_repeats": 5, "n": 478}
INTERVALS = {"method": "jackknife over groups", "confidence": 0.95, "group_column": "component"}
ERRORS = {"mae", "mae_capped", "mae_censored", "mae_clipped", "mae_log1p", "median_ae", "rmse"}
CHECK_KEYS = ("predictions_sha256", "cv_predictions_sha256", "labels_sha256", "split_sha256")
STATED = ("code_url", "paper_doi", "licence", "parameters", "training_time_s", "uses_external_data")
QUOTED = (
    *("source", "table", "as_printed", "cv", "cv_spread", "inputs", "trained_on"),
    *("verified_by", "verdict"),
)
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "markdown link": "[x](javascript:alert(1))",
    "pipes and backticks": "a | b || `c` ``d``",
    "template": "{{ site }} {% include 'x' %} {# y #}",
    "heading": "# heading\n\n---\n\n- item",
    "right to left": "\u202eevil\u202c نموذج \u2066x",
    "entities": "&lt;b&gt; &#60;",
    "attribute": "{: onclick=alert(1) } ::: !!! note",
    "long": "very-long-name-" * 12,
    "unbroken": "W" * 190,
    "control": "a\x00b\x07c\ud800",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One submission of a synthetic board; ``value`` None makes every number null."""

    name: str
    value: float | None = 1.5
    model: str = ""
    kind: str = "verified"
    n_seeds: int = 1
    tie_group: int | None = 1
    ranks: tuple[int, int] = (1, 2)
    card: dict[str, Any] = field(default_factory=dict)


def typical() -> list[Entry]:
    """A board like the first real one."""
    stated = {
        "hyperparameters": {"n_estimators": 350, "max_depth": None, "note": "x"},
        "training_time_s": 95.0,
        "parameters": 12345,
        "code_url": "https://example.org/code",
        "paper_doi": "10.1039/d5dd00441a",
        "uses_external_data": False,
        "notes": "First paragraph.\n\nSecond paragraph.",
    }
    reference = {"kind": "reference", "tie_group": None}
    return [
        Entry(name="hgb-l1", value=1.496, model="Gradient boosting, L1", ranks=(1, 3), card=stated),
        Entry(name="rf-paper", value=1.586, model="Random forest", n_seeds=20, ranks=(1, 3)),
        Entry(name="rf-paper-cif", value=1.693, model="Random forest, CIF only", ranks=(1, 4)),
        Entry(name="space-group-median", value=1.982, model="Space-group median", **reference),
        Entry(name="nearest-composition", value=2.042, model="Nearest composition", **reference),
        Entry(name="train-median", value=2.162563, model="Train median", **reference),
        Entry(name="mlp-paper", value=2.253, model="MLP", n_seeds=20, tie_group=2, ranks=(3, 5)),
        Entry(name="train-mean", value=2.31, model="Train mean", **reference),
        Entry(name="mlp-paper-cif", value=3.284, model="MLP, CIF only", tie_group=3, ranks=(5, 5)),
    ]


def hostile() -> list[Entry]:
    """Every kind of hostile text, in every field that a contributor may fill."""
    entries = []
    for position, text in enumerate(HOSTILE.values()):
        line = text.replace("\n", " ").replace("\ud800", "").replace("\x00", "").replace("\x07", "")
        entries.append(
            Entry(
                name=f"hostile-{position}",
                value=1.0 + position / 10,
                model=line[:200],
                card={
                    "description": f"{line}\n\n{line}",
                    "authors": [{"name": line[:200], "affiliation": line[:200]}],
                    "training_data": line[:200],
                    "licence": line[:200],
                    "hardware": line[:200],
                    "notes": line,
                    "hyperparameters": {line: line},
                },
            )
        )
    return entries


def card_of(entry: Entry) -> dict[str, Any]:
    """The content of an entry's ``submission.yaml``."""
    return {
        "model": entry.model or entry.name,
        "description": "A model made up for a test.",
        "authors": [{"name": "Ada Example"}],
        "training_data": ["obelix"],
        "inputs": "both",
        "licence": "MIT",
        **entry.card,
    }


def barriers() -> list[Entry]:
    """Submissions that look like a first board of barriers."""
    forest, boosting = "Random forest, site features", "Gradient boosting, bond valence"
    family, median = "Family median", "Train median"
    return [
        Entry(name="rf-sites", value=0.42, model=forest, n_seeds=5),
        Entry(name="hgb-bonds", value=0.45, model=boosting, ranks=(1, 3)),
        Entry(name="family-median", value=0.63, model=family, tie_group=2, ranks=(3, 3)),
        Entry(name="train-median", value=0.81, model=median, kind="reference", tie_group=None),
    ]


def networks() -> list[Entry]:
    """The rows of the experiment on entries with a CIF that are scored from the beginning."""
    values = {"rf-paper-cif": 1.883, "bvse-rf": 1.860, "chgnet-features": 2.594, "cgcnn": 3.819}
    values |= {"schnet-weighted": 2.675, "cgcnn-weighted": 2.753, "painn": 3.032, "schnet": 3.243}
    card = {"training_time_s": 11.0, "parameters": 77505}
    found = [
        Entry(name=name, value=value, model=f"Model {name}", n_seeds=3, card=card)
        for name, value in values.items()
    ]
    return [*found, Entry(name="train-median", value=2.815, kind="reference", tie_group=None)]


def leaderboard(entries: Sequence[Entry], task: Task = TASK) -> dict[str, Any]:
    """The content of ``leaderboard/<task>.json``."""
    by_value = sorted(entries, key=lambda e: (math.inf if e.value is None else e.value, e.name))
    return {
        **_rules(task),
        "primary": {
            **{key: getattr(task.primary, key) for key in ("target", "metric", "subset")},
            "unit": task.targets[0].error_unit,
            "direction": "minimize",
        },
        "floors": [
            {"name": n, "value": v, "ci_low": a, "ci_high": b, "n_groups": 48, "n_entries": 122}
            for n, v, a, b in FLOORS[task.dataset]
        ],
        "rows": [_row(entry, task) for entry in by_value]
        + [_reported_row(item) for item in task.reported],
    }


def receipt(entry: Entry, task: Task = TASK) -> dict[str, Any]:
    """The content of an entry's receipt."""
    primary = task.primary
    names = [MEAN_OF_TARGETS, *TARGETS] if primary.target == MEAN_OF_TARGETS else [primary.target]
    folds = {
        scheme: {primary.metric: value, f"{primary.metric}_sd_over_repeats": 0.02, **REPEATS}
        for scheme, value in FOLDS[task.dataset].items()
    }
    return {
        **_rules(task),
        "submission": entry.name,
        "model": entry.model or entry.name,
        "hashes": {key: f"{position}{'ab12' * 16}"[:64] for position, key in enumerate(CHECK_KEYS)},
        **COUNTED,
        "n_seeds": entry.n_seeds,
        "intervals": INTERVALS,
        "targets": {
            target: {
                subset.name: _part(entry, task, target, subset.name) for subset in task.subsets
            }
            for target in names
        },
        "cross_validation": None if entry.value is None else folds,
    }


def make_repository(root: Path, entries: Sequence[Entry]) -> Layout:
    """A repository with a board of OBELiX, ready for ``ionladder site``; it has no data tables."""
    layout = Layout(root)
    for name in ("params.yaml", "mkdocs.yml", "CONTRIBUTING.md", "SECURITY.md"):
        shutil.copyfile(REPOSITORY / name, root / name)
    shutil.copytree(REPOSITORY / THEME, root / THEME)
    layout.docs_dir.mkdir()
    for page in (REPOSITORY / "docs").glob("*.md"):
        shutil.copyfile(page, layout.docs_dir / page.name)
    shutil.copytree(REPOSITORY / "docs" / "assets", layout.docs_dir / "assets")
    return add_board(layout, entries, TASK)


def add_board(layout: Layout, entries: Sequence[Entry], task: Task = BARRIERS) -> Layout:
    """Add a board, and for each entry its receipt and its submission."""
    board = leaderboard(entries, task)
    _dump(layout.leaderboard_json(task.name), board)
    layout.leaderboard_csv(task.name).write_text(to_csv(board["rows"]), encoding="utf-8")
    for entry in entries:
        folder = layout.submission_dir(task.name, entry.name)
        folder.mkdir(parents=True)
        card = yaml.safe_dump(card_of(entry), allow_unicode=True)
        (folder / "submission.yaml").write_text(card, encoding="utf-8")
        head = ",".join(target.name for target in task.targets)
        (folder / "predictions.csv").write_text(f"id,{head}\n", encoding="utf-8")
        _dump(layout.receipt(task.name, entry.name), receipt(entry, task))
    return layout


def add_analysis(layout: Layout, task: str, **parts: object) -> Layout:
    """Write the analysis of a board."""
    _dump(layout.analysis_json(task), {"task": task, **parts})
    return layout


def pair_table(pairs: Mapping[tuple[str, str], Sequence[float | None]]) -> dict[str, Any]:
    """Pairs as an analysis stores them: difference, the ends of its interval, p of the verdict."""
    columns = ["submission", "other", "difference", "ci_low", "ci_high", "p_adjusted"]
    return {"columns": columns, "rows": [[*pair, *ends, 0.5][:6] for pair, ends in pairs.items()]}


def embedded_labels() -> pd.DataFrame:
    """Labels of the test entries of the barriers' embedded data."""
    splits = pd.read_parquet(MANIFEST.with_name("splits.parquet"))
    test = splits[(splits["split_name"] == BARRIERS.split) & (splits["subset"] == "test")][["id"]]
    return test.merge(pd.read_parquet(MANIFEST.with_name("labels.parquet")), on="id")[
        ["id", *TARGETS]
    ]


def add_data(layout: Layout) -> Layout:
    """Add the board of barriers with its real labels, and predictions of them.

    The first submission is right; each following one is off by a tenth of an eV more.
    """
    add_board(layout, barriers())
    shutil.copytree(MANIFEST.parent, layout.version_dir("bvel_proto", "1.0.0"))
    labels = embedded_labels()
    for place, entry in enumerate(barriers()):
        rows = labels.assign(**{t: labels[t].fillna(9.0) + place / 10 for t in TARGETS})
        folder = layout.submission_dir(BARRIERS.name, entry.name)
        rows.to_csv(folder / "predictions.csv", index=False)
    return layout


def add_history(
    layout: Layout, *boards: Sequence[Entry], version: str = VERSIONS["obelix"]
) -> list[Record]:
    """Publish boards one after the other, each on a dataset version of its own."""
    history: list[Record] = []
    for n, entries in enumerate(boards):
        now = {entry.name: _record(entry, f"{version}.{n}" if n else version) for entry in entries}
        history += new_records(history, now, task=TASK.name, commit=f"{n:040x}")
    append_records(layout, history)
    return history


def add_hostile_history(layout: Layout, entries: Sequence[Entry]) -> None:
    """Three publications of a board, with every hostile text wherever a file may hold text."""
    shifted = [replace(e, value=None if e.value is None else e.value + 0.1) for e in entries]
    gone = [Entry(name=text.encode("utf-8", "replace").decode()) for text in HOSTILE.values()]
    hostile = " ".join(entry.name for entry in gone)
    add_history(layout, [*entries, *gone], [*shifted, *gone], shifted[:-1], version=hostile)


def _rules(task: Task) -> dict[str, Any]:
    version = VERSIONS[task.dataset]
    rules = {"dataset": task.dataset, "dataset_version": version, "scorer_version": "1"}
    return {"task": task.name, **rules}


def _standing(entry: Entry) -> dict[str, Any]:
    is_ranked = entry.kind == "verified" and entry.value is not None
    low, high = entry.ranks if is_ranked else (None, None)
    group = entry.tie_group if is_ranked else None
    return {"rank": low, "rank_low": low, "rank_high": high, "tie_group": group}


def _row(entry: Entry, task: Task) -> dict[str, Any]:
    value, card, primary = entry.value, card_of(entry), task.primary
    flat = {subset.name: _flat(entry, task, primary.target, subset.name) for subset in task.subsets}
    row = {
        "kind": entry.kind,
        "submission": entry.name,
        "model": card["model"],
        **_standing(entry),
        "probability_best": 0.25 if _standing(entry)["tie_group"] == 1 else None,
        "reducible_error_closed": None if value is None else (2.16 - value) / 1.75,
        "below_floor": None if value is None else value < FLOORS[task.dataset][0][1],
        **COUNTED,
        "n_seeds": entry.n_seeds,
        "subsets": flat,
        "card": {
            "inputs": card["inputs"],
            "training_data": str(card["training_data"]),
            "authors": [author["name"] for author in card["authors"]],
            **{key: card.get(key) for key in STATED},
        },
        "reported": None,
    }
    row |= {key: number for key, number in flat["all"].items() if key != "n"}
    for scheme, error in FOLDS[task.dataset].items():
        row[f"cv_{scheme}_{primary.metric}"] = None if value is None else error
    if primary.target == MEAN_OF_TARGETS:
        row["targets"] = {target: _flat(entry, task, target, "all") for target in TARGETS}
    return row


def _reported_row(item: Reported) -> dict[str, Any]:
    return {
        "kind": "reported",
        "submission": None,
        "model": item.model,
        "rank": None,
        "mae": item.test.get("all"),
        "subsets": {name: {"mae": value} for name, value in item.test.items()},
        "card": None,
        "reported": {key: getattr(item, key) for key in QUOTED},
    }


def _part(entry: Entry, task: Task, target: str, subset: str) -> dict[str, Any]:
    n, n_groups = SIZES.get(subset, SIZES["all"])
    scores = {use.name: _score(entry, use.name, target, subset) for use in task.metrics}
    return {"n": n, "n_groups": n_groups, "df": 7.66, "metrics": scores}


def _flat(entry: Entry, task: Task, target: str, subset: str) -> dict[str, Any]:
    part, metric = _part(entry, task, target, subset), task.primary.metric
    flat = {"n": part["n"]} | {name: score["value"] for name, score in part["metrics"].items()}
    ends = {key: part["metrics"][metric][key] for key in ("ci_low", "ci_high", "seed_sd")}
    return flat | {f"{metric}_{key}": value for key, value in ends.items()}


def _score(entry: Entry, metric: str, target: str, subset: str) -> dict[str, float | None]:
    """A made-up score: larger with a CIF or a third dimension, errors with an interval."""
    keys = ("value", "ci_low", "ci_high", "seed_sd", "seed_min", "seed_max")
    if entry.value is None:
        return dict.fromkeys(keys)
    shift, is_error = SHIFTS.get(target, 0.0) + SHIFTS.get(subset, 0.0), metric in ERRORS
    value = entry.value + shift if is_error else max(0.95 - entry.value / 4 + shift / 10, -0.5)
    factors = (1.0, *((0.7, 1.4) if is_error else (None, None)))
    factors += (0.03, 0.95, 1.05) if entry.n_seeds > 1 else (None, None, None)
    numbers = [None if factor is None else round(value * factor, 6) for factor in factors]
    return dict(zip(keys, numbers, strict=True))


def _record(entry: Entry, version: str) -> Record:
    value = entry.value
    return FIRST._replace(
        task=TASK.name,
        submission=entry.name,
        dataset_version=version,
        labels_sha256=version.encode().hex()[:64],
        value=value,
        ci_low=None if value is None else round(value * 0.7, 6),
        ci_high=None if value is None else round(value * 1.4, 6),
        kind=entry.kind,
        **_standing(entry),
    )


def _dump(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
