"""Files of other projects: their predictions read as ours, our splits and data in their layouts."""
