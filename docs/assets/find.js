// Finding materials and pages. Nothing is fetched before somebody uses a search box: then two
// lists, once. A query is read as chemistry first: elements, "not" elements, a formula in any
// order; every other word is looked for in kinds, ids and DOIs. Pages are complete without this.
(function () {
  "use strict";

  const SYMBOLS = new Set(
    ("H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y " +
      "Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W " +
      "Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr D").split(" "),
  );
  const MOST = 200;
  const MOST_IN_BOX = 8;

  // Element → amount of a formula; null where a text is none.
  function composition(text) {
    const plain = text.normalize("NFKC").replace(/\s/g, "").replace(/[[{]/g, "(").replace(/[\]}]/g, ")");
    const parts = plain.match(/[A-Z][a-z]?|\d+(?:\.\d+)?|[()]/g);
    if (!parts || parts.join("") !== plain) return null;
    const stack = [new Map()];
    const amount = (i) => (/^\d/.test(parts[i + 1] ?? "") ? Number(parts[i + 1]) : 1);
    const add = (to, symbol, n) => to.set(symbol, (to.get(symbol) ?? 0) + n);
    for (let i = 0; i < parts.length; i += 1) {
      const part = parts[i];
      if (part === "(") stack.push(new Map());
      else if (part === ")") {
        if (stack.length < 2) return null;
        const inner = stack.pop();
        for (const [symbol, n] of inner) add(stack[stack.length - 1], symbol, n * amount(i));
      } else if (/^\d/.test(part)) {
        if (i === 0 || parts[i - 1] === "(") return null;
      } else if (!SYMBOLS.has(part)) return null;
      else add(stack[stack.length - 1], part, amount(i));
    }
    return stack.length === 1 && stack[0].size ? stack[0] : null;
  }

  // "li7p3s11" → "Li7P3S11": the reading with the longest symbols, or null.
  function capitalised(text) {
    if (!text) return "";
    const first = text[0];
    if (/[\d.()]/.test(first)) {
      const rest = capitalised(text.slice(1));
      return rest === null ? null : first + rest;
    }
    for (const n of [2, 1]) {
      const symbol = text[0].toUpperCase() + text.slice(1, n);
      if (text.length < n || !SYMBOLS.has(symbol)) continue;
      const rest = capitalised(text.slice(n));
      if (rest !== null) return symbol + rest;
    }
    return null;
  }

  const isSame = (a, b) => {
    if (!b || a.size !== b.size) return false;
    const [all, other] = [a, b].map((map) => [...map.values()].reduce((sum, n) => sum + n, 0));
    return [...a].every(([symbol, n]) => b.has(symbol) && Math.abs(n / all - b.get(symbol) / other) < 1e-3);
  };

  // What a query asks for: elements with and without, formulas, other words, and what is no formula.
  function read(query, aliases = {}) {
    const asked = { has: [], lacks: [], formulas: [], words: [], wrong: [], means: "", only: 0 };
    const known = Object.keys(aliases).find((name) => name.toLowerCase() === query.trim().toLowerCase());
    asked.means = known ? aliases[known] : "";
    let isNot = false;
    for (let token of (asked.means || query).split(/[\s,;+&]+/).filter(Boolean)) {
      if (/^(not|without|no|but|and|with)$/.test(token)) {
        isNot = isNot || /^(not|without|no)$/.test(token);
        continue;
      }
      if (/^[-!−][A-Z]/.test(token)) [isNot, token] = [true, token.slice(1)];
      const systems = /^[A-Z][a-z]?(-[A-Z][a-z]?)+$/.test(token) ? token.split("-") : [token];
      if (systems.length > 1) asked.only = systems.length;
      for (const each of systems) {
        const symbol = /^[a-z]{1,2}$/.test(each) ? each[0].toUpperCase() + each.slice(1) : each;
        const found = composition(symbol);
        if (found && (found.size === 1 && SYMBOLS.has(symbol))) (isNot ? asked.lacks : asked.has).push(symbol);
        else if (found && isNot) asked.lacks.push(...found.keys());
        else if (found) asked.formulas.push([each, found]);
        else {
          if (/^([A-Z][a-z]?[\d.]*)+$|[()[\]]/.test(each)) asked.wrong.push(each);
          asked.words.push(each.toLowerCase());
        }
      }
      isNot = false;
    }
    return asked;
  }

  function prepare(index) {
    index.all = index.datasets.flatMap((set) =>
      set.id.map((id, i) => {
        const made = composition(set.parsed[i] ?? set.formula[i]) ?? new Map();
        const dois = set.doi[i].map((place) => set.dois[place]);
        const kind = set.kinds[set.kind[i]];
        const text = [id, set.formula[i], kind, set.title, ...dois].join(" ").toLowerCase();
        return { set, id, formula: set.formula[i], made, kind, text, dois, label: set.label[i], hasPage: set.page[i] === "1" };
      }),
    );
    return index;
  }

  // Entries that fit a query, exact ids and formulas first, and a sentence where it says something.
  function search(index, query) {
    if (!query.trim()) return { found: [], said: "" };
    const exact = index.all.filter((entry) => entry.id === query.trim());
    const asked = read(query, index.aliases);
    const fits = (entry, formula) =>
      asked.has.every((symbol) => entry.made.has(symbol)) &&
      (!asked.only || entry.made.size === asked.only) &&
      !asked.lacks.some((symbol) => entry.made.has(symbol)) &&
      asked.words.every((word) => /[\p{L}\p{N}]/u.test(word) && entry.text.includes(word)) &&
      asked.formulas.every(([text, made]) => formula(entry, made, text));
    // A formula is that composition, then a word of a kind (a compound as printed), then its elements.
    let found = index.all.filter((entry) => fits(entry, (e, made) => isSame(made, e.made)));
    const isWord = (e, made, text) => e.text.split(" ").includes(text.toLowerCase());
    if (asked.formulas.length) found.push(...index.all.filter((entry) => !found.includes(entry) && fits(entry, isWord)));
    let said = asked.means ? `${query.trim()}: ${asked.means}. ` : "";
    if (!found.length && asked.formulas.length) {
      found = index.all.filter((entry) => fits(entry, (e, made) => [...made.keys()].every((symbol) => e.made.has(symbol))));
      if (found.length) said += "No entry has this composition; these contain its elements. ";
    }
    if (!found.length && /^[a-z0-9.()]*\d[a-z0-9.()]*$/.test(query.trim())) {
      const better = capitalised(query.trim());
      if (better) return search(index, better);
    }
    if (asked.wrong.length && (!found.length || asked.wrong[0].length < 3)) said += `“${asked.wrong[0]}” is no element or formula. `;
    if (!asked.has.length && !asked.lacks.length && !asked.formulas.length && !asked.words.length) found = [];
    return { found: [...exact, ...found.filter((entry) => !exact.includes(entry))], said };
  }

  function searchPages(pages, query) {
    const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, " ").trim();
    const words = plain(query).split(" ");
    if (!words.some((word) => word.length > 2)) return [];
    const score = (text) => words.every((word) => ` ${plain(text)}`.includes(` ${word}`));
    const nameOf = (way) => way.split("/").at(-2) ?? "";
    const [titled, others] = [[], []];
    for (const page of pages) {
      if (plain(nameOf(page[0])) === plain(query)) titled.unshift(page);
      else if (score(`${page[1]} ${nameOf(page[0])}`)) titled.push(page);
      else if (score(page[1] + " " + page[2])) others.push(page);
    }
    return [...titled, ...others];
  }

  const element = (name, content = "", kind = "") => {
    const made = document.createElement(name);
    made.textContent = content;
    if (kind) made.className = kind;
    return made;
  };

  function formulaOf(text) {
    const made = element("span", "", "il-chem");
    text.split(/(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)/).forEach((part, i) => {
      made.append(i % 2 ? element("sub", part.replace(/\.0+$/, "")) : part);
    });
    return made;
  }

  const wayOf = (entry, root) => new URL(entry.hasPage ? `${entry.set.way}${entry.id}/` : entry.set.card, root).href;
  const count = (n, what) => `${n} ${what}${n === 1 ? "" : what === "entry" ? "" : "s"}`.replace(/(\d+) entry$/, (all, k) => (k === "1" ? all : `${k} entries`));

  const lists = {};
  const fetched = (address) => (lists[address] ??= fetch(address).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status))));
  const indexAt = (address) => (lists[`made ${address}`] ??= fetched(address).then(prepare));

  // The box in the head of every page.
  function makeBox(form) {
    if (form.dataset.ready) return;
    form.dataset.ready = "yes";
    const box = form.querySelector("input");
    Object.assign(box, { autocomplete: "off", spellcheck: false });
    form.insertAdjacentHTML("beforeend", '<ul class="il-search__found" aria-label="Found" hidden></ul>');
    const list = form.lastChild;
    const root = new URL(form.dataset.root, location.href);
    const load = () => Promise.all([indexAt(new URL("data/materials.json", root).href), fetched(new URL("data/pages.json", root).href)]);
    const close = () => (list.hidden = true);
    async function show() {
      const query = box.value;
      if (!query.trim()) return close();
      const [index, pages] = await load();
      if (query !== box.value) return;
      const { found, said } = search(index, query);
      const titled = searchPages(pages, query);
      const more = new URL(`${form.getAttribute("action")}?q=${encodeURIComponent(query)}`, location.href).href;
      const items = found.slice(0, MOST_IN_BOX).map((entry) => {
        const item = element("li");
        const link = element("a");
        link.href = wayOf(entry, root);
        link.append(formulaOf(entry.formula), element("span", ` ${entry.id} · ${entry.set.title} · ${entry.kind}`, "il-muted"));
        item.append(link);
        return item;
      });
      if (found.length > MOST_IN_BOX) {
        const item = element("li");
        const link = element("a", `All ${count(found.length, "entry")}`);
        link.href = more;
        item.append(link);
        items.push(item);
      }
      for (const [way, title] of titled.slice(0, MOST_IN_BOX)) {
        const item = element("li");
        const link = element("a", title);
        link.href = new URL(way, root).href;
        item.append(link, element("span", " page", "il-muted"));
        items.push(item);
      }
      const told = `${said}${count(found.length, "entry")}, ${count(titled.length, "page")}`;
      list.replaceChildren(element("li", told, "il-muted"), ...items);
      list.hidden = false;
    }
    box.addEventListener("focus", () => load().catch(() => {}), { once: true });
    box.addEventListener("input", () => show().catch(close));
    form.addEventListener("keydown", (event) => {
      const links = [...list.querySelectorAll("a")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") {
        close();
        box.focus();
      } else if (step && !list.hidden && links.length) {
        event.preventDefault();
        (links[links.indexOf(document.activeElement) + step] ?? box).focus();
      }
    });
    document.addEventListener("click", (event) => form.contains(event.target) || close());
  }

  // The page of materials: the query stands in its address.
  function makePage(form) {
    if (form.dataset.ready) return;
    form.dataset.ready = "yes";
    form.hidden = false;
    const box = form.querySelector("input");
    const place = document.getElementById("found");
    const address = new URL(form.dataset.explore, location.href);
    const root = new URL("../", address);
    async function show() {
      const query = box.value;
      const here = new URL(location.href);
      if (query) here.searchParams.set("q", query);
      else here.searchParams.delete("q");
      history.replaceState(history.state, "", here);
      if (!query.trim()) return place.replaceChildren();
      const index = await indexAt(address.href);
      if (query !== box.value) return undefined;
      const { found, said } = search(index, query);
      const table = element("table", "", "il-table");
      const head = table.createTHead().insertRow();
      for (const title of ["Material", "Label", "Kind", "Dataset", "Published in"]) {
        const cell = element("th", title, title === "Label" ? "il-number" : "");
        cell.scope = "col";
        head.append(cell);
      }
      const body = table.createTBody();
      for (const entry of found.slice(0, MOST)) {
        const row = body.insertRow();
        const name = element("th", "", "il-model");
        name.scope = "row";
        const link = element(entry.hasPage ? "a" : "span");
        if (entry.hasPage) link.href = wayOf(entry, root);
        link.append(formulaOf(entry.formula));
        name.append(link, element("span", entry.id, "il-name"));
        row.append(name, element("td", entry.label === "–" ? "–" : `${entry.label} ${entry.set.unit}`, "il-number"), element("td", entry.kind, "il-text"));
        const card = element("a", entry.set.title);
        card.href = new URL(entry.set.card, root).href;
        const from = element("td", "", "il-text");
        from.append(card);
        const papers = element("td", "", "il-text");
        entry.dois.forEach((doi, i) => {
          const paper = element("a", doi);
          paper.href = `https://doi.org/${doi}`;
          paper.rel = "nofollow noopener";
          papers.append(i ? "; " : "", paper);
        });
        row.append(from, papers);
      }
      const shown = found.length > MOST ? `, the first ${MOST} shown` : "";
      const told = element("p", `${said}${count(found.length, "entry")}${shown}.`, "il-note");
      const scroll = element("div", "", "il-scroll");
      scroll.tabIndex = 0;
      scroll.setAttribute("role", "region");
      scroll.setAttribute("aria-label", "Entries found");
      scroll.append(table);
      place.replaceChildren(told, ...(found.length ? [scroll] : []));
      return undefined;
    }
    const fail = () => place.replaceChildren(element("p", "The list of materials could not be loaded.", "il-note"));
    form.addEventListener("submit", (event) => event.preventDefault());
    box.addEventListener("input", () => show().catch(fail));
    box.value = new URLSearchParams(location.search).get("q") || "";
    if (box.value) show().catch(fail);
  }

  window.ionladderFind = { composition, read, search, prepare, formulaOf };
  function enhance() {
    document.querySelectorAll("form[data-root]").forEach(makeBox);
    document.querySelectorAll("form[data-explore]").forEach(makePage);
  }
  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
