"""What things are: frozen descriptions of sources, tables, tasks and metrics, without any I/O."""
