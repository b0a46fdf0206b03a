# vigil: `make run` runs the main job on an embedded default, `make test` passes the tests. Nothing else is needed.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SOURCE ?=
OUT ?= out
STAMP := $(VENV)/.installed

.PHONY: run test lint bench docs deb deb-check env clean

env: $(STAMP)

$(STAMP): pyproject.toml constraints.txt .ci/system-packages
	bash .ci/system-packages
	test -x $(BIN)/python || $$(command -v $(PYTHON) || command -v python3) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,research]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps quantus  # its opencv-python would overwrite mediapipe's cv2
	bash .ci/gstreamer-binding $(BIN)/python
	touch $@

run: $(STAMP)
	$(BIN)/vigil $(if $(SOURCE),replay "$(SOURCE)" --out "$(OUT)",demo --out "$(OUT)") --overwrite

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "not live"
	$(BIN)/python -m pytest -m live  # real processes at their real pace, each with the machine for itself

docs: $(STAMP)
	$(BIN)/sphinx-build --fail-on-warning --nitpicky --fresh-env --quiet docs docs/_build

bench: $(STAMP)
	$(BIN)/vigil bench

deb: $(STAMP)  # dist/vigil_*.deb; PACKAGES=explain adds vigil-explain with PyTorch (gigabytes)
	PACKAGES=$(PACKAGES) debian/build dist

deb-check: deb  # installs, runs, upgrades and removes it on a bare Debian 12 in a folder; wants root
	VIGIL_PACKAGES=$(CURDIR)/dist $(BIN)/python -m pytest tests/package
	if command -v lintian >/dev/null; then lintian --allow-root --fail-on error,warning dist/*.deb; fi

clean:
	rm -rf $(VENV) out dist docs/_build
