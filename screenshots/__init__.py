"""`python -m screenshots`: the pictures of the documentation, taken of a small installation of its own."""
