// Sorting, tabs and copying. Pages are complete without this file; it only adds to them.
(function () {
  "use strict";

  const all = (root, selector) => Array.from(root.querySelectorAll(selector));

  // Sorting: by data-sort, or by what is shown first in a cell; cells without a value go last, whatever the direction.
  function asNumber(text) {
    const number = Number(text.replace(/inf$/, "Infinity").replace("−", "-").replace(/[±\u202f]/g, ""));
    return Number.isNaN(number) ? null : number;
  }

  function keyOf(row, column, isNumber) {
    const cell = row.cells[column];
    const text = cell?.dataset.sort ?? cell?.firstChild?.textContent.trim() ?? "";
    return text === "" || text === "–" ? null : isNumber ? asNumber(text) : text;
  }

  function sortedRows(rows, key, goesUp) {
    const keyed = rows.map((row) => [key(row), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return (a < b ? -1 : a > b ? 1 : 0) * (goesUp ? 1 : -1);
    });
    return keyed.map(([, row]) => row);
  }

  const headersOf = (table) => Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells);

  // Says in the head by which column a table is sorted; no header: the order it came in.
  function markSorted(table, header, goesUp) {
    for (const other of headersOf(table)) {
      if (!other.dataset.sortKey) continue;
      const own = header ? "none" : other.dataset.sortedAtFirst;
      other.setAttribute("aria-sort", other === header ? (goesUp ? "ascending" : "descending") : own);
    }
    if (header) table.dataset.sorted = "";
    else delete table.dataset.sorted;
  }

  function sortBy(table, header, goesUp) {
    const [body] = table.tBodies;
    const column = headersOf(table).indexOf(header);
    const isNumber = header.dataset.sortKey === "number";
    const rows = sortedRows(Array.from(body.rows), (row) => keyOf(row, column, isNumber), goesUp);
    markSorted(table, header, goesUp);
    body.append(...rows);
  }

  // A head that is a button cannot be a link too: its way to the glossary becomes a mark above it.
  function explanation(way, button) {
    way.className = "il-what";
    way.setAttribute("aria-label", `What is ${button.firstChild.textContent.trim()}?`);
    way.textContent = "?";
    return way;
  }

  // A click sorts; whoever listens to il:sort may do it instead, and prevents it here.
  function makeSortable(table) {
    const isPlain = table.dataset.sortable === "numbers";
    for (const header of headersOf(table)) {
      if (isPlain) header.dataset.sortKey ??= header.cellIndex && !header.matches(".il-text") ? "number" : "text";
      if (!header.dataset.sortKey) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "il-sort";
      const way = header.querySelector("a[href]");
      way?.replaceWith(...way.childNodes);
      button.append(...header.childNodes);
      header.append(button);
      if (way) header.prepend(explanation(way, button));
      header.dataset.sortedAtFirst = header.getAttribute("aria-sort") ?? "none";
      header.setAttribute("aria-sort", header.dataset.sortedAtFirst);
      button.addEventListener("click", () => {
        const now = header.getAttribute("aria-sort");
        const goesUp = now === "none" ? header.dataset.first !== "descending" : now === "descending";
        const detail = { header, goesUp };
        const event = new CustomEvent("il:sort", { bubbles: true, cancelable: true, detail });
        if (table.dispatchEvent(event)) sortBy(table, header, goesUp);
      });
    }
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
    function chooseAndTell(chosen) {
      choose(chosen);
      container.dispatchEvent(new CustomEvent("il:tab", { bubbles: true, detail: panels[chosen] }));
    }
    list.addEventListener("click", (event) => {
      const place = tabs.indexOf(event.target);
      if (place >= 0) chooseAndTell(place);
    });
    list.addEventListener("keydown", (event) => {
      const now = tabs.indexOf(document.activeElement);
      const last = tabs.length - 1;
      const aims = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: last };
      if (!(event.key in aims)) return;
      event.preventDefault();
      const next = (aims[event.key] + tabs.length) % tabs.length;
      chooseAndTell(next);
      tabs[next].focus();
    });
    container.prepend(list);
    const place = (id) => panels.findIndex((panel) => panel.id === id);
    container.addEventListener("il:choose", (event) => choose(Math.max(place(event.detail), 0)));
    choose(Math.max(place(location.hash.slice(1)), 0));
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

  // Lines to copy hold the address of this site in place of "https://…/".
  function fillAddress(place) {
    const base = JSON.parse(document.getElementById("__config")?.textContent ?? "{}").base;
    if (base === undefined || !location.protocol.startsWith("http")) return;
    const code = place.querySelector("code") ?? place;
    if (!code.textContent.includes("https://…/")) return;
    code.textContent = code.textContent.replaceAll("https://…/", new URL(`${base}/`, location.href).href);
  }

  // Where nothing is: names the board in whose folder the address lies. The map of the site knows them all.
  function nameBoard(place) {
    const isOver = ({ pathname }) => pathname.length > 1 && location.pathname.startsWith(`${pathname}at/`);
    const board = all(document, ".il-map a").find(isOver);
    if (!board) return;
    const way = document.createElement("a");
    way.href = board.href;
    way.textContent = board.textContent;
    place.replaceChildren("This version of the board ", way, " is not kept, or never was. The board lists those that are.");
  }

  // The line of Markdown that shows a badge and leads here.
  function spellBadge(link) {
    const line = document.createElement("pre");
    line.className = "il-command il-badge";
    line.tabIndex = 0;
    line.dataset.copy = "";
    line.append(document.createElement("code"));
    line.firstChild.textContent = `[![IonLadder](${link.href})](${location.href.replace(/[?#].*/, "")})`;
    link.parentElement.after(line);
  }

  function enhance() {
    if (document.querySelector(".il-enhanced")) return;
    all(document, "[data-badge][href]").forEach(spellBadge);
    all(document, "pre[data-copy]").forEach(fillAddress);
    all(document, "[data-lost]").forEach(nameBoard);
    document.querySelector(".md-content")?.classList.add("il-enhanced");
    all(document, "[data-sortable]").forEach(makeSortable);
    all(document, ".il-subsets").forEach(makeTabs);
    if (navigator.clipboard) all(document, "[data-copy]").forEach(makeCopyable);
  }

  window.ionladder = { keyOf, sortedRows, headersOf, markSorted };

  // Material announces pages through document$ when it swaps them without reloading.
  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
