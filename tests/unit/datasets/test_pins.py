"""Versions fetched on demand: unpinned, pinned, and what params.yaml makes of both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factories import write_repo
from ionladder.config import (
    add_pin,
    load_params,
    read_pins,
    require_pinned,
    require_scored,
    select_versions,
)
from ionladder.errors import ConfigError
from ionladder.repo import Layout

KEY = "bvel13k-1-0-0"
SHA = "a" * 64


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = write_repo(tmp_path / "repo", ["1.0.0"])
    content = json.loads(made.params.read_text())
    content["on_demand"] = {
        KEY: {
            "dataset": "bvel13k",
            "version": "1.0.0",
            "tag": "litraj",
            "base_url": "https://upstream.invalid/litraj",
            "files": ["BVEL13k.zip"],
            "download_bytes": 11_000_000,
            "ingested_bytes": 40_000_000,
            "expected": {"train": 3, "val": 1, "test": 1},
            "folds": {"n_folds": 5, "n_repeats": 1, "seed": 1},
            "tasks": ["bvel13k"],
        }
    }
    made.params.write_text(json.dumps(content))
    return made


def test_an_unpinned_version_waits(layout: Layout) -> None:
    params = load_params(layout)

    version = params.waits_for("bvel13k")
    assert version is not None
    assert version.key == KEY
    assert not version.source.is_pinned
    assert "bvel13k" not in params.task_versions
    assert params.waits_for("obelix") is None


def test_it_is_neither_fetched_nor_embedded_unless_asked_for(layout: Layout) -> None:
    params = load_params(layout)

    assert [v.key for v in select_versions(params, None)] == ["obelix-1-0-0"]
    assert not params.versions[KEY].is_embedded


@pytest.mark.parametrize("name", [KEY, "bvel13k"])
def test_its_key_or_the_name_of_its_dataset_selects_it(layout: Layout, name: str) -> None:
    assert [v.key for v in select_versions(load_params(layout), [name])] == [KEY]


def test_letters_say_how_to_get_it(layout: Layout) -> None:
    params = load_params(layout)

    with pytest.raises(ConfigError, match=f"ionladder fetch {KEY} --pin"):
        require_pinned(layout, params.versions[KEY])
    with pytest.raises(ConfigError, match="task bvel13k"):
        require_scored(layout, params, "bvel13k")


def test_a_pin_gives_the_version_its_bytes_and_the_task_its_version(layout: Layout) -> None:
    add_pin(layout, load_params(layout).versions[KEY], {"BVEL13k.zip": SHA})

    params = load_params(layout)
    assert params.versions[KEY].source.files == {"BVEL13k.zip": SHA}
    assert params.task_versions["bvel13k"] == "1.0.0"
    assert params.waiting == {}
    require_pinned(layout, params.versions[KEY])
    require_scored(layout, params, "bvel13k")
    assert json.loads(layout.pins.read_text()) == {
        "on_demand_versions": {
            KEY: {"dataset": "bvel13k", "version": "1.0.0", "files": {"BVEL13k.zip": SHA}}
        },
        "on_demand_tasks": {"bvel13k": {"dataset": "bvel13k", "version": "1.0.0"}},
    }


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"more": 1}', '{"on_demand_versions": {"x": {"dataset": "x"}}}'],
)
def test_damaged_pins_are_a_letter(layout: Layout, text: str) -> None:
    layout.pins.parent.mkdir(exist_ok=True)
    layout.pins.write_text(text)

    with pytest.raises(ConfigError, match=r"data/pins\.json"):
        read_pins(layout)


def test_a_pin_of_other_files_than_the_parameters_name_is_a_letter(layout: Layout) -> None:
    add_pin(layout, load_params(layout).versions[KEY], {"Other.zip": SHA})

    with pytest.raises(ConfigError, match=f"on_demand_versions.{KEY}"):
        load_params(layout)
