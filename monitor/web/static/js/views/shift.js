// What happened in a shift, in the words of a handover; to read or to print.

import { get, path } from "../api.js";
import { placeOf } from "../bed_words.js";
import { h, setText } from "../dom.js";
import { field } from "../forms.js";
import { clock, localInput, nowS } from "../times.js";
import { language, t } from "../words.js";

const LENGTHS_H = [8, 12, 24];

/** `{node, title}`. */
export function shiftView() {
  const from = field(t("shift.from"), { type: "datetime-local", required: true });
  const to = field(t("shift.to"), { type: "datetime-local", required: true });
  const quick = LENGTHS_H.map((hours) => h("button", { type: "button", onclick: () => last(hours) }, t("shift.last", { hours })));
  const form = h("form", { class: "shift-form", onsubmit: submit },
    h("div", { class: "segmented", role: "group", "aria-label": t("shift.quick") }, quick),
    from.node, to.node, h("p", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, t("shift.show"))));
  const heading = h("h2", {});
  const note = h("p", { role: "status" });
  const out = h("div", { class: "shift" });
  const print = h("button", { type: "button", class: "no-print", onclick: () => window.print() }, t("shift.print"));
  const node = h("div", {}, h("h1", {}, t("shift.title")), form, note, heading, out, h("p", { class: "buttons" }, print));
  last(8);
  return { node, title: t("shift.title"), update: name };

  // which bed of the room it is, is known once the ward was heard
  function name() {
    for (const title of out.querySelectorAll("h3")) setText(title, placeOf(title.dataset));
  }


  function last(hours) {
    const now = nowS();
    from.input.value = localInput(now - hours * 3600);
    to.input.value = localInput(now + 60);
    load();
  }

  function submit(event) {
    event.preventDefault();
    load();
  }

  async function load() {
    const [begin, end] = [from, to].map((one) => new Date(one.input.value));
    if (!(begin < end)) {
      note.textContent = t("shift.order");
      return;
    }
    note.textContent = t("loading");
    try {
      const query = { from: begin.toISOString(), to: end.toISOString(), language: language() };
      const { beds } = await get(path(["shift"], query));
      note.textContent = beds.length ? "" : t("shift.nothing");
      heading.textContent = t("shift.span", { from: clock(begin / 1000), to: clock(end / 1000) });
      out.replaceChildren(...beds.map((bed) => h("section", { class: "panel" },
        h("h3", { "data-bed": bed.bed, "data-room": bed.room }, placeOf(bed)),
        h("ul", {}, bed.lines.map((line) => h("li", {}, line.trim()))))));
    } catch (error) {
      note.textContent = error.message;
    }
  }
}
