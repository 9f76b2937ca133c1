"""Which entries of the task obelix-cif have no barrier: what cards state and a test confirms."""

N_TRAIN, N_TEST = 254, 67
N_TRAIN_TREATED = 76
UNTREATED_TEST_IDS = tuple(
    """
    0ii 1ty 24k 2d1 2r7 3rh 4ie 4xq 9n0 9o6 aab ar1 b56 bnu cti cz2 de5 duf dvb ei3 elz gwu h5i i4l
    j5g klr ku9 l2w l6h lk8 lpt lud me3 mfu mtr na5 o0a o9h ob9 ozo qer s2v um1 ux3 vlm vwy wa3 wgw
    xq3 zs0 zv5
    """.split()
)
