// Runs the network of this page on an image that the reader chooses.
"use strict";
const part = (id) => document.getElementById(id);
const SHOWN = 20; // detections in the table
const SHRUNK = 2; // sides that are shrunk by more than this lose targets
const NATIVE = 1 << 20; // pixels of an image that a network sees unstretched

/** The thread that the network runs in, so that the page stays awake. */
function thread() {
  let session, ort;
  onmessage = async ({ data }) => {
    try {
      if (data.network) {
        ort = await import(URL.createObjectURL(new Blob([data.script], { type: "text/javascript" })));
        Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: data.binary });
        session = await ort.InferenceSession.create(data.network, { executionProviders: ["wasm"] });
        postMessage({});
      } else {
        const image = new ort.Tensor("float32", data.levels, [1, 1, data.height, data.width]);
        const { score } = await session.run({ image });
        postMessage({ levels: score.data, width: data.width, height: data.height });
      }
    } catch (error) {
      postMessage({ error: String(error) });
    }
  };
}

/** Run one of this page's scripts. */
const script = (source) => new Promise((loaded, failed) => {
  const made = Object.assign(document.createElement("script"), { src: source, onload: loaded });
  made.onerror = () => failed(new Error(`${source} did not come`));
  document.head.append(made);
});

async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

let worker; // the promise of a function that asks the thread

function ask() {
  worker ??= (async () => {
    say("Loading the network…");
    await Promise.all(["runtime.js", "network.js"].map(script));
    const packed = { ...window.runtime, network: window.network.file };
    const files = Object.fromEntries(await Promise.all(
      Object.entries(packed).map(async ([name, text]) => [name, await unpacked(text)])));
    const running = new Worker(URL.createObjectURL(new Blob([`(${thread})()`], { type: "text/javascript" })));
    let before = Promise.resolve(); // one question at a time
    const asking = (message) => (before = before.catch(() => {}).then(() => new Promise((answered, failed) => {
      running.onmessage = ({ data }) => (data.error ? failed(new Error(data.error)) : answered(data));
      running.onerror = (event) => failed(new Error(event.message));
      running.postMessage(message);
    })));
    say("Starting the network…");
    await asking(files);
    return asking;
  })();
  worker.catch(() => (worker = undefined));
  return worker;
}

/** Gray levels of a picture: ITU-R 601 luma, as istdbench reads colour. */
async function grayOf(blob) {
  const picture = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  const { data } = canvas.getImageData(0, 0, width, height);
  const levels = new Float32Array(width * height).map((_, index) =>
    (19595 * data[4 * index] + 38470 * data[4 * index + 1] + 7471 * data[4 * index + 2] + 0x8000) >> 16);
  return { levels, width, height };
}

/** For each place of a stretched side: the two places it lies between, and the share of the second. */
function between(side, from) {
  return Array.from({ length: side }, (_, place) => {
    const exact = Math.min(Math.max(((place + 0.5) * from) / side - 0.5, 0), from - 1);
    const low = Math.floor(exact);
    return [low, Math.min(low + 1, from - 1), exact - low];
  });
}

/** A map on another grid, bilinear, without smoothing before it: OpenCV's INTER_LINEAR. */
function stretched({ levels, width, height }, toWidth, toHeight) {
  if (width === toWidth && height === toHeight) return { levels, width, height };
  const [columns, rows] = [between(toWidth, width), between(toHeight, height)];
  const made = new Float32Array(toWidth * toHeight);
  rows.forEach(([top, bottom, down], row) => columns.forEach(([left, right, along], column) => {
    const upper = levels[top * width + left] * (1 - along) + levels[top * width + right] * along;
    const lower = levels[bottom * width + left] * (1 - along) + levels[bottom * width + right] * along;
    made[row * toWidth + column] = upper * (1 - down) + lower * down;
  }));
  return { levels: made, width: toWidth, height: toHeight };
}

/** The score map of a gray image, on its own grid. */
async function scored(gray, asking) {
  const side = network.about.before.resize;
  if (!side && gray.levels.length > NATIVE) throw new Error(`the image has more than ${NATIVE} pixels; cut it first`);
  const map = await asking(side ? stretched(gray, side, side) : gray);
  const score = stretched(map, gray.width, gray.height);
  score.levels = score.levels.map((level) => Math.min(Math.max(level, 0), 1));
  return score;
}

/** The 8-connected regions of scores greater than the threshold, in raster order. */
function detections({ levels, width, height }) {
  const seen = new Uint8Array(levels.length);
  const found = [];
  for (let start = 0; start < levels.length; start++) {
    if (seen[start] || !(levels[start] > network.about.threshold)) continue;
    const one = { x: 0, y: 0, area: 0, score: 0 };
    const open = [start];
    seen[start] = 1;
    while (open.length) {
      const pixel = open.pop();
      const [column, row] = [pixel % width, Math.floor(pixel / width)];
      one.x += column;
      one.y += row;
      one.area += 1;
      one.score = Math.max(one.score, levels[pixel]);
      for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y++)
        for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x++) {
          const next = y * width + x;
          if (!seen[next] && levels[next] > network.about.threshold) {
            seen[next] = 1;
            open.push(next);
          }
        }
    }
    found.push({ ...one, x: one.x / one.area, y: one.y / one.area });
  }
  return found;
}

const SCALE = [[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164]];

/** The colour of a score. */
function colour(score) {
  const place = score * (SCALE.length - 1);
  const low = Math.min(Math.floor(place), SCALE.length - 2);
  return SCALE[low].map((value, channel) => value + (SCALE[low + 1][channel] - value) * (place - low));
}

const counted = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;
const say = (text) => (part("status").textContent = text);

/** A map as a picture, with rings around what was found. */
function picture({ levels, width, height }, paint, title, found) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pixels = new Uint8ClampedArray(4 * levels.length).fill(255);
  levels.forEach((level, index) => pixels.set(paint(level), 4 * index));
  canvas.getContext("2d").putImageData(new ImageData(pixels, width), 0, 0);
  const ring = ({ x, y, area }, kind) => {
    const radius = Math.max(Math.sqrt(area / Math.PI) * 1.6, height / 26);
    return `<circle class="mark ${kind}" cx="${x + 0.5}" cy="${y + 0.5}" r="${radius}"/>`;
  };
  const figure = document.createElement("figure");
  figure.innerHTML = `<div class="over"><svg viewBox="0 0 ${width} ${height}" aria-hidden="true">` +
    `${found.map((each) => ring(each, "under") + ring(each, "hit")).join("")}</svg></div><figcaption></figcaption>`;
  figure.firstChild.prepend(canvas);
  figure.lastChild.textContent = title;
  return figure;
}

function show(gray, score, found) {
  const [low, high] = gray.levels.reduce(([least, most], level) => [Math.min(least, level), Math.max(most, level)], [255, 0]);
  const shade = (level) => Array(3).fill(((level - low) * 255) / Math.max(high - low, 1e-9));
  part("panels").replaceChildren(
    picture(gray, shade, `The image, ${gray.width} × ${gray.height}, from its darkest to its brightest level`, found),
    picture(score, colour, "The score map, 0 black to 1 bright", []));
  const rows = found.slice(0, SHOWN).map(({ x, y, area, score }) =>
    `<tr>${[x.toFixed(1), y.toFixed(1), area, score.toFixed(2)].map((text) => `<td class="number">${text}</td>`).join("")}</tr>`);
  part("found").hidden = !found.length;
  part("found").innerHTML = `<table><thead><tr>${["x", "y", "pixels", "largest score"].map((text) =>
    `<th class="number" scope="col">${text}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  part("result").hidden = false;
}

/** What an image's outcome is in words. */
function told(gray, found, seconds) {
  const factor = Math.max(gray.width, gray.height) / (network.about.before.resize ?? Infinity);
  const more = found.length > SHOWN ? ` The table has the first ${SHOWN}.` : "";
  const shrunk = factor > SHRUNK ? ` It was shrunk ${factor.toFixed(1)} times, so that small targets may have vanished.` : "";
  return `${counted(found.length, "target")} found in ${seconds.toFixed(1)} s.${more}${shrunk}`;
}

/** How far the scores of the sample are from PyTorch's, in words. */
async function compared(score, found) {
  const expected = new Float32Array((await unpacked(network.sample.scores)).buffer);
  const difference = score.levels.reduce((most, level, index) => Math.max(most, Math.abs(level - expected[index])), 0);
  const same = found.length === network.sample.found.length && found.every(({ x, y, area }, index) => {
    const [ownX, ownY, ownArea] = network.sample.found[index];
    return Math.abs(x - ownX) < 1e-2 && Math.abs(y - ownY) < 1e-2 && area === ownArea;
  });
  return ` This is the synthetic image ${network.sample.name}: the largest difference of a score from PyTorch's is ` +
    `${difference.toExponential(1)}, and the targets are ${same ? "the same" : "others"}.`;
}

let latest = 0; // of several images that were chosen, the last one is shown

/** Run the network on a picture, and show what it finds. */
async function run(picture) {
  const own = ++latest;
  try {
    const asking = await ask();
    const isSample = picture === undefined;
    const gray = await grayOf(picture ?? await (await fetch(network.sample.image)).blob());
    say("Looking at the image…");
    const started = performance.now();
    const score = await scored(gray, asking);
    const found = detections(score);
    const seconds = (performance.now() - started) / 1000;
    if (own !== latest) return;
    show(gray, score, found);
    say(told(gray, found, seconds) + (isSample ? await compared(score, found) : ""));
  } catch (error) {
    if (own === latest) say(`This did not work: ${error.message}`);
  }
}

part("file").addEventListener("change", ({ target }) => target.files[0] && run(target.files[0]));
part("sample").addEventListener("click", () => run());
part("demo").hidden = false;
