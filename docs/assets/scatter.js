// A chart with free axes: of the columns of a table of models, or of the entries of a map. Axes and
// colours are in the address. Without scripts the table says the same.
(function () {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const HUES = 7;
  const STEPS = 5;
  const SHAPES = ["M0-4.6a4.6 4.6 0 1 0 .01 0z", "M-4-4h8v8h-8z", "M0-5.2l5 8.8h-10z", "M0-5.6l5.6 5.6-5.6 5.6-5.6-5.6z"];

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }
  function draw(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }
  const words = (x, y, kind, text, anchor = "start") => draw("text", { x: x.toFixed(1), y: y.toFixed(1), class: kind, "text-anchor": anchor }, text);
  const line = (x1, y1, x2, y2, kind) => draw("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), class: kind });

  const cut = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  const isKnown = (value) => typeof value === "number" && Number.isFinite(value);
  const shown = (value) => {
    const [digits, power] = Number(value).toPrecision(4).split("e");
    const text = String(Number(digits)).replace("-", "−");
    if (!power && Math.abs(value) < 1e5) return text;
    const size = power ? Number(power) : Math.floor(Math.log10(Math.abs(value)));
    const times = `10${String(size).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`;
    const factor = Number((value / 10 ** size).toPrecision(3));
    return factor === 1 ? times : `${factor}·${times}`;
  };
  const printed = (column, i) => column.texts?.[i] ?? (isKnown(column.values[i]) ? shown(column.values[i]) : String(column.values[i] ?? "–"));
  const titled = (column) => (column.unit ? `${column.title} (${column.unit})` : column.title);
  const quantile = (sorted, share) => sorted[Math.round(share * (sorted.length - 1))];

  // Where values are on an axis, its numbers, and what is beyond its ends.
  function axisOf(column, values, isLog, start, end) {
    const place = isLog ? Math.log10 : (value) => value;
    const sorted = values.map(place).sort((a, b) => a - b);
    let [low, high] = [sorted[0], sorted.at(-1)];
    // One absurd error must not leave all others in one corner.
    const [first, last] = [quantile(sorted, 0.1), quantile(sorted, 0.9)];
    if (column.better === -1 && !isLog && last > first) high = Math.min(high, last + 2 * (last - first));
    const room = 0.05 * (high - low) || Math.abs(high) * 0.1 || 1;
    [low, high] = [low - room, high + room];
    const rough = (high - low) / 6;
    const size = 10 ** Math.floor(Math.log10(rough));
    let step = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((each) => each >= rough * 0.999);
    const isDecades = isLog && high - low > 1.3;
    if (isDecades) step = Math.max(1, Math.round(step));
    const ticks = [];
    // By their number: adding 1 to a very large count would leave it as it is, without end.
    const least = Math.ceil(low / step);
    for (let k = 0; k <= 12 && (least + k) * step <= high; k += 1) ticks.push(Number(((least + k) * step).toPrecision(10)));
    const at = (value) => start + ((Math.min(Math.max(place(value), low), high) - low) / (high - low)) * (end - start);
    const back = (tick) => (isLog ? 10 ** tick : tick);
    return { at, isBeyond: (value) => place(value) > high, ticks: ticks.map((tick) => [at(back(tick)), shown(back(tick))]), low: back(low), high: back(high) };
  }

  // Points that no other one beats in one direction without losing in the other.
  function frontOf(points, x, y) {
    if (!x.better || !y.better) return [];
    const [a, b] = [(i) => x.better * x.values[i], (i) => y.better * y.values[i]];
    const beats = (j, i) => a(j) >= a(i) && b(j) >= b(i) && (a(j) > a(i) || b(j) > b(i));
    return points.filter((i) => !points.some((j) => beats(j, i))).sort((i, j) => x.values[i] - x.values[j]);
  }

  // Class of each mark and what the legend says of it: kinds by their number, numbers in fifths.
  function coloursOf(column, points) {
    if (!column) return { of: () => 0, legend: [] };
    if (!column.isText) {
      const known = points.map((i) => column.values[i]).filter(isKnown).sort((a, b) => a - b);
      if (!known.length) return { of: () => -1, kind: "shade", legend: [] };
      const edges = [...new Set([1, 2, 3, 4].map((k) => quantile(known, k / STEPS)))];
      const names = [...edges.map((edge) => `to ${shown(edge)}`), "more"];
      const of = (i) => (isKnown(column.values[i]) ? edges.filter((edge) => column.values[i] > edge).length : -1);
      return { of, kind: "shade", legend: names.map((name, k) => [k, name]) };
    }
    const counts = new Map();
    for (const i of points) counts.set(column.values[i] || "–", (counts.get(column.values[i] || "–") ?? 0) + 1);
    const order = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
    const few = order.length > HUES ? order.slice(0, HUES - 1) : order;
    const of = (i) => few.indexOf(column.values[i] || "–");
    return { of, kind: "hue", legend: [...few.map((name, k) => [k, name]), ...(few.length < order.length ? [[-1, "other"]] : [])] };
  }

  const markOf = (kind, k, extra = "") => ({ class: `il-mark il-${kind}--${k}${extra}`, d: kind === "hue" && k >= 0 ? SHAPES[k % SHAPES.length] : SHAPES[0] });

  // Labels beside marks, clear of others, else over marks; those named first choose first.
  function labels(named, boxes, frame) {
    const taken = [];
    return named.flatMap(({ x, y, text }) => {
      const width = text.length * 6.2;
      const middle = Math.min(Math.max(x, frame[0] + width / 2), frame[2] - width / 2);
      const sides = [[middle, y + 17, "middle", middle - width / 2], [x - 8, y + 4, "end", x - 8 - width], [x + 8, y + 4, "start", x + 8], [middle, y - 9, "middle", middle - width / 2]];
      for (const [at, base, anchor, left, others] of [[...boxes, ...taken], taken].flatMap((each) => sides.map((side) => [...side, each]))) {
        const box = [left, base - 10, left + width, base + 3];
        if (box[0] < frame[0] - 1 || box[2] > frame[2] + 1 || box[1] < frame[1] || box[3] > frame[3]) continue;
        if (others.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
        taken.push(box);
        return [words(at, base, "il-mark-label", text, anchor)];
      }
      return [];
    });
  }

  function picture(data, state, isWide) {
    const [width, height] = isWide ? [780, 420] : [360, 340];
    const frame = [58, 12, width - 14, height - 46];
    const [x, y] = [data.columns[state.x], data.columns[state.y]];
    const fits = (column, isLog, i) => isKnown(column.values[i]) && (!isLog || column.values[i] > 0);
    const points = data.points.map((_, i) => i).filter((i) => fits(x, state.log.includes("x"), i) && fits(y, state.log.includes("y"), i));
    const label = `${titled(y)} against ${titled(x)}, ${points.length} ${data.what}`;
    const chart = draw("svg", { class: "il-chart il-chart--scatter", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    if (!points.length) return { chart, told: `No ${data.what} have both.`, colours: { legend: [] } };
    const values = (column) => points.map((i) => column.values[i]);
    const across = axisOf(x, values(x), state.log.includes("x"), frame[0], frame[2]);
    const up = axisOf(y, values(y), state.log.includes("y"), frame[3], frame[1]);
    for (const [at, text] of across.ticks) chart.append(line(at, frame[1], at, frame[3], "il-grid"), words(at, frame[3] + 17, "il-tick", text, "middle"));
    for (const [at, text] of up.ticks) chart.append(line(frame[0], at, frame[2], at, "il-grid"), words(frame[0] - 6, at + 4, "il-tick", text, "end"));
    const centre = (frame[1] + frame[3]) / 2;
    const logged = (axis) => (state.log.includes(axis) ? ", logarithmic" : "");
    chart.append(words((frame[0] + frame[2]) / 2, height - 8, "il-axis", titled(x) + logged("x"), "middle"));
    chart.append(draw("g", { transform: `rotate(-90 12 ${centre})` }, words(12, centre + 2, "il-axis", titled(y) + logged("y"), "middle")));
    if (x.like && x.like === y.like && !state.log) {
      const [low, high] = [Math.max(across.low, up.low), Math.min(across.high, up.high)];
      if (low < high) chart.append(line(across.at(low), up.at(low), across.at(high), up.at(high), "il-identity"));
    }
    const front = frontOf(points, x, y);
    const on = (i) => [across.at(x.values[i]), up.at(y.values[i])];
    if (front.length > 1) {
      const steps = front.map((i, k) => (k ? `H${on(i)[0].toFixed(1)}V${on(i)[1].toFixed(1)}` : `M${on(i).map((each) => each.toFixed(1))}`));
      chart.append(draw("path", { class: "il-front-line", d: steps.join("") }));
    }
    const colours = coloursOf(data.columns[state.colour], points);
    for (const i of points) {
      const beyond = across.isBeyond(x.values[i]) || up.isBeyond(y.values[i]);
      const said = `${data.points[i].name}: ${titled(x)} ${printed(x, i)}, ${titled(y)} ${printed(y, i)}${beyond ? ", beyond the axes" : ""}`;
      const look = markOf(colours.kind ?? "hue", colours.of(i), data.points[i].isOpen || beyond ? " il-mark--open" : "");
      const mark = draw("path", { ...look, transform: `translate(${on(i).map((each) => each.toFixed(1))})` }, draw("title", {}, said));
      if (data.isPicked) mark.dataset.pick = i;
      else if (data.points[i].way) mark.dataset.to = data.points[i].way;
      chart.append(mark);
    }
    const best = [x, y].filter((column) => column.better).map((column) => points.reduce((a, b) => (column.better * column.values[b] > column.better * column.values[a] ? b : a)));
    const named = [...new Set([...best.reverse(), ...front])].map((i) => ({ x: on(i)[0], y: on(i)[1], text: cut(data.points[i].name) }));
    const boxes = points.map((i) => [on(i)[0] - 5, on(i)[1] - 5, on(i)[0] + 5, on(i)[1] + 5]);
    chart.append(...labels(named, boxes, frame));
    const gone = data.points.length - points.length;
    const far = points.filter((i) => across.isBeyond(x.values[i]) || up.isBeyond(y.values[i])).length;
    const frontNames = front.map((i) => data.points[i].name);
    const told = [`${points.length} ${data.what}`, gone ? ` (${gone} without a value or place on these axes)` : "", far ? `, ${far} beyond the edge and hollow` : "", ". ",
      front.length ? `The line is the Pareto front, which no model beats in both: ${frontNames.join("; ")}.` : ""].join("");
    return { chart, told, colours };
  }

  // The controls and the picture; what is chosen is in the address.
  function show(figure, data, onPick) {
    const place = (key, from) => data.columns.findIndex((column) => column.key === from.get(key));
    const asked = new URLSearchParams(location.search);
    const given = (key) => (place(key, asked) >= 0 || (key === "colour" && asked.get(key) === "none") ? place(key, asked) : data.columns.findIndex((column) => column.key === data.start[key]));
    const state = { x: given("x"), y: given("y"), colour: given("colour"), log: asked.get("log") ?? (asked.has("x") ? "" : data.start.log ?? ""), picked: data.picked ?? -1 };
    const form = make("form", { class: "il-controls il-axes", "aria-label": "Axes and colours" });
    const room = make("div");
    const legend = make("p", { class: "il-legend" });
    const note = make("p", { class: "il-note", "aria-live": "polite" });
    function logBox(axis) {
      const box = make("input", { type: "checkbox", "data-log": axis });
      box.checked = state.log.includes(axis);
      box.addEventListener("change", () => update({ log: state.log.replace(axis, "") + (box.checked ? axis : "") }));
      return make("label", {}, box, " logarithmic");
    }
    function list(key, title, columns, none) {
      const select = make("select", { "data-axis": key });
      if (none) select.append(make("option", { value: -1 }, none));
      for (const [i, column] of columns) select.append(make("option", { value: i }, titled(column)));
      select.value = state[key];
      select.addEventListener("change", () => update({ [key]: Number(select.value) }));
      const cell = make("div", {}, make("label", {}, `${title} `, select));
      if (!none) cell.append(logBox(key));
      form.append(cell);
    }
    const numbers = [...data.columns.entries()].filter(([, column]) => !column.isText);
    list("x", "Across", numbers);
    list("y", "Up", numbers);
    list("colour", "Colour", [...data.columns.entries()], "none");
    const presets = make("div", { class: "il-presets" });
    if (data.presets) form.append(presets);
    for (const [title, chosen] of data.presets ?? []) {
      const button = make("button", { type: "button", class: "il-button" }, title);
      button.addEventListener("click", () => {
        const [x, y] = chosen.map((key) => data.columns.findIndex((column) => column.key === key));
        form.querySelectorAll("[data-log]").forEach((box) => (box.checked = false));
        form.querySelector('[data-axis="x"]').value = x;
        form.querySelector('[data-axis="y"]').value = y;
        update({ x, y, log: "" });
      });
      presets.append(button);
    }
    function update(change) {
      Object.assign(state, change);
      const here = new URL(location.href);
      for (const key of ["x", "y", "colour"]) here.searchParams.set(key, data.columns[state[key]]?.key ?? "none");
      here.searchParams.set("log", state.log);
      history.replaceState(history.state, "", here);
      redraw();
    }
    function redraw() {
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      const { chart, told, colours } = picture(data, state, figure.clientWidth >= 32 * rem);
      const keys = colours.legend.map(([k, name]) => make("span", {}, draw("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" }, draw("path", markOf(colours.kind, k))), name));
      legend.replaceChildren(...(keys.length ? [titled(data.columns[state.colour]), ...keys] : []));
      if (data.note) note.replaceChildren(told, ` ${data.note}`);
      else note.replaceChildren(told);
      if (onPick) chart.addEventListener("click", (event) => {
        const mark = event.target.closest("[data-pick]");
        if (!mark) return;
        event.preventDefault();
        event.stopPropagation();
        chart.querySelector(".il-chosen")?.classList.remove("il-chosen");
        mark.classList.add("il-chosen");
        state.picked = Number(mark.dataset.pick);
        onPick(state.picked);
      });
      chart.querySelector(`[data-pick="${state.picked}"]`)?.classList.add("il-chosen");
      room.replaceChildren(chart);
      window.ionladderMarks?.(figure);
    }
    figure.replaceChildren(form, room, legend, note);
    redraw();
    let wide = figure.clientWidth;
    new ResizeObserver(() => {
      if (Math.abs(figure.clientWidth - wide) > 60 && room.isConnected) redraw();
      wide = figure.clientWidth;
    }).observe(figure);
  }

  // First the cost that most state, else the next measure, against the one that ranks.
  function startOf(columns, primary) {
    const stated = (key) => columns.find((column) => column.key === key).values.filter((value) => value > 0).length;
    const cost = ["time", "parameters"].find((key) => stated(key) > 1);
    const other = columns.find((column) => !column.isText && column.key !== primary);
    return { x: cost ?? other.key, y: primary, colour: "inputs", log: cost ? "x" : "" };
  }

  // The columns of a table on the page, a point a row.
  function readTable(table) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const columns = heads.flatMap((head, at) => {
      if (!head.dataset.key) return [];
      const isText = head.dataset.sortKey === "text";
      const cells = rows.map((row) => row.cells[at]);
      const number = (cell) => (cell.dataset.sort ? Number(cell.dataset.sort) : null);
      return [{
        key: head.dataset.key, title: head.dataset.title, unit: head.dataset.unit, better: Number(head.dataset.better), isText,
        values: cells.map((cell) => (isText ? cell.textContent.trim() : number(cell))), texts: cells.map((cell) => cell.firstChild?.textContent.trim() ?? ""),
      }];
    });
    const points = rows.map((row) => ({ name: row.cells[0].querySelector("bdi").textContent, way: row.cells[0].querySelector("a").href, isOpen: row.classList.contains("il-row--reference") }));
    return { points, columns, what: "models", start: startOf(columns, table.dataset.primary), note: "References are hollow." };
  }

  function enhance() {
    for (const figure of document.querySelectorAll("figure[data-scatter]")) {
      const table = document.getElementById(figure.dataset.scatter);
      new IntersectionObserver((seen, watcher) => {
        if (!seen.some((each) => each.isIntersecting)) return;
        watcher.disconnect();
        show(figure, readTable(table));
      }, { rootMargin: "200px" }).observe(figure);
    }
  }
  window.ionladderScatter = { show, make, printed, titled, isKnown };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
