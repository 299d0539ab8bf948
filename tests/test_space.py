"""The README's front matter: what a Hugging Face Space reads to build and start this repository.

The fields, and what they may hold, are those of the Hub's Spaces configuration reference.
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
FIELDS = {
    *(
        "title",
        "emoji",
        "colorFrom",
        "colorTo",
        "sdk",
        "sdk_version",
        "python_version",
        "app_file",
        "app_port",
        "license",
    ),
    *("short_description", "suggested_hardware", "startup_duration_timeout", "tags", "models", "datasets", "pinned"),
    *("fullWidth", "header", "thumbnail", "base_path", "hf_oauth", "disable_embedding", "custom_headers"),
    *("preload_from_hub",),
}
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def front_matter() -> dict:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\n"), "a Space reads nothing that does not begin the file"
    return yaml.safe_load(text.split("---\n")[1])


def pinned(package: str) -> str:
    return re.search(rf"^{package}==(\S+)", (ROOT / "requirements.txt").read_text(), re.M)[1]


def test_a_space_is_told_what_to_start_and_nothing_it_does_not_know():
    told = front_matter()
    assert set(told) <= FIELDS and told["sdk"] == "gradio" and (ROOT / told["app_file"]).is_file()
    assert {told["colorFrom"], told["colorTo"]} <= COLOURS and len(told["short_description"]) <= 60
    assert told["license"] == "apache-2.0" and told["suggested_hardware"] == "cpu-basic"


def test_a_space_installs_the_gradio_and_the_python_that_are_tested():
    told = front_matter()
    assert told["sdk_version"] == pinned("gradio")
    assert isinstance(told["python_version"], str) and told["python_version"] >= "3.11", "a bare 3.10 would be a number"
