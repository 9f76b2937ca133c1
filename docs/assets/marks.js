// Charts: every mark says its name on hover, focus and tap, leads to what it shows, and can be saved.
// A page holds where marks stand, many of them in one path. Their names come from rows of a table
// on the page, a list, or one file a board, once a chart is near the screen.
(function () {
  "use strict";

  const TITLED = "[data-to], [data-pick], g, circle, path, rect, polygon";
  const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linejoin", "paint-order", "opacity", "overflow", "marker-start", "marker-mid", "marker-end", "font-family", "font-size", "font-weight", "font-style", "text-anchor"];
  const SVG = "http://www.w3.org/2000/svg";
  const CHART = "svg.il-chart";
  const REACH = 16; // pixels from a mark
  const HINT = "Arrow keys go from mark to mark, Enter opens one, Escape leaves.";

  const titleOf = (mark) => Array.from(mark.children).find((child) => child.localName === "title");
  const number = (value) => `${value < 0 && Number(value.toFixed(2)) ? "−" : ""}${Math.abs(value).toFixed(2)}`;
  const brief = (value) => (Number.isInteger(value) ? number(value).replace(".00", "") : number(value));
  const signed = (value) => (value > 0 ? "+" : value < 0 ? "" : "±") + number(value);
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // The corners of a path of M, m, l and v with whole numbers.
  function cornersOf(path) {
    const found = [];
    let [x, y] = [0, 0];
    for (const [, kind, text] of path.getAttribute("d").matchAll(/([Mmlv])([^Mmlv]*)/g)) {
      const steps = (text.match(/-?\d+/g) ?? []).map(Number);
      for (let i = 0; i < steps.length; i += kind === "v" ? 1 : 2) {
        if (kind === "M") [x, y] = [0, 0];
        if (kind !== "v") x += steps[i];
        y += steps[kind === "v" ? i : i + 1];
        found.push([x, y]);
      }
    }
    return found;
  }

  // Marks in the order of their names: paths are in the order of kinds, and in each marks keep theirs.
  function inOrder(group, kinds) {
    const paths = [...group.querySelectorAll(":scope > path:not([class])")].map(cornersOf);
    const listed = kinds ? [...new Set(kinds)].sort() : ["0"];
    const n = paths.reduce((sum, path) => sum + path.length, 0);
    const next = paths.map(() => 0);
    return Array.from({ length: n }, (_, i) => {
      const k = listed.indexOf(kinds ? kinds[i] : "0");
      return paths[k][next[k]++];
    });
  }

  const files = new Map();
  function read(address) {
    if (!files.has(address)) files.set(address, fetch(address).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status))));
    return files.get(address);
  }

  // What the marks of predictions say: labels from the board's file, predictions from the first plot.
  async function entriesOf(chart, place) {
    const { entries } = place.dataset; // a preview, which is one file, holds them itself
    const address = entries[0] === "{" ? location.href : new URL(entries, location.href).href;
    const board = entries[0] === "{" ? JSON.parse(entries) : await read(address);
    const [labels, limits, kinds, unit, places] = ["labels", "limits", "kinds", "error_units", "marks"].map((key) => board[key][place.dataset.target]);
    const group = place.querySelector(".il-marks");
    const predicted = inOrder(group, kinds).map(([, y]) => y / 10000);
    const ends = [...group.querySelectorAll(".il-spread")].flatMap(cornersOf).map(([, y]) => y / 1000);
    for (const [, i, value] of (group.dataset.far ?? "").matchAll(/(\d+):(\S+)/g)) predicted[i] = Number(value);
    const names = places.map((at, i) => {
      const entry = board.formulas[at] ? `${board.formulas[at]} (${board.ids[at]})` : board.ids[at];
      const [label, limit] = [labels[at], limits[at]];
      const known = limit === null ? number(label) : `< ${brief(limit)} (scored as ${brief(label)})`;
      const [below, above] = ends.length ? [predicted[i] - ends[2 * i], ends[2 * i + 1] - predicted[i]] : [0, 0];
      const spread = Math.abs(above - below) < 0.005 ? (above + below) / 2 : Math.max(above, below); // one may be cut
      const apart = predicted[i] - (limit ?? label);
      let said = `${entry}: ${board.known} ${known}, predicted ${number(predicted[i])}`;
      if (spread > 0) said += ` ± ${number(spread)} over seeds`;
      if (limit !== null) said += `; error ${number(Math.abs(predicted[i] - label))} as scored, ${number(Math.max(0, apart))} above the limit`;
      if (!chart.contains(group)) said += `: ${limit === null ? "" : "at least "}${signed(apart)} ${unit}`;
      return { name: said, way: board.hrefs[at] && new URL(board.hrefs[at], address).href };
    });
    return { names, kinds };
  }

  const textOf = (node) => node.textContent.replace(/\s+/g, " ").trim();
  // A cell or a head in words: its text, and in brackets what stands beneath.
  function wordsOf(cell) {
    const beneath = cell.querySelector(".il-detail, .il-unit, small");
    const text = textOf(cell);
    return beneath ? text.slice(0, text.lastIndexOf(textOf(beneath))).trim() + (cell.closest("thead") ? "" : ` (${textOf(beneath)})`) : text;
  }

  // Rows as they were when the page came; sorting moves them.
  const rows = new Map();
  function keepRows() {
    for (const place of document.querySelectorAll("[data-rows]")) {
      for (const id of place.dataset.rows.split(" ")) {
        const table = document.getElementById(id);
        if (table && !rows.has(id)) rows.set(id, [...table.tBodies[0].rows]);
      }
    }
  }

  function rowsOf(place) {
    const columns = place.dataset.column?.split(" ") ?? [];
    return place.dataset.rows.split(" ").flatMap((id, k) => {
      const column = columns[k];
      const heads = [...document.getElementById(id).tHead.rows[0].cells].map((head) => wordsOf(head).replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase()));
      const kept = rows.get(id).filter((row) => row.querySelector("a") && (!column || textOf(row.cells[column]) !== "–"));
      return kept.map((row) => {
        const link = row.cells[0].querySelector("a");
        const cells = [...row.cells].map((cell, at) => `${heads[at]} ${wordsOf(cell)}`);
        return { name: `${textOf(link)}: ${column ? cells[column] : cells.slice(1).join(", ")}`, way: link.href };
      });
    });
  }

  function listOf(place) {
    return place.dataset.list.split("\n").map((line) => {
      const [name, way] = line.split("\t");
      return { name, way: way && new URL(way, location.href).href };
    });
  }

  // What a chart's marks are: where they stand in its own unit, what they say, where they lead.
  async function marksOf(chart) {
    const group = chart.querySelector(".il-marks");
    if (!group) return titledOf(chart);
    const place = chart.closest("[data-entries], [data-rows], [data-list]");
    const told = !place ? { names: [] } : place.dataset.entries ? await entriesOf(chart, place) : { names: place.dataset.rows ? rowsOf(place) : listOf(place) };
    const { a, d, e, f } = group.transform.baseVal.consolidate().matrix;
    const marks = inOrder(group, told.kinds ?? group.dataset.kinds).map(([x, y], i) => ({ x: a * x + e, y: d * y + f, ...told.names[i] }));
    if (told.names.length !== marks.length) throw new Error(`${told.names.length} names for ${marks.length} marks`);
    return marks.sort((one, other) => one.x - other.x);
  }

  // Marks that a script drew, or few and large: each has a title of its own.
  function titledOf(chart) {
    return [...chart.querySelectorAll(TITLED)].filter((mark) => titleOf(mark) && !mark.closest(".il-here")).map((element) => {
      const { to } = (element.matches("[data-to]") ? element : element.querySelector("[data-to]") ?? element).dataset;
      return { element, name: titleOf(element).textContent, way: to && new URL(to, location.href).href };
    });
  }

  // Charts with links of their own keep them; of others the marks are walked through.
  const isWalked = (chart) => !chart.querySelector("a:not(.il-here)") && Boolean(chart.querySelector(".il-marks, :scope * > title"));
  const states = new WeakMap();
  function stateOf(chart) {
    if (!states.has(chart)) {
      const state = { marks: [], at: -1 };
      states.set(chart, state);
      state.ready = marksOf(chart).then((marks) => (state.marks = marks), (error) => {
        console.warn(`${chart.id || "chart"}: marks have no names here (${error.message ?? error})`);
        return [];
      });
    }
    return states.get(chart);
  }

  let [here, tip] = [null, null];
  function leave() {
    tip?.remove();
    [tip, here] = [null, here?.remove()];
  }

  function say(text, way, box, isOpened) {
    tip?.remove();
    tip = document.createElement("div");
    tip.className = "il-tip";
    tip.setAttribute("role", "status");
    tip.append(text);
    if (way && isOpened) {
      const link = document.createElement("a");
      [link.href, link.textContent] = [way, "open"];
      tip.append(" ", link);
    }
    document.body.append(tip);
    const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(left, 8) + window.scrollX}px`;
    tip.style.top = `${box.bottom + 6 + window.scrollY}px`;
  }

  // The one mark that is pointed at: a link over it that says its name.
  function pick(chart, mark, { isFocused = false, isOpened = isFocused } = {}) {
    if (here?.mark === mark && !isFocused) return isOpened && say(mark.name, mark.way, here.getBoundingClientRect(), true);
    const unit = chart.viewBox.baseVal.width / chart.getBoundingClientRect().width;
    const former = here;
    here = make(mark.way ? "a" : "g", { class: "il-here", tabindex: "-1", "aria-label": mark.name, ...(mark.way ? { href: mark.way } : { role: "img" }) });
    here.mark = mark;
    if (mark.element) {
      const back = chart.getScreenCTM().inverse();
      const box = mark.element.getBoundingClientRect();
      const corner = new DOMPoint(box.left, box.top).matrixTransform(back);
      here.append(make("rect", { x: corner.x - 2, y: corner.y - 2, width: box.width * unit + 4, height: box.height * unit + 4 }));
      if (!mark.way) here.style.pointerEvents = "none";
    } else here.append(make("circle", { cx: mark.x, cy: mark.y, r: REACH * unit, class: "il-around" }), make("circle", { cx: mark.x, cy: mark.y, r: 7 }));
    chart.append(here);
    if (isFocused) here.focus({ preventScroll: true });
    former?.remove();
    say(mark.name, mark.way, here.lastChild.getBoundingClientRect(), isOpened);
  }

  function nearest(chart, { clientX, clientY, target }) {
    const { marks } = stateOf(chart);
    if (!marks.length) return null;
    if (marks[0].element) return marks.find(({ element }) => element.contains(target)) ?? (target.closest(".il-here") ? here.mark : null);
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(chart.getScreenCTM().inverse());
    const reach = (REACH * chart.viewBox.baseVal.width) / chart.getBoundingClientRect().width;
    let [found, least] = [null, reach * reach];
    for (const mark of marks) {
      const far = (mark.x - x) ** 2 + (mark.y - y) ** 2;
      if (far < least) [found, least] = [mark, far];
    }
    return found;
  }

  const chartAt = (target) => {
    const chart = target.closest?.(CHART);
    return chart && isWalked(chart) ? chart : null;
  };
  document.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || event.target.closest(".il-tip")) return;
    const chart = chartAt(event.target);
    const mark = chart && nearest(chart, event);
    if (mark) pick(chart, mark);
    else if (here && !here.contains(document.activeElement)) leave();
  }, { passive: true });
  document.addEventListener("click", async (event) => {
    if (event.target.closest(".il-tip")) return;
    const isTouched = event.pointerType === "touch" || event.pointerType === "pen";
    const chart = chartAt(event.target);
    if (chart && isTouched) {
      if (event.target.closest("a")) event.preventDefault();
      await stateOf(chart).ready;
      const mark = nearest(chart, event);
      return mark ? pick(chart, mark, { isOpened: true }) : leave();
    }
    const title = isTouched && event.target.closest(`${CHART} a`)?.querySelector("title");
    if (title) {
      event.preventDefault();
      sayLink(title.parentElement);
    } else if (!chart) leave();
  });
  function sayLink(link) {
    say((titleOf(link) ?? link.querySelector("title")).textContent, link.getAttribute("href"), link.getBoundingClientRect(), true);
  }
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches?.(`${CHART} a:not(.il-here)`) && target.querySelector("title")) sayLink(target);
  });
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    if (target.closest?.(CHART) && !relatedTarget?.closest?.(`.il-tip, ${CHART}`)) leave();
  });
  document.addEventListener("keydown", async (event) => {
    const chart = chartAt(event.target);
    if (!chart) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const state = stateOf(chart);
      const n = (await state.ready).length;
      state.at = state.at < 0 && step < 0 ? n - 1 : (state.at + step + n) % n;
      if (n) pick(chart, state.marks[state.at], { isFocused: true });
    } else if (event.key === "Enter" && here?.mark.element && !here.mark.way) {
      here.mark.element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    } else if (event.key === "Escape" && here) {
      chart.focus({ preventScroll: true });
      leave();
    }
  });

  // The chart with its colours and a line that says where it is from.
  function picture(chart, source) {
    leave();
    // What its marks look like may stand in the chart beside it.
    const ids = [...chart.innerHTML.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id).filter((id) => !chart.querySelector(`[id="${id}"]`));
    const lent = ids.map((id) => document.getElementById(id).cloneNode(true));
    chart.append(...lent);
    const copy = chart.cloneNode(true);
    const [from, to] = [chart, copy].map((svg) => [svg, ...svg.querySelectorAll("*")]);
    from.forEach((element, i) => {
      const found = getComputedStyle(element);
      to[i].setAttribute("style", STYLES.map((name) => `${name}:${found.getPropertyValue(name)}`).join(";"));
    });
    lent.forEach((marker) => marker.remove());
    const { width, height } = chart.viewBox.baseVal;
    const line = make("text", { x: 4, y: height + 12, style: "font: 9px sans-serif; fill: #68727d" }, source);
    copy.append(line);
    copy.setAttribute("viewBox", `0 0 ${width} ${height + 18}`);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height + 18);
    copy.style.background = getComputedStyle(document.body).backgroundColor;
    return { text: new XMLSerializer().serializeToString(copy), width, height: height + 18 };
  }

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // What the marks of a chart say, as a table: for charts that no file is named for.
  async function told(chart) {
    const quoted = (text) => `"${text.trim().replaceAll('"', '""')}"`;
    const marks = isWalked(chart) ? await stateOf(chart).ready : titledOf(chart);
    return ["mark,value", ...marks.map(({ name }) => [name.split(": ")[0], name.split(": ").slice(1).join(": ")].map(quoted).join())].join("\n");
  }

  function addSaving(figure) {
    const charts = Array.from(figure.querySelectorAll(CHART));
    if (!charts.length || figure.querySelector(".il-save")) return;
    const visible = () => Array.from(figure.querySelectorAll(CHART)).find((chart) => chart.getBoundingClientRect().width) ?? charts[0];
    const page = document.querySelector("h1")?.textContent.replace(/#$/, "").trim() ?? document.title;
    const data = document.querySelector(".il-provenance")?.textContent.replace(/\s+/g, " ").split("· page made")[0].trim() ?? "";
    const source = `IonLadder: ${page} · ${data} · ${location.host}${location.pathname}`.replace(/\s+/g, " ");
    const name = charts[0].id || figure.dataset.name || "chart";
    const line = document.createElement("p");
    line.className = "il-links il-save";
    const add = (text, action) => {
      const link = document.createElement("a");
      link.textContent = text;
      link.href = "#";
      link.setAttribute("aria-label", `Save ${name} as ${text}`);
      link.addEventListener("click", (event) => { event.preventDefault(); action(); });
      line.append(line.childNodes.length ? " · " : "", link);
    };
    add("SVG", () => save(new Blob([picture(visible(), source).text], { type: "image/svg+xml" }), `${name}.svg`));
    add("PNG", () => {
      const { text, width, height } = picture(visible(), source);
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [2 * width, 2 * height];
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(blob, `${name}.png`));
      };
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    });
    if (figure.dataset.file) {
      const link = document.createElement("a");
      [link.textContent, link.href, link.download] = ["data", figure.dataset.file, ""];
      line.append(" · ", link);
    } else add("data", async () => save(new Blob([await told(visible())], { type: "text/csv" }), `${name}.csv`));
    if (charts.some(isWalked)) {
      const hint = document.createElement("span");
      [hint.className, hint.textContent] = ["il-hint", HINT];
      line.append(" ", hint);
    }
    figure.append(line);
  }

  // Nothing is built for a chart before it comes near the screen; the keyboard finds each at once.
  const whenNear = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      whenNear.unobserve(target);
      if (target.matches(".il-figure")) addSaving(target);
      else if (isWalked(target)) stateOf(target);
    }
  }, { rootMargin: "200px" });
  const known = new WeakSet();
  function enhance() {
    keepRows();
    for (const element of document.querySelectorAll(`.il-figure, .il-figure ${CHART}`)) {
      if (known.has(element)) continue;
      if (element.matches(CHART)) {
        if (!isWalked(element)) continue;
        element.setAttribute("role", "application");
        element.setAttribute("aria-roledescription", "chart");
        element.setAttribute("aria-description", HINT);
        element.tabIndex = 0;
      } else if (!element.querySelector(CHART)) continue;
      known.add(element);
      whenNear.observe(element);
    }
  }
  window.ionladderMarks = enhance; // for charts that are drawn later

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
