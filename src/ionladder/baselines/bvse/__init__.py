"""Bond-valence barriers of CIFs, shared by the physics baselines."""
