"""The health report as a list."""

from console.health import report_html
from providers.types import Status
from service.schemas import CapabilityHealth, HealthReport


def test_what_is_worst_stands_first() -> None:
    report = HealthReport(
        status=Status.DEGRADED,
        version="1.2.3",
        capabilities={
            "database": CapabilityHealth(plugin="sqlite", status=Status.READY),
            "cache": CapabilityHealth(plugin="memory", status=Status.DISABLED),
            "reranker": CapabilityHealth(
                plugin="late_interaction", status=Status.UNAVAILABLE, detail="no <model> folder"
            ),
        },
    )

    drawn = report_html(report)

    assert drawn.index("reranker") < drawn.index("database") < drawn.index("cache")
    assert "no &lt;model&gt; folder" in drawn
    assert "Cicerone 1.2.3" in drawn
