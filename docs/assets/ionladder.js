// Sorting, filtering, tabs and copying. Pages are complete without this file; it only adds to them.
(function () {
  "use strict";

  const all = (root, selector) => Array.from(root.querySelectorAll(selector));

  // Sorting: the exact value stands in data-sort; cells without one go last, whatever the direction.
  function sortBy(table, header, column) {
    const isNumber = header.dataset.sortKey === "number";
    const goesUp = header.getAttribute("aria-sort") !== "ascending";
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row) => [row.cells[column]?.dataset.sort ?? "", row]);
    const compare = isNumber ? (a, b) => Number(a) - Number(b) : (a, b) => a.localeCompare(b);
    keyed.sort(([a], [b]) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      return goesUp ? compare(a, b) : compare(b, a);
    });
    all(table, "th[aria-sort]").forEach((other) => other.setAttribute("aria-sort", "none"));
    header.setAttribute("aria-sort", goesUp ? "ascending" : "descending");
    table.dataset.sorted = "";
    body.append(...keyed.map(([, row]) => row));
  }

  function makeSortable(table) {
    const headers = Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells);
    headers.forEach((header, column) => {
      if (!header.dataset.sortKey) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "il-sort";
      button.append(...header.childNodes);
      header.append(button);
      if (!header.hasAttribute("aria-sort")) header.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sortBy(table, header, column));
    });
  }

  // Filters and column groups work on every subset's table at once.
  function makeFilterable(form) {
    const tables = all(document, ".il-board");
    const shown = form.querySelector(".il-shown");
    const value = (name) => form.querySelector(`[data-filter="${name}"]`).value;

    function filterRows() {
      const words = value("text").toLowerCase().split(/\s+/).filter(Boolean);
      const [kind, inputs] = [value("kind"), value("inputs")];
      tables.forEach((table) => {
        const rows = Array.from(table.tBodies[0].rows).filter((row) => row.dataset.kind);
        rows.forEach((row) => {
          const text = row.dataset.text;
          const fits = words.every((word) => text.includes(word));
          row.hidden = !(fits && (!kind || row.dataset.kind === kind) && (!inputs || row.dataset.inputs === inputs));
        });
        const left = rows.filter((row) => !row.hidden).length;
        if (table === tables[0]) shown.value = left < rows.length ? `${left} of ${rows.length} rows` : "";
      });
    }

    function showColumns() {
      all(form, "[data-columns]").forEach((box) => {
        all(document, `.il-board [data-group="${box.dataset.columns}"]`).forEach((cell) => {
          cell.hidden = !box.checked;
        });
      });
    }

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", filterRows);
    form.addEventListener("change", showColumns);
    filterRows();
    showColumns();
  }

  // Consecutive sections become tabs, with arrow keys; without this script they are just read on.
  function makeTabs(container) {
    const panels = all(container, ".il-subset");
    if (panels.length < 2) return;
    const list = document.createElement("div");
    list.className = "il-tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", container.dataset.label || "Subsets of the test set");
    const tabs = panels.map((panel) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `tab-${panel.id}`;
      tab.textContent = panel.dataset.title;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      list.append(tab);
      return tab;
    });
    function choose(chosen) {
      tabs.forEach((tab, i) => {
        tab.setAttribute("aria-selected", String(i === chosen));
        tab.tabIndex = i === chosen ? 0 : -1;
        panels[i].hidden = i !== chosen;
      });
    }
    list.addEventListener("click", (event) => {
      const place = tabs.indexOf(event.target);
      if (place >= 0) choose(place);
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
      choose(next);
      tabs[next].focus();
    });
    container.prepend(list);
    choose(Math.max(panels.findIndex((panel) => `#${panel.id}` === location.hash), 0));
  }

  function makeCopyable(place) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "il-copy";
    button.textContent = "copy";
    const text = place.dataset.copy || place.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.trim());
      button.textContent = "copied";
      setTimeout(() => (button.textContent = "copy"), 1500);
    });
    if (place.tagName === "PRE") place.append(button);
    else place.after(button);
  }

  function enhance() {
    if (document.querySelector(".il-enhanced")) return;
    document.querySelector(".md-content")?.classList.add("il-enhanced");
    all(document, "[data-sortable]").forEach(makeSortable);
    all(document, ".il-controls:not([data-find])").forEach(makeFilterable);
    all(document, ".il-subsets").forEach(makeTabs);
    if (navigator.clipboard) all(document, "[data-copy]").forEach(makeCopyable);
  }

  // Material announces pages through document$ when it swaps them without reloading.
  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
