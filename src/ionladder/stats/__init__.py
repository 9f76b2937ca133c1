"""Statistics of grouped errors."""
