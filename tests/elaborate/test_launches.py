"""Schedules and triggers: what of them reaches the IR, and what is said of wrong ones."""

from __future__ import annotations

import pytest

from tests.elaborate.programs import check, codes, pipeline

HEAD = """mlp 1

step see(day: date, model: File?) -> (out: File):
    run inline "return model"
    publish asset("models/churn"), asset("seen")

pipeline p(day: date, model: File? = null, n: int = 1 in 1..5, label: str = "x"):
    see(day=day, model=model)

"""


def launch(kind: str, *lines: str) -> str:
    return HEAD + f"{kind} nightly for p:\n" + "".join(f"    {line}\n" for line in lines)


def test_a_schedule_as_it_reaches_the_ir() -> None:
    found = pipeline(
        launch(
            "schedule",
            'cron "30 3 * * mon-fri", timezone="Europe/Paris"',
            "catchup true",
            "overlap queue",
            'start "2026-01-31"',
            'end datetime("2027-01-31T00:00:00Z")',
            'args day=run.scheduled_date, n=3, label=f"run {run.id} of {run.scheduled_date}", model=asset("models/production")',
        )
    )
    (schedule,) = found.launches
    assert (schedule.kind, schedule.name, schedule.cron, schedule.timezone) == ("schedule", "nightly", "30 3 * * 1-5", "Europe/Paris")
    assert (schedule.catchup, schedule.overlap, schedule.start, schedule.end) == (True, "queue", "2026-01-31", "2027-01-31T00:00:00Z")
    assert [name for name, _ in schedule.args] == ["day", "n", "label"]
    assert schedule.given == (("model", "models/production"),)
    assert found.region.nodes[0].settings.publishes == ("models/churn", "seen")  # type: ignore[union-attr]


def test_a_trigger_as_it_reaches_the_ir() -> None:
    (trigger,) = pipeline(launch("trigger", 'on_asset "a", "b"', "args day=run.today")).launches
    assert (trigger.kind, trigger.assets, trigger.cron) == ("trigger", ("a", "b"), None)


@pytest.mark.parametrize(
    ("kind", "lines", "expected"),
    [
        ("schedule", ("args day=run.today",), ["E0721"]),
        ("trigger", ("args day=run.today",), ["E0721"]),
        ("schedule", ('cron "@daily"', "args day=run.today", "on_asset 'a'"), ["E0720"]),
        ("trigger", ('on_asset "a"', "args day=run.today", "catchup true"), ["E0720"]),
        ("schedule", ('cron "@daily"', 'cron "@daily"', "args day=run.today"), ["E0722"]),
        ("schedule", ('cron "@daily", tz="UTC"', "args day=run.today"), ["E0721"]),
        ("schedule", ('cron "@daily"', "args day=run.today, day=run.today"), ["E0306"]),
        ("schedule", ('cron "@daily"', "args run.today"), ["E0305"]),
        ("schedule", ('cron "@daily"', "args dai=run.today"), ["E0303"]),
        ("schedule", ('cron "@daily"', "args day=run.scheduled_time"), ["E0201"]),
        ("schedule", ('cron "@daily"', "args day=run.status"), ["E0215"]),
        ("schedule", ('cron "@daily"', "args day=day"), ["E0101"]),
        ("schedule", ('cron "@daily"', "args day=run.today, n=6"), ["E0214"]),
        ("schedule", ('cron "@daily"', "overlap maybe", "args day=run.today"), ["E0721"]),
        ("schedule", ('cron "@daily"', "catchup run.id == 'x'", "args day=run.today"), ["E1013"]),
        ("schedule", ('cron f"0 {run.id} * * *"', "args day=run.today"), ["E1013"]),
        ("schedule", ('cron "@daily"', "start 3", "args day=run.today"), ["E0721"]),
    ],
)
def test_one_mistake_is_one_error(kind: str, lines: tuple[str, ...], expected: list[str]) -> None:
    assert codes(launch(kind, *lines)) == expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [("dat_scheduled", "scheduled_date"), ("date_scheduled", "scheduled_date"), ("scheduled_dat", "scheduled_date"), ("tody", "today")],
)
def test_names_of_a_run_are_suggested(written: str, meant: str) -> None:
    (found,) = check(launch("schedule", 'cron "@daily"', f"args day=run.{written}"))[1]
    assert found.help == f"did you mean `run.{meant}`?"


def test_a_zone_is_asked_for_beside_the_cron() -> None:
    (found,) = check(launch("schedule", 'cron "@daily"', 'timezone "UTC"', "args day=run.today"))[1]
    assert (found.rule.code, found.help) == ("E0720", 'did you mean `cron "30 3 * * *", timezone="Europe/Paris"`?')


def test_the_pipeline_must_be_of_the_file() -> None:
    text = HEAD + 'schedule s for q:\n    cron "@daily"\n    args day=run.today\n'
    assert codes(text) == ["E0101"]
    assert codes(text.replace("for q", "for see")) == ["E0101"]


LOOP = """mlp 1

step make() -> (out: File):
    run inline "return None"
    publish asset("ASSET")

pipeline NAME():
    make()

trigger on_new for NAME:
    on_asset "OTHER"
"""


def test_a_loop_over_two_pipelines_is_told_once() -> None:
    one = LOOP.replace("NAME", "one").replace("ASSET", "a").replace("OTHER", "b")
    two = LOOP.replace("NAME", "two").replace("ASSET", "b").replace("OTHER", "a").replace("mlp 1\n", "").replace("make", "build")
    (found,) = [d for d in check(one + two.replace("on_new", "on_other"))[1] if d.rule.code == "E1012"]
    assert "one → two → one" in found.message
    assert "E1012" not in codes(one + two.replace('"a"', '"c"').replace("on_new", "on_other"))


@pytest.mark.parametrize(("other", "expected"), [("raw/sensor", ["W1022"]), ("raw/sensors2024", []), ("weather", [])])
def test_an_asset_that_is_nearly_one_of_ours(other: str, expected: list[str]) -> None:
    one = LOOP.replace("NAME", "one").replace("ASSET", "raw/sensors").replace("OTHER", other)
    assert [code for code in codes(one) if code == "W1022"] == expected


@pytest.mark.parametrize(
    ("down", "up", "late"), [("0 2 * * *", "0 4 * * *", True), ("0 5 * * *", "0 4 * * *", False), ("0 2 * * 1", "0 4 * * 2", False)]
)
def test_a_schedule_before_its_upstream(down: str, up: str, late: bool) -> None:
    text = f"""mlp 1

step make() -> (out: File):
    run inline "return None"
    publish asset("a")

step see(src: File):
    run inline "print(src)"

pipeline first():
    make()

pipeline second(src: File):
    see(src=src)

schedule up for first:
    cron "{up}"

schedule down for second:
    cron "{down}"
    args src=asset("a")
"""
    assert ("W1011" in codes(text)) == late
