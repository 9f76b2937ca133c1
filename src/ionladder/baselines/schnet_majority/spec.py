"""SchNet, each site given to its most abundant species."""

from ionladder.baselines.graphs.schnet_card import schnet_baseline

BASELINE = schnet_baseline("schnet-majority", "majority")
