"""What the datasets of LiTraj share."""
