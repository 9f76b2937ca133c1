"""Whatever the bytes: the parsers return a table or problems, and raise nothing."""

from hypothesis import given
from hypothesis import strategies as st

from hostile.parsers import GOOD, read_as

_CELLS = st.one_of(
    st.sampled_from(["id", "log10_sigma", "seed", "019", "5e2", "-3", "NaN", "1e999", '"', "\r"]),
    st.text(max_size=8),
)
_YAML = st.sampled_from(list("\n[]{}|>'\"#?~%\t\\"))
_YAML |= st.sampled_from(["a", "model", ":", ": ", "- ", "  ", "&x ", "*x", "!!set ", "!!binary "])
_YAML |= st.sampled_from(["<<", "0x", "1e9", ".nan", "2020-01-01", "---"])


@st.composite
def damaged(draw, good):
    """Good bytes, cut, with some replaced, and with some put in."""
    data = bytearray(good[: draw(st.integers(0, len(good)))] if draw(st.booleans()) else good)
    for _ in range(draw(st.integers(0, 6))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    place = draw(st.integers(0, len(data)))
    return bytes(data[:place]) + draw(st.binary(max_size=12)) + bytes(data[place:])


def check(data, name):
    assert all(str(problem).isprintable() for problem in read_as(data, name))


@given(st.binary(max_size=300) | damaged(GOOD["predictions.csv"]))
def test_any_bytes_as_csv(data):
    check(data, "predictions.csv")


@given(st.lists(st.lists(_CELLS, max_size=4), max_size=8))
def test_any_cells_as_csv(rows):
    text = "\n".join(",".join(row) for row in rows)
    check(text.encode("utf-8", "surrogatepass"), "predictions.csv")


@given(st.binary(max_size=300) | damaged(GOOD["submission.yaml"]))
def test_any_bytes_as_a_card(data):
    check(data, "submission.yaml")


@given(st.lists(_YAML, max_size=40))
def test_any_signs_of_yaml_as_a_card(signs):
    check("".join(signs).encode(), "submission.yaml")


@given(damaged(GOOD["predictions.parquet"]))
def test_damaged_parquet(data):
    check(data, "predictions.parquet")
