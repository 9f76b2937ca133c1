"""CGCNN, each site given to its most abundant species."""

from ionladder.baselines.cgcnn_majority.spec import BASELINE
from ionladder.baselines.graphs.cgcnn import make_cgcnn
from ionladder.baselines.graphs.fit import GraphModel

fit_predict = GraphModel(baseline=BASELINE, network=make_cgcnn, sees="distances")
