"""MPLiTrj, subsample as a dataset, and its board."""

from __future__ import annotations

from ionladder.data.litraj.tasks import trajectory_dataset, trajectory_task

STEM = "MPLiTrj_subsample"

DATASET = trajectory_dataset(
    name="mplitrj_subsample",
    title="MPLiTrj, subsample",
    stem=STEM,
    summary=(
        "Upstream's subsample of MPLiTrj: energies, forces and stresses of 118\u202f024 "
        "configurations from the optimisation of Li migration paths."
    ),
)

TASKS = (
    trajectory_task(
        name="mplitrj-subsample",
        title="MPLiTrj, subsample: energies, forces and stresses",
        dataset=DATASET.name,
        of_what="configurations along Li migration paths, on upstream's subsample",
    ),
)
