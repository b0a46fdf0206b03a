"""The page beside the ward: told what changed and only that, a pause before its answer, trouble when it stays away."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from builders import BEGINNING

from monitor.alerts.events import Moment
from monitor.capture.ring import RingLayout
from monitor.errors import UsageError
from monitor.service import bedside
from monitor.service.bedside import LONG_DOWN_S, Bedside
from monitor.service.control.requests import Answer, Request
from monitor.service.folders import Folders
from monitor.service.inference.messages import EvidenceShown, ShowEvidence
from monitor.service.page_messages import (
    Answered,
    Asked,
    AskedEvidence,
    EvidenceCame,
    HideBed,
    HideSource,
    SetUp,
    ShowBed,
    ShowSource,
)
from monitor.service.page_process import START_WITHIN_S
from monitor.ward.beds import BedSettings
from monitor.ward.facility import FacilitySettings
from monitor.ward.page import PageSettings
from monitor.ward.secret import Secret
from monitor.ward.service import StorageSettings

ASK = Request(do="privacy", bed="bed-1", by="Zoë", seconds=60.0)


class FakeProcess:
    """Takes down what it is told; ``takes`` says whether it does."""

    def __init__(self, set_up: Callable[[], SetUp]) -> None:
        self.told: list[Any] = []
        self.descriptors: list[int] = []
        self.wanted, self.starts, self.pid, self.serving = False, 0, 1, True
        self.channel: object | None = object()
        self.trouble: str | None = None
        self.restarts = 0
        self.takes = True
        self.asks: list[Any] = []

    def want(self, wanted: bool, now_s: float) -> None:
        self.wanted = wanted
        self.starts += 1

    def tell(self, order: Any, descriptors: tuple[int, ...] = ()) -> bool:
        if self.takes:
            self.told.append(order)
            self.descriptors += descriptors
        return self.takes

    def receive(self, now_s: float) -> list[Any]:
        asks, self.asks = self.asks, []
        return asks

    def step(self, now_s: float) -> None:
        pass

    def news(self) -> list[str]:
        """The kinds of what it was told since the last call."""
        told, self.told = self.told, []
        return [order.kind for order in told]


class FakeWard(SimpleNamespace):
    """What ``Bedside`` needs of a ward: two beds on one camera."""

    def bed(self, name: str) -> SimpleNamespace:
        return next(runtime for runtime in self.beds if runtime.bed == name)


def ring(number: int) -> SimpleNamespace:
    return SimpleNamespace(ring_fd=number, ring_layout=RingLayout())


class FakeBeds(list[SimpleNamespace]):
    def get(self, name: str) -> SimpleNamespace | None:
        return next((runtime for runtime in self if runtime.bed == name), None)

    def known(self, name: str) -> SimpleNamespace:
        found = self.get(name)
        assert found is not None
        return found


@pytest.fixture
def ward() -> FakeWard:
    beds = {
        "bed-1": BedSettings(source="door", room="12", zone=(0.0, 0.0, 0.5, 1.0)),
        "bed-2": BedSettings(source="door"),
    }
    runtimes = [
        SimpleNamespace(bed=name, settings=settings, paused=False, state=SimpleNamespace(told=0))
        for name, settings in beds.items()
    ]
    database = SimpleNamespace(snapshots=SimpleNamespace(kept=[]))
    database.snapshots.put = lambda at, document: database.snapshots.kept.append(document)
    keeping = SimpleNamespace(database=SimpleNamespace(do=lambda write, now_s: write(database), kept=database))
    return FakeWard(
        settings=FacilitySettings(name="east", beds=beds, page=PageSettings(enabled=True)),
        secrets={"storage.password_credential": Secret("pl4nted")},
        beds=FakeBeds(runtimes),
        cameras={"door": ring(7)},
        judging=SimpleNamespace(ready=object(), told=[]),
        telling=SimpleNamespace(keeping=keeping),
        page_trouble=None,
        on_evidence=None,
    )


@pytest.fixture
def page(ward: FakeWard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bedside:
    monkeypatch.setattr(bedside, "PageProcess", FakeProcess)
    ward.judging.tell = ward.judging.told.append
    folders = Folders(configuration=tmp_path / "vigil.yaml", state=tmp_path, runtime=tmp_path)

    def answer(request: Request) -> Answer:
        if request.bed == "bed-9":
            raise UsageError("there is no\nbed 'bed-9'")
        ward.bed(request.bed).paused = True
        return Answer(result={"said": "nobody looks"})

    return Bedside(ward, folders, answer)


def at(now_s: float) -> Moment:
    return Moment(s=now_s, at=BEGINNING)


def test_everything_is_told_once_and_again_to_a_new_process(page: Bedside) -> None:
    process = page.process
    page.step(at(0.0))
    assert process.news() == ["set_up", "show_source", "show_bed", "show_bed"]
    assert process.descriptors == [7]
    page.step(at(0.2))
    assert process.news() == []
    process.pid = 2
    page.step(at(0.4))
    assert process.news() == ["set_up", "show_source", "show_bed", "show_bed"]


def test_what_is_not_taken_is_told_with_the_next_round(page: Bedside) -> None:
    process = page.process
    process.takes = False
    page.step(at(0.0))
    process.takes = True
    page.step(at(0.2))
    assert process.news() == ["set_up", "show_source", "show_bed", "show_bed"]


def test_only_what_changed_is_told(page: Bedside, ward: FakeWard) -> None:
    process = page.process
    page.step(at(0.0))
    process.news()
    ward.bed("bed-2").paused = True
    page.step(at(0.2))
    assert process.told == [ShowBed(bed="bed-2", source="door", zone=None, rotate_deg=0, paused=True)]
    process.news()
    ward.cameras["door"] = ring(8)
    page.step(at(0.4))
    assert process.told == [
        HideSource(source="door"),
        ShowSource(source="door", slots=4, capacity_bytes=RingLayout().capacity_bytes),
    ]
    process.news()
    ward.beds.remove(ward.bed("bed-2"))
    ward.settings = replace(ward.settings, beds={"bed-1": ward.settings.beds["bed-1"]})
    page.step(at(0.6))
    told, process.told = process.told, []
    assert [type(order) for order in told] == [SetUp, HideBed]
    assert list(told[0].beds) == ["bed-1"]
    assert told[0].database_password == "pl4nted"
    assert told[0].database_url.endswith("/vigil.sqlite")


def test_a_pause_is_told_before_the_answer_to_who_asked_for_it(page: Bedside) -> None:
    process = page.process
    page.step(at(0.0))
    process.news()
    process.asks = [Asked(number=5, request=ASK)]
    page.hear(at(0.1))
    paused, answered = process.told
    assert (paused.bed, paused.paused) == ("bed-1", True)
    assert answered == Answered(number=5, answer=Answer(result={"said": "nobody looks"}))


def test_what_cannot_be_done_is_answered_in_one_line(page: Bedside) -> None:
    page.process.asks = [Asked(number=6, request=replace(ASK, bed="bed-9"))]
    page.hear(at(0.0))
    assert page.process.told[-1] == Answered(number=6, answer=Answer(error="there is no bed 'bed-9'"))


def test_evidence_goes_from_the_judge_to_who_asked_and_never_during_care(page: Bedside, ward: FakeWard) -> None:
    process, shown = page.process, EvidenceShown(bed="bed-1", number=3, document="{}", face="/9j/")
    process.asks = [AskedEvidence(number=3, bed="bed-1")]
    page.hear(at(0.0))
    assert ward.judging.told == [ShowEvidence(bed="bed-1", number=3, face=True)]
    ward.on_evidence(shown)
    assert process.told == [EvidenceCame(number=3, document="{}", face="/9j/")]
    ward.on_evidence(EvidenceShown(bed="bed-1", alert_id="bed-1:4", document="{}"))
    assert len(process.told) == 1, "what is kept with an alert is no answer to the page"
    process.told.clear()
    ward.bed("bed-1").paused = True
    ward.on_evidence(shown)
    process.asks = [AskedEvidence(number=4, bed="bed-1"), AskedEvidence(number=5, bed="bed-9")]
    page.hear(at(0.1))
    assert process.told == [EvidenceCame(number=number) for number in (3, 4, 5)]
    assert len(ward.judging.told) == 1


def test_a_reload_starts_it_anew_for_other_settings_or_another_certificate_alone(
    page: Bedside, ward: FakeWard, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "page.pem", tmp_path / "key"
    for path in (certificate, key):
        path.write_text("one")
    settings = PageSettings(enabled=True, certificate=certificate, private_key_credential=str(key))
    starts = []
    for change in (
        lambda: None,
        lambda: None,
        lambda: setattr(ward, "settings", replace(ward.settings, page=settings)),
        lambda: None,
        lambda: os.utime(certificate, ns=(1, 1)),
        lambda: os.utime(key, ns=(1, 1)),
        lambda: setattr(ward, "settings", replace(ward.settings, page=replace(settings, enabled=False))),
    ):
        change()
        page.reload(0.0)
        starts.append(page.process.starts)
    assert starts == [1, 1, 2, 2, 3, 4, 5]
    assert page.process.wanted is False


@pytest.mark.parametrize(("restarts", "longest_s"), [(0, START_WITHIN_S), (1, LONG_DOWN_S)])
def test_a_page_that_stays_away_is_trouble_after_a_while(
    page: Bedside, ward: FakeWard, restarts: int, longest_s: float
) -> None:
    page.reload(0.0)
    page.process.serving, page.process.trouble, page.process.restarts = False, "page.port: is taken", restarts
    for now_s, trouble in (
        (0.0, None),
        (longest_s, None),
        (longest_s + 1.0, "the page is not served: page.port: is taken"),
    ):
        page.step(at(now_s))
        assert ward.page_trouble == trouble
    page.process.serving = True
    page.step(at(longest_s + 2.0))
    assert ward.page_trouble is None


def test_news_of_a_bed_are_told_apart_from_the_passing_of_time(page: Bedside, ward: FakeWard) -> None:
    page.news()
    assert not page.news()
    ward.bed("bed-1").state.told = 1
    assert page.news()
    assert not page.news()


def test_the_other_wards_of_a_fleet_are_told_every_two_seconds(page: Bedside, ward: FakeWard) -> None:
    kept = ward.telling.keeping.database.kept.snapshots.kept
    page.publish({"ward": "east"}, at(0.0))
    assert (page.process.news(), kept) == (["status"], [])
    ward.settings = replace(
        ward.settings,
        page=PageSettings(fleet="database"),
        storage=StorageSettings(database_url="postgresql://vigil@db.ward.example/vigil"),
    )
    page.process.channel = None
    for tenths in range(41):
        page.publish({"ward": "east", "number": tenths}, at(10.0 + tenths / 10))
    assert [json.loads(document)["number"] for document in kept] == [0, 20, 40]
    assert page.process.told == []
