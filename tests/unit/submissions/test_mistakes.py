"""What people send by mistake: each answer names the mistake and what to do, in plain words."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import tiny
from ionladder.cli import common
from ionladder.data.registry import get_task
from ionladder.errors import ConfigError, SubmissionError
from ionladder.submit import card
from ionladder.submit.units import converted, doubts, n_disordered, read_header, unit_problem
from ionladder.submit.validate import read_submission
from unit.interchange.peer_files import zip_bytes

SIGMA, BARRIER = get_task("obelix").targets[0], get_task("bvel-proto").targets[0]
TASK = replace(tiny.TASK, targets=(replace(tiny.TASK.targets[0], physical=SIGMA.physical),))
GOOD = tiny.predictions().to_csv(index=False)
CASES = yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_text("utf-8"))


def read(folder):
    return read_submission(folder, TASK, tiny.EXPECTATIONS, shown_as="mine")


def answer(folder):
    with pytest.raises(SubmissionError) as caught:
        read(folder)
    text = str(caught.value)
    for words in ("should match", "Input should", "valid dictionary", "instance of", "codec can't"):
        assert words not in text
    return text


TABLES = {
    **{
        name: (each["text"].encode(), each["said"], each["unsaid"])
        for name, each in CASES["tables"].items()
    },
    "a workbook": (zip_bytes({"xl/workbook.xml": b""}), "an Excel workbook", "codec"),
    "arrays": (b"\x93NUMPY\x01\x00", "holds no ids", "codec"),
    "gzip": (gzip.compress(GOOD.encode()), "gunzip", "codec"),
    "parquet": (b"PAR1" + bytes(20), "Name it predictions.parquet", "codec"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_answered_with_the_cure(tmp_path, name):
    data, said, unsaid = TABLES[name]
    folder = tiny.write_submission(tmp_path / "mine")
    (folder / "predictions.csv").write_bytes(data)
    text = answer(folder)
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Predictions.csv", "Rename it to predictions.csv"),
        ("preds.csv", "Rename it to predictions.csv"),
        ("predictions.csv.gz", "gunzip"),
        ("predictions.npy", "holds no ids"),
        ("predictions.txt", "Save it as CSV"),
    ],
)
def test_a_file_of_another_name_is_told_its_name(tmp_path, name, said):
    folder = tiny.write_submission(tmp_path / "mine")
    data = {"gz": gzip.compress(b"x"), "npy": b"\x93NUMPY"}.get(
        name.rsplit(".", maxsplit=1)[-1], b"id,x\n"
    )
    (folder / name).write_bytes(data)
    (folder / "predictions.csv").unlink(missing_ok=name != "Predictions.csv")
    text = answer(folder)
    assert said in text
    assert "link code" not in text


CARDS = CASES["cards"]


@pytest.mark.parametrize("line", CARDS)
def test_a_card_is_answered_in_plain_words(tmp_path, line):
    field = line.split(":", maxsplit=1)[0]
    skip = {"authors": "  - name"}.get(field, "none of them")
    lines = [t for t in tiny.CARD.splitlines() if not t.startswith((f"{field}:", skip))]
    folder = tiny.write_submission(tmp_path / "mine", card="\n".join([*lines, line]) + "\n")
    assert CARDS[line] in answer(folder)


def test_addresses_of_identifiers_and_plain_texts_are_taken(tmp_path):
    lines = (
        "paper_doi: https://doi.org/10.1021/acs.chemmater.0c01907\nnotes: 2024-01-01 # written\n"
        "hyperparameters: {rate: 1e-4, hex: 0x1f, on: yes}\n"
    )
    text = tiny.CARD.replace("licence: MIT", "licence: mit").replace(
        "A. Author", "A. Author\n    orcid: https://orcid.org/0000-0002-1825-0097"
    )
    found = read(tiny.write_submission(tmp_path / "mine", card=text + lines)).card
    assert (found.paper_doi, found.notes, found.licence) == (
        "10.1021/acs.chemmater.0c01907",
        "2024-01-01",
        "MIT",
    )
    assert found.authors[0].orcid == "0000-0002-1825-0097"
    assert found.hyperparameters == {"rate": 1e-4, "hex": "0x1f", "on": "yes"}


def test_whatever_a_reader_raises_is_the_error_of_its_folder_alone(tmp_path, monkeypatch):
    folders = [tiny.write_submission(tmp_path / name) for name in ("bad", "good")]
    read = card.read_card
    for kind in (KeyError, MemoryError, RecursionError, UnicodeError, ZeroDivisionError):

        def raising(path, *, shown_as, kind=kind):
            if path.parent.name == "bad":
                raise kind("why")
            return read(path, shown_as=shown_as)

        monkeypatch.setattr(card, "read_card", raising)
        found = tiny.scorer(tmp_path).score_all(folders)
        assert [*found.scored], [*found.refused] == (["good"], ["bad"])


def test_seeds_with_one_fault_and_folds_from_one_are_one_line(tmp_path):
    frame = pd.concat([tiny.predictions().iloc[1:].assign(seed=seed) for seed in range(20)])
    text = answer(tiny.write_submission(tmp_path / "mine", csv=frame.to_csv(index=False)))
    assert text.count("\n") == 0
    assert "seed 0, seed 1" in text
    folder = tiny.write_submission(tmp_path / "folds")
    folds = tiny.FOLDS.assign(fold=tiny.FOLDS["fold"] + 1, log10_sigma=-5.0)
    folds.to_csv(folder / "cv_predictions.csv", index=False)
    assert "start from 0; found numbers that start from 1" in answer(folder)


@pytest.mark.parametrize("name", ["con", "aux.txt", "a.", "lpt1"])
def test_a_name_that_windows_cannot_have_is_refused(name):
    assert "Windows" in str(card.name_problems(name, where="x")[0])


def test_a_file_or_a_point_means_its_folder(tmp_path, monkeypatch):
    folder = tmp_path / "obelix" / "mine"
    tiny.write_submission(folder)
    monkeypatch.chdir(folder)
    for path in (Path(), Path("predictions.csv"), folder / ".." / "mine"):
        with common.submission_at(path, None) as found:
            assert (found[0], found[1].name) == (folder, "obelix")
    lonely = tmp_path / "preds.csv"
    lonely.write_text(GOOD)
    with common.submission_at(lonely, "obelix") as (made, _, shown):
        assert (read(made).card.model, shown) == ("preds", "preds.csv")
    for path, said in ((lonely, "--task"), (folder.parent, "mine"), (tmp_path / "no", "no such")):
        with pytest.raises(ConfigError, match=said), common.submission_at(path, None):
            pass


# --- Units

HEADERS = CASES["headers"]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_says_its_unit_or_nothing(header):
    name, factor = HEADERS[header]
    stated = read_header(header)
    assert str(stated) == name
    assert (stated.unit is None) is (factor is None)
    if stated.unit:
        assert stated.unit.factor == pytest.approx(factor, rel=1e-5)


@pytest.mark.parametrize(
    ("header", "value", "expected", "target"),
    [
        ("mS/cm", 0.1, -4.0, SIGMA),
        ("S/m", 1.0, -2.0, SIGMA),
        ("log10(μS/cm)", 2.0, -4.0, SIGMA),
        ("-log10(S/cm)", 4.0, -4.0, SIGMA),
        ("ln(S/cm)", -4 * np.log(10), -4.0, SIGMA),
        ("kJ/mol", 115.0, 1.19189, BARRIER),
        ("meV", 350.0, 0.35, BARRIER),
    ],
)
def test_numbers_are_converted(header, value, expected, target):
    found, words = converted(np.array([value]), read_header(header), target)
    assert found[0] == pytest.approx(expected, abs=1e-5)
    assert words


def test_values_too_large_are_no_advice_to_divide_where_several_units_fit():
    text = str(unit_problem(np.array([115.0, 90.0, 120.0]), BARRIER, where="p.csv"))
    assert "kJ/mol (1.19 eV)" in text
    assert "meV (0.115 eV)" in text
    assert "Divide every value by 1000" not in text
    assert unit_problem(np.array([0.3, 0.5, 19.0, 99.0]), BARRIER, where="p") is None


def test_a_maintainer_is_asked_about_most_values_and_rows_that_cannot_be():
    task = get_task("bvel-proto")
    rows = {
        name: np.array([*[v] * 29, -v]) for name, v in zip(task.ascending, (1.0, 2, 3), strict=True)
    }
    assert doubts(rows, task) == []
    turned = dict(zip(task.ascending, reversed(rows.values()), strict=True))
    assert n_disordered(turned, task) == 29
    (order,) = doubts(turned, task)
    assert "e_1d_ev ≤ e_2d_ev ≤ e_3d_ev" in order
    assert "30 of 30 predictions" in doubts({name: v * 0 - 1 for name, v in rows.items()}, task)[0]
