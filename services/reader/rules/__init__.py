"""How each kind of thing is read: pure functions of its bytes, run in child processes that hold no key."""
