"""Dataset MPLiTrj of LiTraj."""
