"""What the cards of graph networks have in common; imports no numerical library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ionladder.specs import Baseline, Setting

PAPER_DOI = "10.48550/arXiv.2502.14234"
SHORT = {"rounded": "", "majority": ", majority species", "weighted": ", occupancy-weighted"}
_ARMS = {
    "rounded": "Occupancies are rounded to whole numbers, as the paper's authors did, and sites on "
    "which nothing is left are dropped: 77 of the 254 training crystals have no lithium then.",
    "majority": "A site with several species or a vacancy goes whole to its most abundant species, "
    "so that no site is dropped.",
    "weighted": "The first features of a site are the mean of the learned vectors of its species "
    "and of a vacancy, weighted by occupancy; for a fully occupied site that is the usual look-up.",
}
MATGL = (
    "The optimiser is that of matgl's own trainer (Adam) without its schedule; readout iterations "
    "and basis functions that the paper does not name are matgl's defaults."
)
_HELD_OUT = 0.1
_COMMON = (
    "Settings are those of Table 4 of the paper; what it leaves open was fixed beforehand and "
    "stands among the hyperparameters. Nothing was chosen by looking at the test set. The epoch is "
    "the one that predicts best a tenth of the training groups (shared DOI or composition), held "
    "out by seed. The loss is the mean absolute error of standardised labels; the paper names "
    "none. Elements have learned vectors from the start. The public CIFs differ from those behind "
    "the paper by small random displacements. Every CIF gives a graph with edges, so no prediction "
    "is a fallback. Not trained on the frozen folds."
)
_ALIKE = {
    "distances": "Sites that the network cannot tell apart (same species, and the same neighbours "
    "at the same distances, neighbours of neighbours and so on) are computed once and weighted by "
    "their number, which changes no prediction of a trained network.",
    "angles": "Sites that the network cannot tell apart (same species, and the same neighbours at "
    "the same distances and angles, neighbours of neighbours and so on) are computed once and "
    "counted by their number, which changes no prediction.",
    "vectors": "Messages are summed at one site of each orbit of the space group; the others get "
    "its features, turned by the operation that leads there, which changes no prediction.",
    "vectors and handedness": "Messages are summed at one site of each orbit of the proper "
    "operations of the space group; the others get its features, turned by the operation that "
    "leads there, which changes no prediction.",
}


def graph_baseline(
    name: str,
    model: str,
    *,
    what: str,
    arm: str,
    sees: str,
    settings: Mapping[str, Setting],
    parameters: int,
    n_seeds: int,
    tolerance: float,
    reported: str,
    notes: str,
) -> Baseline:
    """The spec of a graph network trained on the CIFs of OBELiX.

    Args:
        name: Its name.
        model: Its name on the board, without the arm.
        what: The network in a sentence or two.
        arm: What becomes of partial occupancies.
        sees: What the network takes from edges: as :data:`kinds.Sees` names it.
        settings: Settings of network and training.
        parameters: Number of trained parameters.
        n_seeds: Trainings.
        tolerance: Largest difference of a rerun.
        reported: The paper's number, in a sentence.
        notes: What else a careful reader should know.
    """
    hyperparameters: dict[str, Any] = {
        **settings,
        "occupancies": arm,
        "stopping_groups": _HELD_OUT,
        "loss": "mean absolute error of standardised labels",
    }
    beside = "" if arm == "rounded" else " That run rounded occupancies; this one does not."
    return Baseline(
        name=name,
        model=f"{model}{SHORT[arm]}",
        description=f"{what} {_ARMS[arm]} One training per seed, on the 254 training entries.",
        tasks=("obelix-cif",),
        inputs="structure",
        training_data="OBELiX train split: the 254 entries with a CIF",
        n_seeds=n_seeds,
        tolerance=tolerance,
        hyperparameters=hyperparameters,
        paper_doi=PAPER_DOI,
        parameters=parameters,
        notes=f"{reported}{beside} {notes} {_ALIKE[sees]} {_COMMON}",
        folds=False,
        extra="torch",
    )
