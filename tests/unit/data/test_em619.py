"""em619 from small made-up files of the same shape: no byte of them is upstream's."""

import copy
import json
import zipfile
from xml.sax.saxutils import escape

import numpy as np
import pytest

from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data.archives import read_sheet
from ionladder.data.em619.ingest import BARRIER, PRINTED, SHEET, WORKBOOK, build
from ionladder.data.store import read_given_paths
from ionladder.errors import IngestError

COMPOUNDS = (("Li", "FeO2"), ("Na", "CoO2"), ("Mg", "TiS2"), ("Li", "CoO2"), ("Na", "CoO2"))


def write_workbook(path, sheets):
    """A workbook as small as one can be: shared strings for text, plain cells for numbers."""
    strings: list[str] = []

    def cell(place, text):
        if text.replace(".", "", 1).isdigit():
            return f'<c r="{place}"><v>{text}</v></c>'
        strings.append(text)
        return f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    numbered = list(enumerate(sheets.items(), start=1))
    with zipfile.ZipFile(path, "w") as archive:
        for number, (_, rows) in numbered:
            body = "".join(
                f'<row r="{line}">'
                + "".join(
                    cell(f"{'A' * (i // 26)}{chr(65 + i % 26)}{line}", text)
                    for i, text in enumerate(row)
                    if text
                )
                + "</row>"
                for line, row in enumerate(rows, start=1)
            )
            text = f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
            archive.writestr(f"xl/worksheets/sheet{number}.xml", text)
        items = "".join(f"<si><r><t>{escape(text)}</t></r></si>" for text in strings)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{items}</sst>')
        named = "".join(f'<sheet name="{name}" r:id="r{n}"/>' for n, (name, _) in numbered)
        book = f'<workbook xmlns="{main}" xmlns:r="{link}"><sheets>{named}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        targets = "".join(
            f'<Relationship Id="r{n}" Target="worksheets/sheet{n}.xml"/>' for n, _ in numbered
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f"<a>{targets}</a>")
    return path


def overlay(number):
    """A cubic cell of 8 Å: an ion on a straight line, a metal in a corner, two anions."""
    ion, framework = COMPOUNDS[number]
    sites = [[0.25 + 0.1 * step, 0.5, 0.5] for step in range(5)]
    sites += [[0.0, 0.0, 0.0], [0.5, 0.5, 0.9], [0.5, 0.1, 0.5]]
    elements = [ion] * 5 + [framework[:2], framework[2], framework[2]]
    return {
        "sys_name": f"path-{number}",
        "class": "LAYERED",
        "target": 0.25 * number,
        "atoms": {
            "lattice_mat": (8 * np.eye(3)).tolist(),
            "coords": sites,
            "elements": elements,
            "cartesian": False,
        },
    }


def raw_folder(folder, items=None, **sheet):
    """The three files, four paths to learn from and one to predict."""
    items = [overlay(number) for number in range(5)] if items is None else items
    header = sheet.get("header", [*PRINTED.values(), BARRIER])
    row = ["LAYERED", "GGA", "Cubic", "Pm-3m", "PATH 1"]
    named = enumerate(COMPOUNDS)
    rows = [[f"path-{n}", "".join(each), *row, f"{0.25 * n}"] for n, each in named]
    write_workbook(folder / WORKBOOK, {"other": [["x"]], sheet.get("name", SHEET): [header, *rows]})
    for subset, part in (("TRAIN", items[:4]), ("TEST", items[4:])):
        (folder / f"RAW-Em-5-images-{subset}.json").write_text(json.dumps(part))
    return folder


def built(folder):
    folds = FoldSettings(n_folds=2, n_repeats=1, seed=1)
    counts = {"train": 4, "test": 1, "test_systems": 1, "test_composition_in_train": 1}
    pinned = DatasetVersion(dataset="em619", version="1.0.0", folds=folds, expected=counts)
    return build(folder, pinned, folder)


def test_paths_become_tables_and_five_images(tmp_path):
    made = built(raw_folder(tmp_path))
    entries = {row["id"]: row for row in made.tables["entries"].to_pylist()}
    first = entries["path-0"]
    assert (first["formula"], first["chemsys"], first["working_ion"]) == ("LiFeO2", "Fe-Li-O", "Li")
    assert first["path_length_ang"] == pytest.approx(0.4 * 8)
    # The anions are 0.4 × 8 Å away when the ion passes below them, at the third image but one half.
    along = [np.hypot(8 * (0.25 + 0.1 * n - 0.5), 3.2) for n in range(5)]
    assert first["anion_distance_ang"] == pytest.approx(along, abs=1e-6)
    assert first["coordination"] == [2] * 5
    splits = {row["id"]: row for row in made.tables["splits"].to_pylist()}
    assert splits["path-4"]["composition_in_train"]
    assert splits["path-4"]["component"] == splits["path-1"]["component"]
    assert not splits["path-0"]["composition_in_train"]
    (given, *_) = read_given_paths(made.frames["paths_init"].path)
    assert (given.n_images, given.n_atoms, given.moving_ion) == (5, 4, 0)
    assert given.positions_ang[:, 0, 0] == pytest.approx([2.0, 2.8, 3.6, 4.4, 5.2])
    assert (given.positions_ang[:, 1:] == given.positions_ang[0, 1:]).all()


def missing_image(item):
    for key in ("coords", "elements"):
        del item["atoms"][key][2]


def other_target(item):
    item["target"] = 3.0


def two_atoms_in_one_place(item):
    item["atoms"]["coords"][6] = [0.45, 0.5, 0.53]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (missing_image, r"path 1 \(path-1\).*an image is gone"),
        (other_target, r"path 1 \(path-1\).*target 3.0, not that of the workbook"),
        (two_atoms_in_one_place, r"atoms_are_apart.*path-1.*0.24"),
        (lambda item: item.clear(), r"path 1 \(None\)"),
        (lambda item: item["atoms"].update(elements=["Xx"] * 8), "unknown elements Xx"),
        ({"name": "sheet of another name"}, f"the sheet '{SHEET}'"),
        ({"header": ["a", "b"]}, "the columns that are asked for.*no sys_name"),
        (b"<html><title>Sign in</title>", "zip archive"),
    ],
)
def test_what_is_broken_is_named_and_nothing_built(tmp_path, change, words):
    items = copy.deepcopy([overlay(number) for number in range(5)])
    if callable(change):
        change(items[1])
    raw = raw_folder(tmp_path, items, **(change if isinstance(change, dict) else {}))
    if isinstance(change, bytes):
        (raw / WORKBOOK).write_bytes(change)
    with pytest.raises(IngestError, match=words):
        built(raw)


def test_a_sheet_keeps_every_digit_and_empty_cells(tmp_path):
    rows = [["a", "b", "c"], ["0.26069509513352998", "", "x & y"], ["", "", ""], ["1", "2", "3"]]
    path = write_workbook(tmp_path / "book.xlsx", {"one": rows})
    first, last = read_sheet(path, required=["a"])
    assert first == {"a": "0.26069509513352998", "b": "", "c": "x & y"}
    assert last == {"a": "1", "b": "2", "c": "3"}
