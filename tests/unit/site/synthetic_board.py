"""Boards that never were: a repository with as many submissions, as odd as a test wants them."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ionladder.board.model import to_csv
from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.specs import Reported

REPOSITORY = Path(__file__).resolve().parents[3]
TASK = get_task("obelix")
VERSION = "1.2.0"
THEME = "src/ionladder/site/theme"
SIZES = {"all": (121, 42), "cif": (67, 25), "no_cif": (54, 22), "uncensored": (113, 40)}
FLOORS = (
    ("replicate_median_deviation", 0.407753, 0.303, 0.524),
    ("replicate_pair_difference", 0.539106, 0.402, 0.694),
    ("replicate_leave_one_out", 0.730123, 0.535, 0.957),
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
CHECK_KEYS = ("predictions_sha256", "cv_predictions_sha256", "labels_sha256", "split_sha256")


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
    """Every kind of hostile text, in every field that a stranger may fill."""
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


def leaderboard(
    entries: list[Entry], reported: tuple[Reported, ...] | None = None
) -> dict[str, Any]:
    """The content of ``leaderboard/obelix.json``."""
    quoted = TASK.reported if reported is None else reported
    return {
        "task": TASK.name,
        "dataset": TASK.dataset,
        "dataset_version": VERSION,
        "scorer_version": "1",
        "primary": {
            "target": "log10_sigma",
            "metric": "mae",
            "subset": "all",
            "unit": "decades",
            "direction": "minimize",
        },
        "floors": [
            {"name": n, "value": v, "ci_low": a, "ci_high": b, "n_groups": 48, "n_entries": 122}
            for n, v, a, b in FLOORS
        ],
        "rows": [_row(entry) for entry in by_value(entries)]
        + [_reported_row(item) for item in quoted],
    }


def receipt(entry: Entry) -> dict[str, Any]:
    """The content of an entry's receipt."""
    return {
        "task": TASK.name,
        "submission": entry.name,
        "model": entry.model or entry.name,
        "dataset": TASK.dataset,
        "dataset_version": VERSION,
        "scorer_version": "1",
        "hashes": {key: f"{position}{'ab12' * 16}"[:64] for position, key in enumerate(CHECK_KEYS)},
        "n_expected": 121,
        "n_scored": 121,
        "n_seeds": entry.n_seeds,
        "intervals": {
            "method": "jackknife over groups, Student t",
            "confidence": 0.95,
            "group_column": "component",
        },
        "targets": {
            "log10_sigma": {
                subset: {
                    "n": n,
                    "n_groups": groups,
                    "df": 7.66,
                    "metrics": {use.name: _score(entry, use.name, subset) for use in TASK.metrics},
                }
                for subset, (n, groups) in SIZES.items()
            }
        },
        "cross_validation": None
        if entry.value is None
        else {
            "grouped_doi_comp": {
                "mae": 1.78,
                "mae_sd_over_repeats": 0.05,
                "n_repeats": 5,
                "n": 478,
            },
            "kfold_shuffled": {"mae": 1.0, "mae_sd_over_repeats": 0.02, "n_repeats": 5, "n": 478},
        },
    }


def make_repository(
    root: Path, entries: list[Entry], *, manifest: dict[str, Any] | None = None
) -> Layout:
    """A repository with this board, ready for ``ionladder site``; no data tables are in it."""
    layout = Layout(root)
    for name in ("params.yaml", "mkdocs.yml", "CONTRIBUTING.md", "SECURITY.md"):
        shutil.copyfile(REPOSITORY / name, root / name)
    shutil.copytree(REPOSITORY / THEME, root / THEME)
    layout.docs_dir.mkdir()
    for page in (REPOSITORY / "docs").glob("*.md"):
        shutil.copyfile(page, layout.docs_dir / page.name)
    shutil.copytree(REPOSITORY / "docs" / "assets", layout.docs_dir / "assets")
    write_board(layout, leaderboard(entries), entries, receipt, "id,log10_sigma\n7cr,-5.0\n")
    if manifest is not None:
        _dump(layout.manifest(TASK.dataset, VERSION), manifest)
    return layout


def write_board(
    layout: Layout,
    board: dict[str, Any],
    entries: list[Entry],
    receipt_of: Callable[[Entry], dict[str, Any]],
    predictions: str,
) -> None:
    """Write a board, and for each entry its receipt and its submission."""
    task = board["task"]
    _dump(layout.leaderboard_json(task), board)
    layout.leaderboard_csv(task).write_text(to_csv(board["rows"]), encoding="utf-8")
    for entry in entries:
        folder = layout.submission_dir(task, entry.name)
        folder.mkdir(parents=True)
        card = yaml.safe_dump(card_of(entry), allow_unicode=True)
        (folder / "submission.yaml").write_text(card, encoding="utf-8")
        (folder / "predictions.csv").write_text(predictions, encoding="utf-8")
        _dump(layout.receipt(task, entry.name), receipt_of(entry))


def by_value(entries: list[Entry]) -> list[Entry]:
    """Entries as a board lists them: best first, those without a number last."""
    return sorted(entries, key=lambda e: (math.inf if e.value is None else e.value, e.name))


def standing(entry: Entry) -> dict[str, Any]:
    """What a row says of who it is and where it stands; nothing where it is not ranked."""
    is_ranked = entry.kind == "verified" and entry.value is not None
    low, high = entry.ranks if is_ranked else (None, None)
    return {
        "kind": entry.kind,
        "submission": entry.name,
        "model": card_of(entry)["model"],
        "rank": low,
        "rank_low": low,
        "rank_high": high,
        "tie_group": entry.tie_group if is_ranked else None,
    }


def _row(entry: Entry) -> dict[str, Any]:
    subsets = {name: _flat(entry, name, n) for name, (n, _) in SIZES.items()}
    is_ranked = entry.kind == "verified" and entry.value is not None
    card = card_of(entry)
    row = {
        **standing(entry),
        "probability_best": 0.25 if is_ranked else None,
        "reducible_error_closed": None if entry.value is None else (2.16 - entry.value) / 1.75,
        "below_floor": None if entry.value is None else entry.value < FLOORS[0][1],
        "n_expected": 121,
        "n_scored": 121,
        "n_seeds": entry.n_seeds,
    }
    row |= {key: value for key, value in subsets["all"].items() if key != "n"}
    row |= {
        "cv_grouped_doi_comp_mae": None if entry.value is None else 1.78,
        "cv_kfold_shuffled_mae": None if entry.value is None else 1.0,
        "subsets": subsets,
        "card": {
            "inputs": card["inputs"],
            "training_data": str(card["training_data"]),
            "authors": [author["name"] for author in card["authors"]],
            **{
                key: card.get(key)
                for key in (
                    "code_url", "paper_doi", "licence", "parameters", "training_time_s",
                    "uses_external_data",
                )
            },
        },
        "reported": None,
    }  # fmt: skip
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
        "reported": {
            key: getattr(item, key)
            for key in (
                "source", "table", "as_printed", "cv", "cv_spread", "inputs", "trained_on",
                "verified_by", "verdict",
            )
        },
    }  # fmt: skip


def _flat(entry: Entry, subset: str, n: int) -> dict[str, Any]:
    flat: dict[str, Any] = {"n": n}
    for use in TASK.metrics:
        score = _score(entry, use.name, subset)
        flat[use.name] = score["value"]
        if use.name == "mae":
            flat |= {f"mae_{key}": score[key] for key in ("ci_low", "ci_high", "seed_sd")}
    return flat


def _score(entry: Entry, metric: str, subset: str) -> dict[str, float | None]:
    """A made-up score: larger where there is a CIF, an interval for the MAE only."""
    if entry.value is None:
        return dict.fromkeys(("value", "ci_low", "ci_high", "seed_sd", "seed_min", "seed_max"))
    shift = {"all": 0.0, "cif": 0.25, "no_cif": -0.25, "uncensored": -0.3}[subset]
    is_error = metric in {"mae", "mae_censored", "median_ae", "rmse"}
    value = entry.value + shift if is_error else max(0.95 - entry.value / 4 + shift / 10, -0.5)
    has_interval = metric == "mae"
    has_seeds = entry.n_seeds > 1
    return {
        "value": round(value, 6),
        "ci_low": round(value * 0.7, 6) if has_interval else None,
        "ci_high": round(value * 1.4, 6) if has_interval else None,
        "seed_sd": round(value * 0.03, 6) if has_seeds else None,
        "seed_min": round(value * 0.95, 6) if has_seeds else None,
        "seed_max": round(value * 1.05, 6) if has_seeds else None,
    }


def _dump(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
