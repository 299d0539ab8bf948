"""Runs one Python program apart from everything else. A script of `engine.metrics._sandbox`: never import it to use it.

Linux alone, and nothing is weakened where a step fails: it ends before the program starts. The program gets namespaces
of its own (no network, no other processes), sees every file read-only but its room of 16 MB, which is gone afterwards,
and finds homes, /proc and /run empty. Whoever is root becomes nobody first. Limits: see LIMITS.
"""

import ctypes
import json
import os
import resource
import signal
import sys

ROOM = "/mnt"  # where the program works: an empty file system in memory is laid over it, for this process alone
PROOF = 3  # the file descriptor on which the program says that it reached its end
NOBODY = 65534
LIMITS = {
    resource.RLIMIT_AS: 512 << 20,
    resource.RLIMIT_FSIZE: 8 << 20,
    resource.RLIMIT_NPROC: 16,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}

NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 0x1000, 0x4000, 0x40000
MOUNT_SETATTR, HERE, ALL_BELOW = 442, -100, 0x8000  # the system call's number is the same on every architecture
DEATH_SIGNAL, NO_NEW_PRIVILEGES = 1, 38
_C = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def main() -> None:
    """Reads the job (JSON: files, python, version, hidden, cpu_seconds) from stdin and runs its main.py."""
    job = json.load(sys.stdin)
    _done(_C.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))
    isolate(job)
    os.write(1, b"!")  # whoever waits knows by it that a program that fails failed by itself
    init = os.fork()
    if init == 0:
        _first_process(job)
    os.waitpid(init, 0)


def isolate(job: dict) -> None:
    """Leaves network, other processes and writable files behind. Raises OSError where the machine does not let it."""
    user, group = os.getuid(), os.getgid()
    _done(_C.unshare(NEW_MOUNTS | NEW_IPC | NEW_PIDS | NEW_NET | (NEW_USER if user else 0)))
    if user:
        for name, text in (("setgroups", "deny"), ("gid_map", f"{group} {group} 1"), ("uid_map", f"{user} {user} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    _mount("none", "/", "", RECURSIVE | PRIVATE)
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY | NO_SUID, 0, 0, 0)
    _done(_C.syscall(MOUNT_SETATTR, HERE, b"/", ALL_BELOW, ctypes.byref(attributes), ctypes.sizeof(attributes)))
    _mount("tmpfs", ROOM, "tmpfs", NO_SUID | NO_DEVICES, "size=16m,mode=0777")
    os.mkdir(f"{ROOM}/python")
    _mount(job["python"], f"{ROOM}/python", "", BIND | RECURSIVE)
    for name, text in job["files"].items():
        with open(f"{ROOM}/{name}", "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
    for folder in job["hidden"]:
        if os.path.isdir(folder):
            _mount("tmpfs", folder, "tmpfs", READ_ONLY | NO_SUID | NO_DEVICES | NO_EXEC, "size=4k,mode=0755")


def _first_process(job: dict) -> None:
    """Process 1 of the new namespace: when it ends, the kernel kills whatever the program left running."""
    _done(_C.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))
    program = os.fork()
    if program == 0:
        _become_the_program(job)
    while os.wait()[0] != program:
        pass
    os._exit(0)


def _become_the_program(job: dict) -> None:
    os.dup2(1, PROOF)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.closerange(PROOF + 1, 256)
    os.chdir(ROOM)
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _done(_C.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    for what, limit in {**LIMITS, resource.RLIMIT_CPU: job["cpu_seconds"]}.items():
        resource.setrlimit(what, (limit, limit))
    python = f"{ROOM}/python/bin/python{job['version']}"
    environment = {"HOME": ROOM, "TMPDIR": ROOM, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
    os.execve(python, [python, "-s", "-S", "-B", f"{ROOM}/main.py"], environment)


def _mount(what: str, where: str, kind: str, flags: int, options: str = "") -> None:
    texts = [text.encode() for text in (what, where, kind)]
    _done(_C.mount(*texts, ctypes.c_ulong(flags), options.encode()))


def _done(result: int) -> None:
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()
