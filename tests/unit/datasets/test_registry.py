"""Datasets and tasks are found by name, and a wrong name is answered with the known ones."""

from __future__ import annotations

import pytest

from ionladder.data.registry import all_datasets, all_tasks, get_dataset, get_task
from ionladder.errors import ConfigError


def test_obelix_is_discovered() -> None:
    assert get_dataset("obelix") is all_datasets()["obelix"]
    assert get_task("obelix") is all_tasks()["obelix"]


@pytest.mark.parametrize("get", [get_dataset, get_task])
def test_an_unknown_name_is_answered_with_the_close_one(get: object) -> None:
    with pytest.raises(ConfigError, match=r"found 'obelx'\. Did you mean obelix\?"):
        get("obelx")  # type: ignore[operator]
