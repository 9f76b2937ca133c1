"""The slices of the real OBELiX test set; counts were made independently from published files."""

import pandas as pd
import pytest

from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_task
from ionladder.data.slices import anion_kind, elements_of
from ionladder.data.store import load_inputs
from ionladder.repo import Layout

pytestmark = pytest.mark.data

TASK = get_task("obelix")
VERSION = "1.2.0"


@pytest.fixture(scope="module")
def labels(repository):
    return load_evaluation_labels(Layout(repository), TASK, VERSION)


@pytest.fixture(scope="module")
def slices(labels):
    assert labels.slices is not None
    return labels.slices.set_index("id")


def test_parts_have_the_known_sizes(slices):
    assert slices["structure"].value_counts().to_dict() == {"with": 67, "without": 54}
    assert slices["order"].value_counts().to_dict() == {
        "disordered": 54,
        "no structure": 54,
        "ordered": 13,
    }
    assert slices["censoring"].value_counts().to_dict() == {"none": 113, "left": 8}
    # Positives at 1 mS/cm in the test set: 18.
    assert slices["superionic"].value_counts().to_dict() == {"no": 103, "yes": 18}


def test_the_anion_rule_agrees_with_the_families_that_imply_anions(repository):
    entries = load_inputs(Layout(repository), TASK, VERSION).entries
    anions = entries["formula_norm"].map(lambda text: anion_kind(elements_of(text)))
    by_family = pd.crosstab(entries["family"], anions)
    for family, allowed in {
        "garnet": {"oxide", "oxyhalide"},
        "perovskites": {"oxide", "oxyhalide"},
        "LGPS": {"sulfide", "sulfide halide"},
        "chlorides": {"chloride"},
        "thio-phosphate": {"sulfide"},
        "chalcogenidotetrelates": {"selenide", "sulfide"},
    }.items():
        found = by_family.loc[family]
        assert set(found.index[found > 0]) <= allowed, family
    phosphates = by_family.loc["NASICON"]
    assert phosphates["phosphate"] / phosphates.sum() > 0.95
    argyrodites = by_family.loc["argyrodites"]
    assert argyrodites["sulfide halide"] / argyrodites.sum() > 0.8
    # The one that is no pure halide is Li6NBr3.
    halides = by_family.loc["halides"]
    assert halides[["chloride", "bromide", "iodide"]].sum() == halides.sum() - 1
    assert halides["mixed"] == 1
