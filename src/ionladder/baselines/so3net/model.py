"""SO3Net, occupancies rounded as in the paper."""

from ionladder.baselines.graphs.fit import GraphModel
from ionladder.baselines.graphs.matgl_models import make_so3net
from ionladder.baselines.so3net.spec import BASELINE

fit_predict = GraphModel(baseline=BASELINE, network=make_so3net, sees="vectors and handedness")
