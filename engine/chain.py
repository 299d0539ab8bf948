"""Chains of runs: a run may start from the model of another (SFT, then DPO, then RLHF). No torch."""

from engine import registry, rundir
from engine.rundir import Run
from engine.schema import RunSpec, UserError

PREFIX = "run:"


def name(run: Run) -> str:
    """What a spec's `model` says to start from the model of that run."""
    return f"{PREFIX}{run.id}"


def parent(model: str) -> Run | None:
    """The run whose model is meant; None for a model by name, id or folder. Raises UserError as `rundir.open_run`."""
    return rundir.open_run(model.removeprefix(PREFIX)) if model.startswith(PREFIX) else None


def check(model: str) -> None:
    """Raises UserError where the run whose model is meant has none yet, or one that nothing can be built upon."""
    run = parent(model)
    if run is None:
        return
    if not run.file("training").exists():
        raise UserError(f"model: run {run.id} has no trained model yet. Let it finish, or resume it.")
    if not run.whole.exists() and not registry.method_of(run.spec()).folds:
        title = registry.methods()[run.spec().method].title
        raise UserError(
            f"model: run {run.id} was trained by {title}, which stays beside the weights and cannot be folded into "
            "them. Start from a run by LoRA, QLoRA, IA3 or full fine-tuning."
        )


def made_by(model: str) -> str:
    """The name of the method that made a run's model; "" for a base model."""
    run = parent(model)
    return run.spec().method if run else ""


def earlier(spec: RunSpec) -> list[tuple[str, str | None]]:
    """(model, revision) of the models before the one that `spec` starts from, the first of the chain first; none where
    it starts a chain."""
    found: list[tuple[str, str | None]] = []
    run = parent(spec.model)
    while run is not None:
        begun = run.spec()
        found.insert(0, (begun.model, begun.revision))
        run = parent(begun.model)
    return found
