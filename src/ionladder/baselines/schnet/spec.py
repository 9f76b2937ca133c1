"""SchNet, occupancies rounded as in the paper."""

from ionladder.baselines.graphs.schnet_card import schnet_baseline

BASELINE = schnet_baseline("schnet", "rounded")
