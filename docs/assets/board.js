// The board: filters, columns, sorting and tabs of all its tables, with the whole state in the URL.
// A table is complete and sorted without this file. With it, rows that are not shown leave the page,
// so that a board of a thousand rows answers at once.
(function () {
  "use strict";

  const LARGEST_WHOLE = 100;
  const FIRST_ROWS = 50;
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

  // One table: which of its rows are shown, in which order.
  class Table {
    constructor(table) {
      this.table = table;
      this.headers = window.ionladder.headersOf(table);
      this.rows = Array.from(table.tBodies[0].rows);
      this.panel = table.closest(".il-subset");
      this.shown = "";
    }

    get isInSight() {
      return !this.panel?.hidden;
    }

    header(key) {
      return this.headers.find((header) => header.dataset.key === key);
    }

    fits(state) {
      const words = state.find.toLowerCase().split(/\s+/).filter(Boolean);
      const exact = ["kind", "inputs", "external", "seeds"].filter((name) => state[name]);
      return ({ dataset }) =>
        exact.every((name) => dataset[name] === state[name]) &&
        words.every((word) => dataset.text.includes(word));
    }

    // Rows that already stand as they should are left alone, as on most visits all of them are.
    put(rows) {
      const [body] = this.table.tBodies;
      const present = Array.from(body.rows);
      if (rows.length === present.length && rows.every((row, i) => row === present[i])) return;
      body.replaceChildren(...rows);
    }

    // Puts the rows of a state on the page; says how many there are of how many.
    show(state) {
      const { sortedRows, markSorted } = window.ionladder;
      const goesUp = !state.sort.startsWith("-");
      const header = this.header(state.sort.replace(/^-/, ""));
      const isNumber = header?.dataset.sortKey === "number";
      const fitting = this.rows.filter(this.fits(state));
      const column = this.headers.indexOf(header);
      const ordered = header ? sortedRows(fitting, column, { isNumber, goesUp }) : fitting;
      const isWhole = state.rows === "all" || this.rows.length <= LARGEST_WHOLE;
      const most = isWhole ? Infinity : FIRST_ROWS;
      this.put(ordered.slice(0, most));
      markSorted(this.table, header, goesUp);
      return { fitting: fitting.length, shown: Math.min(fitting.length, most), of: this.rows.length };
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
    function showRows() {
      const key = JSON.stringify({ ...state, columns: null, subset: null });
      for (const table of tables.filter((t) => t.isInSight && t.shown !== key)) {
        table.counts = table.show(state);
        table.shown = key;
      }
      const { fitting, shown, of } = tables.find((table) => table.isInSight).counts;
      const some = shown < fitting ? `first ${shown} of ${fitting} rows` : `${fitting} of ${of} rows`;
      told.value = shown < of ? some : "";
      more.hidden = shown === fitting;
      more.textContent = `Show all ${fitting}`;
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
  }

  function enhance() {
    const form = document.querySelector(".il-controls[hidden]:not([data-find])");
    if (form) makeBoard(form);
  }

  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
