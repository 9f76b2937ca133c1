// Marks of each figure that have no name, and what the figure can be saved as.
const kinds = ['dot', 'point', 'bar', 'box', 'rung', 'beyond', 'mark'].map(kind => `.il-${kind}`);
const titles = svg => [...svg.querySelectorAll('title')].map(title => title.parentElement);
const isUnnamed = mark => !titles(mark.closest('svg')).some(of => of.localName !== 'svg'
  && of.contains(mark)) && !mark.matches('.il-element--0') && !mark.closest('marker');
return [...document.querySelectorAll('.il-figure')].filter(figure => figure.querySelector('svg'))
  .map(figure => [[...figure.querySelectorAll([...kinds, '[class*="il-element--"]'])]
    .filter(mark => mark.closest('svg.il-chart') && isUnnamed(mark)).map(mark => mark.outerHTML),
    [...figure.querySelectorAll('.il-save a')].map(a => a.textContent)]);
