"""nebDFT2k: Li migration paths and barriers from nudged elastic bands with DFT."""
