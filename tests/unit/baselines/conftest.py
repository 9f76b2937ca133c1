"""Tests of the networks are collected where torch is installed (`make test-torch`)."""

import importlib.util

NEEDS_TORCH = ["test_networks.py", "test_train.py"]
collect_ignore = [] if importlib.util.find_spec("torch") else NEEDS_TORCH
