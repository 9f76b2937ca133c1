// The board: filters, columns, sorting and tabs of all its tables, with the whole state in the URL.
// A table is sorted without this file. Of a long one the page has the first rows; the rest are asked for when
// something else than those is wanted, and become elements when they are shown.
(function () {
  "use strict";

  const FIRST_ROWS = 100;
  const AT_ONCE = 20;
  const FILTERS = ["find", "kind", "inputs", "external", "seeds"];
  const all = (root, selector) => Array.from(root.querySelectorAll(selector));

  // State from the URL and back; what is at its default is not written.
  function readState() {
    const given = new URLSearchParams(location.search);
    const anchor = /^#subset-(.+)$/.exec(location.hash);
    const columns = given.get("columns");
    return {
      subset: given.get("subset") ?? anchor?.[1] ?? "",
      sort: given.get("sort") ?? "",
      rows: given.get("rows") ?? "",
      columns: columns === null ? null : new Set(columns.split(",")),
      ...Object.fromEntries(FILTERS.map((name) => [name, given.get(name) ?? ""])),
    };
  }

  // What an address names; nothing where it cannot be read, as of "#%".
  function nameIn(hash) {
    try {
      return decodeURIComponent(hash.slice(1));
    } catch {
      return "";
    }
  }

  function addressOf(state) {
    const url = new URL(location.href);
    const values = { ...state, columns: state.columns && ([...state.columns].join(",") || "none") };
    for (const [name, value] of Object.entries(values)) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    if (url.hash.startsWith("#subset-")) url.hash = "";
    url.search = url.search.replaceAll("%2C", ",");
    return url;
  }

  // A row that came as data: its attributes, and the inside of each cell between what the column shares.
  function elementOf([values, ...cells], { tags, ends, attributes }) {
    const row = document.createElement("tr");
    attributes.forEach((name, i) => values[i] !== null && row.setAttribute(name, values[i]));
    row.innerHTML = cells.map((cell, i) => `<${tags[i]}>${ends[i][0]}${cell}${ends[i][1]}</${tags[i].slice(0, 2)}>`).join("");
    return row;
  }

  // One table: which of its rows are shown, in which order.
  class Table {
    constructor(table) {
      this.table = table;
      this.headers = window.ionladder.headersOf(table);
      this.elements = Array.from(table.tBodies[0].rows);
      this.rows = this.elements.map(({ dataset }, place) => ({ dataset, place }));
      this.panel = table.closest(".il-subset");
      this.shown = "";
      this.rest = table.dataset.rest;
      this.of = Number(table.dataset.rows ?? this.rows.length);
      // Who comes near the heads is about to sort: what that needs is fetched before the click.
      const prepare = () => (this.coming ??= this.load()).catch(() => {});
      if (this.rest) ["pointerenter", "focusin"].forEach((kind) => table.tHead.addEventListener(kind, prepare, { once: true }));
    }

    get isInSight() {
      return !this.panel?.hidden;
    }

    header(key) {
      return this.headers.find((header) => header.dataset.key === key);
    }

    // Whether rows are wanted that are not here yet.
    lacks(state) {
      const isFirst = !state.sort && !state.rows && !FILTERS.some((name) => state[name]);
      return this.rest && !(isFirst && this.rows.length >= FIRST_ROWS);
    }

    async load() {
      const answer = await fetch(this.rest);
      if (!answer.ok) throw new Error(answer.status);
      this.data = await answer.json();
      const inPage = this.rows.length;
      const names = this.data.attributes.map((name) => name.replace(/^data-/, ""));
      this.data.rows.forEach(([values], i) => {
        const dataset = Object.fromEntries(names.map((name, at) => [name, values[at]]));
        this.rows.push({ dataset, id: dataset.id, place: inPage + i });
      });
      this.inPage = inPage;
    }

    element({ place }) {
      this.elements[place] ??= elementOf(this.data.rows[place - this.inPage], this.data);
      return this.elements[place];
    }

    key(column, isNumber) {
      if (this.data) return ({ place }) => this.data.order[column][place];
      return ({ place }) => window.ionladder.keyOf(this.elements[place], column, isNumber);
    }

    fits(state) {
      const words = state.find.toLowerCase().split(/\s+/).filter(Boolean);
      const exact = ["kind", "inputs", "external", "seeds"].filter((name) => state[name]);
      return ({ dataset }) =>
        exact.every((name) => dataset[name] === state[name]) &&
        words.every((word) => dataset.text.includes(word));
    }

    // Rows that already stand as they should are left alone, as on most visits all of them are. Of many others
    // the first answer at once, and the rest a moment later.
    put(rows) {
      const [body] = this.table.tBodies;
      const present = Array.from(body.rows);
      clearTimeout(this.later);
      if (rows.length === present.length && rows.every(({ place }, i) => this.elements[place] === present[i])) return;
      const elements = (some) => some.map((row) => this.element(row));
      body.replaceChildren(...elements(rows.slice(0, AT_ONCE)));
      this.whole = new Promise((tell) => {
        this.later = setTimeout(() => tell(body.append(...elements(rows.slice(AT_ONCE)))), 30);
      });
    }

    // Puts the rows of a state on the page; says how many there are of how many.
    show(state) {
      const { sortedRows, markSorted } = window.ionladder;
      const goesUp = !state.sort.startsWith("-");
      const header = this.header(state.sort.replace(/^-/, ""));
      const isNumber = header?.dataset.sortKey === "number";
      const fitting = this.rows.filter(this.fits(state));
      const column = this.headers.indexOf(header);
      const ordered = header ? sortedRows(fitting, this.key(column, isNumber), goesUp) : fitting;
      const most = state.rows === "all" ? Infinity : FIRST_ROWS;
      this.put(ordered.slice(0, most));
      markSorted(this.table, header, goesUp);
      const n = this.rest && !this.data && !this.lacks(state) ? this.of : fitting.length;
      return { fitting: n, shown: Math.min(fitting.length, most), of: this.of };
    }
  }

  // Columns are hidden by a style sheet: one rule a column, whatever the number of rows.
  class Columns {
    constructor(form, tables) {
      this.tables = tables;
      this.boxes = all(form, "[data-column]");
      this.groups = all(form, "[data-columns]");
      this.usual = new Set(this.boxes.filter((box) => box.defaultChecked).map((box) => box.dataset.column));
      this.sheet = document.createElement("style");
      document.head.append(this.sheet);
    }

    boxesOf(group) {
      return this.boxes.filter((box) => box.dataset.of === group.dataset.columns);
    }

    // The columns that are ticked; null where they are the usual ones.
    get chosen() {
      const ticked = this.boxes.filter((box) => box.checked).map((box) => box.dataset.column);
      const isUsual = ticked.length === this.usual.size && ticked.every((key) => this.usual.has(key));
      return isUsual ? null : new Set(ticked);
    }

    tickGroup(group) {
      for (const box of this.boxesOf(group)) box.checked = group.checked;
    }

    show(chosen) {
      const ticked = chosen ?? this.usual;
      for (const box of this.boxes) box.checked = ticked.has(box.dataset.column);
      for (const group of this.groups) {
        const own = this.boxesOf(group);
        group.checked = own.every((box) => box.checked);
        group.indeterminate = !group.checked && own.some((box) => box.checked);
      }
      const hidden = new Set(this.boxes.filter((box) => !box.checked).map((box) => box.dataset.column));
      this.sheet.textContent = this.tables.map((table, i) => this.rules(table, i, hidden)).join("");
    }

    rules(table, place, hidden) {
      table.table.dataset.place = place;
      const away = table.headers
        .map((header, i) => [header.dataset.key, i + 1])
        .filter(([key]) => hidden.has(key))
        .map(([, i]) => `[data-place="${place}"] :is(tbody tr, thead tr:last-child) > :nth-child(${i})`);
      for (const head of all(table.table, "thead tr:first-child [data-group]")) {
        const own = table.headers.filter((h) => h.dataset.group === head.dataset.group);
        const left = own.filter((h) => !hidden.has(h.dataset.key)).length;
        head.hidden = left === 0;
        head.colSpan = left || 1;
      }
      return away.length ? `${away.join(",")}{display:none}` : "";
    }
  }

  function makeBoard(form) {
    const tables = all(document, ".il-board").map((table) => new Table(table));
    const columns = new Columns(form, tables.filter((table) => table.table.dataset.sortable === "board"));
    const container = document.querySelector(".il-subsets");
    const [told, more] = [form.querySelector(".il-shown"), form.querySelector("[data-more]")];
    const fields = new Map(FILTERS.map((name) => [name, form.querySelector(`[data-filter="${name}"]`)]));
    let state = known(readState());

    // Of a choice that is not offered nothing is left, as in the field that shows it.
    function known(given) {
      for (const [name, { options }] of fields) {
        if (options && !Array.from(options).some(({ value }) => value === given[name])) given[name] = "";
      }
      return given;
    }

    // Only what is in sight is brought up to date; a tab is, when it is chosen.
    async function showRows() {
      const key = JSON.stringify({ ...state, columns: null, subset: null });
      const asked = tables.filter((t) => t.isInSight && t.shown !== key);
      const lacking = asked.filter((t) => t.lacks(state) && !t.data);
      if (lacking.length) {
        told.value = "loading the other rows";
        await Promise.allSettled(lacking.map((table) => (table.coming ??= table.load())));
        if (key !== JSON.stringify({ ...state, columns: null, subset: null })) return;
      }
      for (const table of asked) {
        table.counts = table.show(state);
        table.shown = key;
      }
      const seen = tables.find((table) => table.isInSight);
      const { fitting, shown, of } = seen.counts;
      const some = shown < fitting ? `first ${shown} of ${fitting} rows` : `${fitting} of ${of} rows`;
      const isCut = lacking.some((table) => !table.data);
      const note = isCut ? ": the others could not be loaded" : fitting ? "" : ". The search at the top looks through all boards.";
      told.value = isCut || shown < of ? some + note : "";
      more.hidden = shown === fitting;
      more.textContent = `Show all ${fitting}`;
    }

    // An address may name a row that is not in the page.
    async function showNamed() {
      const name = nameIn(location.hash);
      const [table] = tables;
      if (!name || !table.rest || document.getElementById(name)) return;
      await (table.coming ??= table.load()).catch(() => {});
      if (!table.rows.some(({ id }) => id === name)) return;
      change({ rows: "all" }, "replaceState");
      await showRows();
      await table.whole;
      document.getElementById(name).scrollIntoView();
    }

    function showAll() {
      container?.dispatchEvent(new CustomEvent("il:choose", { detail: `subset-${state.subset}` }));
      for (const [name, field] of fields) field.value = state[name];
      columns.show(state.columns);
      showRows();
    }

    function change(part, how = "pushState") {
      state = { ...state, ...part };
      const url = addressOf(state);
      if (url.href !== location.href) history[how](history.state, "", url);
    }

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    // Typed characters replace each other: going back undoes the word, not its last character.
    function filter({ dataset, value }) {
      const name = dataset.filter;
      const isTyping = name === "find" && new URLSearchParams(location.search).has("find");
      change({ [name]: value, rows: "" }, isTyping ? "replaceState" : "pushState");
      showRows();
    }

    form.addEventListener("input", ({ target }) => {
      if (target.type === "search") filter(target);
    });
    form.addEventListener("change", ({ target }) => {
      if (target.dataset.filter) return filter(target);
      if (target.dataset.columns) columns.tickGroup(target);
      change({ columns: columns.chosen });
      return columns.show(state.columns);
    });
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      change({ ...Object.fromEntries(FILTERS.map((name) => [name, ""])), sort: "", rows: "", columns: null });
      showAll();
    });
    more.addEventListener("click", () => {
      change({ rows: "all" });
      showRows();
    });
    container?.addEventListener("il:tab", ({ detail }) => {
      const isFirst = detail === container.querySelector(".il-subset");
      change({ subset: isFirst ? "" : detail.id.replace(/^subset-/, "") });
      showRows();
    });
    document.addEventListener("il:sort", (event) => {
      const { header, goesUp } = event.detail;
      const table = tables.find((t) => t.table === event.target);
      if (!table || !header.dataset.key) return;
      event.preventDefault();
      change({ sort: (goesUp ? "" : "-") + header.dataset.key });
      showRows();
    });
    window.addEventListener("popstate", () => {
      state = known(readState());
      showAll();
    });
    showAll();
    showNamed();
  }

  function enhance() {
    const form = document.querySelector(".il-controls[hidden]:not([data-find])");
    if (form) makeBoard(form);
  }

  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
