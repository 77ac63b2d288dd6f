"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Figures are stored packed; one is drawn when it comes near the window, so that the page is there at once.
async function draw(figure) {
  const image = figure.querySelector("img"), packed = figure.querySelector("script");
  if (!packed) return;
  packed.remove();
  const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  image.src = URL.createObjectURL(new Blob([await new Response(plain).blob()], { type: "image/svg+xml" }));
}
const near = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => { near.unobserve(one.target); draw(one.target); }),
  { rootMargin: "100% 0px" },
);
all("figure").forEach((figure) => near.observe(figure));
// a printer does not scroll: by the time that somebody prints, the first figure of every claim is there
window.addEventListener("load", () => setTimeout(() => all("figure").filter((one) => !one.closest("details")).forEach(draw), 1500));
window.addEventListener("beforeprint", () => all("figure").forEach(draw));

// Columns are sorted by buttons in their heads, numbers as numbers; what is empty comes last.
function order(rows, column, down) {
  const key = (row) => (row.cells[column].dataset.value ?? row.cells[column].textContent).trim();
  const numeric = rows.every((row) => !key(row) || !isNaN(parseFloat(key(row))));
  const compare = (a, b) => (numeric ? parseFloat(a) - parseFloat(b) : a.localeCompare(b, "en", { numeric: true }));
  return rows.sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    if (!a || !b) return !a - !b;
    return down ? compare(b, a) : compare(a, b);
  });
}
function sort(table, column, down) {
  all("th", table).forEach((head, i) => (i === column ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
  table.tBodies[0].append(...order([...table.tBodies[0].rows], column, down));
}
function sortable(table, sorted = (column, down) => sort(table, column, down)) {
  all("th", table).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sorted(column, head.getAttribute("aria-sort") === "ascending"));
  });
}
all("table.sortable").forEach((table) => sortable(table));

// The search: a table of all rows that match, kept in the address as #rows?verdict=undecided&sort=8&down=1.
const form = document.getElementById("filter"), found = document.getElementById("found"), count = document.getElementById("count");
const fields = ["text", "claim", "problem", "form", "verdict"];
const SHORT = 30; // rows that are listed at their full height; more of them scroll under their heads
let rows;
function index() {
  rows ??= all("tr[id]").map((row) => {
    const article = row.closest("article"), group = row.closest("details");
    const [verdict, form] = [row.cells[1].textContent, row.cells[2].textContent], problem = group.dataset.problem;
    const { claim, label } = article.dataset;
    return { row, claim, label, problem, where: group.dataset.where, verdict, form, text: [label, group.dataset.where, row.textContent].join(" ").replaceAll("\u00a0", " ").toLowerCase() };
  });
  return rows;
}
function matches(one, wanted) {
  const same = fields.slice(1).every((name) => !wanted.get(name) || wanted.get(name) === one[name]);
  return same && (wanted.get("text") ?? "").toLowerCase().split(/\s+/).every((word) => one.text.includes(word));
}
function copy(one) {
  const row = one.row.cloneNode(true);
  row.removeAttribute("id");
  row.classList.remove("here");
  row.cells[2].before(...[one.label.split(". ")[0], one.where].map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  return row;
}
function show(wanted) {
  const asked = [...wanted.keys()].length > 0;
  found.hidden = !asked;
  found.replaceChildren();
  if (!asked) return (count.textContent = "");
  const chosen = index().filter((one) => matches(one, wanted));
  count.textContent = `${chosen.length} of ${rows.length} rows`;
  const table = document.createElement("table"), heads = document.querySelector("table.rows thead");
  if (!heads) return;
  table.className = "rows found";
  table.append(heads.cloneNode(true), document.createElement("tbody"));
  all("th", table)[2].before(...["claim", "problem"].map((name) => Object.assign(document.createElement("th"), { scope: "col", textContent: name })));
  table.tBodies[0].append(...chosen.map(copy));
  const names = all("th", table).map((head) => head.textContent);
  all("tbody tr", table).forEach((row) => [...row.cells].forEach((cell, i) => (cell.dataset.label = names[i])));
  sortable(table, (column, down) => { wanted.set("sort", column); down ? wanted.set("down", 1) : wanted.delete("down"); keep(wanted); sort(table, column, down); });
  found.append(table);
  found.classList.toggle("tall", chosen.length > SHORT);
  if (wanted.has("sort")) sort(table, Number(wanted.get("sort")), wanted.has("down"));
}
const keep = (wanted) => history.replaceState(null, "", `#rows${[...wanted.keys()].length ? `?${wanted}` : ""}`);
function asked() {
  const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  keep(wanted);
  show(wanted);
}
form.addEventListener("input", asked);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(asked));
document.getElementById("all").addEventListener("click", () => { const wanted = new URLSearchParams({ all: 1 }); form.reset(); setTimeout(() => { keep(wanted); show(wanted); }, 1); });
form.hidden = false;

// Whatever a link leads to is unfolded first.
function arrive() {
  const [place, query] = decodeURI(location.hash.slice(1)).split("?");
  const target = document.getElementById(place);
  all(".here").forEach((one) => one.classList.remove("here"));
  if (!target) return;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (target.matches("tr")) target.classList.add("here");
  if (place === "rows") {
    const wanted = new URLSearchParams(query);
    fields.forEach((name) => (form.elements[name].value = wanted.get(name) ?? ""));
    show(wanted);
  }
  target.scrollIntoView({ block: target.matches("tr") ? "center" : "start" });
}
window.addEventListener("hashchange", arrive);
if (location.hash) arrive();

// The contents: open beside the text, a menu above it where there is no room; what is in view is marked.
const menu = document.querySelector("nav details"), wide = matchMedia("(min-width: 75rem)");
const fit = () => (menu.open = wide.matches);
const small = matchMedia("(max-width: 50rem)"); // where figures scroll sideways, as report.css has it: by keyboard, too
const reach = () => all(".pan").forEach((one) => (small.matches ? (one.tabIndex = 0) : one.removeAttribute("tabindex")));
small.addEventListener("change", reach);
reach();
wide.addEventListener("change", fit);
fit();
menu.addEventListener("click", (event) => { if (event.target.closest("a") && !wide.matches) menu.open = false; });
const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
const reading = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach((one) => {
  links.forEach((link) => link.removeAttribute("aria-current"));
  links.get(one.target.id)?.setAttribute("aria-current", "true");
}), { rootMargin: "-10% 0px -85% 0px" });
all("main > section").forEach((section) => reading.observe(section));
