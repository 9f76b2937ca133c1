"""MPLiTrj: configurations along Li migration paths, with energies, forces and stresses."""
