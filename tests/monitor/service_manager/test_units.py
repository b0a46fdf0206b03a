"""The units as they are installed: systemd's own verdicts, and what they must say."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from unit_settings import needs_systemd_tools

from monitor.errors import ConfigurationError, InputMissing
from monitor.service_manager.unit_file import read_unit
from monitor.ward.reading import read_ward

pytestmark = needs_systemd_tools
SYSTEMD = Path(__file__).resolve().parents[3] / "systemd"
UNITS = ("vigil.service", "vigil@.service", "vigil-sidecar.service", "vigil-sidecar@.service")
MOST_EXPOSED = 2.0


@pytest.mark.parametrize("name", UNITS)
def test_exposure_is_at_most_two(name: str) -> None:
    run = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            f"--threshold={MOST_EXPOSED * 10:.0f}",
            "--no-pager",
            SYSTEMD / name,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = re.search(r"exposure level for \S+: ([0-9.]+)", run.stdout)
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    for each in UNITS:
        text = (SYSTEMD / each).read_text(encoding="utf-8")
        (tmp_path / each).write_text(text.replace("/opt/vigil/bin/vigil", "/bin/true"), encoding="utf-8")
    run = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False, timeout=300
    )
    ours = [line for line in (run.stdout + run.stderr).splitlines() if "vigil" in line]
    assert ours == []


def test_a_mistake_would_be_found(tmp_path: Path) -> None:
    text = (
        (SYSTEMD / "vigil.service").read_text(encoding="utf-8").replace("ProtectSystem=strict", "ProtectSistem=strict")
    )
    (tmp_path / "vigil.service").write_text(text, encoding="utf-8")
    run = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "vigil.service"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "ProtectSistem" in run.stderr


@pytest.mark.parametrize("name", UNITS)
def test_what_every_unit_must_say(name: str) -> None:
    unit = read_unit(SYSTEMD / name)
    assert unit.last("Type") == "notify"
    assert unit.last("Restart") == "on-failure"
    assert "78" in unit.words("RestartPreventExitStatus")
    assert float(unit.last("WatchdogSec")) > 0
    assert unit.last("StartLimitIntervalSec", section="Unit") == "0"
    assert unit.settings["Service"]["CapabilityBoundingSet"] == ()
    assert unit.last("LimitCORE") == "0"
    assert unit.last("Group") == "vigil"


@pytest.mark.parametrize("name", ["vigil-sidecar.service", "vigil-sidecar@.service"])
def test_the_sidecar_has_neither_network_nor_devices_nor_the_services_user(name: str) -> None:
    unit = read_unit(SYSTEMD / name)
    assert unit.is_on("PrivateNetwork")
    assert unit.is_on("PrivateDevices")
    assert unit.words("RestrictAddressFamilies") == ("AF_UNIX",)
    assert unit.last("User") == "vigil-sidecar" != read_unit(SYSTEMD / "vigil.service").last("User")
    assert unit.words("StateDirectory") == unit.words("LoadCredential") == ()


@pytest.mark.parametrize("name", ["vigil", "vigil-sidecar"])
def test_the_template_differs_in_its_folders_and_names_alone(name: str) -> None:
    single, template = read_unit(SYSTEMD / f"{name}.service"), read_unit(SYSTEMD / f"{name}@.service")
    for section in ("Unit", "Service", "Install"):
        assert single.settings[section].keys() == template.settings[section].keys()
        for key, values in template.settings[section].items():
            if any("%i" in value for value in values):
                plain = tuple(re.sub(r"[/@-]%i| \(%i\)", "", value) for value in values)
                assert plain == single.settings[section][key]
            else:
                assert values == single.settings[section][key], key
    distinct = ("StateDirectory", "RuntimeDirectory", "ConfigurationDirectory")
    assert all("%i" in template.last(key) for key in distinct if template.all(key))


def test_the_drop_in_examples_fit_their_unit(tmp_path: Path) -> None:
    examples = sorted((SYSTEMD / "drop-ins").glob("*.conf.example"))
    assert len(examples) == 5
    for each in UNITS:
        text = (SYSTEMD / each).read_text(encoding="utf-8")
        (tmp_path / each).write_text(text.replace("/opt/vigil/bin/vigil", "/bin/true"), encoding="utf-8")
    folder = tmp_path / "vigil.service.d"
    folder.mkdir()
    for example in examples:
        if example.name != "notify-reload.conf.example":  # wants systemd 253
            (folder / example.name.removesuffix(".example")).write_text(example.read_text(encoding="utf-8"))
    run = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "vigil.service"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert [line for line in (run.stdout + run.stderr).splitlines() if "vigil" in line] == []
    unit = read_unit(tmp_path / "vigil.service")
    assert unit.all("LoadCredential")[0].startswith("door-camera:")
    assert unit.last("MemoryMax") == "3G"


def test_the_ready_made_drop_in_of_the_configuration_is_one(tmp_path: Path) -> None:
    shutil.copy(SYSTEMD / "vigil.example.yaml", tmp_path / "vigil.yaml")
    (tmp_path / "vigil.d").mkdir()
    drop_in = (SYSTEMD / "10-sidecar.yaml").read_text(encoding="utf-8")
    (tmp_path / "vigil.d" / "10-sidecar.yaml").write_text(drop_in, encoding="utf-8")
    reading = read_ward(tmp_path / "vigil.yaml")
    assert reading.complaints == ()
    assert reading.settings is not None
    sidecar = read_unit(SYSTEMD / "vigil-sidecar.service", {"t": "/run"})
    assert sidecar.last("ExecStart").endswith(f"--listen {reading.settings.sidecar.socket}")
    assert reading.settings.sidecar.socket == f"/run/{sidecar.last('RuntimeDirectory')}/sidecar.sock"


def test_the_page_at_a_port_below_1024_leaves_the_unit_hardened(tmp_path: Path) -> None:
    example = (SYSTEMD / "drop-ins" / "page.conf.example").read_text(encoding="utf-8")
    wanted = [line.removeprefix("#") for line in example.splitlines() if re.fullmatch(r"#?[A-Z]\w+=.*", line)]
    assert [line.partition("=")[0] for line in wanted] == [
        "LoadCredential",
        "AmbientCapabilities",
        "CapabilityBoundingSet",
    ]
    text = (SYSTEMD / "vigil.service").read_text(encoding="utf-8")
    (tmp_path / "vigil.service").write_text(text.replace("\n[Install]", "\n".join(["", *wanted, "", "[Install]"])))
    words = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", "--no-pager"]
    run = subprocess.run([*words, tmp_path / "vigil.service"], capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_starts_without_a_configuration() -> None:
    for name, folder in (("vigil.service", "/etc/vigil"), ("vigil@.service", "/etc/vigil/north")):
        unit = read_unit(SYSTEMD / name, {"i": "north"})
        assert unit.all("ConditionPathExistsGlob", "Unit") == (f"|{folder}/vigil.y*ml",)
        assert unit.all("ConditionPathExists", "Unit") == (f"|{folder}/vigil.toml",)


def test_systemd_makes_the_users_and_folders(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "sysusers.conf"], check=True, timeout=300)
    users = {line.split(":")[0]: line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    groups = {line.split(":")[0]: line.split(":")[2] for line in (tmp_path / "etc/group").read_text().splitlines()}
    assert users["vigil"][3] == users["vigil-sidecar"][3] == groups["vigil"]
    for name in UNITS:
        unit = read_unit(SYSTEMD / name)
        assert unit.last("User") in users
        assert {unit.last("Group"), *unit.words("SupplementaryGroups")} <= groups.keys()
    subprocess.run(
        ["systemd-tmpfiles", f"--root={tmp_path}", "--create", SYSTEMD / "tmpfiles.conf"], check=True, timeout=300
    )
    assert (tmp_path / "etc/vigil").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "etc/vigil/credentials").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "etc/vigil").stat().st_gid == int(groups["vigil"])


def test_unit_files_are_read_as_systemd_reads_them(tmp_path: Path) -> None:
    unit = tmp_path / "a@.service"
    unit.write_text(
        "# note\n[Service]\nExecStart=/bin/x \\\n  --long %i 100%%\nEnvironment=A=b C=d\nEnvironment=E=f\n"
        "DeviceAllow=char-rtc\nDeviceAllow=\nDeviceAllow=char-drm rw\nPrivateTmp=YES\n; more\n[Unit]\nWants=a b\n",
        encoding="utf-8",
    )
    read = read_unit(unit, {"i": "north"})
    assert read.last("ExecStart") == "/bin/x --long north 100%"
    assert read.words("Environment") == ("A=b", "C=d", "E=f")
    assert read.all("DeviceAllow") == ("char-drm rw",)
    assert read.is_on("PrivateTmp")
    assert not read.is_on("PrivateDevices")
    assert read.words("Wants", "Unit") == ("a", "b")
    (tmp_path / "a@.service.d").mkdir()
    (tmp_path / "a@.service.d" / "more.conf").write_text("[Service]\nPrivateTmp=no\n", encoding="utf-8")
    assert not read_unit(unit).is_on("PrivateTmp")
    unit.write_text("[Service]\nnonsense\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"a@\.service:2: neither"):
        read_unit(unit)
    with pytest.raises(InputMissing, match="No such file"):
        read_unit(tmp_path / "b.service")
