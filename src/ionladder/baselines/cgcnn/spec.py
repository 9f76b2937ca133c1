"""CGCNN, occupancies rounded as in the paper."""

from ionladder.baselines.graphs.cgcnn_card import cgcnn_baseline

BASELINE = cgcnn_baseline("cgcnn", "rounded")
