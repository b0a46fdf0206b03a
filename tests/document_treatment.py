"""How each command of the documents is carried out by the tests: as it stands, made shorter, or not, and why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from documents import PROGRAMS


class How(Enum):
    """What becomes of a command."""

    RUN = "run"
    """As it stands, or with another ending (``shorter``) that leaves its meaning and spares time."""
    IN_THE_CHECKOUT = "run in the checkout"
    SERVICE = "run in the background until the document ends"
    NAMED = "only its targets, options and files are checked"


@dataclass(frozen=True, slots=True)
class Treatment:
    """For commands that begin with ``pattern``. ``because``: why it is not carried out as it stands."""

    pattern: str
    how: How = How.RUN
    because: str = ""
    shorter: Callable[[str], str] = str

    def fits(self, text: str) -> bool:
        """Whether ``text`` is such a command."""
        return re.match(self.pattern, text) is not None


def _adding(words: str) -> Callable[[str], str]:
    return lambda text: re.sub(r"(?= && |$)", f" {words}", text, count=1)


def _replacing(said: str, by: str) -> Callable[[str], str]:
    return lambda text: text.replace(said, by)


def _early(text: str) -> str:
    """Moments of a night, within a recording of seconds."""
    return text.replace("12:30", "0:01").replace("1:05:00", "0:02") + " --no-explain"


TREATMENTS: tuple[Treatment, ...] = (
    Treatment(
        r"make run SOURCE=",
        because="the environment is there already, and explaining is run elsewhere",
        shorter=lambda text: f"make --old-file=.venv/.installed {text.removeprefix('make ')} OUT=from-make",
    ),
    Treatment(r"make run$", How.NAMED, "takes minutes; tests/e2e/test_demo_command.py carries out what it calls"),
    Treatment(r"make (test|lint)$", How.NAMED, "would run this test within itself"),
    Treatment(r"make docs$", How.NAMED, "tests/docs/test_build.py builds with the words of the Makefile"),
    Treatment(r"make (env|bench|deb|deb-check)$", How.NAMED, "builds or measures for minutes, from package registries"),
    Treatment(r"python -m pytest ", How.IN_THE_CHECKOUT, shorter=_adding("-q -p no:cacheprovider -p no:xdist")),
    Treatment(
        r"python -m monitor.service_manager.as_unit ",
        How.NAMED,
        "runs until it is ended; tests/e2e/test_service_as_unit.py carries it out",
    ),
    Treatment(
        r"sudo -u vigil env XDG_CACHE_HOME=/var/cache ",
        because="the asset that this machine has is not fetched or built anew",
        shorter=_replacing("XDG_CACHE_HOME=/var/cache ", ""),
    ),
    Treatment(r"python3 -m venv ", because="nothing is fetched", shorter=_adding("--without-pip")),
    Treatment(r"\S*pip install ", How.NAMED, "would fetch gigabytes; the extra and the constraints file are checked"),
    Treatment(r"(sudo )?apt-get ", How.NAMED, "would change this machine; the packages' names are checked"),
    Treatment(
        r"\S*vigil install",
        because="installs below the folder of the test",
        shorter=_adding('--root "$VIGIL_ROOT" --executable "$VIGIL_EXECUTABLE"'),
    ),
    Treatment(
        r"cp /etc/vigil/vigil.example.yaml /etc/vigil/vigil.yaml$",
        because="the cameras of the example are not here: it is checked, and what follows takes the ward of the test",
        shorter=lambda text: (
            f"{text} && vigil check-config /etc/vigil/vigil.yaml && cp ward.yaml /etc/vigil/vigil.yaml"
        ),
    ),
    Treatment(
        r"vigil demo ",
        because="takes minutes; tests/e2e/test_demo_command.py makes it",
        shorter=lambda text: f"mkdir -p {text.rpartition(' ')[2]} && cp clip.mp4 {text.rpartition(' ')[2]}/demo.mp4",
    ),
    Treatment(r"vigil replay night", because="the recording of the test is short", shorter=_early),
    Treatment(r"vigil replay .*--model ", because="explained elsewhere", shorter=_adding("--no-explain")),
    Treatment(r"vigil doctor", shorter=_adding("--seconds 1")),
    Treatment(r"vigil run ", How.SERVICE),
    Treatment(r"vigil models report ", How.NAMED, "takes minutes; tests/contracts/test_recipes.py runs each recipe"),
    Treatment(r"vigil models train ", How.NAMED, "takes days; tests/models/test_training.py trains a small one"),
    Treatment(r"vigil bench --ward", How.NAMED, "measures for minutes; tests/monitor/test_bench_ward.py runs it"),
    *(
        Treatment(rf"(\S+/)?{re.escape(program)}(?= |$)")
        for program in sorted(PROGRAMS - {"make", "pip", "apt", "apt-get"})
    ),
)


def treatment(text: str) -> Treatment | None:
    """What becomes of ``text``; None when nobody said."""
    return next((each for each in TREATMENTS if each.fits(text)), None)
