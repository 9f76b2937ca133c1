"""The parsers under the bytes that atheris makes up.

``python -m hostile.fuzz SECONDS`` gives each parser that many seconds in a process of its own,
where atheris is installed; one more argument, the name of a file, is one parser only. A finding
ends it: the bytes are printed, and the exit code is that of the parser that failed.
"""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

_DEFAULT_SECONDS = "60"
_LONGEST = 4096


def main() -> None:
    """Run atheris for the seconds of the first argument on each parser, or on the one named."""
    if importlib.util.find_spec("atheris") is None:
        sys.stdout.write("atheris is not installed: skipped (pip install atheris)\n")
        return
    seconds = sys.argv[1] if len(sys.argv) > 1 else _DEFAULT_SECONDS
    if len(sys.argv) > 2:
        _fuzz(sys.argv[2], seconds)
        return
    from hostile.parsers import GOOD

    for name in GOOD:
        sys.stdout.write(f"{name}: {seconds} s\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", "hostile.fuzz", seconds, name]
        if code := subprocess.run(command, check=False).returncode:
            sys.exit(code)


def _fuzz(name: str, seconds: str) -> None:
    import atheris

    # What reads a submission, and the YAML reader; Arrow and pydantic are native code.
    with atheris.instrument_imports(
        include=["ionladder.submit", "ionladder.repo", "ionladder.errors", "yaml"]
    ):
        from hostile.parsers import GOOD, read_as

    def one(data: bytes) -> None:
        for problem in read_as(data, name):
            assert str(problem).isprintable()

    with tempfile.TemporaryDirectory() as corpus:
        (Path(corpus) / "good").write_bytes(GOOD[name])
        options = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
