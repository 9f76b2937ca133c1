"""CGCNN, sites as mixtures of their species, after barriers of BVEL-proto."""

from ionladder.baselines.graphs.cgcnn import make_cgcnn
from ionladder.baselines.graphs.fit import GraphModel
from ionladder.baselines.graphs.pretrain import BarriersFirst
from ionladder.baselines.p_cgcnn_bvel.spec import BASELINE

fit_predict = GraphModel(
    baseline=BASELINE, network=make_cgcnn, sees="distances", start=BarriersFirst()
)
