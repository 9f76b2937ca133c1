"""Bad CSV files: ids, numbers, encodings, shapes, sizes."""

from __future__ import annotations

import tiny
from hostile.case import HEADER, LINES, ROWS, csv_case, with_row, with_rows, with_value

GOOD = "\n".join(LINES) + "\n"
_NOT_A_NUMBER = "expected a number in log10(S/cm)"
_NOT_FINITE = "expected a finite number"
_NOT_PLAUSIBLE = "expected a value between -60 and 20"
_NOT_UTF8 = "expected a CSV file in UTF-8"


def _junk_ids() -> str:
    """As many rows as there are ids, half of them of ids that do not exist."""
    return "\n".join([HEADER, *ROWS[:3], "x1,-3", "x2,-3", "x3,-3"]) + "\n"


def _quoted(row: str) -> str:
    return ",".join(f'"{cell}"' for cell in row.split(","))


IDS = [
    csv_case("the worst half's ids renamed to junk", "3 missing (aaa, max, zzz)", _junk_ids()),
    csv_case("one good row repeated", "5 missing", "\n".join([HEADER, *[ROWS[0]] * 6]) + "\n"),
    csv_case("half the ids unknown", "3 unknown (x1, x2, x3)", _junk_ids()),
    csv_case("half the rows missing", "3 missing", "\n".join([HEADER, *ROWS[:3]]) + "\n"),
    csv_case("every row twice", "6 repeated", "\n".join([HEADER, *ROWS, *ROWS]) + "\n"),
    csv_case("a header and no row", "between 1 and 600 rows; found 0", HEADER + "\n"),
    csv_case("an empty file", "found an empty file", ""),
    csv_case("only line ends", "expected", "\n" * 1000),
    csv_case(
        "a wrong column", "Rename `sigma` to `log10_sigma`", GOOD.replace("log10_sigma", "sigma")
    ),
    csv_case("a training id", "1 of them are training ids", with_rows("t01,-3")),
    csv_case(
        "5e2 as a number",
        "'500.0' looks like '5e2' turned into a number",
        with_row("5e2", "500.0,-5"),
    ),
    csv_case("a zero lost", "'19' looks like '019' turned into a number", with_row("019", "19,-3")),
    csv_case("NA as an id", "1 unknown (NA)", with_row("7cr", "NA,-3")),
    csv_case("an empty id", "expected an id; found an empty cell", with_row("7cr", ",-3")),
    csv_case("a blank around an id", "without blanks", with_row("7cr", " 7cr,-3")),
    csv_case("upper case", "ids are case-sensitive", with_row("max", "MAX,-3")),
    csv_case("a Turkish dotless i", "1 unknown (t\u0131ny)", with_rows("t\u0131ny,-3")),
    csv_case("a Turkish capital I with dot", "1 unknown (\u0130)", with_rows("\u0130,-3")),
    csv_case(
        "full-width digits in an id",
        "1 unknown (\uff10\uff11\uff19)",
        with_row("019", "\uff10\uff11\uff19,-3"),
    ),
    csv_case("a homoglyph in an id", "1 unknown (m\u0430x)", with_row("max", "m\u0430x,-3")),
    csv_case(
        "a right-to-left mark in an id", "1 unknown (\\u202e7cr)", with_row("7cr", "\u202e7cr,-3")
    ),
    csv_case(
        "a zero-width space in an id", "1 unknown (7\\u200bcr)", with_row("7cr", "7\u200bcr,-3")
    ),
    csv_case(
        "terminal codes in an id",
        "(\\x1b[2J\\x1b]0;x\\x07)",
        with_row("7cr", "\x1b[2J\x1b]0;x\x07,-3"),
    ),
    csv_case(
        "a formula as an id",
        "1 unknown (=cmd|' /C calc'!A0)",
        with_row("7cr", "=cmd|' /C calc'!A0,-3"),
    ),
    csv_case(
        "markup as an id",
        "1 unknown (<script>alert(1)</script>)",
        with_row("7cr", "<script>alert(1)</script>,-3"),
    ),
    csv_case(
        "a path as an id", "1 unknown (../../etc/passwd)", with_row("7cr", "../../etc/passwd,-3")
    ),
    csv_case("an id of 900 kB", "1 unknown (xxxxxxxxxx", with_rows("x" * 900_000 + ",-3")),
    csv_case(
        "digits as an id, 900 kB of them", "1 unknown (9999999", with_rows("9" * 900_000 + ",-3")
    ),
]

NUMBERS = [
    csv_case("NaN", _NOT_FINITE, with_value("NaN")),
    csv_case("infinity", _NOT_FINITE, with_value("-inf")),
    csv_case("a number that overflows", _NOT_FINITE, with_value("1e999")),
    csv_case("a unit", "7cr: '3.2 eV'", with_value("3.2 eV")),
    csv_case("a decimal comma", "expected 2 cells in every row", with_value("-3,5")),
    csv_case("a quoted decimal comma", "7cr: '-3,5'", with_value('"-3,5"')),
    csv_case("thousands separators", "7cr: '1 000'", with_value("1 000")),
    csv_case("an underscore", _NOT_A_NUMBER, with_value("-1_0")),
    csv_case("hexadecimal", _NOT_A_NUMBER, with_value("0x1p-2")),
    csv_case("full-width digits", _NOT_A_NUMBER, with_value("-\uff13")),
    csv_case("Arabic digits", _NOT_A_NUMBER, with_value("-\u0663")),
    csv_case("a typographic minus", _NOT_A_NUMBER, with_value("\u22123")),
    csv_case("an empty cell", "7cr: ''", with_value("")),
    csv_case("a word for missing", "7cr: 'NA'", with_value("NA")),
    csv_case("a truth value", "7cr: 'True'", with_value("True")),
    csv_case("a list", "7cr: '[-3]'", with_value("[-3]")),
    csv_case("a formula", "7cr: '=1+1'", with_value("=1+1")),
    csv_case("a command", '(7cr: "=cmd|', with_value("=cmd|' /C calc'!A0")),
    csv_case("meV instead of decades", _NOT_PLAUSIBLE, with_value("350")),
    csv_case("a huge whole number", _NOT_PLAUSIBLE, with_value("9" * 300)),
    csv_case("900 kB of digits", "found 1 other value (7cr: '99999", with_value("9" * 900_000)),
    csv_case("900 kB of decimals", None, with_value("-14." + "0" * 900_000)),
    csv_case("a denormal", None, with_value("-4.9e-324")),
    csv_case("a number below the smallest", None, with_value("1e-400")),
    csv_case("a negative zero", None, with_value("-0")),
    csv_case("labels pasted as predictions", None, tiny.predictions(0.0).to_csv(index=False)),
]

ENCODINGS = [
    csv_case("UTF-16", _NOT_UTF8, GOOD.encode("utf-16")),
    csv_case("UTF-16 without a mark", "expected", GOOD.encode("utf-16-le")),
    csv_case("UTF-32", "expected", GOOD.encode("utf-32")),
    csv_case("Latin-1", _NOT_UTF8, with_row("7cr", "7\u00e9r,-3").encode("latin-1")),
    csv_case(
        "half a character in a row that is too long",
        _NOT_UTF8,
        with_rows("7cr,-3,\u00e9").encode("latin-1"),
    ),
    csv_case("overlong UTF-8", _NOT_UTF8, with_value("-3").encode().replace(b"7cr", b"\xc0\xb7cr")),
    csv_case(
        "a half of a character",
        _NOT_UTF8,
        with_value("-3").encode().replace(b"7cr", b"\xed\xa0\x80"),
    ),
    csv_case("a byte order mark", None, b"\xef\xbb\xbf" + GOOD.encode()),
    csv_case("two byte order marks", "expected a column `id`", b"\xef\xbb\xbf" * 2 + GOOD.encode()),
    csv_case("CRLF", None, GOOD.replace("\n", "\r\n")),
    csv_case("only CR", None, GOOD.replace("\n", "\r")),
    csv_case("a NUL in an id", "1 unknown (7cr\\x00)", with_row("7cr", "7cr\0,-3")),
    csv_case("a NUL in a number", _NOT_A_NUMBER, with_value("-3\0")),
    csv_case("a NUL in the header", "expected a column `id`", GOOD.replace("id,", "id\0,")),
    csv_case("nothing but NULs", "expected", b"\0" * 1_000_000),
    csv_case("a parquet named CSV", "expected", b"PAR1" + bytes(range(256)) * 40 + b"PAR1"),
    csv_case("a zip named CSV", "expected", b"PK\x03\x04" + b"\xff" * 1000),
    csv_case("a pickle named CSV", "expected", b"cos\nsystem\n(S'touch /tmp/x'\ntR."),
]

_SEEDED = "\n".join([f"{HEADER},seed", *(f"{r},-1" for r in ROWS)])

SHAPES = [
    csv_case(
        "a million columns", "expected at most 50 columns", ",".join(map(str, range(10**6))) + "\n"
    ),
    csv_case(
        "fifty-one columns",
        "expected at most 50 columns; found 51",
        ",".join(f"c{i}" for i in range(51)) + "\n",
    ),
    csv_case(
        "a million rows", "between 1 and 600 rows; found 1000000", HEADER + "\n" + "x,1\n" * 10**6
    ),
    csv_case(
        "millions of ragged rows",
        "expected 2 cells in every row",
        HEADER + "\n" + "x\n" * 5_000_000,
    ),
    csv_case("a row of a million cells", "expected 2 cells in every row", with_rows("," * 900_000)),
    csv_case("one line of 20 MB", "expected", b"x" * 20_000_000),
    csv_case("one line of 20 MB beyond the BMP", "expected", "\U0001f600".encode() * 5_000_000),
    csv_case("more than 50 MB", "expected at most 50 MB; found 51 MB", b"a,b\n" * 12_800_000),
    csv_case("a cell across blocks", "straddling", f'{HEADER}\n"{"x" * 3_000_000}",-3\n'),
    csv_case("a quote without an end", "expected", f'{HEADER}\n"7cr,-3\n' + "x,1\n" * 1000),
    csv_case("a quoted header over two lines", "expected", '"id\nx",log10_sigma\n7cr,-3\n'),
    csv_case(
        "a repeated column",
        "more than one `log10_sigma`",
        GOOD.replace(HEADER, "id,log10_sigma,log10_sigma"),
    ),
    csv_case(
        "an extra column", "also =cmd", "\n".join([f"{HEADER},=cmd", *(f"{r},1" for r in ROWS)])
    ),
    csv_case(
        "a column named like a terminal code",
        "also \\x1b[31m",
        "\n".join([f"{HEADER},\x1b[31m", *(f"{r},1" for r in ROWS)]),
    ),
    csv_case(
        "a column name of 60 kB",
        "also xxxxxxxx",
        "\n".join([f"{HEADER},{'x' * 60_000}", *(f"{r},1" for r in ROWS)]),
    ),
    csv_case("semicolons", "expected a column `id`", GOOD.replace(",", ";")),
    csv_case("all cells quoted", None, "\n".join(map(_quoted, LINES)) + "\n"),
    csv_case("negative seeds", "expected a whole number, 0 or larger", _SEEDED),
    csv_case(
        "a seed of a half", "expected a whole number, 0 or larger", _SEEDED.replace(",-1", ",0.5")
    ),
    csv_case(
        "a huge seed",
        "expected a whole number, 0 or larger",
        _SEEDED.replace(",-1", "," + "9" * 400),
    ),
    csv_case(
        "six hundred seeds",
        "expected at most 100 seeds; found 600",
        "\n".join([f"{HEADER},seed", *(f"7cr,-3,{i}" for i in range(600))]),
    ),
    csv_case(
        "a spread of zero",
        "expected a value between 1e-06",
        "\n".join([f"{HEADER},log10_sigma_std", *(f"{r},0" for r in ROWS)]),
    ),
]
