"""Leaderboards: ranks, audits and history."""
