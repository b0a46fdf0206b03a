"""The words of a shift's summary; a further language is a further ``ShiftLanguage``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.alerts.topics import Topic, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftLanguage:
    """Templates (``str.format``) and words. ``date`` is of ``strftime`` and ``months`` stand in for its %b."""

    code: str
    topics: Mapping[Topic, str]
    verdicts: Mapping[Verdict, str]
    months: tuple[str, ...]
    date: str
    times: Mapping[int, str]
    times_many: str
    span: str
    head: str
    nothing: str
    no_alerts: str
    one_alert: str
    many_alerts: str
    weak: str
    before: str
    returned: str
    passed_on: str
    last_and: str
    over: str
    going_on: str
    still_open: str
    acknowledged: str
    not_acknowledged: str
    found: str
    no_verdict: str
    watched: str
    care: str
    sound: str
    came_back: str

    def counted(self, count: int) -> str:
        """``once``, ``twice``, ``3 times``."""
        return self.times.get(count) or self.times_many.format(count=count)


ENGLISH = ShiftLanguage(
    code="en",
    topics={
        Topic.PAIN: "pain",
        Topic.DISTRESS_FEAR: "distress (fear)",
        Topic.DISTRESS_SADNESS: "distress (sadness)",
        Topic.DISTRESS_ANGER: "distress (anger)",
        Topic.CANNOT_ASSESS: "face could not be assessed",
        Topic.PICTURE_LOST: "no picture",
        Topic.CAMERA_OFFLINE: "camera did not answer",
        Topic.PICTURE_FROZEN: "picture stood still",
        Topic.PICTURE_BLACK: "picture black",
        Topic.PICTURE_COVERED: "lens covered",
        Topic.PICTURE_TORN: "picture torn",
        Topic.PICTURE_SIZE: "picture of the wrong size",
        Topic.EXPLAINER_DOWN: "explanations stopped",
        Topic.SERVICE_TROUBLE: "trouble of the monitor itself",
    },
    verdicts={
        Verdict.PAIN: "pain",
        Verdict.OTHER_NEED: "another need",
        Verdict.FALSE: "nothing (false alert)",
    },
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    date="%d {month} %H:%M",
    times={1: "once", 2: "twice"},
    times_many="{count} times",
    span="{begin} to {end}",
    head="Shift {span}",
    nothing="{span}: nothing was written in this time",
    no_alerts="no alerts",
    one_alert="1 alert: {listed}",
    many_alerts="{count} alerts: {listed}",
    weak=" (weak evidence)",
    before="{begun} (before this shift)",
    returned="came back {times}",
    passed_on="passed on to {who}",
    last_and=" and ",
    over="over after {length}",
    going_on="STILL GOING ON at the end, acknowledged",
    still_open="STILL OPEN at the end",
    acknowledged="acknowledged by {by} after {length}",
    not_acknowledged="nobody acknowledged it",
    found=", found: {verdict}",
    no_verdict=", no verdict given",
    watched="watched for {watched}, the face could be judged for {judged}",
    care="privacy during care {times}",
    sound="sound paused {times}",
    came_back="{at} the monitor came back after {length} without watching",
)

GERMAN = ShiftLanguage(
    code="de",
    topics={
        Topic.PAIN: "Schmerz",
        Topic.DISTRESS_FEAR: "Not (Angst)",
        Topic.DISTRESS_SADNESS: "Not (Trauer)",
        Topic.DISTRESS_ANGER: "Not (Ärger)",
        Topic.CANNOT_ASSESS: "Gesicht nicht beurteilbar",
        Topic.PICTURE_LOST: "kein Bild",
        Topic.CAMERA_OFFLINE: "Kamera antwortete nicht",
        Topic.PICTURE_FROZEN: "Bild stand still",
        Topic.PICTURE_BLACK: "Bild schwarz",
        Topic.PICTURE_COVERED: "Linse verdeckt",
        Topic.PICTURE_TORN: "Bild zerrissen",
        Topic.PICTURE_SIZE: "Bild in falscher Größe",
        Topic.EXPLAINER_DOWN: "Erklärungen ausgefallen",
        Topic.SERVICE_TROUBLE: "Störung des Monitors selbst",
    },
    verdicts={
        Verdict.PAIN: "Schmerz",
        Verdict.OTHER_NEED: "ein anderes Bedürfnis",
        Verdict.FALSE: "nichts (Fehlalarm)",
    },
    months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    date="%d. {month} %H:%M",
    times={1: "einmal", 2: "zweimal"},
    times_many="{count}-mal",
    span="{begin} bis {end}",
    head="Schicht {span}",
    nothing="{span}: in dieser Zeit wurde nichts aufgeschrieben",
    no_alerts="keine Meldungen",
    one_alert="1 Meldung: {listed}",
    many_alerts="{count} Meldungen: {listed}",
    weak=" (schwache Belege)",
    before="{begun} (vor dieser Schicht)",
    returned="{times} wiedergekommen",
    passed_on="weitergegeben an {who}",
    last_and=" und ",
    over="vorbei nach {length}",
    going_on="DAUERT AM ENDE NOCH AN, quittiert",
    still_open="AM ENDE NOCH OFFEN",
    acknowledged="quittiert von {by} nach {length}",
    not_acknowledged="von niemandem quittiert",
    found=", Befund: {verdict}",
    no_verdict=", ohne Befund",
    watched="{watched} beobachtet, davon war das Gesicht {judged} zu beurteilen",
    care="{times} Ruhe während der Pflege",
    sound="{times} Ton angehalten",
    came_back="{at} der Monitor kam nach {length} ohne Beobachtung zurück",
)

LANGUAGES = {language.code: language for language in (ENGLISH, GERMAN)}
