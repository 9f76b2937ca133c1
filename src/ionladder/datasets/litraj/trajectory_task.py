"""The boards of MPLiTrj and of its subsample: energies, forces and stresses of configurations."""

from __future__ import annotations

from ionladder.datasets.litraj.columns import OFFICIAL
from ionladder.datasets.litraj.trajectory_tables import OFFSETS, U_METALS, frames_name
from ionladder.specs.task import LabelWords, MetricUse, Primary, Subset, Target, Task

_FORCE, _FORCE_RMS, _COSINE = "force_ev_per_ang", "force_rms_ev_per_ang", "force_cosine"
_ENERGY, _IN_PATH = "energy_ev_per_atom", "energy_in_path_ev_per_atom"
_STRESS = "stress_ev_per_ang3"

_TARGETS = (
    Target(
        name=_FORCE,
        symbol="|ΔF|",
        unit="eV/Å",
        error_unit="eV/Å",
        description=(
            "Mean absolute difference between predicted and true force components of a "
            "configuration."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
    ),
    Target(
        name=_FORCE_RMS,
        symbol="ΔF, root mean square",
        unit="eV/Å",
        error_unit="eV/Å",
        description=(
            "Root mean square difference between predicted and true force components of a "
            "configuration."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
    ),
    Target(
        name=_COSINE,
        symbol="cos(F)",
        unit="1",
        error_unit="1",
        description=(
            "Mean over atoms of the cosine between predicted and true force, whatever their "
            "lengths; the error is 1 minus the cosine. Atoms that feel less than 0.001 eV/Å are "
            "left out, and a predicted force of exactly zero counts as a right angle."
        ),
        plausible=(-1.0, 1.0),
        ideal=1.0,
        given_by="has_direction",
        missing_note="Without a number: no atom feels a force large enough to have a direction.",
    ),
    Target(
        name=_ENERGY,
        symbol="|ΔE|",
        unit="eV/atom",
        error_unit="eV/atom",
        description=(
            "Absolute difference of the energy per atom. Models put the energy zero of an element "
            "where their training data have it; a submission with energies of the frozen offset "
            "set is compared after one constant per element, fitted on that set, and any other as "
            "it is."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
    ),
    Target(
        name=_IN_PATH,
        symbol="|ΔE|, within a path",
        unit="eV/atom",
        error_unit="eV/atom",
        description=(
            "The same for energies less the mean over the test configurations of their path, true "
            "and predicted alike, so that no energy zero matters."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
        given_by="has_path_energy",
        missing_note=(
            "Without a number: upstream does not state the path, or no other test configuration "
            "belongs to it."
        ),
    ),
    Target(
        name=_STRESS,
        symbol="|Δσ|",
        unit="eV/Å³",
        error_unit="eV/Å³",
        description="Mean absolute difference of the six components of the stress.",
        plausible=(0.0, 1e6),
        ideal=0.0,
        given_by="has_stress",
        missing_note="Without a number: upstream gives no stress.",
    ),
)
_EVERYWHERE = (_FORCE, _COSINE, _ENERGY, _IN_PATH)

_METRICS = (
    MetricUse(name="mae", metric="mae", title="MAE", targets=_EVERYWHERE),
    MetricUse(
        name="mae_by_atom",
        metric="mae",
        title="MAE, by atom",
        targets=_EVERYWHERE,
        weight="n_atoms",
    ),
    MetricUse(name="rmse", metric="rmse", title="RMSE", targets=(_FORCE_RMS,)),
    MetricUse(
        name="rmse_by_atom",
        metric="rmse",
        title="RMSE, by atom",
        targets=(_FORCE_RMS,),
        weight="n_atoms",
    ),
    MetricUse(
        name="mae_stress",
        metric="mae",
        title="MAE of the stress",
        targets=(_STRESS,),
        only="stress_given",
    ),
)


def trajectory_task(*, name: str, title: str, dataset: str, of_what: str) -> Task:
    """The task of a version of MPLiTrj.

    Args:
        name: Its name.
        title: As printed.
        dataset: Dataset it is scored on.
        of_what: What is predicted, in words, for its question.
    """
    return Task(
        name=name,
        title=title,
        question=f"How well does a model predict energies, forces and stresses of {of_what}?",
        dataset=dataset,
        split=OFFICIAL,
        targets=_TARGETS,
        metrics=_METRICS,
        subsets=(
            Subset(name="all", title="all test configurations"),
            Subset(
                name="u_metal",
                title=f"with {', '.join(U_METALS)}",
                column="has_u_metal",
                equals=True,
            ),
            Subset(
                name="no_u_metal",
                title="without these metals",
                column="has_u_metal",
                equals=False,
            ),
        ),
        primary=Primary(target=_FORCE, metric="mae", subset="all"),
        group_column="component",
        references=("element-energies",),
        baseline_reference="element-energies",
        predicts="frames",
        truth=frames_name("test"),
        given=frames_name("test"),
        offsets=OFFSETS,
        label_words=LabelWords(adjective="computed", one="label", subject="configuration"),
    )
