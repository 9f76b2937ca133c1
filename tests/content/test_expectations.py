"""What a submission must cover is the same, read without labels or with them."""

import pandas as pd
import pyarrow as pa
import pytest

from ionladder.config import load_params
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import all_tasks
from ionladder.repo import find_layout
from ionladder.score import expectations_of
from ionladder.submit.validate import load_id_expectations


@pytest.mark.parametrize("name", sorted(load_params(find_layout()).task_versions))
def test_ids_and_folds_are_those_that_are_scored(name):
    layout = find_layout()
    version, task = load_params(layout).task_versions[name], all_tasks()[name]
    if not layout.table(task.dataset, version, "labels").is_file():
        pytest.skip(f"{task.dataset} {version} is not on this machine")
    read = load_id_expectations(layout, task, version)
    scored = expectations_of(layout, load_evaluation_labels(layout, task, version), task, version)
    assert (read.test_ids, read.train_ids) == (scored.test_ids, scored.train_ids)
    pd.testing.assert_frame_equal(pa.table(read.folds).to_pandas(), scored.folds)
