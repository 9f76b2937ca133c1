"""M3GNet, occupancies rounded as in the paper."""

from ionladder.baselines.graphs.fit import GraphModel
from ionladder.baselines.graphs.matgl_models import make_m3gnet
from ionladder.baselines.m3gnet.spec import BASELINE

fit_predict = GraphModel(baseline=BASELINE, network=make_m3gnet, sees="angles")
