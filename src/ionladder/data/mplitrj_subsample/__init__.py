"""Dataset MPLiTrj-subsample of LiTraj."""
