"""Datasets and tasks by name, and the data files that say what they are."""

import shutil
from pathlib import Path

import pytest

from ionladder.data import registry
from ionladder.data.registry import get_dataset, get_task
from ionladder.errors import ConfigError


@pytest.mark.parametrize("get", [get_dataset, get_task])
def test_an_unknown_name_is_refused_with_the_nearest_known_one(get):
    with pytest.raises(ConfigError, match="Did you mean obelix"):
        get("obelixx")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "found"),
    [
        ("dataset.yaml", "licence:", "license:", "dataset.yaml, license", "the unknown key"),
        ("dataset.yaml", "    rung: 2", "    rungs: 2", "cross_validation.0.rungs", "unknown"),
        ("dataset.yaml", "title: BVEL-proto", "title: [1]", "dataset.yaml, title", "[1]"),
        ("dataset.yaml", "rule: known", "rule: knows", "known_prototype.rule", "knows"),
        ("dataset.yaml", "rule: known", "parts: [a]", "known_prototype", "parts"),
        ("columns.csv", "labels,id", "lables,id", "columns.csv", "lables"),
        ("columns.csv", "type,unit", "kind,unit", "columns.csv", "nothing"),
    ],
)
def test_a_wrong_fact_names_its_file_and_key(monkeypatch, tmp_path, file, old, new, where, found):
    package = Path(registry.__file__).parent
    for name in ("bvel_proto", "litraj"):
        shutil.copytree(package / name, tmp_path / "data" / name)
    monkeypatch.setattr(registry, "_HERE", tmp_path / "data")
    folder = tmp_path / "data" / "bvel_proto"
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        registry._read(folder)
    assert any(where in p.where and found in p.found for p in caught.value.problems)
