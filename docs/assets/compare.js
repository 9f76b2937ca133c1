// Two submissions side by side: the pair is in the URL, its numbers are in files beside the page.
(function () {
  "use strict";

  const TOP = 20;
  const SIZE = 420;
  const [LEFT, TOP_EDGE, RIGHT, BOTTOM] = [52, 14, 408, 370];
  const SVG = "http://www.w3.org/2000/svg";

  // Elements; contributors' words only ever become text nodes.
  function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function s(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // Numbers as on all pages: a true minus, an en dash for none.
  function number(value, digits = 2) {
    if (value === null || value === undefined) return "–";
    const shown = Math.abs(value).toFixed(digits);
    return value < 0 && Number(shown) ? `−${shown}` : shown;
  }

  function signed(value, digits = 2) {
    const shown = number(value, digits);
    return value > 0 && Number(shown) ? `+${shown}` : shown;
  }

  // A third decimal where two would make a small number look like none.
  const digitsFor = (...values) => (values.some((value) => value && Math.abs(value) < 0.02) ? 3 : 2);
  const between = (low, high, digits) =>
    low === null || high === null ? "" : `${number(low, digits)}${low < 0 ? " to " : "–"}${number(high, digits)}`;

  // Ends of the interval of a difference, with their signs, as tables print them.
  const apart = (low, high, digits) =>
    low === null || high === null ? "" : `${signed(low, digits)} to ${signed(high, digits)}`;

  // A formula with its amounts set low; it breaks only before the next element.
  function formula(text) {
    const shown = h("span", { class: "il-chem" });
    text.split(/(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)/).forEach((part, i) => {
      if (i % 2) shown.append(h("sub", {}, part.replace(/\.0+$/, "")));
      else part.split(/(?=[(\[]*[A-Z])/).forEach((element, j) => shown.append(...(i + j ? [h("wbr")] : []), element));
    });
    return shown;
  }

  function name(board, key) {
    return h("bdi", {}, board.submissions[key].model);
  }

  // Tables: a caption, heads with a scope, and a box that scrolls.
  function table(title, caption, heads, rows) {
    const head = heads.map(([text, unit, kind = ""]) =>
      h("th", { scope: "col", class: `il-number${kind}` }, text, unit ? h("span", { class: "il-unit" }, unit) : null));
    head[0].className = "il-model";
    return h("div", { class: "il-scroll", tabindex: "0", role: "region", "aria-label": title },
      h("table", { class: "il-table" },
        h("caption", {}, caption), h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)));
  }

  // Columns that a phone leaves out, so that both models are in sight.
  const WIDE = " il-wide-only";
  const cell = (text, detail = "", kind = "") =>
    h("td", { class: `il-number${kind}` }, text, detail ? h("span", { class: "il-detail" }, detail) : null);

  const scored = ([value, low, high, isOpen], digits) =>
    value === null ? cell("–") : cell(number(value, digits), isOpen ? "undetermined" : between(low, high, digits));

  // The sentence: who is ahead, by how much, and whether that is noise.
  function verdict(board, a, b, of) {
    const pair = of.a.pairs[b];
    const [one, other] = [board.submissions[a].score[0], board.submissions[b].score[0]];
    if (a === b) return ["Choose two different submissions."];
    if (one === null || other === null) return ["One of the two has no score."];
    const difference = pair ? pair[0] : one - other;
    const digits = digitsFor(difference, ...(pair ?? []).slice(1, 3));
    const isBetter = difference < 0 === board.smaller_is_better;
    const [first, second] = isBetter ? [a, b] : [b, a];
    const kind = board.smaller_is_better ? "smaller" : "larger";
    const amount = h("b", {}, number(Math.abs(difference), digits));
    const opening = [name(board, first), ` has the ${kind} ${board.metric}, by `, amount, ` ${board.unit}`];
    if (!pair) {
      return [...opening, ". The interval of this pair is not stored: ", h("code", {}, `ionladder compare ${[a, b].map((own) => `submissions/${board.task}/${own}`).join(" ")}`), " computes it."];
    }
    const [, low, high, p, isOpen] = pair;
    const [from, to] = difference < 0 ? [-high, -low] : [low, high];
    const interval = low === null || high === null
      ? " (no interval, with so few groups)" : ` (${100 * board.confidence} % interval of this pair alone ${apart(from, to, digits)})`;
    if (p === null) return [...opening, interval, "."];
    const shown = p < 0.001 ? "p < 0.001" : `p = ${Number(p.toPrecision(2))}`;
    return [
      ...opening, interval, `. With every pair of the board allowed for, ${shown}: `,
      ...(isOpen ? ["the data do not separate the two."] : [name(board, second), " is significantly worse."]),
    ];
  }

  // The interval of the difference as a drawing, against zero.
  function drawing(board, a, b, of) {
    const [difference, low, high] = of.a.pairs[b] ?? [null, null, null];
    if (a === b || difference === null || low === null) return null;
    const [from, to] = [Math.min(0, low), Math.max(0, high)];
    const x = (value) => (24 + ((value - from) / (to - from || 1)) * (SIZE - 48)).toFixed(1);
    const line = (kind, value, until, y1, y2) => s("line", { class: kind, x1: x(value), x2: x(until), y1, y2 });
    const steps = ticks(Math.max(to, -from)).flatMap((tick) => (tick ? [-tick, tick] : [0])).filter((tick) => tick >= from && tick <= to);
    const marks = steps.flatMap((tick) => [line("il-grid", tick, tick, 4, 40),
      s("text", { class: "il-tick", x: x(tick), y: 52, "text-anchor": "middle" }, tick ? signed(tick, Number.isInteger(tick) ? 0 : digitsFor(tick)) : "0")]);
    const digits = digitsFor(difference, low, high);
    const label = `First minus second: ${signed(difference, digits)} ${board.unit}, interval ${apart(low, high, digits)}.`;
    return h("figure", { class: "il-figure il-figure--square", "data-name": `${a}-minus-${b}` },
      s("svg", { class: "il-chart", viewBox: `0 0 ${SIZE} 74`, role: "img", "aria-label": label },
        ...marks, line("il-axis-line", 0, 0, 4, 40), line("il-whisker", low, high, 24, 24),
        s("circle", { class: "il-dot il-dot--verified", cx: x(difference), cy: 24, r: 4.5 }, s("title", {}, label)),
        s("text", { class: "il-axis", x: SIZE / 2, y: 68, "text-anchor": "middle" }, `difference (${board.unit})`)),
      h("figcaption", { class: "il-note" }, `First minus second: ${signed(difference, digits)} ${board.unit}; `,
        board.smaller_is_better ? "below 0 the first is better." : "above 0 the first is better."));
  }

  function standing(board, a, b) {
    const line = (title, one, other) => h("tr", {}, h("th", { scope: "row", class: "il-model" }, title), one, other);
    const [one, other] = [board.submissions[a], board.submissions[b]];
    const top = ({ tie_group: group, kind }) => cell(group === null ? "–" : group === 1 ? "yes" : "no", group === null ? `${kind}: not ranked` : "");
    return table("On the board", `Scores and ranks of the two on the board; beneath a score its ${100 * board.confidence} % interval.`,
      [["What"], [name(board, a)], [name(board, b)]], [
        line(`${board.metric} (${board.unit})`, scored(one.score), scored(other.score)),
        line("Rank", cell(one.ranks || "–"), cell(other.ranks || "–")),
        line("Top group: nobody is significantly better", top(one), top(other)),
        line("Kind", cell(one.kind), cell(other.kind)),
      ]);
  }

  function parts(board, a, b, of) {
    const rows = [];
    let former = null;
    board.parts.forEach(([group, title, n, nGroups], i) => {
      const [one, other] = [of.a.parts[i], of.b.parts[i]];
      if (one[0] === null && other[0] === null) return;
      if (group !== former) {
        rows.push(h("tr", { class: "il-slice" }, h("th", { scope: "rowgroup", colspan: "6" }, group)));
        former = group;
      }
      const apart = one[0] === null || other[0] === null ? null : one[0] - other[0];
      rows.push(h("tr", {}, h("th", { scope: "row", class: "il-model" }, title),
        cell(n === null ? "–" : String(n), "", WIDE), cell(nGroups === null ? "–" : String(nGroups), "", WIDE),
        scored(one), scored(other), cell(signed(apart, digitsFor(apart)), "", WIDE)));
    });
    const caption = `${board.metric} in ${board.unit} on parts of the test set; beneath it the interval of each alone, or “undetermined” where that interval says nothing. ` +
      "Differences on parts have no interval of their own: most of them are noise.";
    return table("Part by part", caption,
      [["Part"], ["Entries", "", WIDE], ["Groups", "", WIDE], [name(board, a), board.unit], [name(board, b), board.unit], ["Difference", board.unit, WIDE]], rows);
  }

  // Round numbers from 0, six of them at most.
  function ticks(high) {
    const rough = high / 6;
    const magnitude = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= rough * 0.999);
    return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
  }

  const isKnown = (value) => value !== null && value !== undefined;

  function scatter(board, a, b, of, entries) {
    const places = entries.ids.map((_, i) => i).filter((i) => isKnown(of.a.errors[i]) && isKnown(of.b.errors[i]));
    const high = Math.max(...places.flatMap((i) => [of.a.errors[i], of.b.errors[i]]), 1e-9) * 1.04;
    const x = (value) => (LEFT + (value / high) * (RIGHT - LEFT)).toFixed(1);
    const y = (value) => (BOTTOM - (value / high) * (BOTTOM - TOP_EDGE)).toFixed(1);
    const line = (kind, x1, y1, x2, y2) => s("line", { class: kind, x1, y1, x2, y2 });
    const words = (kind, text, attributes) => s("text", { class: kind, ...attributes }, text);
    const drawn = ticks(high).flatMap((tick) => [
      line("il-grid", x(tick), TOP_EDGE, x(tick), BOTTOM), line("il-grid", LEFT, y(tick), RIGHT, y(tick)),
      words("il-tick", String(tick), { x: x(tick), y: BOTTOM + 17, "text-anchor": "middle" }),
      words("il-tick", String(tick), { x: LEFT - 7, y: Number(y(tick)) + 4, "text-anchor": "end" }),
    ]);
    const middle = (TOP_EDGE + BOTTOM) / 2;
    const short = (key) => (board.submissions[key].model.length > 32 ? key : board.submissions[key].model);
    drawn.push(
      line("il-identity", x(0), y(0), x(high), y(high)),
      words("il-axis", `error of ${short(a)} (${board.unit})`, { x: (LEFT + RIGHT) / 2, y: BOTTOM + 38, "text-anchor": "middle" }),
      s("g", { transform: `rotate(-90 14 ${middle})` },
        words("il-axis", `error of ${short(b)} (${board.unit})`, { x: 14, y: middle + 4, "text-anchor": "middle" })),
      ...places.map((i) => s("circle", { class: "il-point", r: 3.6, cx: x(of.a.errors[i]), cy: y(of.b.errors[i]), ...(entries.hrefs[i] ? { "data-to": entries.hrefs[i] } : {}) },
        s("title", {}, `${entries.formulas[i]} (${entries.ids[i]}): ${number(of.a.errors[i])} and ${number(of.b.errors[i])} ${board.unit}`))),
    );
    const wins = places.filter((i) => of.a.errors[i] < of.b.errors[i]).length;
    const losses = places.filter((i) => of.a.errors[i] > of.b.errors[i]).length;
    const counted = ["The first is closer on ", h("b", {}, String(wins)), ", the second on ", h("b", {}, String(losses)), ` of ${places.length} entries.`];
    const label = `Error of ${short(b)} against error of ${short(a)}: the first is closer on ${wins}, the second on ${losses} of ${places.length} entries.`;
    return h("figure", { class: "il-figure il-figure--square", "data-name": `${a}-against-${b}` },
      s("svg", { class: "il-chart il-chart--parity", viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": label }, ...drawn),
      h("figcaption", { class: "il-note" }, ...counted, " Above the line the first is closer. A mark is an entry, and links to its page."));
  }

  function disagreements(board, a, b, of, entries) {
    const gap = (i) => Math.abs(of.a.errors[i] - of.b.errors[i]);
    const places = entries.ids.map((_, i) => i).filter((i) => isKnown(of.a.errors[i]) && isKnown(of.b.errors[i]));
    places.sort((i, j) => gap(j) - gap(i));
    const brief = (value) => number(value, Number.isInteger(value) ? 0 : 2);
    // An error as scored, and beneath it how far the prediction lies above a limit.
    const failed = (side, i) => {
      const above = entries.limits.map((limits, t) => (limits[i] === null ? null : Math.max(0, side.predictions[t][i] - limits[i])));
      const known = above.filter((value) => value !== null);
      const mean = known.reduce((sum, value) => sum + value, 0) / above.length;
      return cell(number(side.errors[i]), known.length ? `above the limit: ${number(mean)}` : "", " il-words");
    };
    const heads = [["Entry"]], labelled = entries.targets.length > 1 ? WIDE : "";
    for (const [symbol, unit] of entries.targets) {
      heads.push([`${symbol}, label`, unit, labelled], [`${symbol}, first`, unit, WIDE], [`${symbol}, second`, unit, WIDE]);
    }
    heads.push(["Error, first", board.unit], ["Error, second", board.unit], ["Difference", board.unit, WIDE]);
    const rows = places.slice(0, TOP).map((i) => {
      const href = entries.hrefs[i];
      const shown = entries.formulas[i] ? formula(entries.formulas[i]) : entries.ids[i];
      const cells = entries.targets.flatMap((_, t) => {
        const limit = entries.limits[t][i];
        const label = limit === null ? cell(number(entries.labels[t][i]), "", labelled)
          : cell(`< ${brief(limit)}`, `scored as ${brief(entries.labels[t][i])}`, ` il-words${labelled}`);
        return [label, cell(number(of.a.predictions[t][i]), "", WIDE), cell(number(of.b.predictions[t][i]), "", WIDE)];
      });
      const apart = of.a.errors[i] - of.b.errors[i];
      return h("tr", {},
        h("th", { scope: "row", class: "il-model" }, href ? h("a", { href }, shown) : shown, h("span", { class: "il-name" }, entries.ids[i])),
        ...cells, failed(of.a, i), failed(of.b, i), cell(signed(apart), "", WIDE));
    });
    const chosen = entries.ids.length < entries.n_all
      ? ` Of ${entries.n_all} entries, those on which all models differ most and a spread over the others: ${entries.ids.length} in all.` : "";
    return table("Where the two disagree most",
      `The ${rows.length} entries on which the two errors differ most. First: ${board.submissions[a].model}. Second: ${board.submissions[b].model}.${chosen}`, heads, rows);
  }

  function makeComparison(root) {
    const choice = { a: root.querySelector('[data-side="a"]'), b: root.querySelector('[data-side="b"]') };
    const [sentence, result] = [root.querySelector("[data-verdict]"), root.querySelector("[data-result]")];
    const loaded = new Map();
    choice.b.append(...Array.from(choice.a.cloneNode(true).children));
    const names = Array.from(choice.a.options, (option) => option.value);

    function load(file) {
      if (!loaded.has(file)) {
        const answer = fetch(file).then((got) => {
          if (!got.ok) throw new Error(`${file}: ${got.status}`);
          return got.json();
        });
        answer.catch(() => loaded.delete(file));
        loaded.set(file, answer);
      }
      return loaded.get(file);
    }

    function readPair() {
      const given = new URLSearchParams(location.search);
      const known = (key, usual) => (names.includes(given.get(key)) ? given.get(key) : usual);
      const a = known("a", names[0]);
      return [a, known("b", names.find((other) => other !== a))];
    }

    let turn = 0;
    async function show() {
      const [a, b] = readPair();
      [choice.a.value, choice.b.value] = [a, b];
      const mine = ++turn;
      root.setAttribute("aria-busy", "true");
      try {
        const board = await load("board.json");
        const [one, other] = await Promise.all([load(`of/${a}.json`), load(`of/${b}.json`)]);
        const entries = board.missing ? null : await load("entries.json");
        if (mine !== turn) return;
        const of = { a: one, b: other };
        sentence.replaceChildren(...verdict(board, a, b, of));
        const hasEntries = entries && one.errors && other.errors;
        result.replaceChildren(
          ...[drawing(board, a, b, of), standing(board, a, b)].filter(Boolean),
          h("h2", { id: "entries" }, "Entry by entry"),
          ...(hasEntries ? [scatter(board, a, b, of, entries), disagreements(board, a, b, of, entries)]
            : [h("p", { class: "il-note" }, board.missing ?? "The predictions of one of the two cannot be read now.")]),
          h("h2", { id: "parts" }, "Part by part"), parts(board, a, b, of));
        window.ionladderMarks?.();
      } catch (error) {
        if (mine === turn) sentence.replaceChildren(`The numbers of this pair could not be loaded (${error.message}).`);
      } finally {
        if (mine === turn) root.removeAttribute("aria-busy");
        root.dataset.ready = "";
      }
    }

    function choose(a, b) {
      const url = new URL(location.href);
      url.searchParams.set("a", a);
      url.searchParams.set("b", b);
      history.pushState(history.state, "", url);
      show();
    }

    root.hidden = false;
    root.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    for (const select of Object.values(choice)) {
      select.addEventListener("change", () => choose(choice.a.value, choice.b.value));
    }
    root.querySelector("[data-swap]").addEventListener("click", () => choose(choice.b.value, choice.a.value));
    window.addEventListener("popstate", show);
    show();
  }

  function enhance() {
    const root = document.querySelector("[data-compare][hidden]");
    if (root) makeComparison(root);
  }

  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
