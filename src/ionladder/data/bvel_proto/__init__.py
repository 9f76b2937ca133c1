"""Dataset BVEL-proto, computed here."""
