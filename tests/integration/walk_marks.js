// Every mark of every chart that is shown, walked through with the arrow keys: its name, its way, its place.
const [done, pause] = [arguments[0], () => new Promise(go => setTimeout(go, 5))], found = [];
(async () => {
  for (const chart of document.querySelectorAll('svg:has(.il-marks)')) {
    if (!chart.getBoundingClientRect().width) continue;
    const paths = [...chart.querySelectorAll('.il-marks > path:not([class])')], said = [];
    const n = paths.reduce((n, p) => n + p.getAttribute('d').match(/-?[0-9]+/g).length / 2, 0);
    const here = () => document.activeElement;
    const press = key => here().dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    chart.focus();
    for (let i = 0, before = here(); i < n; i++, before = here()) {
      press('ArrowRight');
      for (let k = 0; here() === before && k < 200; k++) await pause();
      const [name, x] = [here().getAttribute('aria-label'), here().lastChild.getAttribute('cx')];
      said.push([name, here().href?.baseVal ?? '', Number(x)]);
    }
    press('Escape');
    found.push([chart.id, n, said, here() === chart && !document.querySelector('.il-tip')]);
  }
  done(found);
})();
