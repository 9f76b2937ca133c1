"""SchNet, each site given to its most abundant species."""

from ionladder.baselines.graphs.fit import GraphModel
from ionladder.baselines.graphs.schnet import make_schnet
from ionladder.baselines.schnet_majority.spec import BASELINE

fit_predict = GraphModel(baseline=BASELINE, network=make_schnet, sees="distances")
