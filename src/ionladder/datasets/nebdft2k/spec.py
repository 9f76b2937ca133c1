"""nebDFT2k as a dataset: title, licence, citation, tables and what it must not be taken for."""

from __future__ import annotations

from ionladder.datasets.litraj.paper import CAVEATS, PROVENANCE
from ionladder.datasets.nebdft2k.columns import FRAMES, TABLES
from ionladder.datasets.nebdft2k.task import TASKS
from ionladder.specs.dataset import Dataset, Fact

__all__ = ["DATASET", "TASKS"]

DATASET = Dataset(
    name="nebdft2k",
    title="nebDFT2k",
    summary=(
        "Paths and barriers of single Li hops by nudged elastic bands with DFT, each with the "
        "initial path it was relaxed from; part of LiTraj."
    ),
    **PROVENANCE,
    tables=TABLES,
    frames=FRAMES,
    facts=(
        Fact(column="formula", title="Supercell", kind="formula"),
        Fact(column="material_id", title="Materials Project id"),
        Fact(column="n_atoms", title="Atoms"),
        Fact(column="n_images", title="Images"),
        Fact(column="hop_length_ang", title="Length of the hop (Å)"),
        Fact(column="em_bvse_ev", title="Barrier by bond valences (eV)"),
    ),
    caveats=(
        (
            "The reference is a nudged elastic band of at most 100 steps with PBE, without spin "
            "polarisation and without U, at the Γ point only: a reference to agree with, not an "
            "experiment. has_specific_TM marks materials where that matters most."
        ),
        (
            "A barrier is the largest minus the smallest energy over the images, with a climbing "
            "image; it belongs to one hop, and says little about conduction without the other "
            "hops of the material."
        ),
        (
            "The official split is by hop: a material may stand in the train and in the test "
            "part. The overlap is counted on this card once the data are here, and both boards "
            "split their scores by it."
        ),
        (
            "MPLiTrj holds configurations of the same calculations. A model trained on it may "
            "have seen test hops; a submission states what it was trained on."
        ),
        *CAVEATS,
    ),
)
