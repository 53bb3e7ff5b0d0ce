// From values to places in a picture.

const START_EPOCHS = 2;
const ENOUGH_POINTS = 8;
const DWARFED = 2.5;
const FEWEST_EPOCHS = 10;
const AHEAD = 1.1;

/** Return the range of values to draw: without the first epochs where they dwarf the others. */
export function drawnRange(curves) {
  const range = (lists) => [Math.min(...lists.flat()), Math.max(...lists.flat())];
  const [low, high] = range(curves);
  const [later, latest] = range(curves.map((values) => values.slice(START_EPOCHS)));
  const enough = curves.every((values) => values.length >= ENOUGH_POINTS);
  return enough && high - low > DWARFED * (latest - later) ? [later, latest] : [low, high];
}

/** Return round numbers that span low to high. */
export function niceTicks(low, high, wanted = 3) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(10)));
}

/** Return a function from values to places; values beyond the range stay at its rim. */
export function linear(low, high, from, to) {
  const span = high - low || 1;
  return (value) => from + ((Math.min(Math.max(value, low), high) - low) / span) * (to - from);
}

/** Return a path from where it enters the range: first points beyond it would lie flat on the rim. */
export function entering(points, low, high) {
  const inside = ([, value]) => value >= low && value <= high;
  const k = points.findIndex(inside);
  if (k <= 0) return points;
  const [x, y] = points[k - 1];
  const edge = y > high ? high : low;
  const part = (edge - y) / (points[k][1] - y);
  return [[x + (points[k][0] - x) * part, edge], ...points.slice(k)];
}

/** Return the last epoch of the axis: it doubles, so that a young curve is no stub. */
export function axisEnd(epoch, epochs, over) {
  if (over) return Math.max(epoch, 2);
  let end = Math.max(epochs, epoch, 2);
  while (Math.ceil(end / 2) >= Math.max(epoch * AHEAD, FEWEST_EPOCHS)) end = Math.ceil(end / 2);
  return end;
}

/** Return the index of the value that is nearest to the wanted one, in an ascending list. */
export function nearest(values, wanted) {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle;
    else high = middle;
  }
  return values.length && wanted - values[low] <= values[high] - wanted ? low : high;
}

/** Return at most so many of a list, evenly: the first, the last and those that must stay. */
export function thinned(list, most, keep = () => false) {
  if (list.length <= most) return list;
  const step = (list.length - 1) / (most - 1);
  const picked = new Set(Array.from({ length: most }, (_, k) => Math.round(k * step)));
  return list.filter((item, k) => picked.has(k) || keep(item));
}

/** Move places down where they are closer than the gap, and up again where they leave the floor. */
export function apart(places, gap, floor) {
  const order = places.map((_, k) => k).sort((a, b) => places[a] - places[b]);
  const moved = [...places];
  let free = -Infinity;
  for (const k of order) {
    moved[k] = Math.max(moved[k], free);
    free = moved[k] + gap;
  }
  let roof = floor;
  for (const k of order.reverse()) {
    moved[k] = Math.min(moved[k], roof);
    roof = moved[k] - gap;
  }
  return moved;
}
