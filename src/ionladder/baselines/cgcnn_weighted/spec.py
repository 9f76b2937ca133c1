"""CGCNN, sites as mixtures of their species."""

from ionladder.baselines.graphs.cgcnn_card import cgcnn_baseline

BASELINE = cgcnn_baseline("cgcnn-weighted", "weighted")
