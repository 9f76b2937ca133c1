"""What the datasets of LiTraj share: names of hops, columns, citation, and overlap of splits."""
