"""One module or package per platform, each with these names, and a line in ``catalog.py``:

``app(world) -> Starlette``
    the platform's own paths and answers;
``DIALECT: Dialect``
    how the platform words a throttle, a server error or an expired token (see ``sandbox/gate.py``);
``credentials(world, tenant, base_url) -> dict``
    what a client of that tenant needs to connect, as told by ``GET /_world/credentials``; left out where the
    address is enough.
"""
