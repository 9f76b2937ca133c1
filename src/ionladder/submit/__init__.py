"""Submissions: their folders, files and checks."""
