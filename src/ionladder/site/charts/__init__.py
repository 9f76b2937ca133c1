"""Charts as inline SVG: coloured by the page's own variables, readable without scripts."""
