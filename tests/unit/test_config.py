"""``params.yaml`` and ``data/pins.json``: read into objects, and every mistake named at once."""

import copy
import json
from dataclasses import replace

import pytest

import tiny
from factories import write_repo
from ionladder import config
from ionladder.errors import ConfigError
from ionladder.repo import Layout
from ionladder.specs import Experiment, Slice, Subset

# ``params.yaml``: read into objects, and every mistake named at once.


KEY = "obelix-1-0-0"


@pytest.fixture
def layout(tmp_path):
    return write_repo(tmp_path / "repo", ["1.0.0", "1.1.0"])


def rewrite(layout, change):
    content = copy.deepcopy(json.loads(layout.params.read_text()))
    change(content)
    layout.params.write_text(json.dumps(content))


def test_valid_parameters_become_objects(layout):
    params = config.load_params(layout)
    assert list(params.versions) == [KEY, "obelix-1-1-0"]
    assert params.task_versions == {"obelix": "1.1.0"}
    assert params.scoring.resamples == 500
    pinned = params.versions[KEY]
    assert (pinned.dataset, pinned.version, pinned.tag) == ("obelix", "1.0.0", "v1.0.0-data")
    assert pinned.expected["components"] == 19
    assert pinned.folds.n_folds == 5


@pytest.mark.parametrize(
    ("change", "where", "found"),
    [
        (lambda p: p.update(extra=1), "extra", "unknown key 'extra'"),
        (lambda p: p["scoring"].pop("seed"), "scoring.seed", "nothing"),
        (lambda p: p["scoring"].update(confidence=95), "scoring.confidence", "95"),
        (lambda p: p["datasets"][KEY].update(version=1.0), f"datasets.{KEY}.version", "1.0"),
        (lambda p: p["datasets"][KEY].update(commit="main"), f"datasets.{KEY}.commit", "'main'"),
        (lambda p: p["datasets"][KEY].update(shasums={}), f"datasets.{KEY}.shasums", "'shasums'"),
        (
            lambda p: p["datasets"][KEY]["files"].update({"../up.csv": "0" * 64}),
            f"datasets.{KEY}.files.../up.csv",
            "'../up.csv'",
        ),
        (lambda p: p["datasets"][KEY].update(tag="../v1"), f"datasets.{KEY}.tag", "'../v1'"),
        (lambda p: p["tasks"]["obelix"].update(version="9.9"), "tasks.obelix", "obelix 9.9"),
        (
            lambda p: p["datasets"].update({"obelix-9": p["datasets"].pop(KEY)}),
            "datasets.obelix-9",
            "obelix-9",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_mistake_is_named_with_its_place(layout, change, where, found):
    rewrite(layout, change)
    with pytest.raises(ConfigError) as caught:
        config.load_params(layout)
    (problem,) = caught.value.problems
    assert problem.where == f"params.yaml, {where}"
    assert found in problem.found


def test_borrowed_files_have_addresses_and_folders_of_their_own(repository):
    version = config.load_params(Layout(repository)).versions["obelix-external-1-0-0"]
    assert version.mirror_path("LiIonDatabase.csv") == "obelix-external/c2204e54/LiIonDatabase.csv"
    assert version.mirror_path("all.csv") == "obelix/v1.2.0-data/all.csv"
    other = config.load_params(Layout(repository)).versions["obelix-1-2-0"]
    assert version.url("all.csv") == other.url("all.csv")
    assert version.files["all.csv"] == other.files["all.csv"]


@pytest.mark.parametrize(
    "text", ["scoring: [", "scoring: 1\nscoring: 2\n", "a: !!python/object:os.system x", "\x00"]
)
def test_text_that_is_no_plain_yaml_is_refused(layout, text):
    layout.params.write_text(text)
    with pytest.raises(ConfigError, match="expected plain YAML"):
        config.load_params(layout)


def test_versions_are_selected_by_key_in_file_order(layout):
    params = config.load_params(layout)
    assert [v.key for v in config.select_versions(params, None)] == [KEY, "obelix-1-1-0"]
    assert [v.key for v in config.select_versions(params, [])] == [KEY, "obelix-1-1-0"]
    chosen = config.select_versions(params, ["obelix-1-1-0", KEY])
    assert [version.key for version in chosen] == [KEY, "obelix-1-1-0"]


def test_an_embedded_version_is_not_fetched(repository):
    params = config.load_params(Layout(repository))
    embedded = [version for version in params.versions.values() if version.is_embedded]

    assert embedded
    assert not [version for version in config.select_versions(params, None) if version.is_embedded]
    with pytest.raises(ConfigError, match="computed here and kept in git"):
        config.select_versions(params, [embedded[0].key])


# Versions fetched on demand: unpinned, pinned, and what params.yaml makes of both.


ARCHIVE = "bvel13k-1-0-0"
SHA = "a" * 64


@pytest.fixture
def waiting(tmp_path):
    made = write_repo(tmp_path / "repo", ["1.0.0"])
    content = json.loads(made.params.read_text())
    content["on_demand"] = {
        ARCHIVE: {
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


def test_an_unpinned_version_waits(waiting):
    params = config.load_params(waiting)

    version = params.waits_for("bvel13k")
    assert version.key == ARCHIVE
    assert not version.is_pinned
    assert "bvel13k" not in params.task_versions
    assert params.waits_for("obelix") is None


@pytest.mark.parametrize("name", [ARCHIVE, "bvel13k"])
def test_its_key_or_the_name_of_its_dataset_selects_it(waiting, name):
    assert [v.key for v in config.select_versions(config.load_params(waiting), [name])] == [ARCHIVE]


def test_errors_say_how_to_get_it(waiting):
    params = config.load_params(waiting)

    with pytest.raises(ConfigError, match=f"ionladder fetch {ARCHIVE} --pin"):
        config.require_pinned(waiting, params.versions[ARCHIVE])
    with pytest.raises(ConfigError, match="task bvel13k"):
        config.require_scored(waiting, params, "bvel13k")


def test_a_pin_gives_the_version_its_bytes_and_the_task_its_version(waiting):
    config.add_pin(waiting, config.load_params(waiting).versions[ARCHIVE], {"BVEL13k.zip": SHA})

    params = config.load_params(waiting)
    assert params.versions[ARCHIVE].files == {"BVEL13k.zip": SHA}
    assert params.task_versions["bvel13k"] == "1.0.0"
    assert params.waiting == {}
    config.require_pinned(waiting, params.versions[ARCHIVE])
    config.require_scored(waiting, params, "bvel13k")
    assert json.loads(waiting.pins.read_text()) == {
        "on_demand_versions": {
            ARCHIVE: {"dataset": "bvel13k", "version": "1.0.0", "files": {"BVEL13k.zip": SHA}}
        },
        "on_demand_tasks": {"bvel13k": {"dataset": "bvel13k", "version": "1.0.0"}},
    }


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"more": 1}', '{"on_demand_versions": {"x": {"dataset": "x"}}}']
)
def test_damaged_pins_are_an_error(waiting, text):
    waiting.pins.parent.mkdir(exist_ok=True)
    waiting.pins.write_text(text)

    with pytest.raises(ConfigError, match=r"data/pins\.json"):
        config.read_pins(waiting)


def test_a_pin_of_other_files_than_the_parameters_name_is_an_error(waiting):
    config.add_pin(waiting, config.load_params(waiting).versions[ARCHIVE], {"Other.zip": SHA})

    with pytest.raises(ConfigError, match=f"on_demand_versions.{ARCHIVE}"):
        config.load_params(waiting)


# --- A task checks itself; an experiment pairs what it names

# A task checks itself: names once, folds once, a restriction that says which column.


def test_a_scheme_is_either_scored_or_beside():
    with pytest.raises(ValueError, match="names a fold scheme twice"):
        replace(tiny.TASK, scored_folds=tiny.TASK.cross_validation[0])


def test_a_restriction_names_its_column():
    with pytest.raises(ValueError, match="restricted to a subset without a column"):
        replace(tiny.TASK, entries=Subset(name="some", title="some"))


# What an experiment names, and in which order it pairs.


EXPERIMENT = tiny.made("pairing", Experiment)


def test_every_pair_is_named_once_and_later_arms_stand_first():
    assert EXPERIMENT.arm_pairs == (("b", "a"), ("d", "a"), ("d", "b"))
    assert EXPERIMENT.pairs == (("a", "c"), ("b", "c"), ("b", "a"), ("d", "a"), ("d", "b"))
    assert EXPERIMENT.submissions == ("a", "b", "c", "d", "z")


def test_a_part_without_named_values_is_refused():
    with pytest.raises(ValueError, match="name the parts of 'p'"):
        replace(EXPERIMENT, parts=(Slice(name="p", title="P", column="p"),))
