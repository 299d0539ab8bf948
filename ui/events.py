"""How the page's events are sent.

Gradio answers queued events of a page over one stream, and closes it when nothing is under way. An event sent while
it closes is cancelled with it (`queue_data_helper` in gradio/routes.py cleans the session's events when the old stream
ends), so a page that asks something every two seconds would lose a click now and then. What is quick therefore goes
past the queue, by a request of its own; only what takes long or yields as it goes uses the stream. And a button that
starts such a thing comes back by `.then`, when the stream has closed, never with the last thing that is yielded.
"""

from typing import Any

QUICK: dict[str, Any] = {"show_progress": "hidden", "queue": False}


def slow(at_once: int) -> dict[str, Any]:
    """For what takes seconds or yields as it goes: `at_once` is how many of it the server works on over all pages."""
    return {"show_progress": "hidden", "concurrency_limit": at_once}
