"""What ``/metrics`` serves, from the registry that serves it."""

from __future__ import annotations

from from_code.markdown import code, prose, table
from monitor.service.metrics import Metrics


def metrics() -> str:
    """A row for each metric, under the name that Prometheus stores."""
    rows = []
    for family in sorted(Metrics().registry.collect(), key=lambda found: found.name):
        labels = tuple(getattr(family, "_labelnames", ())) or _labels(family)
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append((code(name), family.type, ", ".join(map(code, labels)), prose(family.documentation)))
    return table(("metric", "kind", "labels", "what it says"), rows)


def _labels(family: object) -> tuple[str, ...]:
    return _DECLARED.get(getattr(family, "name", ""), ())


def _declared() -> dict[str, tuple[str, ...]]:
    registry = Metrics().registry
    owners = getattr(registry, "_collector_to_names", {})
    return {owner._name: tuple(owner._labelnames) for owner in owners if hasattr(owner, "_labelnames")}


_DECLARED = _declared()
