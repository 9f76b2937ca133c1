"""IonLadder: a data-versioned leaderboard for machine-learning models of Li-ion transport."""

__version__ = "0.1.0"
