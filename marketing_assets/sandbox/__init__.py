"""A local server that speaks each platform's real wire protocol.

It shares no code with the clients it checks: nothing here imports the rest of the package.
"""
