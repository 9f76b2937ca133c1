"""The subsample of MPLiTrj: configurations with energies, forces and stresses."""
