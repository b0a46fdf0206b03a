"""The files for those who watch the boxes: Prometheus' rules by its own tool, the dashboard as Grafana reads it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

SYSTEMD = Path(__file__).resolve().parents[3] / "systemd"
RULES = SYSTEMD / "prometheus" / "vigil.rules.yml"
STORIES = SYSTEMD / "prometheus" / "vigil.rules.test.yml"
BOARD = json.loads((SYSTEMD / "grafana" / "vigil.json").read_text(encoding="utf-8"))
WIDTH = 24
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool (apt-get install prometheus)")


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False, timeout=300)


@needs_promtool
def test_promtool_finds_the_rules_and_the_scraping_right(tmp_path: Path) -> None:
    run = promtool("check", "rules", "--lint-fatal", RULES)
    assert run.returncode == 0, run.stdout + run.stderr
    shutil.copy(RULES, tmp_path)
    shutil.copy(SYSTEMD / "prometheus" / "scrape.example.yml", tmp_path)
    run = promtool("check", "config", tmp_path / "scrape.example.yml")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 rule files found" in run.stdout


@needs_promtool
def test_every_rule_fires_on_its_story_and_is_silent_where_all_is_well() -> None:
    run = promtool("test", "rules", STORIES)
    assert run.returncode == 0, run.stdout + run.stderr
    stories = yaml.safe_load(STORIES.read_text(encoding="utf-8"))["tests"]
    told = [(case["alertname"], bool(case["exp_alerts"])) for story in stories for case in story["alert_rule_test"]]
    names = {rule["alert"] for group in rules() for rule in group["rules"]}
    assert {name for name, fires in told if fires} == names
    assert {name for name, fires in told if not fires} == names


@needs_promtool
@pytest.mark.parametrize(
    ("said", "instead"),
    [("vigil_sink_ok == 0", "vigil_sink_ok == 2"), ("for: 1m", "for: 1h"), ("vigil_sink_dropped_total unless", "0 *")],
)
def test_a_rule_that_is_wrong_would_be_found(tmp_path: Path, said: str, instead: str) -> None:
    text = RULES.read_text(encoding="utf-8")
    assert said in text
    (tmp_path / RULES.name).write_text(text.replace(said, instead), encoding="utf-8")
    shutil.copy(STORIES, tmp_path)
    assert promtool("test", "rules", tmp_path / STORIES.name).returncode != 0


def test_every_rule_says_what_it_is_about_and_how_bad() -> None:
    for group in rules():
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"critical", "warning"}
            assert "{{ $labels.ward }}" in rule["annotations"]["summary"]
            assert rule["annotations"]["description"].endswith((".", "?"))


def test_panels_stand_beside_each_other_and_have_titles() -> None:
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: dict[tuple[int, int], str] = {}
    for panel in panels:
        place = panel["gridPos"]
        assert panel["title"]
        assert place["x"] + place["w"] <= WIDTH
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
    assert len(taken) == WIDTH * (max(y for _, y in taken) + 1), "there are holes"


def test_every_panel_asks_the_chosen_prometheus_about_the_chosen_wards() -> None:
    source = {"type": "prometheus", "uid": "${datasource}"}
    variables = {each["name"] for each in BOARD["templating"]["list"]}
    for panel in BOARD["panels"]:
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == source
        for target in panel["targets"]:
            assert target["datasource"] == source
            selectors = re.findall(r"(?:\bup|vigil_\w+)(\{[^}]*\})?", target["expr"])
            assert selectors
            assert all('ward=~"$ward"' in selector for selector in selectors), target["expr"]
            assert set(re.findall(r"\$\{?(\w+)", target["expr"])) <= {*variables, "__rate_interval"}
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            grouped = re.search(r"\bby \(([^)]*)\)", target["expr"])
            assert grouped is None or shown <= set(grouped[1].replace(" ", "").split(","))


def rules() -> list[dict]:
    groups: list[dict] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return groups
