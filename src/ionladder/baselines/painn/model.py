"""PaiNN, occupancies rounded as in the paper."""

from ionladder.baselines.graphs.fit import GraphModel
from ionladder.baselines.graphs.schnet import make_painn
from ionladder.baselines.painn.spec import BASELINE

fit_predict = GraphModel(baseline=BASELINE, network=make_painn, sees="vectors")
