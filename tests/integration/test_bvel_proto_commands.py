"""``ionladder bvel-proto`` and ``ionladder export``, as typed."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
from command import Prompt

from ionladder.config import load_params
from ionladder.data.bvel_proto import generate as release
from ionladder.data.bvel_proto.generate import Recomputed
from ionladder.errors import ConfigError, Problem
from ionladder.repo import Layout
from unit.datasets.bvel_proto.bvlain_here import needs_bvlain


@pytest.fixture
def prompt(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prompt:
    return Prompt(repository, monkeypatch, capsys)


def test_export_writes_the_four_files_of_the_layout(prompt: Prompt, tmp_path: Path) -> None:
    result = prompt.ok("export", "bvel_proto", "--format", "extxyz", "--output", str(tmp_path))

    names = ["index.csv", "train.xyz", "val.xyz", "test.xyz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"bvel_proto_{name}" for name in names
    )
    assert result.out.count("\n") == 4


def test_exporting_twice_gives_the_same_bytes(prompt: Prompt, tmp_path: Path) -> None:
    for name in ("one", "two"):
        prompt.ok("export", "bvel_proto", "--output", str(tmp_path / name))

    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_an_unknown_export_is_answered_with_the_known_one(prompt: Prompt) -> None:
    letter = prompt.letter("export", "bvel_prot")

    assert "Did you mean bvel_proto --format extxyz?" in letter


def test_without_bvlain_the_letter_names_the_extra_to_install(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)

    for command in ("verify", "generate"):
        letter = prompt.letter("bvel-proto", command)
        assert "expected bvlain 0.25.1" in letter
        assert 'pip install "ionladder[bvel]"' in letter


@needs_bvlain
@pytest.mark.parametrize("option", [(), ("--all",)])
def test_verify_says_how_many_labels_came_out_again(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    done = Recomputed(version="1.0.0", n_labels=30, problems=())
    for name in ("recompute_sample", "recompute_all"):
        monkeypatch.setattr(release, name, lambda *_, **__: done)

    assert "30 entries came out as recorded" in prompt.ok("bvel-proto", "verify", *option).out


@needs_bvlain
def test_verify_all_of_an_earlier_version_labels_what_is_stored_and_says_so(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def label_again(_layout: object, version: str, *, n: int | None, **_: object) -> Recomputed:
        asked.append(n)
        return Recomputed(version=version, n_labels=813, problems=())

    monkeypatch.setattr(release, "recompute_sample", label_again)

    out = prompt.ok("bvel-proto", "verify", "--all", "--version", "1.0.0").out

    assert asked == [None]
    assert "1.0.0: labels of 813 entries came out as recorded" in out
    assert "drawn by earlier code: only their labels were computed again" in out


@needs_bvlain
def test_a_version_that_is_not_listed_is_answered_with_those_that_are(prompt: Prompt) -> None:
    letter = prompt.letter("bvel-proto", "verify", "--version", "9.9.9")

    assert "found only 1.0.0" in letter
    assert "List it as bvel-proto-9-9-9" in letter


@needs_bvlain
def test_verify_fails_with_a_letter_for_every_label_that_differs(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = tuple(
        Problem(where=f"id {i}", expected="0.5 eV", found="0.6 eV", next_step="Look.")
        for i in range(3)
    )
    found = Recomputed(version="1.0.0", n_labels=3, problems=problems)
    monkeypatch.setattr(release, "recompute_sample", lambda *_, **__: found)

    assert prompt.letter("bvel-proto", "verify").count("found 0.6 eV") == 3


@needs_bvlain
def test_generate_asks_for_the_version_that_this_code_draws(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "DRAWN_HERE", "9.9.9")

    letter = prompt.letter("bvel-proto", "generate")

    assert "params.yaml, embedded, bvel_proto 9.9.9" in letter
    assert "List it as bvel-proto-9-9-9" in letter


def test_a_version_that_other_code_drew_is_never_written_again(repository: Path) -> None:
    layout = Layout(repository)
    pinned = release.embedded_version(load_params(layout), "1.0.0")

    with pytest.raises(ConfigError, match=r"found 1\.0\.0, which other code drew"):
        release.release(layout, pinned)
