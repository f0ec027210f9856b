"""Data protection: retention, erasure of a person, rotation of keys, leaving; and the record of such acts."""
