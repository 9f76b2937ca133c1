"""Dataset BVEL13k of LiTraj."""
