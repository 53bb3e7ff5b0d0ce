// Numbers, times and names as people read them; notebook/wording.py says them in the same way.

/** Return a name without control characters and without those that turn the text around. */
export function plain(name) {
  return String(name).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu, "\ufffd");
}

function known(value) {
  return value !== null && value !== undefined;
}

export function count(value) {
  return known(value) ? value.toLocaleString("en-US") : "–";
}

export function counted(value, noun) {
  return `${count(value)} ${value === 1 ? noun : `${noun}s`}`;
}

export function number(value, digits = 3) {
  if (!known(value)) return "–";
  if (Math.abs(value) >= 10 ** digits) return count(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

/** Return a share in per cent; only the whole is called 100 %. */
export function share(value) {
  if (!known(value)) return "–";
  const percent = value < 1 ? Math.min(value * 100, 99.9) : value * 100;
  return `${percent.toFixed(1).replace(/\.0$/, "")} %`;
}

function two(value) {
  return String(value).padStart(2, "0");
}

/** Return a time span in at most two units. */
export function duration(seconds) {
  if (!known(seconds)) return "–";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Return a running time as a clock shows it; it has no tenths that would flicker. */
export function clock(seconds) {
  const whole = Math.max(Math.floor(seconds || 0), 0);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Return a guessed time, as rough as it is. */
export function about(seconds) {
  if (!known(seconds)) return "";
  if (seconds < 10) return "a few seconds";
  if (seconds < 60) return `about ${Math.round(seconds / 5) * 5} s`;
  if (seconds < 3600) return `about ${Math.round(seconds / 60)} min`;
  return `about ${duration(seconds)}`;
}

export function bytes(value) {
  if (!value) return "";
  const mega = value / 2 ** 20;
  return mega < 1000 ? `${Math.round(mega)} MiB` : `${(mega / 1024).toFixed(1)} GiB`;
}

/** Return names as a sentence has them: all of a few, the first of many. */
export function listed(names, most = 5) {
  const shown = names.slice(0, most).map(plain);
  if (names.length > most) return `${shown.join(", ")} and ${names.length - most} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown[shown.length - 1]}`;
}
