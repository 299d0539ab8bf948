"""The only file that speaks to lm-evaluation-harness (lm_eval, optional): its tasks, and a model that answers them.

Task files may name Python functions (`!function`), which run with the user's rights: only files named on the command
line come here, never anything from the page. No code of models or of hubs is run.
"""

import difflib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import Any

from engine import specs
from engine.harness_scores import TaskScores, task_scores
from engine.schema import UserError

BATCH = 4  # the harness keeps the logits of all tokens of a batch, over the whole vocabulary, twice
SHIPPED = specs.PRESETS / "shared"

Tell = Callable[[int, int], None]  # so many of so many requests are answered


def load(named: Sequence[str]) -> dict[str, Any]:
    """The harness's tasks by their names. Each of `named` is a task file, a folder of them, or a name: one of ours, of
    a task, group or tag of the harness. Data files are looked up beside the task file.

    Raises UserError naming the task that is not there, whose items cannot be had, or that is not run here.
    """
    found: dict[str, Any] = {}
    for what in named:
        for name, task in _load(what).items():
            if name in found:
                raise UserError(f"--tasks: '{name}' is asked for twice; the second time by '{what}'. Name it once.")
            _expect_usable(name, task)
            found[name] = task
    return found


def _load(what: str) -> dict[str, Any]:
    from lm_eval.tasks import TaskManager

    shipped = SHIPPED / f"{what}.yaml"
    if os.sep not in what and not what.endswith((".yaml", ".yml")):
        return _of_file(shipped, TaskManager(include_defaults=False)) if shipped.is_file() else _of_harness(what)
    path = Path(what).expanduser().resolve()
    if path.is_file():
        return _of_file(path, TaskManager(include_defaults=False))
    if not path.is_dir():
        raise UserError(f"--tasks: there is no task file or folder {what}.")
    manager = TaskManager(include_path=[path], include_defaults=False)
    groups = {manager.task_index[name].yaml_path for name in manager.all_groups}
    files = [file for file in sorted(path.glob("*.yaml")) if not file.name.startswith("_") and file not in groups]
    if not files:
        raise UserError(f"--tasks: the folder {what} holds no task file (*.yaml).")
    tasks = [item for file in files for item in _of_file(file, manager).items()]
    return dict(tasks)


def _of_file(file: Path, manager: Any) -> dict[str, Any]:
    try:
        with chdir(file.parent):
            return manager.load([str(file)])["tasks"]
    except Exception as error:  # noqa: BLE001 - the file may name code of the user's, which may raise anything
        raise UserError(
            f"--tasks: the task file {file} cannot be used ({_said(error)}). Data files that it names are looked up "
            "beside it; what comes from a hub needs one that can be reached."
        ) from None


def _of_harness(name: str) -> dict[str, Any]:
    manager = _known()
    entry = manager.task_index.get(name)
    if entry is None:
        close = difflib.get_close_matches(name, manager.all_tasks, n=3)
        hint = f"Did you mean {', '.join(close)}?" if close else "`lm-eval ls tasks` shows those there are."
        raise UserError(f"--tasks: the harness knows no task '{name}'. {hint} A file or folder of your own: ./{name}")
    try:
        return manager.load([name])["tasks"]
    except Exception as error:  # noqa: BLE001 - hubs, their libraries and missing packages raise all kinds
        place = f" at '{entry.cfg['dataset_path']}'" if entry.cfg and entry.cfg.get("dataset_path") else ""
        raise UserError(
            f"--tasks: the items of '{name}'{place} cannot be had ({_said(error)}). They come from a hub; where none "
            "can be reached, give a task file whose data lie beside it (dataset_path: json, with data_files), or "
            "kurabe_general, which is one."
        ) from None


@cache
def _known() -> Any:
    """The harness's own tasks: several seconds."""
    from lm_eval.tasks import TaskManager

    return TaskManager()


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300].rstrip('.')}" if lines else type(error).__name__


def _expect_usable(name: str, task: Any) -> None:
    if getattr(task, "UNSAFE_CODE", False):
        raise UserError(f"--tasks: '{name}' runs code that the models write, which is not done here. Leave it out.")
    if getattr(task, "MULTIMODAL", False):
        raise UserError(f"--tasks: '{name}' shows pictures or plays sound; these models read text. Leave it out.")


def answer(
    tasks: Mapping[str, Any],
    loaded: Any,
    *,
    limit: int | None,
    few_shot: int | None,
    chat: bool,
    seed: int,
    tell: Tell,
) -> dict[str, TaskScores]:
    """Every task answered by one model (models.Loaded) in the harness's own way, in fixed batches: the same model gives
    the same scores. `tell` is called often and may raise to stop."""
    import lm_eval
    from lm_eval.tasks import TaskManager

    results = lm_eval.simple_evaluate(
        model=_wrapped(loaded, tell),
        tasks=list(tasks.values()),
        num_fewshot=few_shot,
        limit=limit,
        bootstrap_iters=0,
        apply_chat_template=chat,
        fewshot_as_multiturn=chat,
        task_manager=TaskManager(include_defaults=False),
        random_seed=seed,
        numpy_random_seed=seed,
        torch_random_seed=seed,
        fewshot_random_seed=seed,
    )
    return {
        name: task_scores(
            results["samples"][name],
            higher_is_better=task.higher_is_better(),
            averaged=_averaged(task),
            few_shot=int(results["n-shot"].get(name) or 0),
        )
        for name, task in tasks.items()
    }


def _averaged(task: Any) -> dict[str, bool]:
    """Of each metric, whether the harness's result is the mean over the items."""
    from lm_eval.api.registry import get_aggregation

    means = [get_aggregation(name) for name in ("mean", "nanmean")]
    return {metric: how in means for metric, how in task.aggregation().items()}


def _wrapped(loaded: Any, tell: Tell) -> Any:
    """The loaded model as the harness wants it, with attention over padded rows, telling how far it is."""
    from lm_eval.models.huggingface import HFLM

    def counted(kind: str) -> Callable[..., Any]:
        def ask(self: Any, requests: Any, disable_tqdm: bool = True) -> Any:
            hook.begin(len(requests))
            answers = getattr(HFLM, kind)(self, requests, disable_tqdm=True)
            tell(len(requests), len(requests))
            return answers

        return ask

    hook = _Hook(tell)
    if loaded.packed:  # packed attention knows only our own batches
        _unpack(loaded.core)
    kinds = ("loglikelihood", "loglikelihood_rolling", "generate_until")
    telling = type("Telling", (HFLM,), {kind: counted(kind) for kind in kinds})
    log = logging.getLogger("lm_eval.models.huggingface")
    log.setLevel(logging.ERROR)  # it warns that a loaded model was given: so it was meant
    model = telling(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=BATCH, trust_remote_code=False)
    log.setLevel(logging.NOTSET)
    model.set_cache_hook(hook)
    return model


class _Hook:
    """In the place of the harness's cache: it hears of every answer, and keeps none."""

    def __init__(self, tell: Tell):
        self.tell, self.done, self.of = tell, 0, 0

    def begin(self, of: int) -> None:
        self.done, self.of = 0, of
        self.tell(0, of)

    def add_partial(self, kind: str, request: Any, answer: Any) -> None:
        self.done += 1
        if self.done < self.of:
            self.tell(self.done, self.of)


def _unpack(core: Any) -> None:
    try:
        core.set_attn_implementation("sdpa")
    except ValueError:
        core.set_attn_implementation("eager")
