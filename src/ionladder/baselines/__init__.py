"""Models this repository trains itself; each enters the board through a submission folder."""
