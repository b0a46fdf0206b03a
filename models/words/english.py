"""The sentences' English."""

from __future__ import annotations

from models.action_units import NAMES
from models.words.face_parts import FacePart
from models.words.language import Language, Noun

ENGLISH = Language(
    code="en",
    parts={
        FacePart.EYES: Noun("the eyes", plural=True),
        FacePart.MOUTH: Noun("the mouth"),
        FacePart.BROWS: Noun("the brows", plural=True),
        FacePart.NOSE: Noun("the nose"),
        FacePart.CHIN: Noun("the chin"),
        FacePart.FOREHEAD: Noun("the forehead"),
        FacePart.CHEEKS: Noun("the cheeks", plural=True),
        FacePart.OUTSIDE: Noun("the surroundings", plural=True),
    },
    units=NAMES,
    targets={"neutral": "a neutral face"},
    last_and="and",
    decimal_mark=".",
    first_share="{part} ({share}% of the evidence)",
    share="{part} ({share}%)",
    important_one="in this image {parts} is important for {target}",
    important_many="in this image {parts} are important for {target}",
    none_stands_out="in this image no part of the face stands out for {target}",
    nothing_found="the explanation found no evidence for {target} to locate",
    unclear="it is unclear what matters for {target} in this image: {maps} explanations disagree ({agreement} of 1)",
    outside="{share}% of the evidence lies outside the face",
    mostly_outside="most of the evidence ({share}%) lies outside the face",
    steady="{maps} explanations agree ({agreement} of 1)",
    fair="{maps} explanations agree only in part ({agreement} of 1)",
    of_100="of 100 images that the model was as sure of, about {right} showed {target} ({low} to {high})",
    of_100_unknown="how often the model is right about {target} is not known",
    unit="{share}% of the evidence for {target} lies in its region, where chance would put {chance}%",
    unit_weak="only {share}% of the evidence for {target} lies in its region, where chance would put {chance}%",
    unit_nothing="the explanation found no evidence for {target} to locate",
)
