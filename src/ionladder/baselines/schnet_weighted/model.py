"""SchNet, sites as mixtures of their species."""

from ionladder.baselines.graphs.fit import GraphModel
from ionladder.baselines.graphs.schnet import make_schnet
from ionladder.baselines.schnet_weighted.spec import BASELINE

fit_predict = GraphModel(baseline=BASELINE, network=make_schnet, sees="distances")
