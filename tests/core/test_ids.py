"""Ids: ULIDs that sort as they were made, differ between threads and forks, and tell their time."""

import os
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import new_id
from loomlab.core.messages import utc_now

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def moment(ulid: str) -> datetime:
    number = 0
    for letter in ulid[:10]:
        number = number * 32 + LETTERS.index(letter)
    return datetime.fromtimestamp(number / 1000, UTC)


def test_an_id_is_a_ulid_and_tells_when_it_was_made() -> None:
    before = utc_now() - timedelta(milliseconds=1)
    ulid = new_id()
    assert re.fullmatch(f"[0-7][{LETTERS}]{{25}}", ulid)
    assert before <= moment(ulid) <= utc_now()
    assert re.fullmatch(f"run_[{LETTERS}]{{26}}", new_id("run"))


def test_ids_sort_as_they_were_made_and_none_comes_twice_from_several_threads() -> None:
    made: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine += [new_id() for _ in range(2_000)]

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert all(mine == sorted(mine) for mine in made)
    assert len({one for mine in made for one in mine}) == 8_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_does_not_make_its_parents_next_ids() -> None:
    new_id()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, new_id().encode())
        os._exit(0)
    ours = new_id()
    os.waitpid(child, 0)
    theirs = os.read(reader, 26).decode()
    os.close(reader)
    os.close(writer)
    # The same millisecond or not: what was left to chance is drawn anew.
    assert len(theirs) == 26 and theirs[10:20] != ours[10:20]
