"""What `make` sees to before it starts anything."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_python_keeps_what_it_compiled_even_where_the_machine_forbids_it():
    rule = 'probe: ; @echo "[$${PYTHONDONTWRITEBYTECODE-}]"'
    told = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["make", "--no-print-directory", "--eval", rule, "probe"], cwd=ROOT, env=told, capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr
