"""Dataset nebBVSE122k of LiTraj."""
