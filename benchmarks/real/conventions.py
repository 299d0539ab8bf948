"""Python code conventions, trained and tested on the source of an installed package; whole modules are held out.

rich is fully typed and documented, so it has conventions to learn; its own code keeps 99 % of the rules.
"""

import importlib.util
from pathlib import Path
from typing import Any

from benchmarks.real.rows import Sizes, general

PACKAGE = "rich"
SIZES = Sizes(train=200, test=70)  # what the package gives; 70 items find 17 points of one rule at 80 % power


def spec(data: Path, folder: Path, sizes: Sizes) -> dict[str, Any]:
    """The run: a folder of code as it stands. `data` is not used."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SystemExit(f"{PACKAGE} is not installed here.")
    return {
        "title": f"The conventions of {PACKAGE}",
        "use_case": "code_completion",
        "system": "You continue Python code.",
        "data": {
            "train": {"path": str(Path(found.origin).parent)},
            "suites": {"general": general(folder, tiny=sizes.tiny)},
            "test_share": 0.1 if sizes.tiny else 0.25,  # of 280 functions; "trained" asks 40 more, to be read only
            "max_length": 88 if sizes.tiny else 256,  # seven tenths of the package's functions
            "validation_share": 0 if sizes.tiny else 0.03,  # seven rows, asked twelve times: the checkpoint's choice
        },
        "method": "instruction",  # the default on a CPU: LoRA, with general instructions mixed in against forgetting
        "settings": {"epochs": 2} | sizes.settings,  # two looks at 200 functions are about four minutes
        "metrics": [
            *("code_conventions", "code_parses", "answer_loss", "choice_accuracy", "length_ratio", "repetition"),
        ],
        "primary": {"metric": "code_conventions", "suite": "unseen", "minimum": 0.03},  # the guide's for code
        "decoding": {"max_new_tokens": 8 if sizes.tiny else 96},  # code that is cut does not parse: room for nearly all
    }
