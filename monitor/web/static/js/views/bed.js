// One bed: how it is now, the picture for those allowed, why the model judges so, what was, what can be done.

import { makeAudioPause } from "../audio_pause.js";
import { makeBedCard } from "../bed_card.js";
import { placeName } from "../bed_words.js";
import { h, setAttr } from "../dom.js";
import { makeHistory } from "../history.js";
import { makeLivePicture } from "../live_picture.js";
import { makeNeutralFace } from "../neutral_face.js";
import { makePastAlerts } from "../past_alerts.js";
import { makePrivacyPause } from "../privacy_pause.js";
import { bedOf, ward } from "../ward.js";
import { makeWhy } from "../why.js";
import { t } from "../words.js";

/** `{node, title, update, close}`. */
export function bedView(name) {
  const title = h("h1", {}, name);
  const unknown = h("p", {}, t("loading"));
  const node = h("div", { class: "bed-page" }, h("p", {}, h("a", { href: "#/beds" }, `← ${t("nav.beds")}`)), title, unknown);
  let parts = null;

  function update() {
    const bed = bedOf(name);
    if (bed === null) {
      if (ward() !== null) unknown.textContent = t("bed.unknown");
      return;
    }
    title.textContent = placeName(bed);
    if (parts === null) {
      parts = build(bed);
      unknown.remove();
      node.append(parts.node);
    }
    parts.update(bed);
  }

  return { node, title: name, update, close: () => parts?.close() };
}

function build(bed) {
  const card = makeBedCard(bed, { wall: false });
  const picture = bed.may?.picture ? makeLivePicture(bed.bed) : null;
  const why = makeWhy(bed.bed);
  const past = makePastAlerts({ bed: bed.bed });
  const history = makeHistory(bed.bed, (range) => past.load(range));
  const may = bed.may?.acknowledge;
  const pause = makeAudioPause(bed.bed);
  const privacy = makePrivacyPause(bed.bed);
  const neutral = makeNeutralFace(bed.bed);
  const doing = h("section", { class: "panel", "aria-label": t("bed.actions") },
    h("h2", {}, t("bed.actions")), privacy.node, h("p", { class: "buttons" }, pause.node), neutral.node);
  setAttr(doing, "hidden", !may);
  const node = h("div", { class: "bed-parts" },
    h("div", { class: "bed-now" }, card.node, picture?.node ?? null, doing),
    h("section", { class: "panel" }, h("h2", {}, t("why.title")), why.node),
    h("section", { class: "panel" }, h("h2", {}, t("history.title")), history.node, h("h3", {}, t("history.alerts")), past.node));
  history.load();
  return {
    node,
    update(next) {
      card.update(next);
      picture?.update(next);
      why.update(next);
      pause.update(next);
      privacy.update(next);
      neutral.update(next);
    },
    close() {
      picture?.close();
      history.close();
    },
  };
}
