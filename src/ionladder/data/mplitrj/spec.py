"""MPLiTrj as a dataset, and its board."""

from __future__ import annotations

from ionladder.data.litraj.tasks import trajectory_dataset, trajectory_task

STEM = "MPLiTrj"

DATASET = trajectory_dataset(
    name="mplitrj",
    title="MPLiTrj",
    stem=STEM,
    summary=(
        "Energies, forces and stresses of 929\u202f066 configurations from the optimisation of Li "
        "migration paths by density functional theory."
    ),
)

TASKS = (
    trajectory_task(
        name="mplitrj",
        title="MPLiTrj: energies, forces and stresses",
        dataset=DATASET.name,
        of_what="configurations along Li migration paths",
    ),
)
