"""SchNet, sites as mixtures of their species, after barriers of BVEL-proto."""

from ionladder.baselines.graphs.pretrain_card import after_barriers
from ionladder.baselines.graphs.schnet_card import schnet_baseline

BASELINE = after_barriers(
    schnet_baseline("p-schnet-bvel", "weighted"),
    reported="The paper's own pretrained SchNet (2.61) learnt band gaps of the Materials Project "
    "first. The readout that is not taken over is the small network for each site.",
)
