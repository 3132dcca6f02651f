from dataclasses import replace

from evals.spreading import SpreadReport, Stored, Trial

STORED = Stored(sources=("a.md", "b.md"), chunks=("1", "2", "2"), vectors=3, stray=0)
ONE = Trial(workers=1, seconds=30.0, status="succeeded", done=2, stored=STORED)


def report(*killed: Trial) -> SpreadReport:
    two = [replace(ONE, workers=2, seconds=seconds) for seconds in (12.0, 15.0, 40.0)]
    return SpreadReport(undisturbed=[ONE, *two], killed=killed)


def test_the_speed_up_compares_medians() -> None:
    assert report().speed_up == 2.0
    assert report().document()["speed_up"] == 2.0


def test_a_killed_trial_must_leave_what_an_undisturbed_one_left() -> None:
    right = replace(ONE, killed_after_s=3.0)
    wrong = [
        replace(right, status="failed"),
        replace(right, stored=replace(STORED, stray=1)),
        replace(right, stored=replace(STORED, chunks=("1", "2"))),
        replace(right, stored=replace(STORED, sources=("a.md",))),
    ]

    assert report(right).wrong == []
    assert report(right, *wrong).wrong == wrong
    assert report(right, *wrong).document()["wrong"] == 4


def test_a_report_is_plain_values() -> None:
    document = report(replace(ONE, killed_after_s=3.0, cpu_s=1.001, memory_mb=2.0)).document()
    assert (document["documents"], document["chunks"], document["vectors"]) == (2, 3, 3)
    assert document["killed"] == [
        {
            "workers": 1,
            "seconds": 30.0,
            "status": "succeeded",
            "done": 2,
            "killed_after_s": 3.0,
            "cpu_s": 1.0,
            "memory_mb": 2.0,
            "stray": 0,
        }
    ]
