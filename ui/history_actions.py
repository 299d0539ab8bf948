"""What can be done with runs from the history: archive, delete, bring back, free the disk. Each says what it did."""

from collections.abc import Callable, Sequence

from engine import about, rundir, storage, trash
from engine.numbers import size
from engine.rundir import Run
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import history_view as view


def _archive(found: Sequence[Run], value: str, lang: str) -> str:
    return _put_aside(found, lang, archived=True)


def _unarchive(found: Sequence[Run], value: str, lang: str) -> str:
    return _put_aside(found, lang, archived=False)


def _put_aside(found: Sequence[Run], lang: str, *, archived: bool) -> str:
    for run in found:
        about.change(run, archived=archived)
    did, back = ("did_archive", "unarchive") if archived else ("did_unarchive", "archive")
    ids = ",".join(run.id for run in found)
    title = text(f"history.{did}", lang, n=view.count(len(found), lang))
    return view.said(title, "", lang, tone="good", picks=[(f"{back}={ids}", text("history.undo", lang))])


def _delete(found: Sequence[Run], value: str, lang: str) -> str:
    """Delete them one by one, the newest first, so that what others start from comes after those; what cannot be
    deleted is said and the rest is deleted all the same."""
    gone, problems = [], []
    for run in sorted(found, key=lambda run: run.id, reverse=True):
        try:
            trash.delete(run)
            gone.append(run.id)
        except UserError as problem:
            problems.append(told(problem, lang))
    drawn = view.failed("\n".join(problems), lang) if problems else ""
    if gone:
        title = text("history.did_delete", lang, n=view.count(len(gone), lang))
        undo = [(f"restore={','.join(gone)}", text("history.undo", lang))]
        drawn += view.said(title, text("history.did_delete_help", lang, days=trash.DAYS), lang, tone="good", picks=undo)
    return drawn


def _restore(found: Sequence[Run], value: str, lang: str) -> str:
    """Bring back the ids in `value`; `found` does not know them, they are in the trash."""
    back: set[str] = set()
    for run_id in value.split(","):
        if run_id not in back:
            back |= {run.id for run in trash.restore(run_id)}
    return view.said(text("history.did_restore", lang, n=view.count(len(back), lang)), "", lang, tone="good")


def _clean(found: Sequence[Run], value: str, lang: str) -> str:
    freed = [storage.free_checkpoints(rundir.open_run(run_id)) for run_id in storage.spare(rundir.all_runs())]
    title = text("history.disk.cleaned", lang, n=view.count(len(freed), lang), size=size(sum(freed)))
    return view.said(title, "", lang, tone="good")


def _empty(found: Sequence[Run], value: str, lang: str) -> str:
    return view.said(text("history.disk.emptied", lang, size=size(trash.purge())), "", lang, tone="good")


ACTIONS: dict[str, Callable[[Sequence[Run], str, str], str]] = {
    "archive": _archive,
    "unarchive": _unarchive,
    "delete!": _delete,
    "restore": _restore,
    "clean!": _clean,
    "empty!": _empty,
}
ON_DISK = ("delete!", "restore", "clean!", "empty!")
