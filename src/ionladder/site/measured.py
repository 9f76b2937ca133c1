"""What the programs in ``benchmarks/`` measured, shaped into the tables of the methods page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ionladder.repo import Layout
from ionladder.site.context import read_optional
from ionladder.site.tables import Cell
from ionladder.site.text import count

Record = Mapping[str, Any]

COVERAGE, SEPARATION = "coverage.json", "separation.json"
_TEST_SETS = {"obelix": "like OBELiX", "bvel-proto": "like BVEL-proto"}
_ERRORS = {
    "normal": "normal",
    "t3": "heavy tails",
    "lognormal": "lognormal",
    "censored": "heavy tails, insulators",
    "alike": "groups nearly alike",
    "independent": "independent rows",
}
_PERCENTILE = "percentile bootstrap"


def read_measured(layout: Layout, name: str) -> Record | None:
    """Results of one program, or None where the repository does not hold them.

    Raises:
        SiteError: The file is there and cannot be read.
    """
    found: Record | None = read_optional(layout, layout.benchmarks_results / name)
    return found


def coverage_tables(results: Record) -> list[dict[str, Any]]:
    """The tables of ``benchmarks/coverage.py``: how often intervals hold the truth."""
    tables, method = results["tables"], results["method"]
    sets = {item["test_set"]: item for item in results["test_sets"]}
    on_obelix = {
        name: [row for row in tables[name] if row["test_set"] == "obelix"]
        for name in ("mae", "rmse", "share")
    }
    others = [
        *({**row, "what": "RMSE"} for row in on_obelix["rmse"]),
        *({**row, "what": "share of entries"} for row in on_obelix["share"]),
        *(
            {**row, "what": f"paired difference, correlation {row['correlation']:g}"}
            for row in tables["pairs"]
        ),
    ]
    obelix = _rows_and_groups(sets["obelix"])
    return [
        _pivot(
            on_obelix["mae"],
            "coverage",
            f"MAE on {obelix}: coverage in %, below it the median width in decades.",
            "Interval",
            row_of=lambda row: row["method"],
            cell=_covered,
        ),
        _pivot(
            [row for row in tables["mae"] if row["method"] in {method, _PERCENTILE}],
            "coverage-sizes",
            "MAE on four test sets, by the interval used here and by the percentile bootstrap: "
            "coverage in %, below it the median width in decades.",
            "Test set and interval",
            row_of=lambda row: (
                f"{_set_title(sets[row['test_set']])}: "
                + ("used here" if row["method"] == method else _PERCENTILE)
            ),
            cell=_covered,
        ),
        _pivot(
            others,
            "coverage-others",
            f"Other scores on {obelix}: coverage in %, below it the median width.",
            "Interval of",
            row_of=lambda row: row["what"],
            cell=_covered,
        ),
        _pivot(
            tables["seeds"],
            "coverage-seeds",
            "MAE as the mean over seeds: coverage in % of the mean over all possible seeds, below "
            "it what the interval would cover if seeds did not enter.",
            "Seeds, and their standard deviation",
            row_of=lambda row: f"{_seeds(row)}, {_decades(row['seed_spread'])}",
            cell=_covered_with_and_without_seeds,
        ),
    ]


def separation_tables(results: Record) -> list[dict[str, Any]]:
    """The tables of ``benchmarks/separation.py``: how often models are told apart."""
    tables = results["tables"]
    worse = _decades(results["clearly_worse"])
    better = [
        _pivot(
            [row for row in tables["better"] if row["gap"] == gap],
            f"power-{gap:g}".replace(".", "-"),
            f"One model better by {_decades(gap)} than all others, which are equal: % of the "
            "others that it is separated from, below it how often from at least one and from "
            "every one.",
            "Models",
            row_of=_models,
            column_of=_errors_and_correlation,
            cell=_power,
        )
        for gap in sorted({row["gap"] for row in tables["better"]})
    ]
    return [
        _pivot(
            tables["equal"],
            "separation",
            "All models equal: % of boards on which any is separated, below it by pairwise "
            "percentile intervals.",
            "Models",
            row_of=_models,
            column_of=_errors_and_correlation,
            cell=partial(_separated, naive="pairwise"),
        ),
        _pivot(
            tables["equal_leaders"],
            "separation-leaders",
            f"Some equal leaders, the others worse by {worse}: % of boards on which an equal one "
            "is separated.",
            "Models",
            row_of=lambda row: f"{row['equal']} equal of {count(row['models'])}",
            column_of=_errors_and_correlation,
            cell=_separated,
        ),
        *better,
        _pivot(
            tables["seeds"],
            "separation-seeds",
            "Models equal on average over seeds: % of boards on which any is separated.",
            "Models",
            row_of=lambda row: f"{_models(row)}, seeds spread {row['seed_spread']:g}",
            column_of=_seeds,
            cell=_separated,
        ),
    ]


def _errors(row: Record) -> str:
    return str(_ERRORS.get(row["errors"], row["errors"]))


def _pivot(
    records: Sequence[Record],
    key: str,
    caption: str,
    corner: str,
    *,
    row_of: Callable[[Record], str],
    cell: Callable[[Sequence[Record]], Cell],
    column_of: Callable[[Record], str] = _errors,
) -> dict[str, Any]:
    """Records as rows and columns, both in the order in which they first occur.

    Returns:
        ``key`` (anchor), ``caption``, ``corner`` (head of the first column), ``columns`` and
        ``rows``: head of each with its cells, None where nothing was simulated.
    """
    places: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        places.setdefault((row_of(record), column_of(record)), []).append(record)
    columns = list(dict.fromkeys(column for _, column in places))
    return {
        "key": key,
        "caption": f"{caption} {_boards(records)}",
        "corner": corner,
        "columns": columns,
        "rows": [
            (title, [cell(places[title, c]) if (title, c) in places else None for c in columns])
            for title in dict.fromkeys(title for title, _ in places)
        ],
    }


def _covered(records: Sequence[Record]) -> Cell:
    (record,) = records
    return Cell(_percent(record["coverage"]), detail=f"{record['median_width']:.2f} wide")


def _covered_with_and_without_seeds(records: Sequence[Record]) -> Cell:
    found = {record["seeds_enter"]: _percent(record["coverage"]) for record in records}
    return Cell(found[True], detail=f"{found[False]} without")


def _separated(records: Sequence[Record], naive: str = "") -> Cell:
    (record,) = records
    detail = f"{_percent(record['separated_naively'])} {naive}" if naive else ""
    return Cell(_percent(record["separated"]), detail=detail)


def _power(records: Sequence[Record]) -> Cell:
    (record,) = records
    one, every = _percent(record["from_one"]), _percent(record["from_every"])
    return Cell(_percent(record["from_each"]), detail=f"one {one}, every {every}")


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f}"


def _models(row: Record) -> str:
    return f"{count(row['models'])} models"


def _seeds(row: Record) -> str:
    return f"{row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}"


def _decades(size: float) -> str:
    return f"{size:g} {'decade' if size == 1 else 'decades'}"


def _errors_and_correlation(row: Record) -> str:
    return f"{_errors(row)}, correlation {row['correlation']:g}"


def _rows_and_groups(test_set: Record) -> str:
    return f"{count(test_set['rows'])} rows in {count(test_set['groups'])} groups"


def _set_title(test_set: Record) -> str:
    like = _TEST_SETS.get(test_set["test_set"])
    title = f"{_rows_and_groups(test_set)}, largest {count(test_set['largest_group'])}"
    return f"{title} ({like})" if like else title


def _boards(records: Sequence[Record]) -> str:
    """How many simulated boards stand behind each number, and how exact that makes it."""
    numbers = sorted({record["boards"] for record in records})
    ends = " to ".join(dict.fromkeys([count(numbers[0]), count(numbers[-1])]))
    error = max(v for r in records for name, v in r.items() if name.endswith("standard_error"))
    return f"{ends} simulated boards each; standard error at most {100.0 * error:.1f}."
