"""``ionladder site``: render every page, then build the website."""

from __future__ import annotations

from typing import Annotated

import typer


def site(
    build: Annotated[
        bool, typer.Option(help="Also run MkDocs; otherwise only write docs/generated.")
    ] = True,
) -> None:
    """Render the pages from what is recorded in leaderboard/, and build them into site/."""
    from ionladder.core.paths import find_layout
    from ionladder.site.build import build_site
    from ionladder.site.context import load_site
    from ionladder.site.render import render_site

    layout = find_layout()
    done = render_site(load_site(layout))
    print(
        f"{done['pages']} pages rendered, {done['written']} written by hand and "
        f"{done['files']} files copied into {layout.relative(layout.generated_docs_dir)}/."
    )
    if build:
        folder = build_site(layout)
        print(f"Site built into {layout.relative(folder)}/; `make serve` shows it.")
