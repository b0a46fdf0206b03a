"""Figures 2 and 4 to 7 of the report after Arbabzadah et al."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets.crops import Crops, crop_faces
from models.datasets.registry import open_set
from models.datasets.stand_in_ratings import stand_in_ratings
from models.evaluation.occlusion import PARTS, all_covered, part_mask
from models.evaluation.resampled_t_test import paired_t
from models.lrp.mu import mu
from models.networks.levi_hassner import LeviHassner
from models.recipes.arbabzadah_heatmaps import explain, named, panel, part_shares, predicted
from models.recipes.arbabzadah_settings import ArbabzadahSettings
from models.recipes.arbabzadah_training import GROUPS, Rated, base_faces, picture_px, scores_of
from models.reports import published_arbabzadah as published
from models.reports.document import Report
from models.reports.table import Row
from models.words.face_parts import FacePart

Progress = Callable[[str, int, int], None]
LEVEL = 0.05
FEELS = ("unhappy", "happy")


def figure_2(report: Report, rated: Rated, bases: Mapping[str, LeviHassner]) -> None:
    """The same face through both base networks, on one colour scale, and where their relevance lies."""
    rows = rated.split.test[:3]
    entries = []
    for row in rows:
        pixels = np.asarray(rated.crops.pixels[[row]])
        maps = [explain(network, pixels, predicted(network, pixels)).relevance[0] for network in bases.values()]
        entries.append((pixels[0], maps, ["picture", *(f"{base} network" for base in bases)]))
    report.figure(
        "figure-2",
        panel([entries]),
        "Figure 2: what the base networks look at before any retraining, all heatmaps on one colour scale (red: for "
        "the class they name). The paper saw more facial detail with the age network.",
    )


def figure_4(
    settings: ArbabzadahSettings, report: Report, networks: Mapping[str, LeviHassner], work: Path, progress: Progress
) -> None:
    """Two people, each unhappy and happy: KDEF where given, else stand-ins with a calm and a smiling picture each."""
    if "kdef" in settings.data:
        from models.datasets.kdef import EMOTIONS, straight

        faces = straight(open_set("kdef", settings.data["kdef"]))
        emotion = faces.labels["emotion"]
        state = np.select([emotion == EMOTIONS.index("sadness"), emotion == EMOTIONS.index("happiness")], [0, 1], -1)
        kept = np.flatnonzero((state >= 0) & (np.array(faces.sequences) == "A"))
        faces, state = faces.select(kept), state[kept]
    else:
        faces = stand_in_ratings(80, settings.seed + 7, pictures_each=2, picture_px=picture_px(settings))
        state = np.arange(len(faces)) % 2
    crops = crop_faces(faces, settings.input_px, work / "crops", settings.landmarker, progress)
    pixels = np.asarray(crops.pixels)
    kept_mark, report.stand_in = report.stand_in, report.stand_in or faces.stand_in
    rows: list[Row] = []
    panels = []
    for base, network in networks.items():
        scores, relevance = scores_of(network, pixels), explain(network, pixels).relevance
        for number, feels in enumerate(FEELS):
            chosen = np.flatnonzero(state == number)
            shares = part_shares(relevance[chosen], crops.landmarks[chosen])
            rows.append(
                (base, feels, float(scores[chosen].mean()), shares.get(FacePart.MOUTH, (float("nan"),))[0],
                 named(shares), len(chosen))
            )  # fmt: skip
        panels.append([
            (pixels[row], [relevance[row]], [f"{base}: {FEELS[int(state[row])]}, {scores[row]:.1f}", "relevance"])
            for row in _pairs(crops, state)
        ])  # fmt: skip
    report.figure(
        "figure-4",
        panel(panels, together=False),
        "Figure 4: two people unhappy and happy, with their happiness scores (1 to 9); each base network on its own "
        "colour scale. Red speaks for happiness.",
    )
    report.table(
        "happy-unhappy",
        [
            "base network",
            "face",
            "mean score",
            "share in the mouth",
            "parts with most relevance for their size",
            "pictures",
        ],
        rows,
        title="Happy and unhappy: scores, and where the relevance lies",
        keys=2,
        note="The paper names mouth and teeth, nostrils and cheeks, and brows.",
    )
    report.stand_in = kept_mark


def figure_5(
    settings: ArbabzadahSettings, report: Report, rated: Rated, network: LeviHassner, work: Path, progress: Progress
) -> None:
    """Old faces through the age network, for the oldest class, and the parts that carry the relevance."""
    oldest = network.head.get_submodule("logits").out_features - 1  # type: ignore[operator]
    crops = rated.crops
    if crops.faces.stand_in:
        crops = crop_faces(base_faces(settings), settings.input_px, work / "crops", None, progress)
    pixels = np.asarray(crops.pixels[: 4 * settings.explained])
    said = predicted(network, pixels)
    old = np.flatnonzero(said == int(oldest))[: settings.explained]
    if not len(old):
        report.text("Figure 5: the age network calls no face old, so there is nothing to show.")
        return
    relevance = explain(network, pixels[old], said[old]).relevance
    shares = part_shares(relevance, crops.landmarks[old])
    shown = [(pixels[row], [relevance[at]], ["picture", "relevance"]) for at, row in enumerate(old[:3])]
    group = f" ({GROUPS[int(oldest)]} years)" if int(oldest) + 1 == len(GROUPS) else ""
    report.figure(
        "figure-5",
        panel([shown]),
        f"Figure 5: faces that the age network calls old{group}. Over {len(old)} such faces most relevance for their "
        f"size lies in: {named(shares)}. The paper names earlobe, wrinkles and saggy eyelids.",
    )


def figure_6(report: Report, rated: Rated, networks: Mapping[str, LeviHassner]) -> None:
    """The faces that are called most attractive, and the parts that carry the relevance."""
    pixels = np.asarray(rated.crops.pixels[rated.split.test])
    points = rated.crops.landmarks[rated.split.test]
    panels, words = [], []
    for base, network in networks.items():
        scores = scores_of(network, pixels)
        top = np.argsort(scores)[::-1][: max(2, len(scores) // 10)]
        relevance = explain(network, pixels[top]).relevance
        words.append(f"{base} network: {named(part_shares(relevance, points[top]))}")
        panels.append([
            (pixels[row], [relevance[at]], [f"{base}: {scores[row]:.1f}", "relevance"])
            for at, row in enumerate(top[:3])
        ])  # fmt: skip
    report.figure(
        "figure-6",
        panel(panels, together=False),
        "Figure 6: faces with the highest scores for attractiveness. Over the top tenth most relevance for their size "
        f"lies in: {'; '.join(words)}. The paper names eyes, straight lines, nose, brows and hair.",
    )


def figure_7(report: Report, rated: Rated, networks: Mapping[str, LeviHassner], most: int) -> tuple[str, ...]:
    """Covers of skin colour on happy faces, both networks on one colour scale; returns what lowers both scores."""
    happy = _happiest(rated, most)
    if not len(happy):
        report.text(
            "Figure 7: no landmarks are known for the test faces, so nothing can be covered; give --landmarker."
        )
        return ()
    under = [all_covered(np.asarray(rated.crops.pixels[row]), rated.crops.landmarks[row]) for row in happy]
    stacked = {part: np.stack([covers[part] for covers in under]) for part in PARTS}
    scores = {base: {part: scores_of(network, stacked[part]) for part in PARTS} for base, network in networks.items()}
    maps = {
        base: {part: explain(network, stacked[part]).relevance for part in PARTS} for base, network in networks.items()
    }
    size = rated.crops.size
    mouths = [part_mask("mouth", rated.crops.landmarks[row], size) for row in happy]
    rows: list[Row] = []
    lowered: dict[str, set[str]] = {base: set() for base in networks}
    for base in networks:
        for part in PARTS:
            change = scores[base][part].astype(np.float64) - scores[base]["nothing"]
            test = paired_t(change)
            if part != "nothing" and test.difference < 0 and test.p < LEVEL:
                lowered[base].add(part)
            shares = [
                share
                for one, mask in zip(maps[base][part], mouths, strict=True)
                if (share := mu(one, mask)) is not None
            ]
            rows.append(
                (base, part, float(scores[base][part].mean()), None if part == "nothing" else test.difference,
                 None if part == "nothing" else test.p, float(np.mean(shares)), len(happy))
            )  # fmt: skip
    sample = 0
    entries = [
        (
            stacked[part][sample],
            [maps[base][part][sample] for base in networks],
            [f"covered: {part}", *(f"{base}: {scores[base][part][sample]:.1f}" for base in networks)],
        )
        for part in PARTS
    ]
    report.figure(
        "figure-7",
        panel([entries]),
        "Figure 7: one happy face under covers of its own skin colour, with the happiness score (1 to 9) and the "
        "heatmap of both networks, all on one colour scale.",
    )
    report.table(
        "occlusion",
        ["base network", "covered", "mean score", "change", "p", "share of relevance in the mouth", "pictures"],
        rows,
        title="Figure 7 over many faces: what lowers happiness when it is covered",
        keys=2,
        marks=[(at, 3) for at, row in enumerate(rows) if row[1] in lowered[str(row[0])]],
        note="The happiest test faces by human rating. Change: mean of the score under the cover less the one "
        "without, p of a paired t-test over faces. Marked: falls with p < 0.05. In the paper only the "
        f"{published.LOWERS_HAPPINESS} lowers happiness, and covered eyes sometimes raise it.",
    )
    return tuple(part for part in PARTS if all(part in parts for parts in lowered.values()))


def _happiest(rated: Rated, most: int) -> NDArray[np.int64]:
    """Up to ``most`` test rows with landmarks, by human rating of happiness, from the happiest down."""
    column = rated.names.index("happiness")
    known = np.array([row for row in rated.split.test if np.isfinite(rated.crops.landmarks[row]).all()], np.int64)
    order = known[np.argsort(rated.ratings[known, column], kind="stable")[::-1]]
    return np.asarray(order[: min(most, max(2, len(order) // 4))], np.int64)


def _pairs(crops: Crops, state: NDArray[np.integer]) -> list[int]:
    """Rows of the first two people who have both pictures: unhappy, happy, unhappy, happy."""
    found: list[int] = []
    for person in dict.fromkeys(crops.faces.subjects):
        mine = [row for row, subject in enumerate(crops.faces.subjects) if subject == person]
        both = [next((row for row in mine if state[row] == number), None) for number in (0, 1)]
        if None not in both:
            found += [row for row in both if row is not None]
        if len(found) == 4:
            break
    return found
