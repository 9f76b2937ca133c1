"""CGCNN, sites as mixtures of their species, after barriers of BVEL-proto."""

from ionladder.baselines.graphs.cgcnn_card import cgcnn_baseline
from ionladder.baselines.graphs.pretrain_card import after_barriers

BASELINE = after_barriers(
    cgcnn_baseline("p-cgcnn-bvel", "weighted"),
    reported="The paper's own pretrained CGCNN (2.52) learnt Fermi energies of the Materials "
    "Project first.",
)
