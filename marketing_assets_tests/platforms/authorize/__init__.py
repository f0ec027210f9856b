"""Authorisation, from the consent page to the stored tokens, against the sandbox's platforms."""
