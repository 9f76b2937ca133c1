"""Dataset OBELiX-external: conductivities of compositions that OBELiX does not hold."""
