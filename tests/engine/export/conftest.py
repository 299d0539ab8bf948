"""Finished runs of the tiny model, to be taken away."""

import json

import pytest

from engine import launch, rundir, worker
from engine.schema import DataSpec
from tests.engine.runs import tiny_spec


@pytest.fixture(scope="session")
def finish(tiny_model, tmp_path_factory):
    """finish(method, settings, **changes) gives a run of 24 rows that is done; the same one where it is asked again.

    Runs lie in a KURABE_HOME of their own, which `home` then makes that of the test.
    """
    home, made = tmp_path_factory.mktemp("finished"), {}

    def run(method="lora", settings=(), rows=None, mix=None, **changes):
        key = json.dumps([method, dict(settings), rows, mix, sorted(changes)], default=str)
        if key not in made:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("KURABE_HOME", str(home))
                folder = tmp_path_factory.mktemp("rows")
                spec = tiny_spec(folder, tiny_model, method=method, **changes)
                data = spec.data.model_dump()
                if rows:
                    data |= {"train": {"path": written(folder / "own.jsonl", rows)}}
                if mix:
                    data |= {"mix": {"path": written(folder / "mix.jsonl", mix)}}
                values = {"epochs": 2, "batch_size": 4, "learning_rate": 3e-3} | dict(settings)
                spec = spec.model_copy(update={"settings": values, "data": DataSpec(**data)})
                found = rundir.create(launch.check(spec))
                assert worker.main(found.id) == 0, found.status()
                made[key] = found
        return made[key]

    run.home = home
    return run


@pytest.fixture(autouse=True)
def home(finish, monkeypatch):
    """The runs' KURABE_HOME is the test's."""
    monkeypatch.setenv("KURABE_HOME", str(finish.home))


def written(path, rows) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)
