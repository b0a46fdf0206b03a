"""Dashboard and rules against the program's real metrics, asked by a real Prometheus that scrapes a real ward."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from free_ports import free_port
from live_ward import PATIENCE_S, LiveWard, grimacing, two_beds
from prometheus_client.parser import text_string_to_metric_families

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
RULES = SYSTEMD / "prometheus" / "vigil.rules.yml"
BOARD = json.loads((SYSTEMD / "grafana" / "vigil.json").read_text(encoding="utf-8"))
GIVEN_BY_SCRAPING = {"ward", "instance", "job", "le"}
LOSSES = "vigil_sink_dropped_total"
"""What need not have happened for a panel to be right."""
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="no prometheus (apt-get install prometheus)"),
]


def asked() -> list[str]:
    """Every expression of dashboard and rules."""
    panels = [target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", ())]
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return panels + [rule["expr"] for group in groups for rule in group["rules"]]


def served(text: str) -> dict[str, set[str]]:
    """Name of every series in Prometheus' text, with the labels that its samples have."""
    names: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        for ending in endings:
            names.setdefault(f"{family.name.removesuffix('_total')}{ending}", set())
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    return names


@contextmanager
def prometheus(folder: Path, port: int) -> Iterator[Callable[[str], Any]]:
    """Scraping ``port`` every second, by the example beside the rules; asks its API for a path."""
    example = (SYSTEMD / "prometheus" / "scrape.example.yml").read_text(encoding="utf-8")
    folder.mkdir()
    (folder / "prometheus.yml").write_text(example.replace("15s", "1s").replace(":8710", f":{port}"))
    shutil.copy(RULES, folder)
    own = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{own}"], stdout=log, stderr=log,
        )  # fmt: skip

    def ask(path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{own}/api/v1/{path}", timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None:
                raise AssertionError((folder / "log").read_text()) from None
            return None

    try:
        yield ask
    finally:
        process.terminate()
        process.wait(60)


def wait_for(what: Callable[[], object], holds: Callable[[object], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds(found := what()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_what_is_asked_is_what_the_program_says(tmp_path: Path, landmarker: Path) -> None:
    settings = two_beds(
        grimacing(tmp_path / "film.mp4"),
        landmarker=str(landmarker),
        sinks={"call": {"kind": "webhook", "url": f"http://127.0.0.1:{free_port()}/"}},
        sidecar={"socket": str(tmp_path / "nobody.sock")},
    )
    with LiveWard(tmp_path / "ward", settings) as ward, prometheus(tmp_path / "prometheus", ward.port) as ask:
        pain = ward.wait_for(
            "an alert at bed-1", lambda status: [a for a in status["beds"]["bed-1"]["alerts"] if a["topic"] == "pain"]
        )
        assert ward.bed("ack", pain[0]["alert_id"], "--by", "Anna").returncode == 0
        with urllib.request.urlopen(f"http://127.0.0.1:{ward.port}/metrics", timeout=60) as answer:
            names = served(answer.read().decode())
        for expression in asked():
            for name, labels in re.findall(r"(vigil_\w+)(?:\{([^}]*)\})?", expression):
                assert name in names, f"{name} is no metric of the program: {expression}"
                selected = set(re.findall(r"(\w+)=", labels))
                assert selected <= names[name] | GIVEN_BY_SCRAPING, expression
                by = set(",".join(re.findall(r"\bby \(([^)]*)\)", expression)).replace(" ", "").split(",")) - {""}
                assert name == LOSSES or by <= names[name] | GIVEN_BY_SCRAPING, expression

        def answers() -> list[str]:
            """Panels that Prometheus has nothing for yet."""
            empty = []
            for panel in BOARD["panels"]:
                for target in panel.get("targets", ()):
                    expression = target["expr"].replace("$ward", ".*").replace("$__rate_interval", "1m")
                    found = ask(f"query?query={urllib.parse.quote(expression)}")
                    if not (found and found["result"]) and LOSSES not in expression:
                        empty.append(panel["title"])
            return empty

        wait_for(answers, lambda empty: empty == [])
        wait_for(
            lambda: [rule["health"] for group in (ask("rules") or {"groups": []})["groups"] for rule in group["rules"]],
            lambda healths: (
                len(healths) == len(asked()) - sum(len(p.get("targets", ())) for p in BOARD["panels"])
                and set(healths) == {"ok"}
            ),
        )
        wards = ask("label/ward/values")
    assert wards == ["ward"]
