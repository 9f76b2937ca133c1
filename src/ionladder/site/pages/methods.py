"""The pages of methods (metrics, floors, simulated statistics) and of published claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ionladder.board import audit
from ionladder.board.claims import Claim, beside, read_claims
from ionladder.board.model import Row
from ionladder.metrics import all_metrics
from ionladder.repo import Layout
from ionladder.site.context import Site, TaskSite, read_optional
from ionladder.site.pages import Page
from ionladder.site.tables import TableCell
from ionladder.site.text import UNCERTAINTY, WORDS, count, number

# What the programs in ``benchmarks/`` measured, shaped into the tables of the methods page


Record = Mapping[str, Any]

COVERAGE, SEPARATION = "coverage.json", "separation.json"
CLAIMS = {"obelix": "OBELiX", "litraj": "LiTraj"}
_PERCENTILE = "percentile bootstrap"


def read_measured(layout: Layout, name: str) -> Record | None:
    """Results of one program, or None where the repository does not hold them.

    Raises:
        SiteError: The file is there and cannot be read.
    """
    found: Record | None = read_optional(layout.benchmarks_results / name)
    return found


def coverage_tables(results: Record) -> list[dict[str, Any]]:
    """The tables of ``benchmarks/coverage.py``: how often intervals hold the truth."""
    tables, method = results["tables"], results["method"]
    sets = {item["test_set"]: item for item in results["test_sets"]}
    others = [
        *({**row, "what": "RMSE"} for row in _on_obelix(tables["rmse"])),
        *({**row, "what": "share of entries"} for row in _on_obelix(tables["share"])),
        *[{**row, "what": f"paired difference, {_correlation(row)}"} for row in tables["pairs"]],
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

    def models_and_spread(row: Record) -> str:
        return f"{_models(row)}, seeds spread {row['seed_spread']}"

    table = partial(_pivot, cell=_separated, column_of=_errors)
    return [
        table("separation", tables["equal"], _models),
        *[
            table(
                "power",
                [row for row in tables["better"] if row["gap"] == gap],
                _models,
                key=f"power-{gap:g}".replace(".", "-"),
                cell=_power,
                gap=_decades(gap),
            )
            for gap in sorted({row["gap"] for row in tables["better"]})
        ],
        table("separation-unlike", tables["unlike"], _models),
        table("separation-seeds", tables["seeds"], models_and_spread, column_of=_seeds),
    ]


def _pivot(
    name: str,
    records: Sequence[Record],
    row_of: Callable[[Record], str],
    *,
    cell: Callable[[Sequence[Record]], TableCell],
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


def _covered(records: Sequence[Record]) -> TableCell:
    (record,) = records
    return TableCell(_percent(record["coverage"]), detail=f"{record['median_width']:.2f} wide")


def _covered_without_seeds(records: Sequence[Record]) -> TableCell:
    found = {record["seeds_enter"]: _percent(record["coverage"]) for record in records}
    return TableCell(found[True], detail=f"{found[False]} without")


def _separated(records: Sequence[Record]) -> TableCell:
    (record,) = records
    error = 100.0 * record["separated_standard_error"]
    return TableCell(_percent(record["separated"]), detail=f"± {error:.1f}")


def _power(records: Sequence[Record]) -> TableCell:
    (record,) = records
    before = record["before"]
    detail = f"one {_percent(record['from_one'])}"
    detail += f", before {_percent(before)}" if before is not None else ""
    return TableCell(_percent(record["from_each"]), detail=detail)


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


# The methods: every registered metric with its formula, and how intervals and ranks are made


URL = "methods/"
#: The fold scheme of published numbers, which parts groups.
SHUFFLED = "kfold_shuffled"


def pages(site: Site) -> Iterator[Page]:
    """The page on methods, and that of published numbers beside our models."""
    coverage, separation = (read_measured(site.layout, name) for name in (COVERAGE, SEPARATION))
    context = {
        "metrics": list(all_metrics().values()),
        "settings": site.params.scoring,
        "uncertainty": UNCERTAINTY,
        "audit": audit,
        "units": list(dict.fromkeys((each.board.unit, each.dataset.title) for each in site.tasks)),
        "zeros": _zeros(site),
        "schemes": _schemes(site),
        "flattery": [gap for item in site.tasks if (gap := _flattery(item))],
        "coverage": coverage,
        "coverage_tables": coverage_tables(coverage) if coverage else [],
        "separation": separation,
        "separation_tables": separation_tables(separation) if separation else [],
    }
    yield Page(URL, "methods", context)
    lists = {
        title: [(claim, _beside(site, claim)) for claim in read_claims(name)]
        for name, title in CLAIMS.items()
    }
    yield Page("claims/", "claims", {"lists": lists})


def _beside(site: Site, claim: Claim) -> list[tuple[str, Row, float, int]]:
    """Task, row, score and entries counted of every submission beside a claim."""
    boards = {item.task.name: item for item in site.tasks}
    if claim.task not in boards:
        return []
    item = boards[claim.task]
    found = beside(claim, item.analysis.content.get("conventions") or {})
    rows = {row.submission: row for row in item.board.scored}
    known = ((rows.get(name), pair) for name, pair in found.items())
    return [(claim.task, row, *pair) for row, pair in known if row is not None]


def _zeros(site: Site) -> list[tuple[str, str]]:
    """Each trivial reference at which the reducible error begins, and the boards where it does."""
    boards: dict[str, list[str]] = {}
    for item in site.tasks:
        if item.board.baseline:
            boards.setdefault(item.board.baseline.model, []).append(item.task.title)
    if len(boards) == 1 and len(*boards.values()) == len(site.tasks):
        return [(name, "every board") for name in boards]
    return [(name, f"“{title}”") for name, titles in boards.items() for title in titles]


def _flattery(item: TaskSite) -> dict[str, str] | None:
    """By how much shuffled folds make the errors of a board's ranked models smaller.

    Returns:
        Title of the board, smallest and largest gain as text, and unit; None where no ranked model
        has been scored on both kinds of folds.
    """
    own = next((cv.scheme for cv in item.task.cross_validation if cv.is_primary), None)
    gaps = [
        grouped - shuffled
        for row in item.board.of_kind("verified")
        if own
        and (grouped := row.cv.get(own)) is not None
        and (shuffled := row.cv.get(SHUFFLED)) is not None
    ]
    if not gaps:
        return None
    ends = dict.fromkeys(number(end) for end in (min(gaps), max(gaps)))
    return {"title": item.task.title, "text": " to ".join(ends), "unit": item.board.unit}


def _schemes(site: Site) -> list[dict[str, Any]]:
    """The fold schemes of every dataset, each once, and which tasks are scored on them."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for item in site.tasks:
        version = site.params.find(item.task.dataset, item.board.dataset_version)
        folds = version.folds if version else None
        for scheme in item.task.fold_schemes:
            entry = found.setdefault(
                (item.dataset.name, scheme.scheme),
                {"dataset": item.dataset, "scheme": scheme, "folds": folds, "scored": []},
            )
            if scheme == item.task.scored_folds:
                entry["scored"].append(item.task.title)
    return list(found.values())
