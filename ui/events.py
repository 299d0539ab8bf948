"""How the page's events are sent.

Gradio answers queued events of a page over one stream, and closes it when nothing is under way. An event sent while
it closes is cancelled with it (`queue_data_helper` in gradio/routes.py cleans the session's events when the old stream
ends), so a page that asks something every two seconds would lose a click now and then. What is quick therefore goes
past the queue, by a request of its own; only what takes long or yields as it goes uses the stream. And a button that
starts such a thing comes back by `.then`, when the stream has closed, never with the last thing that is yielded.

Nothing shows Gradio's own progress, so no component is told of it either: by default, at every change of any event,
each output that any event ever had is looked for among all components of the page (`update_loading_stati_state` in
Gradio's JavaScript), half a second of this page's time every two seconds.
"""

from typing import Any

SILENT: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": []}
QUICK: dict[str, Any] = {**SILENT, "queue": False}
# Of what is picked the last one counts. By default a click is dropped while the one before it is being answered, and
# Gradio's "always_last" would pick the one before once more.
PICK: dict[str, Any] = {**QUICK, "trigger_mode": "multiple"}


def slow(at_once: int) -> dict[str, Any]:
    """For what takes seconds or yields as it goes: `at_once` is how many of it the server works on over all pages."""
    return {**SILENT, "concurrency_limit": at_once}
