"""Schedules on Flyte: the launch plans that flytekit serializes, what a run of one is given, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mloc.driver import analyse
from tests.flyte.bundles import made_report, write
from tests.flyte.programs import compiled

STEP = """mlp 1

step load(day: date, at: datetime, names: list[str], note: str?, full: bool, id: str) -> (rows: str):
    run inline \"\"\"
        return f"{day} {at:%H:%M} {names} {note} {full} {bool(id)}"
        \"\"\"

pipeline daily(day: date, at: datetime, id: str, note: str?, names: list[str] = [], full: bool = false) -> (rows: str):
    loaded = load(day=day, at=at, names=names, note=note, full=full, id=id)
    return rows=loaded.rows
"""
PROGRAM = f"""{STEP}
schedule nightly for daily:
    cron "30 3 * * mon-fri"
    catchup true
    args day=run.scheduled_date, at=run.scheduled_time, id=run.id, full=true, names=["a"], note=null

schedule weekly for daily:
    cron "@weekly"
    catchup true
    overlap allow
    args day=date("2026-01-01"), at=datetime("2026-01-01T00:00:00Z"), id="weekly", note="n"
"""
DUE = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)


@pytest.mark.engine
@pytest.mark.slow
def test_the_launch_plan_of_a_schedule(tmp_path: Path) -> None:
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine

    from tests.flyte.cluster import Cluster, package
    from tests.judges.judging import ask

    asked = compiled(PROGRAM, tmp_path)
    bundle = write(asked, tmp_path / "bundle")
    (tmp_path / "packages").mkdir()
    packed = package(bundle, "daily", tmp_path / "packages" / "daily.tgz")
    nightly, weekly = packed.plans["daily__nightly"].spec, packed.plans["daily__weekly"].spec

    schedule = nightly.entity_metadata.schedule
    assert (schedule.cron_schedule.schedule, schedule.kickoff_time_input_arg) == ("30 3 * * 1-5", "kickoff")
    assert (nightly.concurrency_policy.max, nightly.workflow_id.name) == (1, "daily.daily_nightly")
    assert set(nightly.default_inputs.parameters) == {"kickoff"}

    assert weekly.entity_metadata.schedule.cron_schedule.schedule == "0 0 * * 0"
    assert not weekly.HasField("concurrency_policy")
    assert weekly.workflow_id.name == "daily.daily"
    assert set(weekly.fixed_inputs.literals) == {"day", "at", "id", "note"}
    assert weekly.fixed_inputs.literals["note"].scalar.primitive.string_value == '"n"'

    verdict = ask("flyte", tmp_path / "packages")["daily"]
    assert verdict.refusals == ()

    # A run of the schedule, by its graph and the commands of its tasks.
    context = FlyteContextManager.current_context()
    kickoff = TypeEngine.to_literal(context, DUE, datetime, TypeEngine.to_literal_type(datetime)).to_flyte_idl()
    (tmp_path / "work").mkdir()
    cluster = Cluster(packed, bundle, tmp_path / "work", {"MLOC_RECORDS": str(tmp_path / "records")})
    workflow = packed.workflows["daily.daily_nightly"]
    assert [node.id for node in workflow.nodes if not node.id.endswith("-node")] == ["args", "run"]
    # The body asks nothing of the run, so no task says it.
    assert set(packed.tasks) == {f"daily.{name}" for name in ("parameters", "load", "outputs", "nightly_args")}
    cluster.workflow(workflow, {"kickoff": kickoff}, packed.tasks, packed.workflows)
    report = made_report(asked.pipeline, tmp_path / "records", "succeeded", None, {})
    assert report["outputs"] == {"rows": "2026-03-29 23:30 ['a'] None True True"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("catchup false", "catchup false of schedule `s`: when its scheduler was down, it makes up for what it missed, always"),
        ('timezone "Europe/Paris"', "timezone Europe/Paris of schedule `s`: its scheduler knows UTC alone"),
        ("overlap queue", "overlap queue of schedule `s`: a launch plan can skip a run, but not put it off"),
        ('start date("2026-02-01")', "start of schedule `s`: a launch plan is activated and deactivated by hand"),
        ('end date("2099-02-01")', "end of schedule `s`: a launch plan is activated and deactivated by hand"),
    ],
)
def test_what_its_scheduler_has_no_word_for(tmp_path: Path, said: str, why: str) -> None:
    cron = 'cron "0 3 * * *"'
    lines = [f'{cron}, timezone="Europe/Paris"' if said.startswith("timezone") else cron]
    lines += [said] if not said.startswith("timezone") else []
    lines += ["catchup true"] if said != "catchup false" else []
    path = tmp_path / "p.mlp"
    path.write_text(
        'mlp 1\n\nstep f():\n    run inline "print(1)"\n\npipeline p():\n    f()\n\nschedule s for p:\n    ' + "\n    ".join(lines) + "\n"
    )
    analysis = analyse(str(path), for_targets=True, targets=("flyte",))
    assert [d.message for d in analysis.diagnostics if d.rule.code == "E1120"] == [f"target `flyte` cannot express {why}"]
