// For a display on the wall: nothing to press, readable from three metres. Beds keep their places.

import { makeBedCard } from "../bed_card.js";
import { h, keyed } from "../dom.js";
import { clock, nowS } from "../times.js";
import { setText } from "../dom.js";
import { ward } from "../ward.js";
import { session } from "../session.js";
import { t } from "../words.js";

/** `{node, title, update, close}`. */
export function wallView() {
  const time = h("span", { class: "wall-clock" });
  const leave = h("a", { class: "button wall-leave", href: "#/beds" }, t("wall.leave"));
  const grid = h("div", { class: "beds wall-beds" });
  const fill = keyed(grid, (bed) => bed.bed, (bed) => makeBedCard(bed, { wall: true }));
  const node = h("div", { class: "wall-page" },
    h("div", { class: "wall-head" }, h("h1", {}, session().ward), time, leave), grid);
  const escape = (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog")) location.hash = "#/beds";
  };
  addEventListener("keydown", escape);
  return {
    node,
    title: t("nav.wall"),
    update() {
      const beds = ward()?.beds ?? [];
      setText(time, clock(nowS()));
      const columns = Math.max(1, Math.ceil(Math.sqrt(beds.length * 0.9)));
      grid.style.setProperty("--columns", String(columns));
      grid.style.setProperty("--rows", String(Math.max(1, Math.ceil(beds.length / columns))));
      fill(beds);
    },
    close: () => removeEventListener("keydown", escape),
  };
}
