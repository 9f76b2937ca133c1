"""Dataset em619: migration barriers of the literature."""
