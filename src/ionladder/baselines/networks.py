"""Graph networks on CIFs as baselines: CGCNN, SchNet, PaiNN, M3GNet, SO3Net.

Settings are those of Table 4 of the OBELiX paper; what it leaves open was fixed beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ionladder.baselines.registry import Training, baseline

if TYPE_CHECKING:
    from ionladder.baselines.graphs import Sees
    from ionladder.specs import Array

_CGCNN = {
    "n_conv": 3,
    "atom_fea_len": 64,
    "n_h": 1,
    "h_fea_len": 64,
    "cutoff_ang": 8.0,
    "neighbours": 12,
    "batch_size": 35,
    "epochs": 50,
    "learning_rate": 0.001,
    "weight_decay": 0.0,
    "optimizer": "Adam",
}
_SCHNET = {
    "n_interactions": 3,
    "n_atom_basis": 80,
    "n_rbf": 20,
    "cutoff_ang": 5.0,
    "batch_size": 32,
    "epochs": 100,
    "learning_rate": 0.0005,
    "weight_decay": 0.01,
    "optimizer": "AdamW",
}
_PAINN = {**_SCHNET, "n_interactions": 2, "weight_decay": 0.0001}
_M3GNET = {
    "cutoff_ang": 5.0,
    "threebody_cutoff": 5.0,
    "is_intensive": True,
    "readout_type": "set2set",
    "nblocks": 3,
    "dim_node_embedding": 128,
    "dim_edge_embedding": 128,
    "units": 64,
    "batch_size": 35,
    "epochs": 50,
    "learning_rate": 0.001,
    "weight_decay": 0.01,
    "optimizer": "Adam",
}
_SO3NET = {
    "cutoff_ang": 5.0,
    "is_intensive": True,
    "nmax": 2,
    "lmax": 1,
    "target_property": "graph",
    "readout_type": "set2set",
    "nblocks": 3,
    "dim_node_embedding": 64,
    "nlayers_readout": 3,
    "units": 32,
    "batch_size": 35,
    "epochs": 80,
    "learning_rate": 0.001,
    "weight_decay": 0.0,
    "optimizer": "Adam",
}


def _network(
    package: str,
    settings: Mapping[str, Any],
    arm: str,
    *,
    tolerance: float,
    pretrained: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The decorator of a graph network: three seeds on the CIFs of OBELiX, no folds."""
    return baseline(
        tasks=("obelix-cif",),
        seeds=3,
        tolerance=tolerance,
        settings={
            **settings,
            "occupancies": arm,
            "stopping_groups": 0.1,
            **({"pretraining_epochs": settings["epochs"]} if pretrained else {}),
        },
        folds=False,
        extra="torch",
        packages=("torch", package),
    )


# A rerun on one processor agrees to the six decimals written; with the instructions of older ones
# (AVX2, SSE) single entries of CGCNN moved by up to 2e-5 and of SchNet by up to 2e-6. The others
# were not measured between processors.
_MEASURED, _UNMEASURED = 0.001, 0.05


@_network("torch_geometric", _CGCNN, "rounded", tolerance=_MEASURED)
def cgcnn(training: Training) -> Array:
    """CGCNN, occupancies rounded as in the paper."""
    return _fit(training, "CGCNN", "distances")


@_network("torch_geometric", _CGCNN, "majority", tolerance=_MEASURED)
def cgcnn_majority(training: Training) -> Array:
    """CGCNN, each site given to its most abundant species."""
    return _fit(training, "CGCNN", "distances")


@_network("torch_geometric", _CGCNN, "weighted", tolerance=_MEASURED)
def cgcnn_weighted(training: Training) -> Array:
    """CGCNN, sites as mixtures of their species."""
    return _fit(training, "CGCNN", "distances")


@_network("torch_geometric", _CGCNN, "weighted", tolerance=_MEASURED, pretrained=True)
def p_cgcnn_bvel(training: Training) -> Array:
    """CGCNN, sites as mixtures of their species, after barriers of BVEL-proto."""
    return _fit(training, "CGCNN", "distances", barriers_first=True)


@_network("schnetpack", _SCHNET, "rounded", tolerance=_MEASURED)
def schnet(training: Training) -> Array:
    """SchNet, occupancies rounded as in the paper."""
    return _fit(training, "make_schnet", "distances")


@_network("schnetpack", _SCHNET, "majority", tolerance=_MEASURED)
def schnet_majority(training: Training) -> Array:
    """SchNet, each site given to its most abundant species."""
    return _fit(training, "make_schnet", "distances")


@_network("schnetpack", _SCHNET, "weighted", tolerance=_MEASURED)
def schnet_weighted(training: Training) -> Array:
    """SchNet, sites as mixtures of their species."""
    return _fit(training, "make_schnet", "distances")


@_network("schnetpack", _SCHNET, "weighted", tolerance=_MEASURED, pretrained=True)
def p_schnet_bvel(training: Training) -> Array:
    """SchNet, sites as mixtures of their species, after barriers of BVEL-proto."""
    return _fit(training, "make_schnet", "distances", barriers_first=True)


@_network("schnetpack", _PAINN, "rounded", tolerance=_UNMEASURED)
def painn(training: Training) -> Array:
    """PaiNN, occupancies rounded as in the paper."""
    return _fit(training, "make_painn", "vectors")


@_network("matgl", _M3GNET, "rounded", tolerance=_UNMEASURED)
def m3gnet(training: Training) -> Array:
    """M3GNet, occupancies rounded as in the paper."""
    return _fit(training, "make_m3gnet", "angles")


@_network("matgl", _SO3NET, "rounded", tolerance=_UNMEASURED)
def so3net(training: Training) -> Array:
    """SO3Net, occupancies rounded as in the paper."""
    return _fit(training, "make_so3net", "vectors and handedness")


def _fit(training: Training, network: str, sees: Sees, *, barriers_first: bool = False) -> Array:
    from ionladder.baselines import architectures
    from ionladder.baselines.train import fit_network

    make = getattr(architectures, network)
    return fit_network(training, make, sees, barriers_first=barriers_first)
