// The map of a board's entries on the page of materials: one model's predictions, distances and
// properties on chosen axes, and the structure of the mark that is chosen. Nothing is fetched
// before a click. Every number is on the pages of entries too.
(function () {
  "use strict";

  const { show, make, printed, titled, isKnown } = window.ionladderScatter;

  // The entries of a board with one model's predictions, as the file of the map has them.
  function readMap(board, model) {
    const columns = [];
    const add = (key, title, unit, values, more = {}) => columns.push({ key, title, unit, better: 0, values, ...more });
    board.targets.forEach(({ axis, labels, known }, k) => {
      const end = board.targets.length > 1 ? `-${k}` : "";
      add(`label${end}`, `${known} ${axis}`, "", labels, { like: axis });
      add(`predicted${end}`, `predicted ${axis}`, "", model.predicted[k], { like: axis });
      add(`residual${end}`, `predicted − ${known} ${axis.split(/[,/]/)[0].trim()}`, board.unit, labels.map((label, i) => (isKnown(label) && isKnown(model.predicted[k][i]) ? model.predicted[k][i] - label : null)));
    });
    add("error", "error", board.unit, model.errors);
    for (const { key, title, unit, values } of board.columns) {
      const isText = values.some((value) => typeof value === "string");
      if (new Set(values).size > 1) add(key, title, unit, values, { isText });
    }
    const end = board.targets.length > 1 ? "-0" : "";
    const start = { x: `label${end}`, y: `predicted${end}`, colour: (columns.find((column) => column.key === "family") ?? columns.find((column) => column.isText))?.key };
    const presets = [["predicted against label", [start.x, start.y]], ["error against distance", ["distance", "error"]]].filter(([, keys]) => keys.every((key) => columns.some((column) => column.key === key)));
    const points = board.ids.map((id, i) => ({ name: `${board.names[i]} (${id})`, isOpen: board.limit[i] === 1 }));
    const hollow = board.limit.includes(1) ? " Hollow: only a limit is known." : "";
    return { points, columns, what: "entries", isPicked: true, start, presets, note: `Click a mark, or use arrow keys and Enter, for its ${board.cif.includes(1) ? "structure" : "values"}.${hollow}` };
  }

  async function openMap(place) {
    const asked = new URLSearchParams(location.search);
    const form = make("form", { class: "il-controls il-axes", "aria-label": "Board and model" });
    const boards = make("select");
    const models = make("select");
    form.append(make("label", {}, "Board ", boards), make("label", {}, "Model ", models));
    for (const link of place.querySelectorAll(".il-links a")) boards.append(make("option", { value: link.href }, link.textContent));
    const wanted = [...boards.options].find((option) => option.value.endsWith(`/${asked.get("board")}.json`));
    if (wanted) boards.value = wanted.value;
    const figure = make("figure", { class: "il-figure", "data-file": place.dataset.file });
    const card = make("section", { class: "il-entry", "aria-live": "polite" });
    let [board, picked] = [null, -1];
    const root = new URL(place.dataset.root, location.href);
    function pick(data, i) {
      const name = window.ionladderFind.formulaOf(board.names[i]);
      const page = new URL(`${board.way}${board.ids[i]}/`, root).href;
      const title = make("h3", {}, board.page[i] ? make("a", { href: page }, name) : name, " ", make("code", {}, board.ids[i]));
      const facts = data.columns.filter((column) => printed(column, i) !== "–").map((column) => make("tr", {}, make("th", { scope: "row" }, titled(column)), make("td", {}, printed(column, i))));
      const crystal = make("div", { class: "il-crystal" });
      const table = make("table", { class: "il-table il-card" }, make("tbody", {}, ...facts));
      card.replaceChildren(title, crystal, make("details", { class: "il-more" }, make("summary", {}, "Its values"), table));
      if (!board.cif[i]) crystal.append(make("p", { class: "il-note" }, "No structure of this entry can be shown."));
      else {
        crystal.dataset.crystal = `${page}${board.ids[i]}.cif`;
        window.ionladderCrystal(crystal);
      }
    }
    function showModel() {
      const data = readMap(board, board.models[models.value]);
      data.picked = picked;
      show(figure, data, (i) => pick(data, (picked = i)));
      if (picked >= 0) pick(data, picked);
    }
    async function showBoard() {
      const answer = await fetch(boards.value);
      board = await answer.json();
      models.replaceChildren(...board.models.map(({ name }, k) => make("option", { value: k }, name)));
      card.replaceChildren();
      picked = board.ids.indexOf(asked.get("pick"));
      asked.delete("pick");
      showModel();
    }
    const fail = () => place.replaceChildren(make("p", { class: "il-note" }, "The map could not be loaded."));
    boards.addEventListener("change", () => {
      const here = new URL(location.href);
      for (const key of ["x", "y", "colour", "log", "pick"]) here.searchParams.delete(key);
      here.searchParams.set("board", boards.value.match(/([^/]+)\.json$/)[1]);
      history.replaceState(history.state, "", here);
      showBoard().catch(fail);
    });
    models.addEventListener("change", showModel);
    place.replaceChildren(form, make("div", { class: "il-atlas" }, figure, card));
    await showBoard().catch(fail);
  }

  function enhance() {
    for (const place of document.querySelectorAll("[data-map]")) {
      const button = make("button", { type: "button", class: "md-button" }, "Draw the map");
      button.addEventListener("click", () => openMap(place));
      place.prepend(button);
      if (new URLSearchParams(location.search).has("board")) openMap(place);
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
