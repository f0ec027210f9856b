"""`marketing doctor`: what a run needs, checked one by one, each finding with its remedy.

One module a subject. A check is given a `Patient`, changes nothing, and yields `Finding`s.
"""

from marketing_assets.commands.doctor.command import doctor

__all__ = ["doctor"]
