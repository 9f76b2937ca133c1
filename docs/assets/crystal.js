// A crystal structure on a click: reads the CIF beside the page, applies its symmetry, and draws
// atoms and cell on a canvas that turns with pointer or arrow keys. The page is complete without it.
(function () {
  "use strict";

  const RADII = { H: 0.5, Li: 0.9, O: 0.75, F: 0.75, N: 0.75, C: 0.7, S: 1, P: 1, Cl: 1, Br: 1.1, I: 1.25 };
  const COLOURS = { Li: "#8fd06c", O: "#e0413e", S: "#e3c522", P: "#f08a24", N: "#4060e0", F: "#5fc9b8", Cl: "#3fae49", Br: "#9c3f2c", I: "#8a3fb0", H: "#dddddd", C: "#777777" };
  const colourOf = (symbol) => COLOURS[symbol] ?? `hsl(${(symbol.charCodeAt(0) * 47 + (symbol.charCodeAt(1) || 0) * 101) % 360} 40% 55%)`;

  const wrapped = (x) => (((x % 1) + 1) % 1 > 1 - 1e-4 ? 0 : ((x % 1) + 1) % 1);

  // One coordinate of a symmetry operation, such as "-x+1/2", at a point.
  function applied(text, point) {
    let sum = 0;
    for (const [, sign, term] of text.replace(/\s/g, "").matchAll(/([+-]?)([xyz]|\d+(?:\.\d+)?(?:\/\d+)?)/g)) {
      const [over, under = 1] = "xyz".includes(term) ? [point["xyz".indexOf(term)]] : term.split("/").map(Number);
      sum += ((sign === "-" ? -1 : 1) * over) / under;
    }
    return sum;
  }

  function readCif(text) {
    const value = (name) => Number((text.match(new RegExp(`^${name}\\s+([-\\d.]+)`, "m")) ?? [0, NaN])[1]);
    const [a, b, c] = ["a", "b", "c"].map((axis) => value(`_cell_length_${axis}`));
    const [al, be, ga] = ["alpha", "beta", "gamma"].map((angle) => (value(`_cell_angle_${angle}`) * Math.PI) / 180);
    const x = (Math.cos(al) - Math.cos(be) * Math.cos(ga)) / Math.sin(ga);
    const vectors = [
      [a, 0, 0],
      [b * Math.cos(ga), b * Math.sin(ga), 0],
      [c * Math.cos(be), c * x, c * Math.sqrt(Math.max(1 - Math.cos(be) ** 2 - x ** 2, 0))],
    ];
    const operations = [...text.matchAll(/^\s*\d+\s+'([^']+)'/gm)].map(([, each]) => each.split(","));
    const heads = [...text.matchAll(/^\s*_atom_site_(\w+)/gm)].map(([, name]) => name);
    const lines = text.slice(text.lastIndexOf("_atom_site_")).split("\n").slice(1);
    const atoms = new Map();
    for (const line of lines) {
      const cells = line.trim().split(/\s+/);
      if (cells.length < heads.length) continue;
      const of = (name) => cells[heads.indexOf(name)];
      const symbol = (of("type_symbol") ?? of("label")).match(/^[A-Z][a-z]?/)?.[0] ?? "";
      const point = ["fract_x", "fract_y", "fract_z"].map((name) => parseFloat(of(name)));
      const share = parseFloat(of("occupancy") ?? "1");
      for (const operation of operations.length ? operations : [["x", "y", "z"]]) {
        const at = operation.map((each) => wrapped(applied(each, point)));
        const key = at.map((each) => (Math.round(each * 500) % 500)).join();
        const site = atoms.get(key) ?? { at, kinds: new Map() };
        site.kinds.set(symbol, share);
        atoms.set(key, site);
      }
    }
    return { vectors, sites: [...atoms.values()] };
  }

  function draw(canvas, { vectors, sites }, turn) {
    const pen = canvas.getContext("2d");
    const [width, height] = [canvas.width, canvas.height];
    const cartesian = (at) => [0, 1, 2].map((i) => at.reduce((sum, f, k) => sum + (f - 0.5) * vectors[k][i], 0));
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n & 1, (n >> 1) & 1, (n >> 2) & 1]);
    const far = Math.max(...corners.map((each) => Math.hypot(...cartesian(each))));
    const scale = (0.46 * Math.min(width, height)) / far;
    const turned = ([x, y, z]) => {
      const [u, w] = [x * Math.cos(turn.y) + z * Math.sin(turn.y), z * Math.cos(turn.y) - x * Math.sin(turn.y)];
      const [v, d] = [y * Math.cos(turn.x) - w * Math.sin(turn.x), y * Math.sin(turn.x) + w * Math.cos(turn.x)];
      return [width / 2 + u * scale, height / 2 - v * scale, d];
    };
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.globalAlpha = 0.5;
    corners.forEach((from, i) =>
      corners.slice(i + 1).forEach((to) => {
        if (from.reduce((sum, f, k) => sum + Math.abs(f - to[k]), 0) !== 1) return;
        pen.beginPath();
        pen.moveTo(...turned(cartesian(from)).slice(0, 2));
        pen.lineTo(...turned(cartesian(to)).slice(0, 2));
        pen.stroke();
      }),
    );
    pen.globalAlpha = 1;
    const shown = sites.flatMap((site) => {
      const images = site.at.reduce((found, f, k) => (f < 1e-3 ? found.flatMap((at) => [at, at.with(k, at[k] + 1)]) : found), [site.at]);
      return images.map((at) => ({ kinds: site.kinds, on: turned(cartesian(at)) }));
    });
    shown.sort((one, other) => one.on[2] - other.on[2]);
    for (const { kinds, on } of shown) {
      const [first] = kinds.keys();
      const radius = 0.42 * scale * (RADII[first] ?? 1);
      let from = -Math.PI / 2;
      for (const [symbol, share] of kinds) {
        const to = from + 2 * Math.PI * Math.min(share, 1);
        pen.beginPath();
        pen.moveTo(on[0], on[1]);
        pen.arc(on[0], on[1], radius, from, to);
        pen.fillStyle = colourOf(symbol);
        pen.fill();
        from = to;
      }
      pen.beginPath();
      pen.arc(on[0], on[1], radius, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  async function open(place) {
    const answer = await fetch(place.dataset.crystal);
    const crystal = readCif(await answer.text());
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height, canvas.tabIndex] = [720, 540, 0];
    const kinds = [...new Set(crystal.sites.flatMap((site) => [...site.kinds.keys()]))].sort();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Unit cell with ${crystal.sites.length} sites of ${kinds.join(", ")}; arrow keys turn it`);
    const legend = document.createElement("p");
    legend.className = "il-legend";
    for (const symbol of kinds) {
      const item = document.createElement("span");
      const swatch = document.createElement("i");
      swatch.className = "il-swatch";
      swatch.style.background = colourOf(symbol);
      item.append(swatch, ` ${symbol}`);
      legend.append(item);
    }
    legend.append("One cell; a sector is an occupancy. Drag it, or use arrow keys.");
    place.replaceChildren(canvas, legend);
    const turn = { x: 0.35, y: -0.5 };
    const show = () => draw(canvas, crystal, turn);
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      turn.y += event.movementX / 120;
      turn.x += event.movementY / 120;
      show();
    });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: ["y", -0.15], ArrowRight: ["y", 0.15], ArrowUp: ["x", -0.15], ArrowDown: ["x", 0.15] }[event.key];
      if (!step) return;
      event.preventDefault();
      turn[step[0]] += step[1];
      show();
    });
    show();
  }

  const show = (place) => open(place).catch(() => (place.textContent = "The structure could not be drawn; its CIF is on the page of the entry."));
  window.ionladderCrystal = show;

  function enhance() {
    for (const place of document.querySelectorAll("[data-crystal]")) {
      if (place.firstChild) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "md-button";
      button.textContent = "Show the structure";
      button.addEventListener("click", () => show(place));
      place.append(button);
    }
  }
  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
