"""``params.yaml``: read into objects, and every mistake named at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factories import write_repo
from ionladder.config import FoldSettings, load_params, select_versions
from ionladder.errors import ConfigError
from ionladder.repo import Layout

KEY = "obelix-1-0-0"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return write_repo(tmp_path / "repo", ["1.0.0", "1.1.0"])


def rewrite(layout: Layout, change: Callable[[dict[str, Any]], object]) -> None:
    content = copy.deepcopy(json.loads(layout.params.read_text()))
    change(content)
    layout.params.write_text(json.dumps(content))


def test_valid_parameters_become_objects(layout: Layout) -> None:
    params = load_params(layout)
    assert list(params.versions) == [KEY, "obelix-1-1-0"]
    assert params.task_versions == {"obelix": "1.1.0"}
    assert params.scoring.resamples == 500
    pinned = params.versions[KEY]
    assert (pinned.dataset, pinned.version, pinned.source.tag) == ("obelix", "1.0.0", "v1.0.0-data")
    assert pinned.expected["components"] == 19
    assert pinned.folds.n_folds == 5


@pytest.mark.parametrize(
    ("change", "where", "found"),
    [
        (lambda p: p.update(extra=1), "extra", "unknown key 'extra'"),
        (lambda p: p.pop("tasks"), "tasks", "nothing"),
        (lambda p: p["scoring"].pop("seed"), "scoring.seed", "nothing"),
        (lambda p: p["scoring"].update(confidence=95), "scoring.confidence", "95"),
        (lambda p: p["scoring"].update(resamples="many"), "scoring.resamples", "'many'"),
        (lambda p: p["datasets"][KEY].update(version=1.0), f"datasets.{KEY}.version", "1.0"),
        (lambda p: p["datasets"][KEY].update(commit="main"), f"datasets.{KEY}.commit", "'main'"),
        (lambda p: p["datasets"][KEY].update(shasums={}), f"datasets.{KEY}.shasums", "'shasums'"),
        (
            lambda p: p["datasets"][KEY]["files"].update({"all.csv": "abc"}),
            f"datasets.{KEY}.files.all.csv",
            "'abc'",
        ),
        (
            lambda p: p["datasets"][KEY]["files"].update({"../up.csv": "0" * 64}),
            f"datasets.{KEY}.files.../up.csv",
            "'../up.csv'",
        ),
        (lambda p: p["datasets"][KEY].update(tag="../v1"), f"datasets.{KEY}.tag", "'../v1'"),
        (
            lambda p: p["datasets"][KEY]["folds"].update(n_folds=1),
            f"datasets.{KEY}.folds.n_folds",
            "1",
        ),
        (lambda p: p["tasks"]["obelix"].update(version="9.9"), "tasks.obelix", "obelix 9.9"),
        (
            lambda p: p["datasets"].update({"obelix-9": p["datasets"].pop(KEY)}),
            "datasets.obelix-9",
            "obelix-9",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_mistake_is_named_with_its_place(
    layout: Layout, change: Callable[[dict[str, Any]], object], where: str, found: str
) -> None:
    rewrite(layout, change)
    with pytest.raises(ConfigError) as caught:
        load_params(layout)
    (problem,) = caught.value.problems
    assert problem.where == f"params.yaml, {where}"
    assert found in problem.found


def test_all_mistakes_are_reported_together(layout: Layout) -> None:
    def change(params: dict[str, Any]) -> None:
        params["scoring"].pop("seed")
        params["surprise"] = True
        params["datasets"][KEY]["files"]["all.csv"] = "short"

    rewrite(layout, change)
    with pytest.raises(ConfigError) as caught:
        load_params(layout)
    assert len(caught.value.problems) == 3


def test_a_version_that_yaml_read_as_a_number_asks_for_quotes(layout: Layout) -> None:
    rewrite(layout, lambda p: p["datasets"][KEY].update(version=1.2))
    with pytest.raises(ConfigError, match="Put quotes around the value"):
        load_params(layout)


@pytest.mark.parametrize(
    "text", ["scoring: [", "scoring: 1\nscoring: 2\n", "a: !!python/object:os.system x", "\x00"]
)
def test_text_that_is_no_plain_yaml_is_refused(layout: Layout, text: str) -> None:
    layout.params.write_text(text)
    with pytest.raises(ConfigError, match="expected valid YAML"):
        load_params(layout)


@pytest.mark.parametrize("text", ["", "[]", "42"])
def test_a_file_that_is_no_mapping_is_refused(layout: Layout, text: str) -> None:
    layout.params.write_text(text)
    with pytest.raises(ConfigError, match=r"params\.yaml"):
        load_params(layout)


def test_versions_are_selected_by_key_in_file_order(layout: Layout) -> None:
    params = load_params(layout)
    assert [v.key for v in select_versions(params, None)] == [KEY, "obelix-1-1-0"]
    assert [v.key for v in select_versions(params, [])] == [KEY, "obelix-1-1-0"]
    assert [v.key for v in select_versions(params, ["obelix-1-1-0", KEY])] == [KEY, "obelix-1-1-0"]


def test_unknown_keys_are_all_named_with_the_closest_known_one(layout: Layout) -> None:
    with pytest.raises(ConfigError) as caught:
        select_versions(load_params(layout), ["obelix-1.1.0", "other"])
    first, second = caught.value.problems
    assert "Did you mean obelix-1-1-0?" in first.next_step
    assert second.next_step == "Known: obelix-1-0-0, obelix-1-1-0."


def test_the_parameters_of_this_repository_are_valid(repository: Path) -> None:
    params = load_params(Layout(repository))
    assert "obelix" in params.task_versions
    fetched = [v for v in params.versions.values() if not v.is_embedded and v.on_demand is None]
    assert all(version.source.tag.endswith("-data") for version in fetched)


def test_an_embedded_version_has_folds_and_no_files(repository: Path) -> None:
    pinned = load_params(Layout(repository)).versions["bvel-proto-1-0-0"]

    assert pinned.is_embedded
    assert (pinned.dataset, pinned.version) == ("bvel_proto", "1.0.0")
    assert pinned.folds == FoldSettings(n_folds=5, n_repeats=3, seed=20250221)


def test_an_embedded_version_is_not_fetched(repository: Path) -> None:
    params = load_params(Layout(repository))
    embedded = [version for version in params.versions.values() if version.is_embedded]

    assert embedded
    assert not [version for version in select_versions(params, None) if version.is_embedded]
    with pytest.raises(ConfigError, match="computed here and kept in git"):
        select_versions(params, [embedded[0].key])
