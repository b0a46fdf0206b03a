// All beds at a glance.

import { waiting } from "../bed_state.js";
import { makeBedCard } from "../bed_card.js";
import { h, keyed, setAttr, setText } from "../dom.js";
import { clock, seconds } from "../times.js";
import { connection, ward } from "../ward.js";
import { joined } from "../bed_words.js";
import { t } from "../words.js";

/** `{node, title, update}`. */
export function bedsView() {
  const count = h("p", { class: "lead" });
  const grid = h("div", { class: "beds" });
  const fill = keyed(grid, (bed) => bed.bed, (bed) => makeBedCard(bed));
  const others = h("div", {});
  const fillOthers = keyed(others, (other) => other.ward, makeOtherWard);
  const node = h("div", {}, h("h1", {}, t("beds.title")), count, grid, others);
  return {
    node,
    title: t("beds.title"),
    update() {
      const now = ward();
      setText(count, summary(now));
      fill(now?.beds ?? []);
      fillOthers(now?.other_wards ?? []);
    },
  };
}

function summary(now) {
  if (now === null) return t("age.waiting");
  if (now.beds.length === 0) return t("beds.none");
  const open = now.beds.reduce((sum, bed) => sum + waiting(bed).length, 0);
  const parts = [t("beds.count", { n: now.beds.length }), open ? t("beds.open", { n: open }) : t("beds.no_alerts")];
  const blind = now.beds.filter((bed) => !bed.assessable || connection() !== "live").length;
  if (blind) parts.push(t("beds.blind", { n: blind }));
  return joined(parts);
}

function makeOtherWard(first) {
  const heading = h("h2", {}, t("beds.other_ward", { ward: first.ward }));
  const at = h("p", { class: "quiet" });
  const grid = h("div", { class: "beds" });
  const fill = keyed(grid, (bed) => bed.bed, (bed) => makeBedCard(bed, { elsewhere: true }));
  const node = h("section", { class: "other-ward" }, heading, at, grid);
  return {
    node,
    update(other) {
      setText(at, t("beds.other_at", { time: clock(seconds(other.at), true) }));
      setAttr(node, "data-ward", other.ward);
      fill(other.beds.map((bed) => ({ ...bed, age_s: other.age_s })));
    },
  };
}
