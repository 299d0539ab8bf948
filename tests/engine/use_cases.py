"""A small use case in a folder of its own, for the tests that need one."""

import json
from pathlib import Path

from engine import specs
from tests.engine.runs import tiny_spec


def write_use_case(name: str, tiny_model: Path, **changes) -> Path:
    """Write the use case's file and rows below specs.PRESETS (a test must have pointed it elsewhere); its folder."""
    folder = specs.PRESETS / name
    folder.mkdir(parents=True)
    run = tiny_spec(folder, tiny_model, **changes).model_dump(mode="json", exclude_unset=True)
    for source in (run["data"]["train"], *run["data"]["suites"].values()):
        source["path"] = Path(source["path"]).name
    both = {"en": f"Use case {name}", "ja": f"ユースケース {name}"}
    card = {part: both for part in ("title", "summary", "changes", "reason")}
    preset = {"name": name, **card, "minutes": 1, "demo": ["?"], "limits": ["?"], "run": run}
    (folder / "preset.yaml").write_text(json.dumps(preset))
    return folder
