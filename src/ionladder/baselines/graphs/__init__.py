"""Crystal graphs and their training, shared by the graph-network baselines."""
