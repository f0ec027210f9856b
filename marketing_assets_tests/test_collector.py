"""What is loaded once is not looked through by the garbage collector again; what comes later still is."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import gc, weakref
from marketing_assets.collector import leave_definitions_alone

class Node:
    pass

def ring():
    one, other = Node(), Node()
    one.other, other.other = other, one
    return weakref.ref(one)

kept = [[] for _ in range(1000)]
before = ring()
leave_definitions_alone()
after = ring()
watched = {id(one) for one in gc.get_objects()}
gc.collect()
print(before() is None, after() is None, any(id(one) in watched for one in kept))
"""


def test_definitions_are_left_alone_and_garbage_is_still_found() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True", "False"]
