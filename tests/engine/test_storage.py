"""What runs take, and that only checkpoints nobody needs are removed."""

import pytest

from engine import rundir, storage
from engine.schema import UserError
from tests.engine.many import made, weigh


def test_usage_adds_up_by_what_it_is_for():
    run = weigh(made(1), model=3, checkpoints=7, whole=2)
    found = storage.usage(run)
    assert (found.model, found.checkpoints, found.whole) == (3000, 7000, 2000)
    assert found.total == sum(file.stat().st_size for file in run.path.rglob("*") if file.is_file())
    assert storage.size(run.path / "nothing") == 0


def test_checkpoints_of_a_finished_run_go_and_its_model_stays():
    run = weigh(made(1), model=3, checkpoints=7)
    model = (run.model / "weights.safetensors").read_bytes()
    assert storage.spare([run]) == {run.id: 7000}
    assert storage.free_checkpoints(run) == 7000
    assert not run.checkpoints.exists() and (run.model / "weights.safetensors").read_bytes() == model
    assert storage.spare([run]) == {} and storage.free_checkpoints(run) == 0


@pytest.mark.parametrize("state", ["stopped", "failed", "running"])
def test_a_run_that_may_be_resumed_keeps_its_checkpoints(state):
    run = weigh(made(1, state=state), model=1, checkpoints=7)
    assert storage.spare(rundir.all_runs()) == {}
    with pytest.raises(UserError, match="resume"):
        storage.free_checkpoints(run)
    assert storage.size(run.checkpoints) == 7000
