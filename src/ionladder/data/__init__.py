"""Datasets: fetching, checking, storing and comparing their versions."""
