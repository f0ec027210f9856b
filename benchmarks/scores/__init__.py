"""How good the models of the intelligence layer are, on data with known answers."""
