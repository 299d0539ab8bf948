"""A run's folder: what its files say of its state."""

from engine import atomic, rundir
from engine.schema import DataSpec, RunSpec, Source


def test_a_run_whose_status_no_worker_wrote_is_lost():
    run = rundir.create(RunSpec(data=DataSpec(train=Source(path="x"))))
    atomic.write_json(run.file("status"), {"state": "running"})
    assert rundir.state(run) == "lost"
