"""SchNet, sites as mixtures of their species."""

from ionladder.baselines.graphs.schnet_card import schnet_baseline

BASELINE = schnet_baseline("schnet-weighted", "weighted")
