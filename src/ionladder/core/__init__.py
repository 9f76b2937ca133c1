"""The ground floor: problems and errors, the layout on disk, hashes, and deterministic files."""
