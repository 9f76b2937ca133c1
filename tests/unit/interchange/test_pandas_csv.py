"""A data frame's CSV becomes predictions; σ becomes log10 σ only when somebody asks for it."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

import tiny
from ionladder.data.registry import get_task
from ionladder.errors import InterchangeError
from ionladder.interchange.tables import Foreign, linear_unit, read_frame

IDS = ["019", "5e2", "max"]
LOGS = [-4.0, -6.5, -3.25]
SIGMA = "Ionic conductivity (S cm-1)"
OBELIX = get_task("obelix")


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"ID": IDS, **columns})


def read(tmp_path: Path, data: pd.DataFrame, *, index: bool = False, **options: object) -> Foreign:
    path = tmp_path / "predictions.csv"
    data.to_csv(path, index=index)
    return read_frame(path, OBELIX, **options)


@pytest.mark.parametrize(
    "header",
    ["log10_sigma", "prediction", "y_pred", "log10_sigma_pred", "Log10 sigma", "log10_sigm"],
)
def test_a_header_near_the_target_s_name_is_taken_for_it(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, frame(**{header: LOGS}))
    assert found.predictions == {"id": IDS, "log10_sigma": ["-4.0", "-6.5", "-3.25"]}
    assert bool(found.notes) is (header != "log10_sigma")


def test_ids_in_the_index_are_found_with_and_without_a_name(tmp_path: Path) -> None:
    by_id = pd.DataFrame({"log10_sigma": LOGS}, index=IDS)
    for name in (None, "ID", "id"):
        by_id.index.name = name
        assert read(tmp_path, by_id, index=True).predictions["id"] == IDS


def test_a_running_index_beside_ids_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, frame(log10_sigma=LOGS, Family=["x", "y", "z"]), index=True)
    assert found.predictions["id"] == IDS
    assert found.notes == ("Left out, as no column of a submission: '', Family.",)


def test_conductivities_are_not_taken_for_their_logarithms(tmp_path: Path) -> None:
    with pytest.raises(InterchangeError) as caught:
        read(tmp_path, frame(**{SIGMA: [1e-4, 1e-6, 2e-3]}))
    problem = caught.value.problems[0]
    assert problem.found == "predictions that look like σ in S/cm, 1e-06 to 0.002"
    assert "--log10" in problem.next_step


def test_values_betray_conductivities_under_any_header(tmp_path: Path) -> None:
    with pytest.raises(InterchangeError, match="look like σ"):
        read(tmp_path, frame(log10_sigma=[1e-4, 1e-6, 2e-3]))


@pytest.mark.parametrize(
    "header", [SIGMA, "IC (S/cm)", "sigma [S·cm⁻¹]", "cond S cm^-1", "sigma_S_cm-1"]
)
def test_conductivities_are_converted_when_asked(tmp_path: Path, header: str) -> None:
    sigma = [1e-4, 3e-7, 2.46e-2]
    found = read(tmp_path, frame(**{header: sigma}), is_log10_asked=True)
    cells = [float(cell) for cell in found.predictions["log10_sigma"]]
    assert cells == [math.log10(value) for value in sigma]


def test_a_conductivity_that_is_not_positive_has_no_logarithm(tmp_path: Path) -> None:
    with pytest.raises(InterchangeError, match=r"2 that are not positive \(0.0, -1.0\)"):
        read(tmp_path, frame(**{SIGMA: [1e-4, 0.0, -1.0]}), is_log10_asked=True)


def test_the_option_is_refused_for_a_task_without_logarithms(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,e_1d_ev,e_2d_ev,e_3d_ev\na,1,1,1\n")
    with pytest.raises(InterchangeError, match="Leave --log10 out"):
        read_frame(path, get_task("bvel-proto"), is_log10_asked=True)


def test_text_in_a_cell_is_kept_for_the_checks_to_name(tmp_path: Path) -> None:
    found = read(tmp_path, frame(**{SIGMA: ["1e-4", "<1E-10", "nan"]}), is_log10_asked=True)
    assert found.predictions["log10_sigma"] == ["-4.0", "<1E-10", "nan"]


def test_two_columns_that_could_be_the_target_are_asked_about(tmp_path: Path) -> None:
    data = frame(prediction=LOGS, y_pred=LOGS)
    with pytest.raises(InterchangeError, match="--column log10_sigma=prediction"):
        read(tmp_path, data)
    found = read(tmp_path, data, columns={"log10_sigma": "y_pred"})
    assert found.predictions["log10_sigma"] == ["-4.0", "-6.5", "-3.25"]
    with pytest.raises(InterchangeError, match="Did you mean `y_pred`"):
        read(tmp_path, data, columns={"log10_sigma": "y_pre"})


def test_a_table_without_ids_or_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InterchangeError, match="one column of ids"):
        read(tmp_path, pd.DataFrame({"name": IDS, "log10_sigma": LOGS}))
    with pytest.raises(InterchangeError, match="a column `log10_sigma`"):
        read(tmp_path, frame(colour=["r", "g", "b"]))


@pytest.mark.parametrize("header", ["log10_sigma_std", "log10_sigma_true", "log10_sigma_label"])
def test_labels_and_deviations_are_never_taken_for_predictions(tmp_path: Path, header: str) -> None:
    with pytest.raises(InterchangeError, match="a column `log10_sigma`"):
        read(tmp_path, frame(**{header: LOGS}))


def test_one_target_is_never_taken_for_another(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,e_2d_ev,e_3d_ev\na,1,1\n")
    with pytest.raises(InterchangeError, match="a column `e_1d_ev`"):
        read_frame(path, get_task("bvel-proto"))


def test_deviations_and_seeds_come_along(tmp_path: Path) -> None:
    found = read(tmp_path, frame(log10_sigma=LOGS, log10_sigma_std=[0.5] * 3, seed=[0, 0, 0]))
    assert list(found.predictions) == ["id", "log10_sigma", "log10_sigma_std", "seed"]


def test_units_without_logarithm_have_no_linear_unit() -> None:
    assert linear_unit(tiny.TASK.targets[0]) == "S/cm"
    assert linear_unit(get_task("bvel-proto").targets[0]) is None
