"""Files on their way into the library."""

from datetime import UTC, datetime
from typing import Any

from console.arrivals import Arrivals
from console.arrivals_view import arrivals_html
from service.schemas import JobEvent


def event(kind: str, **data: Any) -> JobEvent:
    return JobEvent(sequence=1, type=kind, data=data, created_at=datetime.now(UTC))


def test_a_file_moves_through_its_stages_to_the_shelf() -> None:
    arrivals = Arrivals()
    arrival = arrivals.add("oven.pdf", 2048)
    shares = [arrival.share]
    for name in ("fetch", "store_raw", "validate", "parse", "chunk", "embed", "index", "publish"):
        arrivals.take(event("document.stage", source="oven.pdf", stage=name), [arrival])
        shares.append(arrival.share)

    assert shares == sorted(set(shares))
    assert shares[-1] < 1
    assert "<progress" in arrivals_html(arrivals.all)

    finished = event("document.finished", source="oven.pdf", status="indexed", pages=3, chunks=9)
    arrivals.take(finished, [arrival])

    assert arrival.ended
    assert (arrival.state, arrival.detail) == ("Indexed", "3 pages, 9 chunks")
    assert "<progress" not in arrivals_html(arrivals.all)


def test_a_quarantined_file_says_why() -> None:
    arrivals = Arrivals()
    arrival = arrivals.add("bad.pdf")

    arrivals.take(
        event(
            "document.finished",
            source="bad.pdf",
            status="quarantined",
            reason="corrupt",
            message="the PDF is damaged",
        ),
        [arrival],
    )

    drawn = arrivals_html(arrivals.all)
    assert arrival.tone == "warn"
    assert "Damaged file" in drawn
    assert "The PDF is damaged." in drawn


def test_events_of_other_files_and_of_ended_ones_change_nothing() -> None:
    arrivals = Arrivals()
    arrival = arrivals.add("a.pdf")
    arrival.refuse("Too large", "The limit is 1 MB.")

    arrivals.take(event("document.stage", source="a.pdf", stage="parse"), [arrival])
    arrivals.take(event("document.stage", source="b.pdf", stage="parse"), [arrival])

    assert arrival.state == "Too large"


def test_clearing_keeps_what_is_still_on_its_way() -> None:
    arrivals = Arrivals()
    arrivals.add("gone.pdf").refuse("Refused", "")
    waiting = arrivals.add("waiting.pdf")

    arrivals.clear_ended()

    assert arrivals.all == [waiting]


def test_a_name_is_underway_until_its_file_has_arrived() -> None:
    arrivals = Arrivals()
    arrival = arrivals.add("a.pdf")

    assert arrivals.underway("a.pdf")
    arrival.refuse("Refused", "")
    assert not arrivals.underway("a.pdf")


def test_hostile_names_are_escaped() -> None:
    arrivals = Arrivals()
    arrivals.add('"><script>.pdf')

    assert "<script>" not in arrivals_html(arrivals.all)


def test_files_of_a_job_that_waits_say_why() -> None:
    arrivals = Arrivals()
    there, waiting = arrivals.add("there.pdf"), arrivals.add("waiting.pdf")
    among = [there, waiting]
    arrivals.take(event("document.finished", source="there.pdf", status="indexed"), among)

    arrivals.take(event("job.retrying", in_s=3, message="the model server is away"), among)

    assert there.ended
    assert (waiting.state, waiting.detail) == ("Trying again soon", "The model server is away.")
    arrivals.take(event("job.paused"), among)
    assert waiting.state == "Paused"
