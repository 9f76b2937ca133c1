"""nebBVSE122k: barriers of single Li hops in the bond-valence site energy."""
