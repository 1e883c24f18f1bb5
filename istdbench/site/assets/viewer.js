// The viewer of images. All that is chosen stands in the address behind #, so that any view can be linked to.
"use strict";
const board = JSON.parse(document.getElementById("board").textContent);
const CLOSER = 24; // pixels that are shown on each side of a place that was clicked on
const part = (id) => document.getElementById(id);
const choice = (name) => part("choices").querySelector(`[name=${name}]`);
const every = board.methods.map((_, index) => index);
const numberOf = new Map(board.images.map((image, number) => [image.name, number]));
const brought = new Map(); // number of an image to [promise of what is drawn over it, its function]

/** What is chosen now. */
function chosen() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const by = board.methods.indexOf(asked.get("by"));
  const state = {
    asked,
    by: by < 0 ? every : [by],
    only: asked.get("only") || "",
    under: asked.get("under") || "",
    zoom: asked.get("zoom") || "",
    hidden: asked.getAll("hide"),
  };
  state.order = ordered(state);
  state.number = numberOf.get(asked.get("image")) ?? state.order[0] ?? 0;
  return state;
}

/** Change what is chosen; values that are empty are left out. */
function choose(changes) {
  const { asked } = chosen();
  for (const [key, value] of Object.entries(changes)) {
    asked.delete(key);
    for (const each of [value].flat()) if (each !== "") asked.append(key, each);
  }
  location.replace("#" + asked);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const over = (image, key, by) => sum(by.map((index) => image[key][index]));
const misses = (image, by) => by.length * image.targets - over(image, "hits", by);
const mean = (image, by) => over(image, "iou", by) / by.length;
const KEPT = {
  "": () => true,
  miss: (image, by) => misses(image, by) > 0,
  false: (image, by) => over(image, "false", by) > 0,
  right: (image, by) => misses(image, by) + over(image, "false", by) === 0,
};

/** The numbers of the images that are to be shown, hardest first. */
function ordered({ by, only }) {
  const kept = [...board.images.keys()].filter((number) => (KEPT[only] || KEPT[""])(board.images[number], by));
  return kept.sort((one, other) => mean(board.images[one], by) - mean(board.images[other], by) || one - other);
}

/** An element, of SVG where it is in one. */
function element(name, attributes = {}, ...children) {
  const drawn = ["svg", "image", "path", "circle"].includes(name);
  const made = drawn ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** What is drawn over an image, brought by a script of its own, which a page that was opened as a file may load too. */
function bring(number) {
  if (!brought.has(number)) {
    let arrived;
    const promise = new Promise((resolve) => (arrived = resolve));
    brought.set(number, [promise, arrived]);
    document.head.append(element("script", { src: `${board.folder}${number}.js` }));
  }
  return brought.get(number)[0];
}
window.take = (number, look) => brought.get(number)[1](look);

const counted = (count, one, many = one + "s") => `${count} ${count === 1 ? one : many}`;

/** What a method did on an image, in words. */
function said(image, index) {
  const [hits, alarms] = [image.hits[index], image.false[index]];
  const parts = [counted(hits, "hit"), counted(image.targets - hits, "miss", "misses"), counted(alarms, "false alarm")];
  return `IoU ${image.iou[index].toFixed(2)}: ${parts.join(", ")}`;
}

/** The part of the image that all panels show, as a viewBox. */
function view({ zoom }, image, look) {
  if (look.targets[zoom - 1]) return look.targets[zoom - 1];
  const place = zoom.split(",").map(Number);
  if (place.length !== 2 || place.some(Number.isNaN)) return `0 0 ${image.width} ${image.height}`;
  return `${place[0] - CLOSER} ${place[1] - CLOSER} ${2 * CLOSER} ${2 * CLOSER}`;
}

/** One picture with what is drawn over it. */
function panel(image, file, box, title, text, marks) {
  const svg = element("svg", { viewBox: box, role: "img", "aria-label": `${image.name}, ${title}. ${text}` });
  svg.style.aspectRatio = `${image.width} / ${image.height}`;
  svg.append(element("image", { href: board.folder + file, width: image.width, height: image.height }), ...marks);
  svg.append(element("path", { class: "mark cross" }));
  return element("figure", {}, svg, element("figcaption", {}, element("b", {}, title), text));
}

function line(kind, data) {
  return data ? ["under", kind].map((each) => element("path", { class: `mark ${each}`, d: data })) : [];
}

/** The outlines of a method, and rings around what is small. */
function marks(image, look, index) {
  const drawn = look.methods[index];
  const rings = drawn.rings.flatMap(([kind, x, y]) =>
    ["under", kind].map((each) => element("circle", { class: `mark ${each}`, cx: x, cy: y, r: image.height / 26 })));
  return [...line("truth", look.truth), ...["false", "hit", "miss"].flatMap((kind) => line(kind, drawn[kind])), ...rings];
}

function drawPanels(state, image, look) {
  const { number, under, hidden } = state;
  const box = view(state, image, look);
  const shown = every.filter((index) => !hidden.includes(board.methods[index]));
  part("panels").classList.toggle("closer", box !== view({ zoom: "" }, image, look));
  part("panels").replaceChildren(
    panel(image, `${number}.webp`, box, "Image", `${image.width} × ${image.height}`, []),
    panel(image, `${number}-mask.webp`, box, "Mask", counted(image.targets, "target"), []),
    ...shown.map((index) => {
      const file = under === "image" ? `${number}.webp` : `${number}-${index}.webp`;
      return panel(image, file, box, board.methods[index], said(image, index), marks(image, look, index));
    }));
}

/** How many methods miss a target, where some do. */
function missedBy(count) {
  const told = `missed by ${counted(count, "method")}`;
  return element("i", { class: "missed", title: told, "aria-label": told, role: "img" }, count);
}

function drawZooms({ zoom }, look) {
  const button = (value, ...inside) =>
    element("button", { type: "button", "data-zoom": value, "aria-pressed": zoom === value }, ...inside);
  const missed = look.targets.map((_, target) => sum(look.methods.map((method) => method.missed[target])));
  const targets = look.targets.map((_, target) =>
    button(String(target + 1), `target ${target + 1}`, ...(missed[target] ? [missedBy(missed[target])] : [])));
  part("zooms").replaceChildren(button("", "whole image"), ...targets);
}

function drawList({ asked, by, order, number }) {
  part("list").replaceChildren(...order.map((each) => {
    const image = board.images[each];
    const [missed, alarms] = [misses(image, by), over(image, "false", by)];
    const address = new URLSearchParams(asked);
    address.set("image", image.name);
    address.delete("zoom");
    const iou = mean(image, by).toFixed(2);
    const told = `${image.name}: IoU ${iou}, ${counted(missed, "miss", "misses")}, ${counted(alarms, "false alarm")}`;
    const row = element("a", { href: "#" + address, style: `--iou: ${iou}`, title: told, "aria-label": told },
      element("span", {}, image.name), element("span"), element("span", {}, iou));
    if (missed) row.children[1].append(element("i", { class: "missed" }, missed));
    if (alarms) row.children[1].append(element("i", { class: "alarms" }, alarms));
    if (each === number) row.setAttribute("aria-current", "true");
    return element("li", {}, row);
  }));
  const current = part("list").querySelector("[aria-current]");
  if (current) part("list").scrollTop = current.offsetTop - part("list").clientHeight / 3;
}

async function draw() {
  const state = chosen();
  const image = board.images[state.number];
  const place = state.order.indexOf(state.number);
  part("name").textContent = image.name;
  part("place").textContent = place < 0 ? `not one of the ${state.order.length} that are left` : `${place + 1} of ${state.order.length}`;
  for (const name of ["by", "only", "under"]) choice(name).value = state.asked.get(name) || "";
  for (const box of part("methods").querySelectorAll("input")) box.checked = !state.hidden.includes(box.value);
  drawList(state);
  const look = await bring(state.number);
  if (chosen().number !== state.number) return; // another image was chosen meanwhile
  drawZooms(state, look);
  drawPanels(state, image, look);
  for (const step of [1, -1]) if (state.order[place + step] !== undefined) bring(state.order[place + step]);
}

/** Go to another image of those chosen: 1 to the next one, -1 to the one before. */
function go(step) {
  const { order, number } = chosen();
  const next = order[order.indexOf(number) + step];
  if (next !== undefined) choose({ image: board.images[next].name, zoom: "" });
}

/** The place of an event on the image, in pixels, where it is over a panel. */
function placeOf(event) {
  const svg = event.target.closest("svg");
  return svg && new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
}

function start() {
  for (const method of board.methods) {
    choice("by").append(element("option", { value: method }, method));
    const box = element("input", { type: "checkbox", value: method });
    part("methods").append(element("label", {}, box, " " + method));
  }
  part("choices").addEventListener("change", ({ target }) => {
    const off = [...part("methods").querySelectorAll("input:not(:checked)")].map((box) => box.value);
    if (!target.name) choose({ hide: off });
    else if (target.name === "under") choose({ under: target.value });
    else choose({ [target.name]: target.value, image: "", zoom: "" });
  });
  part("previous").addEventListener("click", () => go(-1));
  part("next").addEventListener("click", () => go(1));
  part("zooms").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) choose({ zoom: button.dataset.zoom });
  });
  part("panels").addEventListener("click", (event) => {
    const place = placeOf(event);
    if (place) choose({ zoom: chosen().zoom ? "" : `${Math.floor(place.x)},${Math.floor(place.y)}` });
  });
  part("panels").addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    const across = place ? `M${place.x - 1e4} ${place.y}h2e4M${place.x} ${place.y - 1e4}v2e4` : "";
    for (const cross of part("panels").querySelectorAll(".cross")) cross.setAttribute("d", across);
  });
  part("panels").addEventListener("pointerleave", () => {
    for (const cross of part("panels").querySelectorAll(".cross")) cross.setAttribute("d", "");
  });
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, input")) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      go(event.key === "ArrowLeft" ? -1 : 1);
    } else if (event.key === "0" || event.key === "Escape") choose({ zoom: "" });
    else if (/^[1-9]$/.test(event.key)) choose({ zoom: event.key });
    else if (event.key === "m") choose({ under: chosen().under ? "" : "image" });
  });
  addEventListener("hashchange", draw);
  part("viewer").hidden = false;
  draw();
}

start();
