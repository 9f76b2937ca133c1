"""CGCNN, each site given to its most abundant species."""

from ionladder.baselines.graphs.cgcnn_card import cgcnn_baseline

BASELINE = cgcnn_baseline("cgcnn-majority", "majority")
