"""A run spec from what a person gives: a use case's name, a YAML or JSON file, changes of the form key=value."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from engine import evaluate_name
from engine.data import hub
from engine.data.encoding import decode
from engine.data.files import name_of, pin, read_text_bytes
from engine.data.prepare import check_suites
from engine.data.shipped import INSTRUCTIONS
from engine.registry import formats, methods, metrics
from engine.schema import DataSpec, Decoding, Preset, Primary, RunSpec, Source, UserError, Weighted

PRESETS = Path(__file__).resolve().parent.parent / "presets"
MAX_BYTES = 1024 * 1024
NAME = re.compile(r"^[a-z0-9_]{1,40}$")
FIELDS = sorted(
    {
        field
        for model in (RunSpec, DataSpec, Source, Weighted, Decoding, Primary, Preset)
        for field in model.model_fields
    }
)

M = TypeVar("M", bound=BaseModel)


def resolve_spec(
    source: str | Path | Mapping[str, Any], *, base_dir: str | Path | None = None, overrides: Iterable[str] = ()
) -> RunSpec:
    """The RunSpec of a use case's name, of a file that holds a spec or a use case, or of a dictionary.

    `overrides` are "data.test_share=0.3" and the like, applied last. Relative paths are made absolute, from the file's
    folder (of a dictionary: from `base_dir`, else the current folder; of an override: from the current folder), and
    each data file's SHA-256 is filled in.
    Raises UserError naming the field, its value and its bounds, or the file and line, or the data file that changed.
    """
    where = "the run spec"
    if not isinstance(source, Mapping):
        path = find_spec(source)
        source, base_dir, where = read_yaml(path), path.parent, path.name
    if "run" in source:
        preset = validated(Preset, source, where=where)
        source = preset.run.model_dump(mode="json", exclude_unset=True)
        source["use_case"] = source.get("use_case") or preset.name
    spec = absolute(validated(RunSpec, source, where=where), base_dir=Path(base_dir or "."))
    values = spec.model_dump(mode="json", exclude_unset=True)
    for override in overrides:  # a path given here is meant from where the person stands, not from the file's folder
        values = with_change(values, override)
    return check(absolute(validated(RunSpec, values, where=where), base_dir=Path(".")))


def read_preset(path: str | Path) -> Preset:
    """The use case in that file, its data paths absolute. Raises UserError for a file or field that is wrong."""
    preset = validated(Preset, read_yaml(path), where=str(Path(path).parent.name))
    return preset.model_copy(update={"run": absolute(preset.run, base_dir=Path(path).parent)})


def all_presets(folder: Path = PRESETS) -> dict[str, Preset]:
    """Every use case by name, in alphabetical order."""
    return {path.parent.name: read_preset(path) for path in sorted(folder.glob("*/preset.yaml"))}


def find_spec(source: str | Path) -> Path:
    """The file meant: a path, or a use case's name. Raises UserError naming the use cases where there is neither."""
    path = Path(source).expanduser()
    if NAME.match(str(source)) and (PRESETS / str(source) / "preset.yaml").is_file():
        return PRESETS / str(source) / "preset.yaml"
    if not path.suffix and not path.is_file():
        names = ", ".join(sorted(found.parent.name for found in PRESETS.glob("*/preset.yaml")))
        raise UserError(f"'{name_of(path)}' is neither a use case nor a file. The use cases are: {names}.")
    return path.absolute()


def check(spec: RunSpec) -> RunSpec:
    """The spec with its data files, and the `evaluate` modules it names by folder, pinned by SHA-256.

    Raises UserError where a name or a setting in it is not known. A method that mixes in a share of general
    instructions gets those that come with the project where none are named. The form, the
    command line and a hand-written file all end here, so nothing is taken on trust.
    """
    method = _known(spec.method, methods(), "method")
    spec = _each_metric(spec, _pinned_metric)
    if evaluate_name.is_named(spec.primary.metric) and spec.primary.metric not in spec.metrics:
        raise UserError(f"primary.metric: '{spec.primary.metric[:200]}' must stand in metrics too. Add it there.")
    settings = validated(method.Settings, spec.settings, where=f"the settings of {method.title}", prefix="settings.")
    check_suites(spec.data, spec.primary.suite)
    data = spec.data
    if data.mix is None and getattr(settings, "general_share", 0) > 0:
        data = data.model_copy(update={"mix": Source(path=str(INSTRUCTIONS))})
    return spec.model_copy(update={"data": _each_source(data, _pinned)})


def _pinned_metric(name: str, field: str) -> str:
    if evaluate_name.is_named(name):
        return evaluate_name.pinned(name)
    return _known(name, metrics(), field).name


def _each_metric(spec: RunSpec, change: Callable[[str, str], str]) -> RunSpec:
    """The spec with every metric's name changed; `change` gets the name and the field it stands in."""
    primary = spec.primary.model_copy(update={"metric": change(spec.primary.metric, "primary.metric")})
    names = tuple(change(name, "metrics") for name in spec.metrics)
    return spec.model_copy(update={"primary": primary, "metrics": names})


def _pinned(source: Source) -> Source:
    if source.format:
        _known(source.format, formats(), "format")
    return pin(source)


def _each_source(data: DataSpec, change: Callable[[Source], Source]) -> DataSpec:
    """The data with every file of it changed."""
    suites = {name: change(source) for name, source in data.suites.items()}
    others = {name: (source := getattr(data, name)) and change(source) for name in ("mix", "off_topic")}
    others["more"] = tuple(other.model_copy(update={"source": change(other.source)}) for other in data.more)
    return data.model_copy(update={"train": change(data.train), "suites": suites, **others})


def absolute(spec: RunSpec, *, base_dir: Path) -> RunSpec:
    """The spec with data paths, those of `evaluate` modules, and a model's where it is one, taken from `base_dir`."""

    def moved(source: Source) -> Source:
        if hub.is_hub(source.path):
            return source
        return source.model_copy(update={"path": _from(base_dir, source.path)})

    data = _each_source(spec.data, moved)
    model = _from(base_dir, spec.model) if spec.model[:1] in (".", "/", "~") else spec.model
    spec = _each_metric(spec, lambda name, field: evaluate_name.absolute(name, base_dir=base_dir))
    return spec.model_copy(update={"data": data, "model": model})


def with_change(values: Mapping[str, Any], override: str) -> dict[str, Any]:
    """A copy of the nested dictionary with one "dotted.key=value" applied; a value is read as YAML reads a scalar.

    >>> with_change({"settings": {"rank": 8}}, "settings.rank=16")
    {'settings': {'rank': 16}}
    """
    key, equals, text = override.partition("=")
    if not equals or not key.strip(". "):
        raise UserError(f"'{override[:80]}' is no change to the spec. Write field=value, for example seed=1.")
    first, _, rest = key.strip().partition(".")
    inner = values.get(first)
    if not rest:
        return {**values, first: _scalar(text)}
    if inner is not None and not isinstance(inner, Mapping):
        raise UserError(f"--set {key.strip()[:80]}: '{first[:40]}' holds a value and has no fields inside.")
    return {**values, first: with_change(inner or {}, f"{rest}={text}")}


def validated(model: type[M], values: Any, *, where: str, prefix: str = "") -> M:
    """The values as `model`. Raises one UserError that names every wrong field, its value and its bounds."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = sorted({*FIELDS, *model.model_fields})
        lines = [_in_words(problem, prefix, fields) for problem in error.errors()[:8]]
    raise UserError(f"{where}: " + " ".join(lines))


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases (a few lines of them expand to gigabytes) and without a key that stands twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(
                None, None, "aliases are not used here", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' stands twice", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


# YAML 1.1 takes 1e-4 for a text, since it has no point.
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+[eE][-+]?\d+$"), list("-+0123456789"))


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The dictionary in a YAML or JSON file of at most 1 MB. Raises UserError with the line where it cannot be read."""
    name = name_of(path)
    text, _, _ = decode(read_text_bytes(path, limit=MAX_BYTES), name=name)
    try:
        values = _document(text.removeprefix("\ufeff"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{name}{line}: this is not valid YAML ({getattr(error, 'problem', None) or error}).") from None
    except (RecursionError, ValueError, TypeError) as error:  # nested too deeply, a date of month 13, a list as a key
        raise UserError(f"{name} cannot be read: {str(error)[:200]}.") from None
    if not isinstance(values, dict):
        raise UserError(f"{name} holds no fields. A run spec needs at least data.train.path.")
    return values


def _document(text: str) -> Any:
    try:
        return json.loads(text)  # not all of JSON is YAML: tabs, and characters beyond U+FFFF as two escapes
    except json.JSONDecodeError:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader


def _scalar(text: str) -> Any:
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return text
    # "You are: kind" is a sentence, not a mapping, unless it is written in brackets.
    return text if isinstance(value, dict | list) and text.lstrip()[:1] not in ("{", "[") else value


def _from(base_dir: Path, path: str) -> str:
    expanded = Path(path).expanduser()
    return str((expanded if expanded.is_absolute() else base_dir / expanded).resolve())


def _known(name: str, members: Mapping[str, Any], field: str) -> Any:
    if name not in members:
        raise UserError(f"{field}: there is no '{name[:60]}'. {_meant(name, members)}There are: {', '.join(members)}.")
    return members[name]


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean '{close[0]}'? " if close else ""


def _in_words(problem: Mapping[str, Any], prefix: str, fields: list[str]) -> str:
    """One of pydantic's errors as a sentence."""
    field = prefix + ".".join(str(part)[:60] for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{field}: there is no such field. {_meant(str(problem['loc'][-1]), fields)}".rstrip()
    if problem["type"] == "missing":
        return f"{field} is missing."
    message = problem["msg"].removeprefix("Value error, ")
    given = repr(problem["input"])
    shown = given if len(given) <= 60 else given[:57] + "..."
    return f"{field or 'it'} is {shown}: {message[:1].lower() + message[1:]}."
