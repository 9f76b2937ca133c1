"""Each check on the published text, broken one thing at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from factories import SIGMA, Edit, Upstream
from ionladder.errors import Problem

Broken = Callable[[Edit], list[Problem]]


def change(entry: str, column: str, value: str) -> Edit:
    return lambda upstream: upstream.change(entry, column, value)


def rename(old: str, new: str) -> Edit:
    def edit(upstream: Upstream) -> None:
        for row in (*upstream.rows, *upstream.train, *upstream.test):
            if row["ID"] == old:
                row["ID"] = new

    return edit


def repeat_row(upstream: Upstream) -> None:
    upstream.rows.append(dict(upstream.row("a03")))


def move_to_both(upstream: Upstream) -> None:
    upstream.test.append(dict(upstream.row("a03")))


def drop_from_train(upstream: Upstream) -> None:
    upstream.train[:] = [row for row in upstream.train if row["ID"] != "a03"]


def drop_from_all(upstream: Upstream) -> None:
    upstream.rows[:] = [row for row in upstream.rows if row["ID"] != "a03"]


def contradict_test_file(upstream: Upstream) -> None:
    next(row for row in upstream.test if row["ID"] == "5e2")["DOI"] = "10.1000/other"


def test_a_valid_release_passes(broken: Broken) -> None:
    assert broken(lambda _: None) == []


@pytest.mark.parametrize(
    ("edit", "check", "place"),
    [
        (repeat_row, "ids_are_unique_text", "all.csv, id 'a03'"),
        (rename("a03", "A03"), "ids_are_unique_text", "all.csv, row "),
        (rename("019", "19"), "ids_are_unique_text", "all.csv, row "),
        (rename("5e2", "500.0"), "ids_are_unique_text", "all.csv, row "),
        (drop_from_all, "ids_are_unique_text", "all.csv"),
        (move_to_both, "split_partitions_entries", "id 'a03'"),
        (drop_from_train, "split_partitions_entries", "all.csv, id 'a03'"),
        (drop_from_all, "split_partitions_entries", "train.csv, id 'a03'"),
        (contradict_test_file, "split_partitions_entries", "test.csv, id '5e2', column 'DOI'"),
        *(
            (
                change("a03", SIGMA, text),
                "labels_are_numbers_or_limits",
                f"all.csv, id 'a03', column '{SIGMA}'",
            )
            for text in (
                "<1e-10 S",
                "n/a",
                "",
                "-1e-5",
                "0",
                "nan",
                "inf",
                "< 1E-10",
                "<1E+10",
                "~1e-5",
                "1e-5 S/cm",
                "1,5e-5",
                "3.2 eV",
            )
        ),
        (
            change("a10", "IC (Total)", "0.5"),
            "labels_are_numbers_or_limits",
            "all.csv, id 'a10', column 'IC (Total)'",
        ),
        (
            change("a10", "IC (Bulk)", "<1E-8"),
            "labels_are_numbers_or_limits",
            "all.csv, id 'a10', column 'IC (Bulk)'",
        ),
        (
            change("a03", "True Composition", "Xx2.0P1.0S4.0"),
            "formulas_agree",
            "all.csv, id 'a03', column 'True Composition'",
        ),
        (
            change("a03", "True Composition", "Na5.0P1.0S4.0"),
            "formulas_agree",
            "all.csv, id 'a03', column 'True Composition'",
        ),
        (
            change("a03", "Reduced Composition", "Li5PS4*H2O"),
            "formulas_agree",
            "all.csv, id 'a03', column 'Reduced Composition'",
        ),
        (
            change("a03", "Reduced Composition", "Li5.03PS4"),
            "formulas_agree",
            "all.csv, id 'a03', column 'Reduced Composition'",
        ),
        (
            change("a03", "Z", "2"),
            "formulas_agree",
            "all.csv, id 'a03', column 'Reduced Composition'",
        ),
        (
            change("a03", "Space group #", "231"),
            "cells_obey_symmetry",
            "all.csv, id 'a03', column 'Space group #'",
        ),
        (
            change("a03", "Space group #", "216"),
            "cells_obey_symmetry",
            "all.csv, id 'a03', column 'Space group #'",
        ),
        (change("a03", "a", "5.9"), "cells_obey_symmetry", "all.csv, id 'a03'"),
        (change("a03", "beta", "91"), "cells_obey_symmetry", "all.csv, id 'a03'"),
        (change("a06", "c", "40.0"), "cells_obey_symmetry", "all.csv, id 'a06'"),
        (change("a06", "c", "1.0"), "cells_obey_symmetry", "all.csv, id 'a06'"),
        (lambda u: u.cifs.pop("a02"), "structures_match_flags", "all_cifs.tar.gz, a02.cif"),
        (
            lambda u: u.cifs.update(a03=u.cifs["a02"]),
            "structures_match_flags",
            "all_cifs.tar.gz, a03.cif",
        ),
    ],
)
def test_one_broken_thing_is_named_by_check_and_row(
    broken: Broken, edit: Edit, check: str, place: str
) -> None:
    problems = broken(edit)
    assert any(p.where.startswith(f"{check}: {place}") for p in problems), problems


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("a", "", "a positive number"),
        ("a", "abc", "a positive number"),
        ("alpha", "-90", "a positive number"),
        ("c", "0.0", "a positive number"),
        ("Z", "1.5", "a whole number"),
        ("Space group #", "P1", "a whole number"),
        ("ICSD ID", "12-ICSD", "a whole number or nothing"),
        ("Laskowski ID", "?", "a whole number or nothing"),
        ("Cif ID", "maybe", "one of 'done', 'not available', 'available', ''"),
        ("close match", "no", "one of 'Yes', ''"),
        ("DOI", " ", "some text"),
        ("Space group", "", "some text"),
    ],
)
def test_fields_that_cannot_be_read_are_named(
    broken: Broken, column: str, value: str, expected: str
) -> None:
    problems = broken(change("a03", column, value))
    (problem,) = [p for p in problems if p.where == f"all.csv, id 'a03', column {column!r}"]
    assert (problem.expected, problem.found) == (expected, repr(value))


def test_all_problems_are_reported_together(broken: Broken) -> None:
    def edit(upstream: Upstream) -> None:
        upstream.change("a03", SIGMA, "n/a")
        upstream.change("5e2", SIGMA, "<1e-10 S")
        upstream.change("a05", "Z", "9")
        upstream.change("a08", "a", "wide")
        upstream.cifs.pop("a02")

    problems = broken(edit)
    where = " ".join(problem.where for problem in problems)
    for expected in ("id 'a03'", "id '5e2'", "id 'a05'", "id 'a08'", "a02.cif"):
        assert expected in where
    assert all(problem.next_step for problem in problems)


@pytest.mark.parametrize(
    ("count", "place"),
    [
        ("entries", "ids_are_unique_text: all.csv"),
        ("train", "split_partitions_entries: train.csv"),
        ("test", "split_partitions_entries: test.csv"),
        ("structures", "structures_match_flags: all_cifs.tar.gz"),
    ],
)
def test_an_unexpected_count_is_named(broken: Broken, count: str, place: str) -> None:
    def edit(upstream: Upstream) -> None:
        upstream.expected[count] += 1

    (problem,) = broken(edit)
    assert problem.where == place
    assert f"({count} in params.yaml)" in problem.expected


def test_an_archive_with_other_files_is_refused(broken: Broken) -> None:
    def edit(upstream: Upstream) -> None:
        upstream.cifs["../a02"] = upstream.cifs["a02"]

    (problem,) = broken(edit)
    assert problem.where == "all_cifs.tar.gz, member 'cifs/../a02.cif'"


def test_two_files_for_one_entry_are_refused(broken: Broken) -> None:
    def edit(upstream: Upstream) -> None:
        upstream.cifs["again/a02"] = upstream.cifs["a02"]

    (problem,) = broken(edit)
    assert problem.found == "a second one"
