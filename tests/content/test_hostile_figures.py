"""What SECURITY.md says of the bad submissions is what was measured, and within the promise."""

import json

from hostile.case import MOST_MB, MOST_SECONDS
from hostile.corpus import CORPUS


def test_the_figures_of_the_security_page_are_those_of_the_benchmark(repository):
    results = json.loads((repository / "benchmarks" / "results" / "hostile.json").read_text())
    kinds = {row["kind"]: row for row in results["kinds"]}
    total = kinds["all"]
    page = " ".join((repository / "SECURITY.md").read_text(encoding="utf-8").split())
    row = (total["worst_mb"], f"{total['worst_cpu_s']:.2f}", f"{total['worst_wall_s']:.2f}")
    assert f"| all {total['cases']} | {' | '.join(map(str, row))} |" in page
    assert f"makes {total['cases']} submissions" in page
    assert f"{total['refused']} are refused" in page
    assert {kind: len(cases) for kind, cases in CORPUS.items()} == {
        kind: row["cases"] for kind, row in kinds.items() if kind != "all"
    }
    assert total["worst_mb"] <= MOST_MB
    assert total["worst_wall_s"] <= MOST_SECONDS
