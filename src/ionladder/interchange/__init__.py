"""Files of other projects: their predictions read as ours, our splits and data written as theirs."""
