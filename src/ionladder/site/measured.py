"""What the programs in ``benchmarks/`` measured, shaped into the tables of the methods page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ionladder.core.paths import Layout
from ionladder.site.context import read_optional
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


@dataclass(frozen=True, kw_only=True)
class MeasuredCell:
    """A percentage, and what stands below it in small."""

    text: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasuredTable:
    """A table of percentages.

    Attributes:
        key: Anchor.
        caption: What the cells say.
        corner: Head of the first column.
        columns: Heads of the others.
        rows: Head of each row with its cells; a cell of None was not simulated.
    """

    key: str
    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MeasuredCell | None, ...]], ...]


def read_measured(layout: Layout, name: str) -> Record | None:
    """Results of one program, or None where the repository does not hold them.

    Raises:
        SiteError: The file is there and cannot be read.
    """
    found: Record | None = read_optional(layout, layout.benchmarks_results / name)
    return found


def coverage_tables(results: Record) -> list[MeasuredTable]:
    """The tables of ``benchmarks/coverage.py``."""
    tables = results["tables"]
    sets = {item["test_set"]: item for item in results["test_sets"]}
    obelix = [row for row in tables["mae"] if row["test_set"] == "obelix"]
    ours = [row for row in tables["mae"] if row["method"] in {results["method"], _PERCENTILE}]
    others = [
        *({**row, "what": "RMSE"} for row in tables["rmse"] if row["test_set"] == "obelix"),
        *({**row, "what": "share of entries"} for row in tables["share"] if _is_obelix(row)),
        *(
            {**row, "what": f"paired difference, correlation {row['correlation']:g}"}
            for row in tables["pairs"]
        ),
    ]
    return [
        _pivot(
            obelix,
            key="coverage",
            caption=f"MAE on {_rows_and_groups(sets['obelix'])}: coverage in %, below it the "
            f"median width in decades. {_boards(obelix)}",
            corner="Interval",
            row_of=lambda row: row["method"],
            cell=_covered,
        ),
        _pivot(
            ours,
            key="coverage-sizes",
            caption="MAE on four test sets, by the interval used here and by the percentile "
            f"bootstrap: coverage in %, below it the median width in decades. {_boards(ours)}",
            corner="Test set and interval",
            row_of=lambda row: (
                f"{_set_title(sets[row['test_set']])}: "
                + ("used here" if row["method"] == results["method"] else _PERCENTILE)
            ),
            cell=_covered,
        ),
        _pivot(
            others,
            key="coverage-others",
            caption=f"Other scores on {_rows_and_groups(sets['obelix'])}: coverage in %, below it "
            f"the median width. {_boards(others)}",
            corner="Interval of",
            row_of=lambda row: row["what"],
            cell=_covered,
        ),
        _pivot(
            tables["seeds"],
            key="coverage-seeds",
            caption="MAE as the mean over seeds: coverage in % of the mean over all possible "
            "seeds, below it what the interval would cover if seeds did not enter. "
            f"{_boards(tables['seeds'])}",
            corner="Seeds, and their standard deviation",
            row_of=lambda row: f"{_seeds(row)}, {_decades(row['seed_spread'])}",
            cell=_covered_with_and_without_seeds,
        ),
    ]


def separation_tables(results: Record) -> list[MeasuredTable]:
    """The tables of ``benchmarks/separation.py``."""
    tables = results["tables"]
    worse = _decades(results["clearly_worse"])
    better = []
    for gap in sorted({row["gap"] for row in tables["better"]}):
        rows = [row for row in tables["better"] if row["gap"] == gap]
        better.append(
            _pivot(
                rows,
                key=f"power-{gap:g}".replace(".", "-"),
                caption=f"One model better by {_decades(gap)} than all others, which are equal: "
                "% of the others that it is separated from, below it how often from at least one "
                f"and from every one. {_boards(rows)}",
                corner="Models",
                row_of=_models,
                column_of=_errors_and_correlation,
                cell=_power,
            )
        )
    return [
        _pivot(
            tables["equal"],
            key="separation",
            caption="All models equal: % of boards on which any is separated, below it by "
            f"pairwise percentile intervals. {_boards(tables['equal'])}",
            corner="Models",
            row_of=_models,
            column_of=_errors_and_correlation,
            cell=lambda rows: _separated(rows, "pairwise"),
        ),
        _pivot(
            tables["equal_leaders"],
            key="separation-leaders",
            caption=f"Some equal leaders, the others worse by {worse}: % of boards on which an "
            f"equal one is separated. {_boards(tables['equal_leaders'])}",
            corner="Models",
            row_of=lambda row: f"{row['equal']} equal of {count(row['models'])}",
            column_of=_errors_and_correlation,
            cell=_separated,
        ),
        *better,
        _pivot(
            tables["seeds"],
            key="separation-seeds",
            caption="Models equal on average over seeds: % of boards on which any is separated. "
            f"{_boards(tables['seeds'])}",
            corner="Models",
            row_of=lambda row: f"{_models(row)}, seeds spread {row['seed_spread']:g}",
            column_of=_seeds,
            cell=_separated,
        ),
    ]


def _pivot(
    records: Sequence[Record],
    *,
    key: str,
    caption: str,
    corner: str,
    row_of: Any,
    cell: Any,
    column_of: Any = None,
) -> MeasuredTable:
    """Records as rows and columns, both in the order in which they first occur."""
    column = column_of or (lambda row: _ERRORS.get(row["errors"], row["errors"]))
    places: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        places.setdefault((row_of(record), column(record)), []).append(record)
    columns = tuple(dict.fromkeys(name for _, name in places))
    return MeasuredTable(
        key=key,
        caption=caption,
        corner=corner,
        columns=columns,
        rows=tuple(
            (
                title,
                tuple(
                    cell(places[title, name]) if (title, name) in places else None
                    for name in columns
                ),
            )
            for title in dict.fromkeys(title for title, _ in places)
        ),
    )


def _covered(records: Sequence[Record]) -> MeasuredCell:
    (record,) = records
    return MeasuredCell(
        text=_percent(record["coverage"]), detail=f"{record['median_width']:.2f} wide"
    )


def _covered_with_and_without_seeds(records: Sequence[Record]) -> MeasuredCell:
    found = {record["seeds_enter"]: _percent(record["coverage"]) for record in records}
    return MeasuredCell(text=found[True], detail=f"{found[False]} without")


def _separated(records: Sequence[Record], naive: str = "") -> MeasuredCell:
    (record,) = records
    detail = f"{_percent(record['separated_naively'])} {naive}" if naive else ""
    return MeasuredCell(text=_percent(record["separated"]), detail=detail)


def _power(records: Sequence[Record]) -> MeasuredCell:
    (record,) = records
    one, every = _percent(record["from_one"]), _percent(record["from_every"])
    return MeasuredCell(text=_percent(record["from_each"]), detail=f"one {one}, every {every}")


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f}"


def _is_obelix(row: Record) -> bool:
    return bool(row["test_set"] == "obelix")


def _models(row: Record) -> str:
    return f"{count(row['models'])} models"


def _seeds(row: Record) -> str:
    return f"{row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}"


def _decades(size: float) -> str:
    return f"{size:g} {'decade' if size == 1 else 'decades'}"


def _errors_and_correlation(row: Record) -> str:
    return f"{_ERRORS.get(row['errors'], row['errors'])}, correlation {row['correlation']:g}"


def _rows_and_groups(test_set: Record) -> str:
    return f"{count(test_set['rows'])} rows in {count(test_set['groups'])} groups"


def _set_title(test_set: Record) -> str:
    like = _TEST_SETS.get(test_set["test_set"])
    title = f"{_rows_and_groups(test_set)}, largest {count(test_set['largest_group'])}"
    return f"{title} ({like})" if like else title


def _boards(records: Sequence[Record]) -> str:
    """How many simulated boards stand behind each number, and how exact that makes it."""
    boards = [record["boards"] for record in records]
    errors = [
        value
        for record in records
        for name, value in record.items()
        if name.endswith("standard_error")
    ]
    fewest, most = min(boards), max(boards)
    number = count(fewest) if fewest == most else f"{count(fewest)} to {count(most)}"
    return f"{number} simulated boards each; standard error at most {100.0 * max(errors):.1f}."
