"""What the programs in ``benchmarks/`` measured, shaped into the tables of the methods page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ionladder.repo import Layout
from ionladder.site.context import read_optional
from ionladder.site.tables import Cell
from ionladder.site.text import WORDS, count

Record = Mapping[str, Any]

COVERAGE, SEPARATION = "coverage.json", "separation.json"
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
    pairs = [{**row, "what": f"paired difference, {_correlation(row)}"} for row in tables["pairs"]]
    others = [
        *({**row, "what": "RMSE"} for row in _on_obelix(tables["rmse"])),
        *({**row, "what": "share of entries"} for row in _on_obelix(tables["share"])),
        *pairs,
    ]
    ours = [row for row in tables["mae"] if row["method"] in {method, _PERCENTILE}]

    def set_and_interval(row: Record) -> str:
        is_ours = row["method"] == method
        return f"{_set_title(sets[row['test_set']])}: {'used here' if is_ours else _PERCENTILE}"

    def seeds_and_spread(row: Record) -> str:
        return f"{_seeds(row)}, {_decades(row['seed_spread'])}"

    table = partial(_pivot, cell=_covered, obelix=_rows_and_groups(sets["obelix"]))
    return [
        table("coverage", _on_obelix(tables["mae"]), lambda row: row["method"]),
        table("coverage-sizes", ours, set_and_interval),
        table("coverage-others", others, lambda row: row["what"]),
        table("coverage-seeds", tables["seeds"], seeds_and_spread, cell=_covered_without_seeds),
    ]


def separation_tables(results: Record) -> list[dict[str, Any]]:
    """The tables of ``benchmarks/separation.py``: how often models are told apart."""
    tables = results["tables"]

    def equal_leaders(row: Record) -> str:
        return f"{row['equal']} equal of {count(row['models'])}"

    def models_and_spread(row: Record) -> str:
        return f"{_models(row)}, seeds spread {row['seed_spread']:g}"

    table = partial(_pivot, cell=_separated, column_of=_errors_and_correlation)
    better = [
        table(
            "power",
            [row for row in tables["better"] if row["gap"] == gap],
            _models,
            key=f"power-{gap:g}".replace(".", "-"),
            cell=_power,
            gap=_decades(gap),
        )
        for gap in sorted({row["gap"] for row in tables["better"]})
    ]
    worse = _decades(results["clearly_worse"])
    return [
        table("separation", tables["equal"], _models, cell=partial(_separated, naive="pairwise")),
        table("separation-leaders", tables["equal_leaders"], equal_leaders, worse=worse),
        *better,
        table("separation-seeds", tables["seeds"], models_and_spread, column_of=_seeds),
    ]


def _pivot(
    name: str,
    records: Sequence[Record],
    row_of: Callable[[Record], str],
    *,
    cell: Callable[[Sequence[Record]], Cell],
    column_of: Callable[[Record], str] | None = None,
    key: str = "",
    **said: str,
) -> dict[str, Any]:
    """Records as rows and columns, both in the order in which they first occur.

    Returns:
        ``key`` (anchor), ``caption``, ``corner`` (head of the first column), ``columns`` and
        ``rows``: head of each with its cells, None where nothing was simulated.
    """
    places: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        places.setdefault((row_of(record), (column_of or _errors)(record)), []).append(record)
    columns = list(dict.fromkeys(column for _, column in places))
    words = WORDS["measured"][name]
    return {
        "key": key or name,
        "caption": f"{words['caption'].format(**said)} {_boards(records)}",
        "corner": words["corner"],
        "columns": columns,
        "rows": [
            (title, [cell(places[title, c]) if (title, c) in places else None for c in columns])
            for title in dict.fromkeys(title for title, _ in places)
        ],
    }


def _covered(records: Sequence[Record]) -> Cell:
    (record,) = records
    return Cell(_percent(record["coverage"]), detail=f"{record['median_width']:.2f} wide")


def _covered_without_seeds(records: Sequence[Record]) -> Cell:
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


def _on_obelix(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["test_set"] == "obelix"]


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f}"


def _models(row: Record) -> str:
    return f"{count(row['models'])} models"


def _seeds(row: Record) -> str:
    return f"{row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}"


def _decades(size: float) -> str:
    return f"{size:g} {'decade' if size == 1 else 'decades'}"


def _errors(row: Record) -> str:
    return str(WORDS["errors"].get(row["errors"], row["errors"]))


def _correlation(row: Record) -> str:
    return f"correlation {row['correlation']:g}"


def _errors_and_correlation(row: Record) -> str:
    return f"{_errors(row)}, {_correlation(row)}"


def _rows_and_groups(test_set: Record) -> str:
    return f"{count(test_set['rows'])} rows in {count(test_set['groups'])} groups"


def _set_title(test_set: Record) -> str:
    like = WORDS["test_sets"].get(test_set["test_set"])
    title = f"{_rows_and_groups(test_set)}, largest {count(test_set['largest_group'])}"
    return f"{title} ({like})" if like else title


def _boards(records: Sequence[Record]) -> str:
    """How many simulated boards stand behind each number, and how exact that makes it."""
    numbers = sorted({record["boards"] for record in records})
    ends = " to ".join(dict.fromkeys([count(numbers[0]), count(numbers[-1])]))
    error = max(v for r in records for name, v in r.items() if name.endswith("standard_error"))
    return f"{ends} simulated boards each; standard error at most {100.0 * error:.1f}."
