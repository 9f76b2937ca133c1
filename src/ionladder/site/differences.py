"""Submissions against each other: pairs, agreement, experiments, and files to compare any two."""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from markupsafe import Markup

from ionladder.board.model import Analysis, Board, Pair, Row, Value, read_pairs
from ionladder.errors import SiteError
from ionladder.repo import to_rows
from ionladder.site import text as txt
from ionladder.site.charts import difference_scale, spark_axis
from ionladder.site.charts_entries import even_sample
from ionladder.site.context import Entrant, Site, TaskSite
from ionladder.site.tables import TableCell, heat_of, signed_cell, value_cell
from ionladder.site.text import count
from ionladder.specs import Array, Clause, Contrast, Experiment, Question

if TYPE_CHECKING:
    from ionladder.entries import EntryTable

# One submission against every other of its board


MOST_PAIRS = 40


def pair_rows(board: Board, analysis: Analysis, name: str) -> list[tuple[Row, Pair]]:
    """A submission against the first others that the analysis pairs it with, in board order."""
    pairs = {pair.other: pair for pair in analysis.pairs.get(name, ())}
    opponents = sorted(filter(None, map(board.entrant, pairs)), key=lambda row: row.order)
    return [(row, pairs[row.submission or ""]) for row in opponents[:MOST_PAIRS]]


# How far apart the predictions of two models lie on the average entry


AGREEMENT_MODELS = 12
_FEWEST_ENTRIES = 3


def agreement_table(board: Board, table: EntryTable | None) -> dict[str, Any] | None:
    """Verified models against models; None with fewer than two, or where the labels are not here.

    Returns:
        ``rows``: row of the board, and one cell for each model, empty on the diagonal;
        ``n_entries`` that they rest on; ``n_hidden`` submissions; ``heat``, what shades stand for.
    """
    if table is None:
        return None
    verified = [row for row in board.of_kind("verified") if row.submission in table.names]
    shown = verified[:AGREEMENT_MODELS]
    if len(shown) < 2:
        return None
    places = [table.names.index(row.submission or "") for row in shown]
    targets = [table.predictions[target.name][places] for target in board.task.primary_targets]
    apart, order = distances(targets), rank_correlations(targets)
    heat = heat_of(apart[~np.eye(len(shown), dtype=bool)].tolist())

    def cell(i: int, j: int) -> TableCell:
        if i == j:
            return TableCell("")
        value, rho = float(apart[i, j]), f"ρ {txt.number(float(order[i, j]))}"
        return TableCell(txt.number(value), txt.exact(value), rho, shade=heat.shade(value))

    return {
        "rows": [(row, [cell(i, j) for j in range(len(shown))]) for i, row in enumerate(shown)],
        "n_entries": len(table.ids),
        "n_hidden": len(verified) - len(shown),
        "heat": heat,
    }


def distances(targets: Sequence[Array]) -> Array:
    """Mean absolute difference between the predictions of every two models, shape (m, m).

    Args:
        targets: Predictions of each target, shape (m, n); NaN is passed over.
    """
    apart = [[_mean(np.abs(predicted - one), axis=1) for one in predicted] for predicted in targets]
    return _mean(np.array(apart), axis=0)


def rank_correlations(targets: Sequence[Array]) -> Array:
    """Spearman's ρ between the predictions of every two models, shape (m, m); NaN for constants.

    Args:
        targets: Predictions of each target, shape (m, n); NaN is passed over.
    """
    import pandas as pd

    found = [
        pd.DataFrame(predicted.T).corr("spearman", min_periods=_FEWEST_ENTRIES).to_numpy()
        for predicted in targets
    ]
    return _mean(np.stack(found), axis=0)


def _mean(values: Array, *, axis: int) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nothing known: NaN is the answer
        mean: Array = np.nanmean(values, axis=axis)
    return mean


# The stored differences of an experiment


_Key = tuple[str, str, str | None, str | None]


class Found(NamedTuple):
    """A contrast whose rows are on the board; ``n_candidates`` may have stood on its first side."""

    contrast: Contrast
    difference: Pair
    n_candidates: int


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What is known of an experiment's pairs.

    Attributes:
        has_parts: Whether differences on parts were recorded.
    """

    board: Board
    known: Mapping[_Key, Pair] = field(default_factory=dict)
    has_parts: bool = False

    def of(
        self, submission: str, other: str, item: str | None = None, part: str | None = None
    ) -> Pair | None:
        """A difference on the whole test set, or on a part of a slice; None where unknown."""
        return self.known.get((submission, other, item, part))

    def found(self, clause: Clause, subset: str | None = None) -> list[Found]:
        """The contrasts of a clause of which both rows are on the board; on a subset, if named."""
        rows = []
        for contrast in clause.contrasts:
            present = [row for name in contrast.submissions if (row := self.board.entrant(name))]
            scored = [row for row in present if self.board.primary(row).value is not None]
            best = min(scored, key=lambda row: row.order).submission if scored else None
            place = (None, None) if subset is None else ("subset", subset)
            difference = self.of(best, contrast.other, *place) if best else None
            if difference is not None and difference.score.value is not None:
                rows.append(Found(contrast, difference, len(present)))
        return rows

    def asked(self, question: Question) -> list[Found]:
        """What a question asks for, as far as it is known."""
        return [found for clause in question.clauses for found in self.found(clause)]

    def among(self, submissions: Iterable[str]) -> Iterator[Pair]:
        """Every two of some submissions that are known, each pair once."""
        for first, second in combinations(submissions, 2):
            difference = self.of(first, second) or self.of(second, first)
            if difference is not None:
                yield difference

    def model(self, name: str, *, limit: int | None = 60) -> Markup:
        """The model of a submission, or its name where it has no row."""
        row = self.board.entrant(name)
        return txt.inert(row.model if row else name, limit=limit)


def read_differences(board: Board, analysis: Analysis, experiment: Experiment) -> Differences:
    """The differences of an experiment, from the analysis of its board.

    Pairs of the whole test set that the experiment does not ask for are those of the board.

    Raises:
        SiteError: The analysis holds something else under the experiment's name.
    """
    known: dict[_Key, Pair] = {
        (name, pair.other, None, None): pair
        for name, pairs in analysis.pairs.items()
        for pair in pairs
    }
    table = (analysis.content.get("experiments") or {}).get(experiment.name)
    if table is None:
        return Differences(board=board, known=known)
    try:
        for pair, row in read_pairs(table):
            known[pair.submission, pair.other, row["slice"], row["part"]] = pair
    except (KeyError, TypeError, ValueError) as error:
        raise SiteError(
            f"leaderboard/analysis/{board.task.name}.json",
            f"the differences of the experiment {experiment.name!r}",
            f"{type(error).__name__}: {error}",
            "Write it again with `ionladder leaderboard`.",
        ) from error
    return Differences(board=board, known=known, has_parts=True)


# The tables of an experiment's page: what was asked, printed beside verified, arm against arm


def asked_table(experiment: Experiment, differences: Differences) -> dict[str, Any] | None:
    """Every difference that the questions ask for, and their axis; None where there is none."""
    found = [(question, differences.asked(question)) for question in experiment.questions]
    every = [f.difference.score for _, group in found for f in group]
    if not every:
        return None
    scale = difference_scale(every)
    asked = [(question, group) for question, group in found if group]
    return {"scale": scale, "axis": spark_axis(scale), "questions": asked}


def candidates(experiment: Experiment, differences: Differences) -> list[dict[str, Any]]:
    """How everybody fares who might have been the best of a contrast, against its other side."""
    rows, model = [], differences.model
    for contrast in experiment.contrasts:
        known = [d for name in contrast.submissions if (d := differences.of(name, contrast.other))]
        if len(contrast.submissions) > 1 and known:
            by_state: dict[str, list[Markup]] = {
                state: [model(d.submission, limit=None) for d in known if d.state == state]
                for state in _VERBS
            }
            rows.append({"other": model(contrast.other), "n": len(known), **by_state})
    return rows


def printed_table(experiment: Experiment, board: Board) -> dict[str, Any] | None:
    """Printed scores beside ours, by what they learned from; None where none is quoted."""
    quoted, groups = {row.model: row for row in board.of_kind("reported")}, []
    for title, models in experiment.reported:
        rows = [
            _printed_row(quoted[model], printed, board)
            for model in models
            if model in quoted and (printed := board.primary(quoted[model]).value) is not None
        ]
        compared = [row for row in rows if row["row"] is not None]
        group = {
            "title": title,
            "rows": rows,
            "n_compared": len(compared),
            "n_inside": sum(row["place"] == "inside" for row in compared),
            "n_larger": sum(row["apart"] > 0 for row in compared),
            "largest": max(compared, key=lambda row: abs(row["apart"]), default=None),
        }
        groups += [group] if rows else []
    return {"groups": groups} if groups else None


def settings_tables(experiment: Experiment) -> list[tuple[str, list[dict[str, str]], int]]:
    """Each model of the experiment's table of settings, its rows, and how many of them differ."""
    if not experiment.settings:
        return []
    text = (files("ionladder") / experiment.settings).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    models = dict.fromkeys(row["network"] for row in rows)
    found = {model: [row for row in rows if row["network"] == model] for model in models}
    return [
        (model, some, sum(row["value"] != row["authors"] for row in some))
        for model, some in found.items()
    ]


def _printed_row(quoted: Row, printed: float, board: Board) -> dict[str, Any]:
    """A printed score beside the verified one; ``row`` is None where nobody reproduced it."""
    row = board.entrant(quoted.quoted.get("verified_by"))
    ours = board.primary(row) if row else Value()
    row = None if ours.value is None else row
    apart = None if ours.value is None else ours.value - printed
    place = "–"
    if ours.low is not None and ours.high is not None:
        place = "below it" if printed < ours.low else "inside"
        place = "above it" if printed > ours.high else place
    return {
        "quoted": quoted,
        "printed": printed,
        "row": row,
        "here": value_cell(ours),
        "apart": apart,
        "gap": signed_cell(Value(apart)),
        "place": place,
    }


def arms_table(experiment: Experiment, differences: Differences) -> dict[str, Any] | None:
    """Arm against arm, on the whole test set and on parts of it; None where no arm is scored."""
    items = experiment.parts if differences.has_parts else ()
    places: list[tuple[str, str | None, str | None]] = [("all", None, None)]
    places += [(title, item.name, part) for item in items for part, title in item.values or ()]
    families, shown = [], []
    for family in experiment.families:
        arm_of = {submission: arm for arm, submission in family.arms}
        rows = []
        for first, second in family.pairs:
            found = [differences.of(first, second, item, part) for _, item, part in places]
            if found[0] is not None and found[0].score.value is not None:
                rows.append((f"{arm_of[first]} − {arm_of[second]}", list(map(_arm_cell, found))))
                shown += [d for d in found if d is not None and d.half_width is not None]
        families += [(family.title, rows)] if rows else []
    if not families:
        return None
    heads, last = [], None
    for title, item, part in places:
        known = (differences.of(*pair, item, part) for pair in experiment.arm_pairs)
        one = next((d for d in known if d is not None), None)
        sizes = (count(one.n), count(one.n_groups)) if one else (count(None), count(None))
        heads.append((title, *sizes, item != last))
        last = item
    return {
        "families": families,
        "places": heads,
        "n_intervals": len(shown),
        "n_clear": sum(difference.state != "open" for difference in shown),
        "items": items,
    }


def _arm_cell(difference: Pair | None) -> TableCell:
    if difference is None or difference.score.value is None:
        return TableCell("–")
    return replace(signed_cell(difference.score), is_best=difference.state != "open")


# Sentences that say what an experiment found; which words they use follows from the intervals


_VERBS = {"lower": "lowers", "higher": "raises", "open": "changes"}


def sentence(
    question: Question, differences: Differences, *, confidence: str, subset: str | None = None
) -> Markup | None:
    """The answer to a question in one sentence, every difference with its interval.

    An interval on one side of zero lowers or raises the score; one that holds zero changes it by
    an amount whose interval holds zero. None where no contrast has its rows.

    Args:
        question: What is asked.
        differences: What is known.
        confidence: Of the intervals, as printed.
        subset: The subset that is spoken of; None for all entries.
    """
    clauses = question.clauses
    found = [(clause, rows) for clause in clauses if (rows := differences.found(clause, subset))]
    every = [row for _, rows in found for row in rows]
    if not every:
        return None
    told = f"{confidence} interval"
    said = [
        _clause(clause, rows, differences, told if place == 0 else "interval", is_first=not place)
        for place, (clause, rows) in enumerate(found)
    ]
    # Where nothing is told from zero, that is said once, at the end.
    if all(row.difference.state == "open" for row in every):
        return Markup("; ").join(text for text, _ in said) + _untold(len(every)) + "."
    return Markup("; ").join(text + closing for text, closing in said) + "."


def _clause(
    clause: Clause, found: Sequence[Found], differences: Differences, told: str, *, is_first: bool
) -> tuple[Markup, str]:
    """A clause, and what may close it: that differences in it are not told from zero."""
    act = clause.act.removesuffix(",")
    text = txt.inert(txt.sentence_case(act) if is_first else act)
    chosen = dict.fromkeys(f.difference.submission for f in found if f.n_candidates > 1)
    if chosen:
        text += Markup(" ({})").format(txt.listing([differences.model(name) for name in chosen]))
    text += "," if clause.act.endswith(",") else ""
    board, parts, n_open = differences.board, list[Markup](), 0
    for state, verb in _VERBS.items():
        alike = [f for f in found if f.difference.state == state]
        if alike:
            what = "it" if parts else f"the {board.task.primary_use.title}"
            # The first of them names unit and interval.
            words = [(f" {board.unit}", "interval " if parts else f"{told} ")]
            words += [("", "")] * (len(alike) - 1)
            amounts = [_amount(f, *said) for f, said in zip(alike, words, strict=True)]
            parts.append(Markup("{} {} {}").format(verb, what, txt.listing(amounts)))
            n_open = len(alike) if state == "open" else 0
    return text + " " + Markup(", and ").join(parts), _untold(n_open)


def _untold(count: int) -> str:
    """What is said behind so many differences whose intervals hold zero; empty behind none."""
    if count == 1:
        return ", which is not statistically resolved"
    return f", {'neither' if count == 2 else 'none'} of them statistically resolved" * bool(count)


def _amount(found: Found, unit: str, told: str) -> Markup:
    value, state = found.difference.score, found.difference.state
    size = value.value or 0.0
    shown = txt.change_of(size) if state == "open" else txt.number(abs(size))
    phrase = Markup(" ") + txt.inert(found.contrast.title) if found.contrast.title else ""
    has_ends = value.low is not None and value.high is not None
    between = f"{told}{txt.change_of(value.low)} to {txt.change_of(value.high)}"
    if found.difference.detectable is not None:
        between += f", detectable {txt.number(found.difference.detectable)}"
    where = between if has_ends else "without an interval"
    return Markup("by <b>{}</b>{}{} ({})").format(shown, unit, phrase, where)


def resolution(experiment: Experiment, differences: Differences) -> dict[str, Any] | None:
    """Which differences the test set can detect; None where nobody recorded that.

    Args:
        experiment: Names the differences that are asked for, and the subjects.
        differences: Those that are known.
    """
    known = [d for pair in experiment.pairs if (d := differences.of(*pair))]
    pairs = ((d.detectable, d) for d in known if d.detectable is not None)
    sized = sorted(pairs, key=lambda each: each[0])
    if not sized:
        return None
    among = [d for d in differences.among(experiment.subjects) if d.score.low is not None]
    narrowest = sized[0][1]
    return {
        "n_pairs": len(sized),
        "n_clear": sum(d.state != "open" for _, d in sized),
        "smallest": txt.number(sized[0][0]),
        "middle": txt.number(median(gap for gap, _ in sized)),
        "largest": txt.number(sized[-1][0]),
        "narrowest": [differences.model(n) for n in (narrowest.submission, narrowest.other)],
        "n": count(narrowest.n),
        "n_groups": count(narrowest.n_groups),
        "n_among": len(among),
        "n_among_clear": sum(d.state != "open" for d in among),
    }


# What the comparison page of a task reads: a file for the board, one for its entries, and one a
# submission


MOST_DISPUTED = 500
"""Larger tasks show so many: half are the most disputed, half are spread over the others."""
_DIGITS = 4


class Part(NamedTuple):
    """A part of the test set on which two submissions are set side by side."""

    group: str
    title: str
    n: int | None
    n_groups: int | None
    subset: str = ""
    slice: str = ""
    value: str = ""


def compare_documents(site: Site, pages: AbstractSet[str]) -> dict[str, str]:
    """Address in the site → text of every file that comparison pages load.

    Args:
        site: The site.
        pages: Addresses of its pages: entries that have one are linked.
    """
    documents: dict[str, Any] = {}
    for item in site.tasks:
        if not item.board.scored:
            continue
        here, parts = txt.compare_url(item.task.name), _parts(item)
        table = site.entries[item.task.name].table
        places = chosen_entries(table)
        documents[f"{here}board.json"] = _board_file(site, item, parts, table)
        if table is not None:
            documents[f"{here}entries.json"] = _entries_file(site, item, table, places, pages)
        for name, entrant in item.entrants.items():
            pairs = item.analysis.pairs.get(name, ())
            content: dict[str, Any] = {
                "submission": name,
                "pairs": {p.other: [*p.score, p.p, p.state == "open"] for p in pairs},
                "parts": [_score(item, entrant, part) for part in parts],
            }
            if table is not None and name in table.names:
                row = table.names.index(name)
                content["errors"] = _numbers(table.errors[row], places)
                predicted = table.predictions.values()
                content["predictions"] = [_numbers(rows[row], places) for rows in predicted]
            documents[f"{here}of/{name}.json"] = content
    return {place: to_rows(content, deepest=0) for place, content in documents.items()}


def _parts(item: TaskSite) -> list[Part]:
    """Subsets and parts of slices that any submission of a task has a score on."""
    receipts = [entrant.receipt or {} for entrant in item.entrants.values()]
    sliced: Mapping[str, Any] = next((r["slices"] for r in receipts if r.get("slices")), {})
    sizes = next((row.sizes for row in item.board.scored if row.sizes), {})
    sliced_titles = {of.title_of(v) for of in item.task.slices for v in sliced.get(of.name) or {}}
    target: Mapping[str, Any] = next(
        (t for r in receipts if (t := (r.get("targets") or {}).get(item.task.primary.target))), {}
    )
    subsets = [
        Part(
            "Subset", s.title, sizes.get(s.name), (target.get(s.name) or {}).get("n_groups"), s.name
        )
        for s in item.task.subsets
        if s.title not in sliced_titles  # a slice says the same with its groups
    ]
    return subsets + [
        Part(of.title, of.title_of(value), part["n"], part["n_groups"], "", of.name, value)
        for of in item.task.slices
        for value, part in (sliced.get(of.name) or {}).items()
        if part.get(item.task.primary.metric) is not None
    ]


def chosen_entries(table: EntryTable | None) -> list[int]:
    """Positions of the entries that are compared: all, or of many a bounded number."""
    n = 0 if table is None else len(table.ids)
    disputed = [] if table is None else table.most_disputed(MOST_DISPUTED)
    return sorted({*even_sample(n).tolist(), *disputed})


def _board_file(
    site: Site, item: TaskSite, parts: Sequence[Part], table: EntryTable | None
) -> dict[str, Any]:
    """What holds for every pair of a task, and a line for every submission."""
    board, task = item.board, item.task
    return {
        "task": task.name,
        "dataset_version": board.dataset_version,
        "scorer_version": board.scorer_version,
        "metric": task.primary_use.title,
        "target": txt.target_title(task, task.primary.target),
        "unit": board.unit,
        "smaller_is_better": board.smaller_is_better,
        "confidence": site.params.scoring.confidence,
        "missing": None if table else site.entries[task.name].missing,
        "parts": [part[:4] for part in parts],
        "submissions": {
            row.submission: {
                "model": txt.plain(row.model, limit=80),
                "kind": row.kind,
                "ranks": txt.ranks(row.rank_low, row.rank_high),
                "tie_group": row.tie_group,
                "score": list(board.primary(row)),
            }
            for row in board.scored
        },
    }


def _score(item: TaskSite, entrant: Entrant, part: Part) -> list[float | bool | None]:
    """Primary metric on a part, its interval unless that is undetermined, and whether it is."""
    metric, row = item.task.primary.metric, entrant.row
    if part.subset:
        flag = ((row.subsets or {}).get(part.subset) or {}).get(f"{metric}_undetermined", False)
        return [*item.board.primary(row, part.subset), flag]
    slices = (entrant.receipt or {}).get("slices") or {}
    found = (slices.get(part.slice) or {}).get(part.value) or {}
    is_open = bool(found.get("undetermined"))
    ends = [None if is_open else found.get(end) for end in ("ci_low", "ci_high")]
    return [found.get(metric), *ends, is_open]


def _entries_file(
    site: Site, item: TaskSite, table: EntryTable, places: Sequence[int], pages: AbstractSet[str]
) -> dict[str, Any]:
    """The entries compared, with their labels, and which of them each mark of a chart is."""
    ids, here = [table.ids[place] for place in places], txt.compare_url(item.task.name)
    ways = site.paged[item.dataset.name]
    names = txt.formulas(site.layout, item.dataset.name, item.board.dataset_version, ids)
    targets, labelled = item.task.targets, site.entries[item.task.name].labelled
    drawn = [labelled[target.name] for target in targets]
    return {
        "n_all": len(table.ids),
        "ids": ids,
        "hrefs": [
            txt.relative(here, way) if (way := ways.get(e)) in pages and way else None for e in ids
        ],
        "formulas": [names.get(entry, "") for entry in ids],
        "targets": [[t.symbol, t.unit.replace("log10", "log₁₀")] for t in targets],
        "labels": [_numbers(table.labels[t.name], places) for t in targets],
        "limits": [_numbers(table.limits[t.name], places) for t in targets],
        "known": item.task.label_words.adjective,
        "error_units": [target.error_unit for target in targets],
        "marks": [np.searchsorted(places, of.places).tolist() for of in drawn],
        "kinds": ["".join(map(str, of.kinds)) for of in drawn],
    }


def _numbers(values: Array, places: Sequence[int]) -> list[float | None]:
    chosen = map(float, values[list(places)])
    return [round(value, _DIGITS) if math.isfinite(value) else None for value in chosen]
