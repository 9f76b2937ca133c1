"""Tests of the networks are collected where torch is installed (`make test-torch`)."""

from __future__ import annotations

import importlib.util

NEEDS_TORCH = ["test_networks.py", "test_train.py"]
collect_ignore = [] if importlib.util.find_spec("torch") else NEEDS_TORCH
