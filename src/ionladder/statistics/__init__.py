"""What the data can and cannot say: group resampling, ranks under resampling, replicate floors."""
