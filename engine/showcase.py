"""The read-only showcase: finished runs are shown and asked, and nothing is written or trained. KURABE_SHOWCASE=1.

Whoever may reach the page may send it anything, so it is refused here, where things are done; the page only says so.
"""

import os

from engine.schema import UserError

VARIABLE = "KURABE_SHOWCASE"


def on() -> bool:
    """Whether this process only shows."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def refuse() -> None:
    """Raises UserError where this process only shows. Called first by everything that trains, writes or removes."""
    if on():
        raise UserError(
            "This is a showcase: it shows finished runs and asks their models. Training, uploads and changes are "
            f"switched off. Start Kurabe without --showcase ({VARIABLE}) to use them."
        )
