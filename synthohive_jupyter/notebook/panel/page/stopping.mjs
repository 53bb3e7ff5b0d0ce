// Stop. A busy kernel hears interrupts at once; messages only where it has a thread for them.

const PATIENCE_MS = 2000;

const TEXTS = {
  asked: "Asking the kernel to stop…",
  heard: "Stopping after this batch…",
  unheard: "No answer yet: press ■ in the toolbar to stop",
};

/** Return what to say of a stop: "" as long as nobody has asked for one. */
export function stopText(stop) {
  return TEXTS[stop] || "";
}

async function interrupt(model) {
  // Some hosts have no kernel here, and some one whose requests fail or are never answered.
  const kernel = model.widget_manager && model.widget_manager.kernel;
  if (kernel && typeof kernel.interrupt === "function") await kernel.interrupt();
}

/** Ask for the stop in both ways there are, and say so where nobody answers. */
export async function askToStop(model, store, patience = PATIENCE_MS) {
  if (store.stop) return;
  store.setStop("asked");
  setTimeout(() => {
    if (store.stop === "asked") store.setStop("unheard");
  }, patience);
  await Promise.allSettled([interrupt(model), (async () => model.send({ kind: "stop" }))()]);
}
