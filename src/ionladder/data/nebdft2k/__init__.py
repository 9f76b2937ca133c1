"""Dataset nebDFT2k of LiTraj."""
