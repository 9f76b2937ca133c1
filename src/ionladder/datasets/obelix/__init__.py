"""OBELiX: 599 measured room-temperature conductivities of lithium solid electrolytes."""
