"""The version of the scoring rules: raised whenever a published number may change by code."""

SCORER_VERSION = "2"
