"""Dataset OBELiX: measured ionic conductivities."""
