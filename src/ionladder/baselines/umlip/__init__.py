"""Universal interatomic potentials as sources of features, shared by their baselines."""
