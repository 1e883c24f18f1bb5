// Tables sort by the column that is chosen, and show the rows that the filters leave. Without scripts they stand as written.
"use strict";

for (const table of document.querySelectorAll("table.sortable")) {
  for (const heading of table.tHead.rows[0].cells) makeSortable(table, heading);
}
for (const form of document.querySelectorAll("form.filters")) makeFilters(form);

function makeSortable(table, heading) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...[...heading.childNodes].filter((node) => node.nodeName !== "SUP"));
  heading.prepend(button);
  button.addEventListener("click", () => sort(table, heading));
}

function sort(table, heading) {
  const before = heading.getAttribute("aria-sort");
  // numbers begin with what is best, where an arrow says which way that is
  const first = heading.textContent.includes("↑") ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = before === first ? other : first;
  for (const each of heading.parentNode.cells) each.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [keyOf(row.cells[heading.cellIndex]), row]);
  rows.sort(([one], [two]) => compare(one, two, sign));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function keyOf(cell) {
  const text = cell.dataset.key ?? cell.innerText.trim();
  const number = Number(text.replaceAll(",", ""));
  return text === "" || text === "–" ? null : Number.isNaN(number) ? text : number;
}

function compare(one, two, sign) {
  if (one === null || two === null) return (one === null) - (two === null); // what is not known stands last
  if (typeof one === "number" && typeof two === "number") return sign * (one - two);
  return sign * String(one).localeCompare(String(two), "en", { numeric: true });
}

function makeFilters(form) {
  const rows = [...document.querySelectorAll("tbody tr[data-family]")];
  const show = () => {
    const words = form.querySelector("input[type=search]").value.toLowerCase().split(/\s+/);
    const wanted = [...form.querySelectorAll("fieldset")].map((set) => [
      set.dataset.filter,
      [...set.querySelectorAll("input:checked")].map((box) => box.value),
    ]);
    for (const row of rows) {
      const text = row.innerText.toLowerCase();
      row.hidden = !(
        words.every((word) => text.includes(word)) &&
        wanted.every(([name, values]) => !values.length || values.some((value) => row.dataset[name].split(", ").includes(value)))
      );
    }
    const left = rows.filter((row) => !row.hidden).length;
    form.querySelector("output").textContent = left === rows.length ? `${left} rows` : `${left} of ${rows.length} rows`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
}
