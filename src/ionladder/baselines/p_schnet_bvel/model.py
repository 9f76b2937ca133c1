"""SchNet, sites as mixtures of their species, after barriers of BVEL-proto."""

from ionladder.baselines.graphs.fit import GraphModel
from ionladder.baselines.graphs.pretrain import BarriersFirst
from ionladder.baselines.graphs.schnet import make_schnet
from ionladder.baselines.p_schnet_bvel.spec import BASELINE

fit_predict = GraphModel(
    baseline=BASELINE, network=make_schnet, sees="distances", start=BarriersFirst()
)
