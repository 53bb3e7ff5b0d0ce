// Elements, numbers and the two live pictures of the panel. Python puts panel.js behind this file
// and serves both as one module. Text enters the page as text nodes only, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 340;
const HEIGHT = 168;
const LEFT = 40;
const RIGHT = 78;
const TOP = 18;
const BOTTOM = 24;
const FLOOR = HEIGHT - BOTTOM;
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];
const LABEL_GAP = 13;
const CELL_LABEL = 20;
const START_EPOCHS = 2;
const ENOUGH_POINTS = 8;
const DWARFED = 2.5;

/** Return a name without control characters and without those that turn the text around. */
function plain(name) {
  return String(name).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu, "\ufffd");
}

function build(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined) {
      element.append(child instanceof Node ? child : plain(child));
    }
  }
  return element;
}

/** Return an HTML element; children that are no nodes become text. */
function h(tag, attributes, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
function s(tag, attributes, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

function count(value) {
  return value === null || value === undefined ? "–" : value.toLocaleString("en-US");
}

function number(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 10 ** digits) return count(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

function share(value) {
  if (value === null || value === undefined) return "–";
  const percent = value < 1 ? Math.min(value * 100, 99.9) : value * 100;
  return `${percent.toFixed(1).replace(/\.0$/, "")} %`;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const pad = (value) => String(value).padStart(2, "0");
  if (seconds < 3600) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function picture(label, ...shapes) {
  const box = `0 0 ${WIDTH} ${HEIGHT}`;
  return s("svg", { viewBox: box, role: "img", "aria-label": plain(label), class: "shj-chart" }, ...shapes);
}

/** Return the range of values to draw: without the first epochs where they dwarf the others. */
function drawnRange(curves) {
  const range = (lists) => [Math.min(...lists.flat()), Math.max(...lists.flat())];
  const [low, high] = range(curves);
  const [later, latest] = range(curves.map((values) => values.slice(START_EPOCHS)));
  const enough = curves.every((values) => values.length >= ENOUGH_POINTS);
  return enough && high - low > DWARFED * (latest - later) ? [later, latest] : [low, high];
}

/** Return round numbers that span low to high. */
function niceTicks(low, high, wanted = 3) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(10)));
}

function scaleY(low, high) {
  return (value) => FLOOR - ((Math.min(Math.max(value, low), high) - low) / (high - low || 1)) * (FLOOR - TOP);
}

function grid(ticks, y, right, text) {
  return ticks.flatMap((tick) => [
    s("line", { x1: LEFT, x2: right, y1: y(tick), y2: y(tick), class: "shj-grid" }),
    s("text", { x: LEFT - 6, y: y(tick) + 3.5, "text-anchor": "end", class: "shj-tick" }, text(tick)),
  ]);
}

function tick(x, anchor, text) {
  return s("text", { x, y: HEIGHT - 8, "text-anchor": anchor, class: "shj-tick" }, text);
}

/** Return the loss curves of a table: colour, dash and name at the end tell them apart. */
function curvesChart(table) {
  const curves = Object.entries(table.curves).filter(
    ([name, curve]) => name !== "metric" && curve.points.length > 0,
  );
  const label = `Loss per ${table.unit} of ${table.name}`;
  if (curves.length === 0) {
    const text = table.status === "done" ? "nothing to train here" : `the first ${table.unit} is not over yet`;
    const place = { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle", class: "shj-note" };
    return picture(label, s("text", place, text));
  }
  const last = Math.max(table.epochs, table.epoch, 2);
  const values = curves.map(([, curve]) => curve.points.map((point) => point[1]));
  // Columns do not follow each other: each stands alone, on the ground.
  const apart = table.unit !== "epoch";
  const ticks = niceTicks(...(apart ? [Math.min(0, ...values.flat()), Math.max(...values.flat())] : drawnRange(values)));
  const y = scaleY(ticks[0], ticks[ticks.length - 1]);
  const x = (epoch) => LEFT + ((epoch - 1) / (last - 1)) * (WIDTH - LEFT - RIGHT);
  const shapes = grid(ticks, y, WIDTH - RIGHT, number);
  shapes.push(tick(x(1), "start", "1"), tick(x((1 + last) / 2), "middle", table.unit), tick(x(last), "end", count(last)));
  if (table.best_epoch) shapes.push(...bestMark(x(table.best_epoch), table.best_epoch));
  const ends = curves.map(([name, curve], slot) => {
    const path = curve.points.map(([epoch, value]) => [x(epoch), y(value)]);
    if (apart) shapes.push(...stems(path, y(Math.max(ticks[0], 0)), slot));
    else shapes.push(curveLine(path, slot));
    return { y: y(curve.points[curve.points.length - 1][1]), name, slot };
  });
  return picture(label, ...shapes, ...endLabels(ends));
}

function bestMark(x, epoch) {
  const line = s("line", { x1: x, x2: x, y1: TOP - 6, y2: FLOOR, class: "shj-best" });
  if (x < LEFT + 48) return [line];
  return [line, s("text", { x: x - 3, y: TOP - 3, "text-anchor": "end", class: "shj-tick" }, `best ${epoch}`)];
}

function stems(path, ground, slot) {
  const kind = `shj-curve shj-slot-${slot % DASHES.length}`;
  return path.flatMap(([px, py]) => [
    s("line", { x1: px, x2: px, y1: ground, y2: py, class: kind }),
    s("circle", { cx: px, cy: py, r: 2.5, class: `${kind} shj-dot` }),
  ]);
}

function curveLine(path, slot) {
  const kind = `shj-curve shj-slot-${slot % DASHES.length}`;
  if (path.length === 1) return s("circle", { cx: path[0][0], cy: path[0][1], r: 2.5, class: `${kind} shj-dot` });
  const points = path.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ");
  return s("polyline", { points, class: kind, "stroke-dasharray": DASHES[slot % DASHES.length] || null });
}

/** Return the names of the curves beside their ends, pushed apart where they would overlap. */
function endLabels(ends) {
  const ordered = [...ends].sort((a, b) => a.y - b.y);
  let free = -Infinity;
  for (const end of ordered) {
    end.y = Math.max(end.y, free);
    free = end.y + LABEL_GAP;
  }
  const over = Math.max(ordered[ordered.length - 1].y - FLOOR, 0);
  return ordered.map((end) =>
    s(
      "text",
      { x: WIDTH - RIGHT + 7, y: end.y - over + 3.5, class: `shj-name shj-slot-${end.slot % DASHES.length}` },
      end.name.slice(0, 12),
    ),
  );
}

/** Return the last part of the first curve as a small line. */
function sparkline(table) {
  const [first] = Object.entries(table.curves).filter(([name]) => name !== "metric");
  const points = first ? first[1].points : [];
  if (points.length < 2 || table.unit !== "epoch") return h("span", {}, "");
  const values = points.map((point) => point[1]);
  const [low, high] = drawnRange([values]);
  const x = (k) => 1 + (k / (values.length - 1)) * 62;
  const y = (value) => 15 - ((Math.min(Math.max(value, low), high) - low) / (high - low || 1)) * 13;
  const line = values.map((value, k) => `${x(k).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const label = `${first[0]} loss, latest ${number(first[1].last)}`;
  return s(
    "svg",
    { viewBox: "0 0 64 17", width: 64, height: 17, role: "img", "aria-label": plain(label), class: "shj-spark" },
    s("polyline", { points: line, class: "shj-curve shj-slot-0" }),
  );
}

/** Return children per parent: the real histogram as an outline, the synthetic one filled. */
function linkageChart(table, linkage) {
  const cells = Math.max(linkage.real.length, linkage.synthetic.length, 1);
  const top = Math.max(...linkage.real, ...linkage.synthetic, 0.01);
  const y = scaleY(0, top);
  const step = (WIDTH - LEFT - 12) / cells;
  const shapes = grid([0, top], y, WIDTH - 12, share);
  linkage.synthetic.forEach((value, k) => {
    const place = { x: LEFT + step * (k + 0.18), y: y(value), width: step * 0.64, height: FLOOR - y(value) };
    shapes.push(s("rect", { ...place, rx: 1, class: "shj-synthetic" }));
  });
  const outline = [`${LEFT},${FLOOR}`];
  linkage.real.forEach((value, k) => {
    outline.push(`${LEFT + step * k},${y(value)}`, `${LEFT + step * (k + 1)},${y(value)}`);
  });
  outline.push(`${LEFT + step * linkage.real.length},${FLOOR}`);
  shapes.push(s("polyline", { points: outline.join(" "), class: "shj-real" }));
  const every = Math.max(Math.ceil(CELL_LABEL / step), 1);
  for (let k = 0; k < cells; k += every) {
    shapes.push(tick(LEFT + step * (k + 0.5), "middle", k > 0 && k === cells - 1 ? `${k}+` : String(k)));
  }
  return picture(`Rows of ${table} per row of ${linkage.parent}, real and synthetic`, ...shapes);
}
