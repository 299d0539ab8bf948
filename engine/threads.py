"""A model's work on many rows divided among threads, each taking some of the rows through the whole model.

On a CPU torch divides each operation among its threads. In a decoding step the operations are small, and waking the
threads for each of them costs much of what they save; threads that take rows of their own meet once, at the end.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


def workers(rows: int, *, device: str, least: int) -> int:
    """Among how many threads the rows are divided: as torch has on a CPU, but `least` rows for each; 1 elsewhere."""
    return max(1, min(torch.get_num_threads(), rows // least)) if device == "cpu" else 1


def parts(count: int, *, most: int, workers: int) -> list[range]:
    """The places 0 to count - 1 in runs of like length, none longer than `most`, as many as all workers have use for.

    >>> parts(10, most=4, workers=2)
    [range(0, 3), range(3, 6), range(6, 8), range(8, 10)]
    """
    rounds = -(-count // (most * workers))
    many = min(count, rounds * workers)
    sizes = [count // many + (at < count % many) for at in range(many)]
    starts = [sum(sizes[:at]) for at in range(many)]
    return [range(start, start + size) for start, size in zip(starts, sizes, strict=True)]


def each(work: Callable[[T], R], given: Sequence[T], *, workers: int) -> list[R]:
    """work(part) of each part, in their order, by so many threads at once, which share torch's threads evenly.

    With one worker nothing is threaded. The first error is raised, once the parts that were begun have ended; the
    others are not begun. Whatever `work` shares between parts it must lock.
    """
    if workers == 1 or len(given) == 1:
        return [work(part) for part in given]
    before = torch.get_num_threads()
    share = max(1, before // workers)
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(share,)) as pool:
        running = [pool.submit(work, part) for part in given]
        try:
            return [future.result() for future in running]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            torch.set_num_threads(before)  # else threads of later pools would begin with this one's share
